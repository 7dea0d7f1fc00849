import { DatabaseSync } from "node:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import { caseActOf, crmDoor, keepIn, talkOf } from "../../src/conformance/make.ts";
import type { EffectKey } from "../../src/core/words/ref.ts";
import { type Stored, unwrap } from "../../src/store/codec.ts";
import { translate as ofSqlite } from "../../src/store/faults.ts";
import { translate as ofPostgres } from "../../src/store/postgres/faults.ts";
import { createQueue as queueOnPool } from "../../src/store/postgres/queue.ts";
import { createQueue } from "../../src/store/queue.ts";
import type { Ring } from "../../src/store/ring.ts";
import { Raced } from "../../src/store/sql.ts";

describe("what a database refuses is told with what to do", () => {
  it.each([
    [5, "another process holds the file's write lock: give it time, or see what holds it"],
    [8, "the file is read-only: give this process the right to write it and its folder"],
    [10, "the disk failed or refused: look at it before anything else"],
    [11, "the file is damaged: put a backup in its place"],
    [13, "the disk is full: make room"],
    [14, "the file cannot be opened: does its folder exist, and may this process write there?"],
    [26, "the file is not a database: name another one"],
  ])("SQLite's %i", (errcode, sentence) => {
    const thrown = Object.assign(new Error("its words"), { code: "ERR_SQLITE_ERROR", errcode });
    expect(ofSqlite(thrown).message).toBe(`[sqlite: unavailable] ${sentence} (its words)`);
  });

  it.each([
    ["28P01", "the password is wrong: give the pool the right one"],
    ["28000", "this role may not connect: see the server's pg_hba.conf"],
    ["3D000", "there is no such database: create it, or name another one in the pool"],
    ["3F000", "there is no such schema: run migrate(), or what postgres.sql() prints"],
    ["42P01", "a table is missing: run migrate(), or what postgres.sql() prints"],
    ["42501", "this role lacks a right: see the grants that postgres.sql({ role }) prints"],
    ["53100", "the server's disk is full: make room"],
    ["53200", "the server is out of memory, or of locks: raise max_locks_per_transaction"],
    ["53300", "the server has no connection left: make the pools smaller, or put a pooler in front"],
    ["25006", "the server takes no writes: is it a standby? Name the primary in the pool"],
    ["57014", "a statement took longer than five seconds: see what keeps the server busy"],
    ["22023", "the server refused a statement: see its log"],
  ])("PostgreSQL's %s", (code, sentence) => {
    expect(ofPostgres(Object.assign(new Error("its words"), { code })).message).toBe(
      `[postgres: unavailable] ${sentence} (SQLSTATE ${code})`,
    );
  });

  it.each([
    [new Error("Connection terminated"), "the server could not be reached, or was lost: see whether it runs"],
    [new Raced(), "others kept changing what this work had read: ask again"],
  ])("PostgreSQL's %s", (thrown, sentence) => {
    expect(ofPostgres(thrown).message).toBe(`[postgres: unavailable] ${sentence}`);
  });
});

it("a table that somebody has taken away is told, and to whom", async () => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-advice-"));
  try {
    const file = join(folder, "bridge.db");
    await using store = sqlite({ file, durable: false });
    await store.migrate();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA foreign_keys = OFF; DROP TABLE raw");
    db.close();
    await expect(store.unit((unit) => unit.raw({ reason: "none", raw: "{}" }))).rejects.toThrow(
      "[sqlite: unavailable] the database refused a statement: report it to the authors of casethread (no such table: raw)",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("what was not leased is not settled", async () => {
  const clock = createClock({ still: true });
  await using store = sqlite({ file: ":memory:", durable: false, clock });
  const talk = talkOf("one", clock.now());
  await keepIn(store, talk, clock.now(), { effects: [caseActOf(talk, "act", clock.now())] });
  const [lease] = await store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 60_000 });
  if (lease === undefined) throw new Error("no lane");
  const outcomes = [{ effect: "another" as EffectKey, outcome: { as: "done" as const, receipt: { at: clock.now() } } }];
  await expect(store.settle([{ lease, outcomes }], () => Promise.resolve())).rejects.toThrow(
    "[store: invalid] settled another, which this lease does not hold: settle what was leased, nothing else",
  );
});

it("a value of a newer version is not guessed at", () => {
  expect(() => unwrap(JSON.stringify({ format: 2, value: 1 }) as Stored<number>)).toThrow(
    "[store: malformed] a stored value has format 2, and this version of casethread reads up to 1: update casethread",
  );
});

describe("a connection that lost its transaction", () => {
  /** A connection of which only this is asked; its transaction is gone when the work says so. */
  const queueOn = (about: { inTransaction: boolean }) =>
    createQueue({
      connection: {
        get inTransaction() {
          return about.inTransaction;
        },
        exec: () => undefined,
        all: () => [{ n: 0 }],
        run: () => 0,
        synced: () => Promise.resolve(),
        demandSound: () => undefined,
        close: () => undefined,
      },
      ring: {} as Ring,
      clock: createClock(),
      back: undefined,
      committed: () => undefined,
    });

  it("is told by the next statement", async () => {
    const about = { inTransaction: true };
    const work = queueOn(about).call("write", async ({ sql }) => {
      about.inTransaction = false;
      await sql.run("DELETE FROM raw");
    });
    await expect(work).rejects.toThrow(
      "[sqlite: unavailable] the transaction is gone: nothing of it was kept, ask again",
    );
  });

  it("is told at the commit", async () => {
    const about = { inTransaction: true };
    const work = queueOn(about).call("write", async () => {
      about.inTransaction = false;
    });
    await expect(work).rejects.toThrow(
      "[sqlite: unavailable] the transaction ended before its commit: nothing was kept, ask again",
    );
  });

  it("and a queue that is closed takes nothing more", async () => {
    const queue = queueOn({ inTransaction: true });
    await queue.close();
    await expect(queue.call("read", async () => undefined)).rejects.toThrow(
      "[sqlite: closed] this store is closed: make a new one",
    );
  });
});

it("a queue of PostgreSQL's that is closed takes nothing more", async () => {
  const queue = queueOnPool({} as Parameters<typeof queueOnPool>[0]);
  await queue.close();
  await expect(queue.call("read", async () => undefined)).rejects.toThrow(
    "[postgres: closed] this store is closed: make a new one",
  );
});
