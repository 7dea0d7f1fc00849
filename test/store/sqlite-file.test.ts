import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { BridgeError, keyOf } from "casethread/adapter";
import { sqlite, type SqliteOptions } from "casethread/sqlite";
import { afterAll, expect, test } from "vitest";
import {
  caseActOf,
  causeOf,
  decisionOf,
  entryOf,
  keepIn,
  person,
  personaOf,
  publicDoor,
  replyOf,
  said,
  talkOf,
} from "../../src/conformance/make.ts";
import { leaseAt, markOf, one } from "../../src/conformance/store/subject.ts";
import { openConnection } from "../../src/store/connection.ts";
import { createQueue } from "../../src/store/queue.ts";
import { ringOf } from "../../src/store/ring.ts";

const folder = await mkdtemp(join(tmpdir(), "casethread-file-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const fileOf = (name: string): string => join(folder, `${name}.db`);

const refusal = async (options: SqliteOptions): Promise<BridgeError> => {
  const store = sqlite(options);
  const thrown = await store.migrate().then(
    () => undefined,
    (error: unknown) => error,
  );
  await store[Symbol.asyncDispose]();
  if (!(thrown instanceof BridgeError)) throw new Error(`expected a refusal, saw ${String(thrown)}`);
  return thrown;
};

const commitsOf = (file: string): number => {
  const db = new DatabaseSync(file);
  const row = db.prepare("SELECT commits FROM tip").get();
  db.close();
  return Number(row?.["commits"]);
};

test("a store in memory must be told that it may forget", async () => {
  const refused = await refusal({ file: ":memory:" });
  expect([refused.fault, refused.landed]).toEqual(["invalid", "no"]);
  expect(refused.message).toMatch(/durable: false/);
});

test("so must one on a file system in memory", async ({ skip }) => {
  if (process.platform !== "linux" || !existsSync("/dev/shm")) skip("no file system in memory here");
  const file = `/dev/shm/casethread-${process.pid}.db`;
  expect((await refusal({ file })).message).toMatch(/file system in memory/);
  expect(readdirSync("/dev/shm").filter((name) => file.endsWith(name))).toEqual([]);
  const store = sqlite({ file, durable: false });
  await store.migrate();
  await store[Symbol.asyncDispose]();
  for (const end of ["", ".tip"]) await rm(`${file}${end}`, { force: true });
});

test("nothing is opened before the first call, and what cannot be opened says what to do", async () => {
  const store = sqlite({ file: fileOf("lazy") });
  await store[Symbol.asyncDispose]();
  expect(existsSync(fileOf("lazy"))).toBe(false);
  await expect(store.census()).rejects.toThrow(/closed/);
  expect((await refusal({ file: join(folder, "no", "such", "folder.db") })).message).toMatch(/there is no folder/);
});

test("a file of a newer version is not touched", async () => {
  const file = fileOf("newer");
  const store = sqlite({ file });
  await store.migrate();
  await store[Symbol.asyncDispose]();
  const db = new DatabaseSync(file);
  db.exec("INSERT INTO migration(version, at) VALUES(99, 0)");
  db.close();
  expect((await refusal({ file })).message).toMatch(/schema version 99.*update casethread/);
});

test("a key ring turns: what was hashed under an old key still counts, and a key that is missing or changed is refused", async () => {
  const file = fileOf("ring");
  const event = keyOf.event("made-up", "ring", 1);
  const first = async (keys: SqliteOptions["keys"]): Promise<boolean> => {
    const store = sqlite({ file, ...(keys === undefined ? {} : { keys }) });
    const was = await store.unit((unit) => unit.first(event));
    await store[Symbol.asyncDispose]();
    return was;
  };
  expect(await first(undefined)).toBe(true);
  const old = { id: "2025", secret: "secret-of-2025" };
  expect(await first([old]), "beside the one the file has made itself").toBe(false);
  expect(await first(() => Promise.resolve([{ id: "2026", secret: "secret-of-2026" }, old]))).toBe(false);
  expect((await refusal({ file, keys: [{ id: "2026", secret: "secret-of-2026" }] })).message).toMatch(/"2025".*add it/);
  const changed = await refusal({ file, keys: [{ id: "2026", secret: "secret-of-nobody" }, old] });
  expect(changed.message).toMatch(/"2026" is not the one/);
  expect(changed.message).not.toMatch(/secret-of/);
});

test("a key ring turns: what could not be read, and was seen to or erased, is known when it is told again", async () => {
  const file = fileOf("raw-ring");
  const item = { reason: "no such kind", raw: "words of maria", account: { channel: "made-up", id: "acme" } };
  const old = { id: "2025", secret: "secret-of-2025" };
  await using before = sqlite({ file, keys: [old] });
  await before.unit((unit) => unit.raw(item));
  const [told] = await before.unread();
  await before.dismiss(told?.id ?? "");
  await before[Symbol.asyncDispose]();
  await using after = sqlite({ file, keys: [{ id: "2026", secret: "secret-of-2026" }, old] });
  await after.unit((unit) => unit.raw(item));
  expect(await after.unread()).toEqual([]);
});

test("calls that come together share a commit, and an idle store commits nothing", async () => {
  const file = fileOf("shared");
  const store = sqlite({ file });
  await store.migrate();
  const before = commitsOf(file);
  await Promise.all(Array.from({ length: 128 }, (_, n) => keepIn(store, talkOf(`t-${n}`, n), n)));
  expect(commitsOf(file) - before).toBe(4);
  for (let n = 0; n < 20; n += 1) await Promise.all([store.nextDue(), store.due(10), store.census()]);
  expect(commitsOf(file) - before).toBe(4);
  await store[Symbol.asyncDispose]();
});

test("work that swallows the database's refusal is not told that it was kept", async () => {
  const connection = await openConnection(":memory:", false);
  connection.exec("CREATE TABLE tip(one, commits, at); INSERT INTO tip VALUES(1, 0, 0); CREATE TABLE t(v UNIQUE)");
  const ring = ringOf([{ id: "test", secret: "test" }]);
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  const queue = createQueue({ connection, ring, clock, back: undefined, committed: () => undefined });
  const swallowing = queue.call("write", async ({ sql }) => {
    await sql.run("INSERT INTO t VALUES(1)");
    await sql.run("INSERT INTO t VALUES(1)").catch(() => 0);
    await sql.run("INSERT INTO t VALUES(2)").catch(() => 0);
    return "kept";
  });
  await expect(swallowing).rejects.toMatchObject({ fault: "unavailable", landed: "no" });
  expect(connection.all("SELECT v FROM t", [])).toEqual([]);
  const before = queue.call("write", async ({ sql }) => sql.run("INSERT INTO t VALUES(2)"));
  // The transaction ends under the feet of the second call, as a full disk ends it: nothing before it is kept either.
  const ending = queue.call("write", async ({ sql }) => {
    await sql.run("INSERT INTO t VALUES(3)");
    connection.exec("ROLLBACK");
    await sql.run("INSERT INTO t VALUES(4)").catch(() => 0);
    return "kept";
  });
  const behind = queue.call("write", async ({ sql }) => sql.run("INSERT INTO t VALUES(5)"));
  const ends = await Promise.allSettled([before, ending, behind]);
  expect(ends.map((end) => end.status)).toEqual(["rejected", "rejected", "fulfilled"]);
  for (const end of ends.slice(0, 2)) {
    expect(end.status === "rejected" && end.reason).toMatchObject({ fault: "unavailable", landed: "no" });
  }
  expect(connection.all("SELECT v FROM t", []).map((row) => ({ ...(row as object) }))).toEqual([{ v: 5 }]);
  await queue.close();
  connection.close();
});

test("a database that is full in the middle of a shared commit keeps nothing of it, and goes on with what comes behind", async () => {
  const connection = await openConnection(fileOf("pages"), true);
  connection.exec("CREATE TABLE tip(one, commits, at); INSERT INTO tip VALUES(1, 0, 0); CREATE TABLE t(v)");
  connection.exec("PRAGMA max_page_count = 8; PRAGMA cache_size = 1");
  const ring = ringOf([{ id: "test", secret: "test" }]);
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  const queue = createQueue({ connection, ring, clock, back: undefined, committed: () => undefined });
  const insert = (text: string): Promise<number> =>
    queue.call("write", async ({ sql }) => sql.run("INSERT INTO t VALUES(?)", text));
  const ends = await Promise.allSettled([insert("before"), insert("x".repeat(100_000)), insert("behind")]);
  const [before, full, behind] = ends;
  console.log(ends.map((end) => (end.status === "rejected" ? String(end.reason) : end.status)).join(" | "));
  expect(full?.status === "rejected" && full.reason).toMatchObject({ fault: "unavailable", landed: "no" });
  expect(full?.status === "rejected" && String(full.reason)).toMatch(/the disk is full: make room/);
  const there = connection.all("SELECT v FROM t ORDER BY v DESC", []).map((row) => (row as { readonly v: string }).v);
  const kept = [before, behind].map((end) => end?.status === "fulfilled");
  expect(there).toEqual(
    ["before", "behind"]
      .filter((_, n) => kept[n] === true)
      .sort()
      .reverse(),
  );
  expect(behind?.status).toBe("fulfilled");
  await queue.close();
  connection.close();
});

test("words, names and handles stand in their own tables only, and erased they are gone from the file", async () => {
  const file = fileOf("erased");
  const store = sqlite({ file });
  const at = Date.now();
  const talk = talkOf("erased", at);
  const [words, handle, out] = ["Zebra-words", "Zebra-handle", "Zebra-out"];
  const event = said("erased", words, at, { profile: { handle } });
  const entry = entryOf(talk.key, event);
  const maria = personaOf(person("maria"), { profile: { handle } });
  const effects = [
    caseActOf(talk, "entry", at, { content: entry.content }),
    replyOf(talk, "reply", at, { content: entry.content }),
  ];
  await store.unit((unit) =>
    unit.keep([decisionOf(talk, { entries: [entry], personas: [maria], effects })], causeOf(event)),
  );
  const lease = one(await leaseAt(store, publicDoor), "a lane");
  await store.sending([markOf(lease, keyOf.effect(talk.key, "reply"), { words: out })]);

  const db = new DatabaseSync(file);
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const telling = tables
    .map((row) => String(row["name"]))
    .filter((name) => JSON.stringify(db.prepare(`SELECT * FROM "${name}"`).all()).includes("Zebra"));
  db.close();
  expect(telling.sort()).toEqual(["content", "persona", "sent"]);

  await store.unit((unit) => unit.erase(maria.ref));
  await store[Symbol.asyncDispose]();
  expect(existsSync(`${file}-wal`)).toBe(false);
  expect(readFileSync(file).includes("Zebra")).toBe(false);
});

test("how fast it is", { timeout: 60_000 }, async () => {
  const store = sqlite({ file: fileOf("fast") });
  const at = Date.now();
  const admit = (n: number): Promise<void> => {
    const talk = talkOf(`fast-${n}`, at);
    const event = said(`fast-${n}`, "hello", at);
    const effects = ["open", "entry"].map((name) => caseActOf(talk, name, at));
    return store.unit(async (unit) => {
      if (await unit.first(event.key))
        await unit.keep([decisionOf(talk, { entries: [entryOf(talk.key, event)], effects })], causeOf(event));
    });
  };
  const rate = async (what: string, count: number, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    console.log(`${what}: ${Math.round((count * 1_000) / (performance.now() - began))} a second`);
  };
  await store.migrate();
  await rate("admitted one by one", 300, async () => {
    for (let n = 0; n < 300; n += 1) await admit(n);
  });
  await rate("admitted together", 3_000, () => Promise.all(Array.from({ length: 3_000 }, (_, n) => admit(n + 1_000))));
  let settled = 0;
  await rate("effects leased and settled", 6_600, async () => {
    for (;;) {
      const leases = await store.lease({ door: "crm/desk", lanes: 100, each: 10, forMs: 60_000 });
      if (leases.length === 0) return;
      settled += leases.reduce((sum, lease) => sum + lease.run.length, 0);
      const outcome = { as: "done", receipt: { at } } as const;
      await store.settle(
        leases.map((lease) => ({ lease, outcomes: lease.run.map(({ effect }) => ({ effect: effect.key, outcome })) })),
        () => Promise.resolve(),
      );
    }
  });
  expect(settled).toBe(6_600);
  await store[Symbol.asyncDispose]();
});

test.skipIf(process.platform === "win32")("what people said is for nobody but the file's owner", async () => {
  const file = fileOf("rights");
  await using store = sqlite({ file, durable: false });
  await using _claim = await store.working();
  await store.unit((unit) => unit.note("a").swap(undefined, "b"));
  const beside = readdirSync(folder).filter((name) => name.startsWith("rights.db"));
  expect(beside).toEqual(expect.arrayContaining(["rights.db", "rights.db-wal", "rights.db.tip", "rights.db.worker"]));
  for (const name of beside) expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
});

test("a store wants a key", async () => {
  await using store = sqlite({ file: ":memory:", durable: false, keys: [] });
  await expect(store.migrate()).rejects.toThrow("the key ring is empty: give at least one key");
});
