import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BridgeError, keyOf } from "casethread/adapter";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crmDoor, keepIn, talkOf } from "../../src/conformance/make.ts";
import { type Connection, openConnection } from "../../src/store/connection.ts";
import { createQueue } from "../../src/store/queue.ts";
import { ringOf } from "../../src/store/ring.ts";
import { footing } from "../../src/store/schema.ts";

const script = fileURLToPath(new URL("child.ts", import.meta.url));
const flags = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"];

let folder = "";
const children = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "casethread-faults-"));
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<unknown>;
  said(line: string): Promise<void>;
}

const watch = (child: ChildProcess): Run => {
  children.add(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      for (const look of waiting) look();
    });
  }
  const ended = new Promise((resolve) => child.once("close", resolve));
  const said = (line: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!lines.includes(line)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      void ended.then(() =>
        reject(new Error(`the child ended without saying "${line}": ${lines.slice(-3).join(" | ")}`)),
      );
      look();
    });
  return { child, lines, ended, said };
};

const start = (...args: readonly string[]): Run =>
  watch(spawn(process.execPath, [...flags, script, ...args], { stdio: ["pipe", "pipe", "inherit"] }));

const keptIn = (lines: readonly string[]): readonly number[] =>
  lines.filter((line) => line.startsWith("kept ")).map((line) => Number(line.slice("kept ".length)));

const talkKey = (n: number): ReturnType<typeof talkOf>["key"] => talkOf(`post-${n}`, 0).key;

test("kill -9 between any two commits loses nothing that was acknowledged", async () => {
  const file = join(folder, "killed.db");
  const acknowledged: number[] = [];
  for (let kill = 0; kill < 5; kill += 1) {
    const run = start("commit", file, String((acknowledged.at(-1) ?? -100) + 100));
    await run.said(`kept ${(acknowledged.at(-1) ?? -100) + 100}`);
    await delay(50 + kill * 37);
    run.child.kill("SIGKILL");
    await run.ended;
    acknowledged.push(...keptIn(run.lines));
  }
  const store = sqlite({ file });
  let lost = 0;
  let torn = 0;
  for (const n of acknowledged) {
    if ((await store.unit((unit) => unit.load(talkKey(n)))) === undefined) lost += 1;
    if ((await store.effects(talkKey(n))).length !== 2) torn += 1;
  }
  const rows = await store.ledger(undefined, 1_000_000);
  await store[Symbol.asyncDispose]();
  console.log(
    `${acknowledged.length} acknowledged over 5 kills: ${lost} lost, ${torn} torn, ${rows.length} ledger rows`,
  );
  expect({ lost, torn }).toEqual({ lost: 0, torn: 0 });
  expect(acknowledged.length).toBeGreaterThan(50);
  expect(rows.map((row) => row.position)).toEqual(rows.map((_, n) => String(n + 1)));
});

