import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgres, type PgPool } from "casethread/postgres";
import { sqlite } from "casethread/sqlite";
import { afterAll, expect, it, vi } from "vitest";
import { findServer } from "./server.ts";

const server = await findServer();
const shown = server.kind === "real";
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: that who meets somebody's lock is told so\n");
const folder = mkdtempSync(join(tmpdir(), "casethread-told-"));
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
const query = async (text: string): Promise<void> => {
  const client = await server.pool().connect();
  await client.query({ text });
  client.release();
};

it("a file that is not there is not copied", async () => {
  const file = join(folder, "nowhere.db");
  await expect(postgres.copy({ file, pool: server.pool(), schema: server.schema() })).rejects.toThrow(
    `[postgres: invalid] there is no file ${file}: name the embedded store's file`,
  );
});

it("a file of another version is not copied", async () => {
  const file = join(folder, "old.db");
  await using store = sqlite({ file, durable: false });
  await store.migrate();
  await store[Symbol.asyncDispose]();
  const db = new DatabaseSync(file);
  const { version } = db.prepare("SELECT max(version) AS version FROM migration").get() as { version: number };
  db.prepare("DELETE FROM migration WHERE version = ?").run(version);
  db.close();
  await expect(postgres.copy({ file, pool: server.pool(), schema: server.schema() })).rejects.toThrow(
    `[postgres: invalid] the file is at schema version ${version - 1}, and this version of casethread has ${version}: open it once with sqlite() of this version`,
  );
});

/** A pool of a server that takes back what it is told to commit, as one does whose transaction has failed unseen; while it is `broken`. */
const forgetful = (): { readonly pool: PgPool; broken: boolean } => {
  const pool = server.pool();
  const about = { broken: false };
  const connect = async () => {
    const client = await pool.connect();
    const ask = (asked: Parameters<typeof client.query>[0]) =>
      client.query(about.broken ? { ...asked, text: asked.text.replace(/\bCOMMIT\b/, "ROLLBACK") } : asked);
    return { ...client, query: ask, release: client.release.bind(client), on: client.on?.bind(client) };
  };
  return Object.assign(about, { pool: { connect } });
};

it("what the database does not keep is told", async () => {
  const its = forgetful();
  its.broken = true;
  const schema = server.schema();
  await using store = postgres({ pool: its.pool, schema });
  await expect(store.migrate()).rejects.toThrow(
    "[postgres: invalid] the schema could not be brought to this version: see the server's log",
  );
  its.broken = false;
  await store.migrate();
  its.broken = true;
  await expect(store.unit((unit) => unit.raw({ reason: "none", raw: "{}" }))).rejects.toThrow(
    "[postgres: unavailable] the transaction was rolled back at its commit (ROLLBACK): nothing was kept, ask again",
  );
  its.broken = false;
});

it("a unit that waits for something else is ended, and told why", async () => {
  await using store = postgres({ pool: server.pool(), schema: server.schema() });
  await store.migrate();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const begun = Promise.withResolvers<void>();
    const told = expect(
      store.unit(async () => {
        begun.resolve();
        await new Promise(() => undefined);
      }),
    ).rejects.toThrow(
      "[postgres: invalid] a unit's work did not end within 5 s: inside a unit await nothing but the unit (no network, no other unit)",
    );
    await begun.promise;
    vi.advanceTimersByTime(5_000);
    await told;
  } finally {
    vi.useRealTimers();
  }
});

it("a store that was closed is used no more, nor while it closes", async () => {
  const store = postgres({ pool: server.pool(), schema: server.schema() });
  await store.migrate();
  const closing = store[Symbol.asyncDispose]();
  const closed = "[postgres: closed] this store is closed: make a new one";
  await expect(store.nextDue()).rejects.toThrow(closed);
  await closing;
  await expect(store.nextDue()).rejects.toThrow(closed);
});

it("a store in somebody's transaction does not work, and asks nothing of a database from the past", async () => {
  const schema = server.schema();
  const made = postgres({ pool: server.pool(), schema });
  await made.migrate();
  await made[Symbol.asyncDispose]();
  await query(`UPDATE "${schema}".meta SET value = '1/00000001/1' WHERE name = 'identity'`);
  const client = await server.pool().connect();
  await client.query({ text: "BEGIN" });
  await using store = postgres({ client, schema });
  await expect(store.working()).rejects.toThrow(
    "[postgres: invalid] a store inside a transaction of yours cannot work: make one on a pool for bridge.work()",
  );
  await expect(store.nextDue()).rejects.toThrow(
    "[postgres: invalid] the database came back from the past, and no worker has seen to it: run bridge.work() on a pool first",
  );
  await client.query({ text: "ROLLBACK" });
  client.release();
});

it.runIf(shown)("who meets somebody's lock for four seconds is told where to look", { timeout: 20_000 }, async () => {
  const schema = server.schema();
  const pool = server.pool();
  await using store = postgres({ pool, schema });
  await store.migrate();
  const other = await server.pool().connect();
  await other.query({ text: `BEGIN; LOCK TABLE "${schema}".note IN ACCESS EXCLUSIVE MODE` });
  try {
    await expect(store.unit((unit) => unit.note("a note").swap(undefined, "kept"))).rejects.toThrow(
      "others kept the same rows locked for four seconds: see pg_stat_activity for who does",
    );
  } finally {
    await other.query({ text: "ROLLBACK" });
    other.release();
  }
});
