import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BridgeError } from "casethread/adapter";
import { type PgPool, postgres } from "casethread/postgres";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import {
  caseActOf,
  crmDoor,
  keepIn,
  personaOf,
  person,
  promiseWords,
  publicDoor,
  talkOf,
} from "../../src/conformance/make.ts";
import { keyOf } from "../../src/core/words/ref.ts";
import { findServer } from "./server.ts";

const server = await findServer();
if (server.kind !== "real") process.stdout.write("not shown, for want of a PostgreSQL: a role without DDL\n");
const pool = server.pool();
const other = server.pool();
afterAll(async () => {
  await other.end();
  await server[Symbol.asyncDispose]();
});
const ask = async (text: string, on: PgPool = pool): Promise<readonly Record<string, unknown>[]> => {
  const client = await on.connect();
  try {
    const answer = await client.query({ text });
    return ((Array.isArray(answer) ? answer.at(-1) : answer) as { rows: Record<string, unknown>[] }).rows;
  } finally {
    client.release();
  }
};
const refusal = (work: Promise<unknown>): Promise<BridgeError> =>
  work.then(
    () => expect.fail("it was not refused"),
    (thrown: unknown) => (thrown instanceof BridgeError ? thrown : expect.fail(String(thrown))),
  );
const at = Date.now();