const canLimit = ((): boolean => {
  try {
    execFileSync("prlimit", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

test("a full disk keeps nothing of what it refuses, says so, and the store goes on when there is room", async ({
  skip,
}) => {
  if (!canLimit) skip("no prlimit here to take the disk away with");
  const file = join(folder, "full.db");
  // 900 blocks of 1,024 bytes: the log may not grow past them, as on a full disk.
  const command = `ulimit -S -f 900; exec "$0" "$@"`;
  const run = watch(
    spawn("bash", ["-c", command, process.execPath, ...flags, script, "fill", file], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  await run.said("waiting");
  const refused = run.lines.filter((line) => line.startsWith("refused "));
  const kept = keptIn(run.lines);
  console.log(`${kept.length} kept, then: ${refused[0]}`);
  expect(refused.length).toBeGreaterThan(0);
  expect(run.lines.some((line) => line.startsWith("broke "))).toBe(false);
  for (const line of refused) expect(line).toMatch(/^refused \d+ unavailable no \[sqlite: unavailable\] the disk/);

  execFileSync("prlimit", ["--pid", String(run.child.pid), "--fsize=unlimited"]);
  run.child.stdin?.write("\n");
  await run.ended;
  expect(keptIn(run.lines).slice(kept.length)).toEqual([20_000, 20_001]);

  const store = sqlite({ file });
  const there = async (n: number): Promise<boolean> =>
    (await store.unit((unit) => unit.load(talkKey(n)))) !== undefined;
  for (const n of keptIn(run.lines)) expect(await there(n), `what was acknowledged: ${n}`).toBe(true);
  for (const line of refused) {
    const n = Number(line.split(" ")[1]);
    expect(await there(n), `what was refused: ${n}`).toBe(false);
  }
  await store[Symbol.asyncDispose]();
});

test("a lock of another process is waited for without blocking the event loop", async () => {
  const file = join(folder, "locked.db");
  const store = sqlite({ file });
  await store.migrate();
  const run = start("lock", file);
  await run.said("locked");
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const began = performance.now();
  const talk = talkOf("waiting", Date.now());
  await keepIn(store, talk, Date.now());
  const waited = performance.now() - began;
  delays.disable();
  const worst = delays.max / 1e6;
  console.log(`waited ${waited.toFixed(0)} ms for the lock, the event loop at most ${worst.toFixed(1)} ms`);
  expect(waited).toBeGreaterThan(500);
  expect(worst).toBeLessThan(300);
  expect(await store.unit((unit) => unit.load(talk.key))).toEqual(talk);
  await run.ended;
  await store[Symbol.asyncDispose]();
});

test("a worker that was killed leaves no lock behind", async () => {
  const file = join(folder, "worker.db");
  const run = start("work", file);
  await run.said("working");
  const store = sqlite({ file });
  await expect(store.working()).rejects.toThrow(/another process works this file/);
  const talk = talkOf("beside", Date.now());
  await keepIn(store, talk, Date.now());
  expect(await store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 1_000 })).toEqual([]);
  run.child.kill("SIGKILL");
  await run.ended;
  const working = await store.working();
  await working[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test("commits of another process are noticed", async () => {
  const file = join(folder, "stirred.db");
  const store = sqlite({ file });
  await store.migrate();
  const stop = new AbortController();
  const heard = store.stirred(stop.signal);
  const run = start("commit", file);
  await run.said("kept 0");
  const began = performance.now();
  await heard;
  console.log(`stirred ${(performance.now() - began).toFixed(0)} ms after another process's commit`);
  expect(await store.doors()).toEqual([crmDoor]);
  run.child.kill("SIGKILL");
  await run.ended;
  await store[Symbol.asyncDispose]();
});

test("a unit that waits for something else is failed, and those behind it go on", async () => {
  const store = sqlite({ file: join(folder, "slow.db") });
  const event = keyOf.event("made-up", "slow", 1);
  const slow = store.unit(async (unit) => {
    await unit.first(event);
    await store.unit((inner) => inner.pauses());
  });
  const behind = store.unit((unit) => unit.first(event));
  const failed = await slow.catch((thrown: unknown) => thrown);
  expect(failed).toBeInstanceOf(BridgeError);
  expect(String(failed)).toMatch(/await nothing but the unit/);
  expect(await behind).toBe(true);
  await store[Symbol.asyncDispose]();
});

test("a call before which the database fails is told so, and not tried for ever", async () => {
  const connection = await openConnection(":memory:", false);
  connection.exec(footing.join("; "));
  let failures = 3;
  const failing: Connection = {
    ...connection,
    get inTransaction() {
      return connection.inTransaction;
    },
    all: (text, values) => {
      if (text.includes("total_changes") && (failures -= 1) >= 0) throw new Error("the disk is gone");
      return connection.all(text, values);
    },
  };
  const queue = createQueue({
    connection: failing,
    ring: ringOf([{ id: "one", secret: "a secret of thirty-two letters or more" }]),
    clock: createClock({ still: true }),
    back: undefined,
    committed: () => undefined,
  });
  const ran: string[] = [];
  const call = (name: string): Promise<number> => queue.call("write", async () => ran.push(name));
  const ended = await Promise.allSettled([call("one"), call("another")]);
  expect(ended.map((one) => (one.status === "rejected" ? String(one.reason) : "kept"))).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining("the disk is gone")),
  );
  expect(ran).toEqual([]);
  failures = 0;
  expect(await call("later")).toBe(1);
  await queue.close();
  connection.close();
});
