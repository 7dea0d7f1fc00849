import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
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
      stderr: "there is no file /nowhere.csv\n",
    });
  }, 60_000);

  test("as a command: an exit code of 1 where the audit finds a difference", async () => {
    // X refuses the same words in the same place twice: one answer of the two stays unsaid, and is parked.
    const [header = "", first = "", answer = ""] = csv.split("\r\n");
    const twice = [header, first, answer, answer.replace("1,2,", "2,3,")].join("\n");
    const ended = command("--replay", await written(twice));
    await expect(ended).rejects.toMatchObject({ code: 1, stderr: "" });
    const { stdout } = await ended.catch((thrown: unknown) => thrown as { readonly stdout: string });
    expect(stdout).toContain("The audit found 3 differences:");
    expect(stdout).toContain("one post for an answer: 1 posts where 2 is due");
    expect(stdout).toMatch(/tweet [23]: the agent is told: its record says failed/);
    expect(stdout).toContain("no second request without a proof: request 2 for the same words under post ");
    expect(stdout).toMatch(/parked +1,/);
    expect(stdout).not.toMatch(/kumquat|Sorry/);
  }, 60_000);
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
    const file = await written(text.slice(0, 120_000));
    const report = await playFile({ file, store: join(dirname(file), "casethread.db") });
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ parked: 0, held: 0, unread: 0 });
    expect(report.answers).toBeGreaterThan(250);
  }, 120_000);
});
