import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PgPool, postgres } from "casethread/postgres";
import type { Store } from "casethread";
import { caseActOf, causeOf, crmDoor, decisionOf, keepIn, post, talkOf, wokenOf } from "../../src/conformance/make.ts";
import { clue, type ConversationKey } from "../../src/core/words/ref.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const shown = server.kind === "real";
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: all of test/postgres/racing.long.ts\n");

const pools: (PgPool & { end(): Promise<void> })[] = [];
const schema = server.schema();
const storeOf = (name = schema): Store => {
  const pool = server.pool();
  pools.push(pool);
  return postgres({ pool, schema: name });
};
const ask = async (text: string): Promise<readonly unknown[]> => {
  const [pool] = pools;
  const client = await pool?.connect();
  const answer = (await client?.query({ text })) as { readonly rows: readonly unknown[] };
  client?.release();
  return answer.rows;
};
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await server[Symbol.asyncDispose]();
});

const count = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

describe.runIf(shown)(`two at once, on ${server.name}`, () => {
  let [one, two]: Store[] = [];
  beforeAll(async () => {
    [one, two] = [storeOf(), storeOf()];
    await one?.migrate();
  });

  it("settle beside enqueue, 20,000 times, leaves no lane unarmed", { timeout: 240_000 }, async () => {
    const [left, right] = [one as Store, two as Store];
    const at = Date.now();
    const [lanes, rounds] = [200, 100];
    const talks = count(lanes).map((n) => talkOf(`pair-${n}`, at));
    await Promise.all(talks.map((talk) => keepIn(left, talk, at, { effects: [caseActOf(talk, "0", at)] })));
    let settled = 0;
    for (let round = 1; round <= rounds; round += 1) {
      const leases = await left.lease({ door: crmDoor, lanes, each: 10, forMs: 60_000 });
      expect(leases).toHaveLength(lanes);
      const settle = leases.map((lease) =>
        left.settle(
          [
            {
              lease,
              outcomes: lease.run.map(({ effect }) => ({
                effect: effect.key,
                outcome: { as: "done", receipt: { at } },
              })),
            },
          ],
          () => Promise.resolve(),
        ),
      );
      const enqueue = talks.map((talk) =>
        keepIn(right, talk, at + round, { effects: [caseActOf(talk, String(round), at)] }),
      );
      const [fates] = await Promise.all([Promise.all(settle), Promise.all(enqueue)]);
      settled += fates.flat().filter((fate) => fate === "kept").length;
    }
    expect(settled).toBe(lanes * rounds);
    const unarmed = await ask(
      `SELECT key FROM "${schema}".lane WHERE next_at IS NULL AND EXISTS (SELECT 1 FROM "${schema}".effect WHERE lane = lane.key AND state = 'promised')`,
    );
    expect(unarmed).toEqual([]);
    expect((await left.census()).lanes).toEqual([expect.objectContaining({ door: crmDoor, due: lanes })]);
  });

  it("two that take the same things in opposite orders both come to their end", { timeout: 60_000 }, async () => {
    const [a, b] = [clue.post(post("order-a")), clue.post(post("order-b"))];
    let runs = 0;
    const cross = (store: Store, order: readonly (typeof a)[]): Promise<unknown> =>
      store.unit(async (unit) => {
        runs += 1;
        for (const each of order) await unit.find([each]);
      });
    const rounds = 8;
    for (const _ of count(rounds)) {
      await Promise.all([cross(one as Store, [a, b]), cross(two as Store, [b, a])]);
    }
    // At least once they met, and one of them was run again.
    expect(runs).toBeGreaterThan(rounds * 2);

    const at = Date.now();
    const talks = ["left", "right"].map((name) => talkOf(`order-${name}`, at));
    const both = (store: Store, order: readonly (typeof talks)[number][], n: number): Promise<void> =>
      store.unit((unit) =>
        unit.keep(
          order.map((talk) => decisionOf(talk, { effects: [caseActOf(talk, `${n}`, at)] })),
          causeOf(wokenOf(talks[0] as (typeof talks)[number], at, n)),
        ),
      );
    const began = performance.now();
    await Promise.all(
      count(100).map((n) => both((n % 2 ? one : two) as Store, n % 2 ? talks : [...talks].reverse(), n)),
    );
    // Nobody waited for the server to break a deadlock, which it looks for after a second.
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it(
    "a ledger read beside four writers who commit late has neither gap nor change of order",
    { timeout: 60_000 },
    async () => {
      const own = server.schema();
      const writers = count(4).map(() => storeOf(own));
      const reader = storeOf(own);
      const seen: string[] = [];
      const written = new Set<ConversationKey>();
      const writing = { over: false };
      const read = async (): Promise<void> => {
        const rows = await reader.ledger(seen.at(-1), 7);
        for (const row of rows) {
          seen.push(row.position);
          if (row.kind === "decided" && row.conversation !== undefined) written.add(row.conversation);
        }
      };
      const reading = (async () => {
        while (!writing.over) await read();
      })();
      const write = async (store: Store, w: number): Promise<void> => {
        for (const n of count(25)) {
          await store.unit(async (unit) => {
            const talk = talkOf(`late-${w}-${n}`, Date.now());
            await unit.keep([decisionOf(talk)], causeOf(wokenOf(talk, Date.now(), n)));
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
          });
        }
      };
      await Promise.all(writers.map(write));
      writing.over = true;
      await reading;
      // Whatever else runs on this server may still be under way, and is waited for.
      const all = 4 * 25;
      for (let tries = 0; written.size < all && tries < 200; tries += 1) {
        await read();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(written.size).toBe(all);
      expect(seen).toEqual((await reader.ledger(undefined, 1_000)).map(({ position }) => position));
      expect(new Set(seen).size).toBe(seen.length);
      await server.drop(own);
    },
  );
});
