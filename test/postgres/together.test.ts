import type { Store } from "casethread";
import type { Outcome } from "casethread/adapter";
import { type PgPoolClient, postgres } from "casethread/postgres";
import { Pool, type QueryResult } from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { caseActOf, crmDoor, entryOf, keepIn, person, personaOf, said, talkOf } from "../../src/conformance/make.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const shown = server.connection !== undefined;
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: what travels together\n");
afterAll(() => server[Symbol.asyncDispose]());

/** Works on a store whose every message to the server, and what it came to, is heard. */
const overheard = async <T>(
  heard: (text: string, answer: unknown) => void,
  work: (store: Store) => Promise<T>,
): Promise<T> => {
  const connection = new Pool({ ...server.connection, max: 1 });
  const client = (own: PgPoolClient): PgPoolClient => ({
    processID: own.processID ?? null,
    query: async (statement) => {
      const answer = await own.query(statement);
      heard(statement.text, answer);
      return answer;
    },
    on: () => undefined,
    release: (broken) => own.release(broken),
  });
  try {
    const pool = { connect: async () => client(await connection.connect()) };
    await using store = postgres({ pool, schema: server.schema() });
    return await work(store);
  } finally {
    await connection.end();
  }
};

describe.runIf(shown)("what travels together", () => {
  /** How many messages go to the server for one lease of so many cases and its settlement, and for keeping one of them. */
  const messages = async (cases: number): Promise<{ readonly turn: number; readonly kept: number }> => {
    let sent = 0;
    const count = (): void => {
      sent += 1;
    };
    return overheard(count, async (store) => {
      await store.migrate();
      sent = 0;
      for (let n = 0; n < cases; n += 1) {
        const talk = talkOf(`case ${n}`, 1, { personas: [person(`person ${n}`)] });
        const entry = entryOf(talk.key, said(`word ${n}`, "My parcel is lost.", 1, { by: person(`person ${n}`) }));
        await keepIn(store, talk, 1, {
          personas: [personaOf(person(`person ${n}`))],
          entries: [entry],
          effects: [caseActOf(talk, "open", 1), caseActOf(talk, "entry", 1, { content: entry.content })],
        });
      }
      const kept = sent / cases;
      sent = 0;
      const leases = await store.lease({ door: crmDoor, lanes: cases, each: 25, forMs: 60_000 });
      expect(leases.map(({ run }) => run.map(({ entry }) => entry?.text))).toEqual(
        Array.from({ length: cases }, () => [undefined, "My parcel is lost."]),
      );
      const done: Outcome = { as: "done", receipt: { at: 2, case: { crm: "desk", id: "1" } } };
      const settled = leases.map((lease) => ({
        lease,
        outcomes: lease.run.map(({ effect }) => ({ effect: effect.key, outcome: done })),
      }));
      expect(new Set(await store.settle(settled, () => Promise.resolve()))).toEqual(new Set(["kept"]));
      const turn = sent;
      expect(await store.lease({ door: crmDoor, lanes: cases, each: 25, forMs: 60_000 })).toEqual([]);
      return { turn, kept };
    });
  };

  it("eight times the cases are leased and settled with at most three times the messages", async () => {
    const [few, many] = [await messages(4), await messages(32)];
    process.stdout.write(
      `messages for a case that is kept: ${many.kept}; for a lease of 4 and its settlement: ${few.turn}, of 32: ${many.turn}\n`,
    );
    expect(many.turn).toBeLessThan(few.turn * 3);
    expect(many.kept).toBeLessThan(9);
  });

  it("of words that were edited often one version is read, whoever else asks along", async () => {
    let read = 0;
    const count = (text: string, answer: unknown): void => {
      if (/^SELECT .* FROM \S*content\b/.test(text)) read += (answer as QueryResult).rows.length;
    };
    await overheard(count, async (store) => {
      const talk = talkOf("edited", 1);
      const versions = ["once", "twice"].flatMap((id) =>
        [1, 2, 3, 4].map((version) => entryOf(talk.key, said(id, `${id} ${version}`, 1, { version }))),
      );
      for (const [at, entry] of versions.entries()) await keepIn(store, talk, at, { entries: [entry] });
      await keepIn(store, talk, 9, { entries: versions.slice(5, 6) });
      const texts = await store.unit((unit) => unit.entries({ conversation: talk.key }));
      expect(texts.map(({ text }) => text)).toEqual(["once 4", "twice 2"]);
      expect(read).toBe(2);
    });
  });
});