describe(`ways to use it, on ${server.name}`, () => {
  it("the printed schema is the one that is made, and one that checks starts on it", async () => {
    const [made, printed] = [server.schema(), server.schema()];
    await postgres({ pool, schema: made }).migrate();
    expect((await refusal(postgres({ pool, schema: printed, migrate: "check" }).migrate())).message).toContain(
      "postgres.sql(",
    );
    await ask(postgres.sql({ schema: printed }));
    await postgres({ pool, schema: printed, migrate: "check" }).migrate();
    const columns = (schema: string): Promise<unknown> =>
      ask(
        `SELECT table_name, column_name, data_type, replace(column_default, '${schema}', '') AS is_default FROM information_schema.columns WHERE table_schema = '${schema}' ORDER BY 1, 2`,
      );
    expect(await columns(printed)).toEqual(await columns(made));
  });

  it.runIf(server.kind === "real")("a role without DDL works on a schema that somebody else keeps", async () => {
    const schema = server.schema();
    const role = `${schema}_role`;
    await ask(`CREATE ROLE "${role}" LOGIN`);
    try {
      await ask(postgres.sql({ schema, role }));
      const limited = server.pool({ user: role });
      const store = postgres({ pool: limited, schema, migrate: "check" });
      const talk = talkOf("limited", at);
      await keepIn(store, talk, at, { effects: [caseActOf(talk, "act", at)] });
      expect(await store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 1_000 })).toHaveLength(1);
      // What deletes needs a right of its own.
      await store.unit((unit) => unit.erase(person("maria")));
      await store.caughtUp([crmDoor]);
      await store[Symbol.asyncDispose]();
      await limited.end();
    } finally {
      await server.drop(schema);
      await ask(`DROP ROLE "${role}"`);
    }
  });

  it("older code works beside a schema with more steps, until one says that it may not", async () => {
    const schema = server.schema();
    await postgres({ pool, schema }).migrate();
    await ask(`INSERT INTO "${schema}".migration(version, at) VALUES(1000, 0)`);
    for (const migrate of ["auto", "check"] as const) await postgres({ pool, schema, migrate }).migrate();
    await ask(`UPDATE "${schema}".meta SET value = '1000' WHERE name = 'oldest'`);
    expect((await refusal(postgres({ pool, schema }).migrate())).message).toContain("update casethread");
  });

  it("the database's time counts, whatever a worker's clock says", async () => {
    const schema = server.schema();
    const store = postgres({ pool, schema });
    const talk = talkOf("time", 5);
    await keepIn(store, talk, 5, { effects: [caseActOf(talk, "act", 5)] });
    const [lease] = await store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 1_000 });
    expect(Math.abs((lease?.until ?? 0) - 1_000 - Date.now())).toBeLessThan(60_000);
  });

  it("what is told inside a transaction of yours is kept with it, or with it undone", async () => {
    const schema = server.schema();
    const store = postgres({ pool, schema });
    await store.migrate();
    for (const end of ["COMMIT", "ROLLBACK"]) {
      const client = await (server.kind === "real" ? other : pool).connect();
      await client.query({ text: "BEGIN" });
      const inside = postgres({ client, schema });
      const talk = talkOf(end, at);
      await keepIn(inside, talk, at, {});
      const failing = inside.unit(async (unit) => {
        await unit.raw({ reason: "odd", raw: "of a unit that failed" });
        throw new Error("made to fail");
      });
      await expect(failing).rejects.toThrow("made to fail");
      expect((await refusal(inside.working())).fault).toBe("invalid");
      expect((await refusal(inside.resume("any", at))).message).toContain("by a bridge on a pool");
      expect(await inside.unrehearse(talk.account)).toBe(0);
      if (server.kind === "real")
        expect(await store.unit((unit) => unit.load(keyOf.conversation(keyOf.event("not", "it"))))).toBeUndefined();
      await client.query({ text: end });
      client.release();
      expect((await store.unit((unit) => unit.load(talk.key))) !== undefined, end).toBe(end === "COMMIT");
    }
    expect(await store.unread()).toEqual([]);
    expect(() => postgres({})).toThrow("give a pool");
  });

  it("a transaction of yours on a database that came back from the past is told so, until a worker has seen to it", async () => {
    const schema = server.schema();
    const store = postgres({ pool, schema });
    await store.migrate();
    await ask(`UPDATE "${schema}".meta SET value = 'another' WHERE name = 'identity'`);
    const client = await (server.kind === "real" ? other : pool).connect();
    await client.query({ text: "BEGIN" });
    const inside = postgres({ client, schema });
    expect((await refusal(inside.pauses())).message).toContain("came back from the past");
    await client.query({ text: "ROLLBACK" });
    client.release();
  });

  it("words that PostgreSQL cannot hold come back as they were", async () => {
    const store = postgres({ pool, schema: server.schema() });
    const odd = ["a\0b", "half \ud83d", "\u0001begins", "whole 😀"];
    for (const raw of odd) await store.unit((unit) => unit.raw({ reason: "odd", raw }));
    expect((await store.unread()).map(({ raw }) => raw).sort()).toEqual(odd.sort());
  });

  it("an embedded store is copied as it is, and goes on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "casethread-copy-"));
    const file = join(folder, "from.db");
    const clock = createClock({ still: true });
    const now = clock.now();
    const keys = [{ id: "mine", secret: "not the one that is made at the opening" }];
    const from = sqlite({ file, clock, keys });
    const talk = talkOf("copied", now);
    const event = keyOf.event("made-up", "once", 1);
    await keepIn(from, talk, now, { personas: [personaOf(person("maria"), { profile: { handle: "maria" } })] });
    const effect = await promiseWords(from, talk, "reply", now);
    await from.unit((unit) => unit.first(event));
    await from.unit((unit) => unit.note("cursor").swap(undefined, "7"));
    const [lease] = await from.lease({ door: publicDoor, lanes: 1, each: 1, forMs: 60_000 });
    if (lease === undefined) expect.fail("no lane");
    await from.sending([{ lease, effect: effect.key, windowMs: 2_000, quietMs: 30_000, timeoutMs: 10_000 }]);
    const told = await from.ledger(undefined, 2);
    const left = await from.ledger(told.at(-1)?.position, 1_000);
    await from[Symbol.asyncDispose]();
    // Half a day ago it had come back from the past.
    const db = new DatabaseSync(file);
    db.exec(`INSERT INTO meta(name, value) VALUES('back', '${now - 43_200_000}')`);
    db.close();

    const schema = server.schema();
    {
      await using working = sqlite({ file, clock, keys });
      await using _claim = await working.working();
      expect((await refusal(postgres.copy({ file, pool, schema }))).fault).toBe("taken");
    }
    const newer = new DatabaseSync(file);
    newer.exec("INSERT INTO migration(version, at) VALUES(1000, 0)");
    expect((await refusal(postgres.copy({ file, pool, schema }))).message).toContain("schema version 1000");
    newer.exec("DELETE FROM migration WHERE version = 1000");
    newer.close();
    await postgres({
      pool,
      schema,
      keys: [{ id: "other", secret: "of somebody who opened the schema before" }],
    }).migrate();
    const counts = await postgres.copy({ file, pool, schema });
    expect(counts).toMatchObject({ conversation: 1, effect: 1, event: 1, note: 1 });
    const kept = await ask(
      `SELECT name, value FROM "${schema}".meta WHERE name = 'back' OR name LIKE 'key:%' OR name LIKE 'secret:%' ORDER BY name`,
    );
    expect(kept).toEqual([
      { name: "back", value: String(now - 43_200_000) },
      { name: "key:mine", value: expect.any(String) },
    ]);
    const [next] = await ask(
      `SELECT nextval(pg_get_serial_sequence('"${schema}".ledger', 'position')) > max(position) AS free FROM "${schema}".ledger`,
    );
    expect([true, "t"]).toContain(next?.["free"]);
    const store = postgres({ pool, schema, clock, keys });
    expect(await store.unit((unit) => unit.first(event))).toBe(false);
    expect(await store.unit((unit) => unit.note("cursor").read())).toBe("7");
    expect(await store.recovered(1_000)).toBeUndefined();
    // A reader goes on where it was.
    const rest = await store.ledger(told.at(-1)?.position, 1_000);
    expect(rest.map(({ row }) => row)).toEqual(left.map(({ row }) => row));
    await keepIn(store, talk, now + 1, {});
    expect((await store.ledger(rest.at(-1)?.position, 10)).map(({ kind }) => kind)).toEqual(["event", "decided"]);
    await clock.advance(32_000);
    const [taken] = await store.lease({ door: publicDoor, lanes: 1, each: 1, forMs: 60_000 });
    expect(taken?.run[0]?.state).toBe("sending");
    expect((await refusal(postgres.copy({ file, pool, schema }))).message).toContain("not empty");
    rmSync(folder, { recursive: true });
  });
});
