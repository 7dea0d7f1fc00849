import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { xSandboxClient } from "casethread/x/sandbox";
import { describe, expect, test } from "vitest";
import { readTweets } from "../../src/cli/replay/file.ts";
import { playFile } from "../../src/cli/replay/index.ts";
import { plotOf } from "../../src/cli/replay/plot.ts";
import { csv, customersNames, customersWords, written } from "./tweets.ts";

const demo = new URL("../../src/cli/demo.ts", import.meta.url).pathname;
const run = promisify(execFile);
const command = (...args: readonly string[]) =>
  run(process.execPath, ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning", demo, ...args]);

/** All rows of a store, by table. */
const tablesOf = (store: string): ReadonlyMap<string, string> => {
  const db = new DatabaseSync(store, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return new Map(
      tables.map(({ name }) => [String(name), JSON.stringify(db.prepare(`SELECT * FROM "${String(name)}"`).all())]),
    );
  } finally {
    db.close();
  }
};

/** Where words and names may stand, because they can be erased there. */
const erasable: ReadonlySet<string> = new Set(["content", "sent", "raw", "persona"]);

describe("a replay", () => {
  test("plays all of a file, ends clean, and leaves no customer's words, handle or name in any row or line", async () => {
    const file = await written(csv);
    const store = join(dirname(file), "casethread.db");
    const lines: string[] = [];
    const progress: number[] = [];
    const report = await playFile({
      file,
      store,
      verbose: true,
      onProgress: (done) => void progress.push(done),
      onLine: (line) => void lines.push(line),
    });
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({
      tweets: 18,
      roots: 7,
      accounts: 2,
      conversations: 7,
      severalRoots: 1,
      cases: 7,
      answers: 8,
      agents: 6,
      byHand: 2,
      parked: 0,
      held: 0,
      unread: 0,
      guarded: 1,
      interactions: 17,
      oddities: { danglingParents: 1, forks: 2, bareReturns: 1, lastLineCut: true },
    });
    // Nine tellings and eight answers.
    expect(report.entries).toBe(17);
    expect(progress.at(-1)).toBe(18);

    const tables = tablesOf(store);
    const hidden = [...customersWords, ...customersNames];
    // What is looked for below is there to be found, where it may be.
    const may = [...erasable].map((table) => tables.get(table)).join();
    for (const word of hidden) expect(may.includes(word), word).toBe(true);
    const rows = new Map([...tables].filter(([table]) => !erasable.has(table)));
    for (const table of ["ledger", "lane", "effect", "entry", "conversation", "clue"]) {
      expect(rows.get(table)?.length, table).toBeGreaterThan(100);
    }
    const kept = [...rows, ["the log", lines.join("\n")] as const];
    for (const [table, text] of kept) {
      for (const word of [...customersWords, ...customersNames])
        expect(text.includes(word), `${word} in ${table}`).toBe(false);
    }
  }, 60_000);

  test("as a command: JSON on standard output, nothing on standard error, and an exit code", async () => {
    const { stdout, stderr } = await command(
      "--replay",
      await written(csv.split("\r\n").slice(0, 7).join("\r\n")),
      "--json",
    );
    expect(JSON.parse(stdout)).toMatchObject({ tweets: 6, answers: 3, differences: [] });
    expect(stderr).toBe("");
    await expect(command("--replay", "/nowhere.csv")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\[demo: invalid\] there is no file \/nowhere\.csv: give [^\n]*\n$/) as string,
    });
  }, 60_000);

  test("lives with the same words under one tweet twice: X lets one stand", async () => {
    const [header = "", first = "", answer = ""] = csv.split("\r\n");
    const twice = [header, first, answer, answer.replace("1,2,", "2,3,")].join("\n");
    const { stdout } = await command("--replay", await written(twice));
    expect(stdout).toMatch(/refused by X as duplicates +1\n/);
    expect(stdout).toMatch(/parked +1,/);
    expect(stdout).toContain("The audit found no difference");
  }, 60_000);
});

/** Six tweets and six answers, each under the one before. */
const talk = [
  "tweet_id,author_id,inbound,text,in_response_to_tweet_id",
  ...Array.from({ length: 12 }, (_, at) =>
    at % 2 === 0
      ? `${at + 1},900001,True,@AcmeHelp question ${at},${at === 0 ? "" : at}`
      : `${at + 1},AcmeHelp,False,@900001 advice ${at} ^AB,${at}`,
  ),
].join("\n");

