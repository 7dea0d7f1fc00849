import { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import type { Store } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterEach, expect, test, vi } from "vitest";
import type { Word } from "../made-up/park.ts";
import { createWorld, type World } from "../made-up/world.ts";

afterEach(() => vi.restoreAllMocks());

/** Long enough that words need pages of their own. */
const long = (what: string): string => `${what} ${"and so on ".repeat(900)}`;

const answer = "We look into it.";

/** Works until nothing is due. Whoever rests after a fault rests by the world's clock, which need not be waited for. */
const idle = async (world: World): Promise<void> => {
  const done = new AbortController();
  const working = world.bridge.work({ until: "idle" }).finally(() => done.abort());
  // What it throws is thrown below, once it has been waited for.
  working.catch(() => undefined);
  while (!done.signal.aborted) {
    // As long as anything is under way no time passes: a poll that is due again before it has ended is never over.
    for (let turns = 0; turns < 24 && !done.signal.aborted; turns++) await turn();
    await world.clock.advance(100);
  }
  await working;
};

/** What was claimed is kept, at this very moment. */
const kept = async (world: World, { id }: Word, text: string): Promise<void> => {
  const look = async () => world.bridge.conversation({ url: `https://park.test/${id}` });
  // A look may be what the disk refuses; the next one finds it whole.
  const talk = await look().catch(look);
  expect(talk?.entries.map((entry) => entry.text) ?? [], "what was claimed is kept").toContain(text);
};

/** A short story: two admissions, cases and entries written, an answer performed and settled. Was any of it refused? */
const play = async (world: World): Promise<boolean> => {
  let failed = false;
  const orElse = (): void => {
    failed = true;
  };
  const words = ["maria", "ben"].map(
    (by) => [...world.park.words.values()].find((one) => one.by === by) ?? world.park.say(by, long(by)),
  );
  for (const word of words) {
    const { status } = await world.bridge.fetch(world.park.deliver(word));
    if (status === 200) await kept(world, word, word.text);
    else orElse();
  }
  const [maria] = words;
  if (maria === undefined) throw new Error("nobody said anything");
  await idle(world).catch(orElse);
  const answered = await world.answer(maria, answer, "public", "the-answer").catch(orElse);
  if (answered !== undefined) await kept(world, maria, answer);
  await idle(world).catch(orElse);
  return failed;
};

/** Nothing is there by half: each event has its decision or its why, each promise its conversation. */
const whole = async (world: World): Promise<void> => {
  const rows = await world.bridge.ledger({ limit: 10_000 });
  expect(rows.map(({ position }) => Number(position))).toEqual(rows.map((_, i) => Number(rows[0]?.position ?? 1) + i));
  const keysOf = (kind: string): string[] =>
    rows.flatMap(({ kind: is, row }) => (is === kind ? [String((row as { event?: string }).event)] : []));
  const decided = new Set(keysOf("decided"));
  for (const { kind, row } of rows) {
    const { event, none } = row as { event?: string; none?: unknown };
    if (kind === "event" && none === undefined) expect(decided.has(String(event)), `${event} is decided`).toBe(true);
  }
  expect(new Set(keysOf("event")).size).toBe(keysOf("event").length);
};

const finish = async (world: World): Promise<void> => {
  const ended = async (): Promise<boolean> =>
    (await world.store.census()).lanes.every(({ due, waiting }) => due + waiting === 0);
  for (let n = 0; n < 10; n += 1) {
    const failed = await play(world);
    if (!failed && (await ended())) break;
    await world.clock.advance(30_000);
  }
  await whole(world);
  const said = world.said().filter(({ text }) => text.startsWith(answer));
  expect(said.length, "the answer is said once").toBe(1);
  expect(world.desk.cases.size, "one case for each").toBe(2);
  expect(await world.bridge.parked()).toEqual([]);
};

