import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sqlite } from "casethread/sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { createWorld } from "../made-up/world.ts";

const script = fileURLToPath(new URL("../store/child.ts", import.meta.url));
const flags = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"];
const heldMs = 3_000;

afterEach(() => vi.restoreAllMocks());

/** Times every transaction of this process, from its begin to its end, and remembers how long SQLite itself may wait. */
const timeTransactions = () => {
  const { exec } = DatabaseSync.prototype;
  const { run } = StatementSync.prototype;
  const seen = { longest: 0, databases: new Set<DatabaseSync>() };
  let began = 0;
  vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (this: DatabaseSync, text: string) {
    seen.databases.add(this);
    exec.call(this, text);
  });
  vi.spyOn(StatementSync.prototype, "run").mockImplementation(function (
    this: StatementSync,
    ...values: Parameters<StatementSync["run"]>
  ) {
    if (this.sourceSQL.startsWith("BEGIN")) began = performance.now();
    const done = run.apply(this, values);
    if (this.sourceSQL === "COMMIT") seen.longest = Math.max(seen.longest, performance.now() - began);
    return done;
  });
  return seen;
};

const round = async () => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-lock-"));
  const file = join(folder, "casethread.db");
  const seen = timeTransactions();
  const world = createWorld({ store: sqlite({ file }) });
  await world.post("maria", "before");
  const locker = spawn(process.execPath, [...flags, script, "lock", file, String(heldMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(locker, "close");
  try {
    await once(createInterface({ input: locker.stdout }), "line");
    seen.longest = 0;
    const delays = monitorEventLoopDelay({ resolution: 5 });
    delays.enable();
    // It counts from the second time on that the loop comes round.
    await delay(25);
    const began = performance.now();
    const answers: Promise<{ id: string; status: number; ms: number }>[] = [];
    while (performance.now() - began < heldMs - 500) {
      const word = world.park.say(`p${answers.length}`, "where is my parcel?");
      const told = world.bridge.fetch(world.park.deliver(word));
      answers.push(told.then(({ status }) => ({ id: word.id, status, ms: performance.now() - began })));
      await delay(25);
    }
    const ended = await Promise.all(answers);
    // And what held it up to the end, when it next does.
    await delay(25);
    delays.disable();
    await closed;
    let lost = 0;
    for (const { id, status } of ended) {
      const talk = await world.bridge.conversation({ url: `https://park.test/${id}` });
      if (status === 200 && talk === undefined) lost += 1;
    }
    const busy = [...seen.databases].flatMap((db) => (db.isOpen ? [db.prepare("PRAGMA busy_timeout").get()] : []));
    return {
      statuses: [...new Set(ended.map(({ status }) => status))],
      deliveries: ended.length,
      first: Math.min(...ended.map(({ ms }) => ms)),
      lost,
      loop: delays.max / 1e6,
      longest: seen.longest,
      busy: busy.map((row) => Object.values(row ?? {})[0]),
    };
  } finally {
    locker.kill("SIGKILL");
    await world[Symbol.asyncDispose]();
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  }
};

test(
  "another process's write lock of three seconds holds up no loop and loses no delivery",
  // Three tries: whatever else the machine does at that moment is in the figures as well.
  { timeout: 120_000, retry: 2 },
  async () => {
    // A busy machine may hold the process up by itself: the best of five rounds counts for the time, all for the rest.
    const excess: number[] = [];
    for (let n = 0; n < 5 && (excess.length === 0 || Math.min(...excess) >= 50); n += 1) {
      const { statuses, deliveries, first, lost, loop, longest, busy } = await round();
      console.log(
        `lock held ${heldMs} ms: ${deliveries} deliveries, the first answered after ${first.toFixed(0)} ms, statuses ${statuses.join()}, ${lost} lost; the loop at most ${loop.toFixed(1)} ms, the longest transaction ${longest.toFixed(1)} ms`,
      );
      expect(lost).toBe(0);
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(first).toBeGreaterThan(heldMs / 2);
      // Somebody whose loop stands still says nothing.
      expect(deliveries).toBeGreaterThan(10);
      // SQLite itself never waits: it would do so with the whole process.
      expect(new Set(busy)).toEqual(new Set([0]));
      expect(longest).toBeGreaterThan(0);
      excess.push(loop - longest);
    }
    expect(Math.min(...excess)).toBeLessThan(50);
  },
);