interface Stage {
  readonly child: ChildProcessWithoutNullStreams;
  /** Where X's sandbox is, and the processes of the sandboxes and the bridge. */
  readonly x: string;
  readonly sandboxes: number;
  readonly bridge: number;
}

/** Plays the talk as a command with its files in a folder of its own, and does something once its processes are there. */
const disturbed = async (disturb: (stage: Stage) => unknown) => {
  const file = await written(talk);
  const folder = dirname(file);
  const args = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning", demo];
  const child = spawn(process.execPath, [...args, "--replay", file, "--verbose"], {
    env: { ...process.env, TMPDIR: folder },
  });
  let [out, err, since] = ["", "", 0];
  let stage: Stage | undefined;
  let disturbing: unknown;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    const [, x, sandboxes, bridge] = /sandboxes at (\S+) .*\(process (\d+)\).*\(process (\d+)\)/.exec(err) ?? [];
    if (stage !== undefined || x === undefined) return;
    stage = { child, x, sandboxes: Number(sandboxes), bridge: Number(bridge) };
    since = performance.now();
    disturbing = disturb(stage);
  });
  const [code] = (await once(child, "close")) as [number | null];
  await disturbing;
  const seconds = (performance.now() - since) / 1_000;
  const alive = [stage?.sandboxes, stage?.bridge].filter((pid) => {
    try {
      return pid !== undefined && process.kill(pid, 0);
    } catch {
      return false;
    }
  });
  return {
    code,
    out,
    err,
    seconds,
    stage,
    alive,
    left: (await readdir(folder)).filter((name) => name !== "tweets.csv"),
  };
};

describe("a replay that is disturbed", () => {
  test("ends with 1 where an answer stands on the feed twice", async () => {
    const { code, out } = await disturbed(async ({ x }) => {
      const people = xSandboxClient(x);
      for (;;) {
        const answer = (await people.posted({ after: 0 })).posts.find(({ viaApi }) => viaApi);
        if (answer?.replyTo === undefined) continue;
        await people.say({ by: answer.by, text: "advice 1 ^AB", replyTo: answer.replyTo });
        return;
      }
    });
    expect(out).toContain("tweet 2: one post for an answer: 2 posts where 1 is due");
    expect(out).not.toContain("advice");
    expect(code).toBe(1);
  }, 60_000);

  test.each(["sandboxes", "bridge"] as const)(
    "ends with 1 and a sentence when the process of the %s is killed",
    async (which) => {
      const { code, out, err, seconds, stage, alive, left } = await disturbed((on) =>
        process.kill(on[which], "SIGKILL"),
      );
      expect(err).toContain(
        `the process of the ${which} (process ${stage?.[which]}) ended before the play did (killed by SIGKILL): see what it printed, and begin again\n`,
      );
      expect({ code, out, alive, left }).toEqual({ code: 1, out: "", alive: [], left: [] });
      expect(seconds).toBeLessThan(8);
    },
    60_000,
  );

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "ends on %s with %i, and leaves nothing behind",
    async (signal, wanted) => {
      const { code, out, alive, left, seconds } = await disturbed(({ child }) => child.kill(signal));
      expect({ code, out, alive, left }).toEqual({ code: wanted, out: "", alive: [], left: [] });
      expect(seconds).toBeLessThan(8);
    },
    60_000,
  );
});

const evidence = process.env["CASETHREAD_EVIDENCE"];
const real = evidence === undefined ? undefined : join(evidence, "conversations", "twcs-first-5000.csv");
if (real === undefined) process.stdout.write("replay of real tweets skipped: CASETHREAD_EVIDENCE is not set\n");

describe.skipIf(real === undefined)("real tweets", () => {
  test("are read and plotted, all of them", async () => {
    const { tweets, oddities } = await readTweets(real ?? "");
    const plot = plotOf(tweets);
    expect(tweets).toHaveLength(5_000);
    expect(oddities).toMatchObject({ unreadable: 0, bareReturns: 1 });
    expect(plot).toMatchObject({ roots: 1_312, deepest: 118, oddities: { danglingParents: 6, circles: 0 } });
    expect(plot.parts.size).toBe(5_000);
  });

  test("the first of them end clean", async () => {
    const text = await readFile(real ?? "", "utf8");
    // In the middle of a line.
    const file = await written(text.slice(0, 40_000));
    const report = await playFile({ file, store: join(dirname(file), "casethread.db") });
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ parked: 0, held: 0, unread: 0 });
    expect(report.answers).toBeGreaterThan(60);
  }, 120_000);
});