/** Opens a store whose pages are the smallest there are: the more of them a story needs, the more places there are to stop it. */
const openWithSmallPages = async (store: Store): Promise<DatabaseSync> => {
  const { exec } = DatabaseSync.prototype;
  const databases = new Set<DatabaseSync>();
  vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, text) {
    if (!databases.has(this)) exec.call(this, "PRAGMA page_size = 512");
    databases.add(this);
    exec.call(this, text);
  });
  await store.migrate();
  vi.restoreAllMocks();
  const [opened] = databases;
  if (opened === undefined) throw new Error("no database was opened");
  return opened;
};

test(
  "a disk that fills at any page: nothing is claimed that is not kept, and with room the story ends",
  { timeout: 240_000 },
  async () => {
    let failures = 0;
    let room = 0;
    for (; ; room += 1) {
      const clock = createClock({ still: true });
      const store = sqlite({ file: ":memory:", durable: false, clock });
      const db = await openWithSmallPages(store);
      const world = createWorld({ clock, store });
      const { page_count: pages } = db.prepare("PRAGMA page_count").get() as { page_count: number };
      db.exec(`PRAGMA max_page_count = ${pages + room}`);
      const failed = await play(world);
      await whole(world);
      db.exec("PRAGMA max_page_count = 1000000");
      await finish(world);
      await world[Symbol.asyncDispose]();
      if (!failed) break;
      failures += 1;
    }
    console.log(
      `disk: the story needs ${room} pages; with each fewer (${failures} ways) it was refused, kept whole, and ended with room`,
    );
    expect(failures).toBeGreaterThan(40);
  },
);

/** What SQLite says of a full disk. */
const full = (): Error =>
  Object.assign(new Error("database or disk is full"), { code: "ERR_SQLITE_ERROR", errcode: 13 });
const writes = /^\s*(?:INSERT|UPDATE|DELETE|COMMIT)/i;

/** Fails the n-th statement that writes, as a full disk does: with the transaction still there, or gone. */
const failAt = (n: number, gone: boolean): { readonly seen: () => number } => {
  let seen = 0;
  const texts = new WeakMap<StatementSync, { text: string; db: DatabaseSync }>();
  const { prepare, exec } = DatabaseSync.prototype;
  const { run, all } = StatementSync.prototype;
  const meet = (db: DatabaseSync, text: string): void => {
    if (!writes.test(text)) return;
    seen += 1;
    if (seen !== n) return;
    if (gone && db.isTransaction) exec.call(db, "ROLLBACK");
    throw full();
  };
  vi.spyOn(DatabaseSync.prototype, "prepare").mockImplementation(function (this: DatabaseSync, text) {
    const statement = prepare.call(this, text);
    texts.set(statement, { text, db: this });
    return statement;
  });
  vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, text) {
    meet(this, text);
    exec.call(this, text);
  });
  const met = (statement: StatementSync): void => {
    const of = texts.get(statement);
    if (of !== undefined) meet(of.db, of.text);
  };
  vi.spyOn(StatementSync.prototype, "run").mockImplementation(function (
    this: StatementSync,
    ...values: Parameters<typeof run>
  ) {
    met(this);
    return run.apply(this, values);
  });
  vi.spyOn(StatementSync.prototype, "all").mockImplementation(function (
    this: StatementSync,
    ...values: Parameters<typeof all>
  ) {
    met(this);
    return all.apply(this, values);
  });
  return { seen: () => seen };
};

test.each([
  ["and the transaction with it", true],
  ["and only the statement", false],
])("a disk that is full at any statement that writes, %s", { timeout: 240_000 }, async (_, gone) => {
  let n = 1;
  let failures = 0;
  for (; ; n += 1) {
    const clock = createClock({ still: true });
    const store = sqlite({ file: ":memory:", durable: false, clock });
    await store.migrate();
    const spy = failAt(n, gone);
    const world = createWorld({ clock, store });
    const failed = await play(world);
    vi.restoreAllMocks();
    await whole(world);
    await finish(world);
    await world[Symbol.asyncDispose]();
    if (failed) failures += 1;
    if (spy.seen() < n) break;
  }
  console.log(
    `disk: full at each of ${n - 1} statements that write; ${failures} were told to somebody, the others were tried again`,
  );
  expect(failures).toBeGreaterThan(20);
});
