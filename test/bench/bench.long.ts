import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { benchAdvance, decideOn, stateAfter } from "./advance.ts";
import { benches } from "./benches.ts";
import { benchCatchUp } from "./catchup.ts";
import { benchCrmCalls } from "./crm-calls.ts";
import { type Figure, figureOf, figureText, inRounds, median } from "./figure.ts";
import { benchImport, foreignTo } from "./import.ts";
import { benchIntake } from "./intake/index.ts";
import { benchMemory } from "./memory/index.ts";
import { benchReplay, playBare } from "./replay/index.ts";
import { madeUpTweets } from "./replay/tweets.ts";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
const command = (...args: readonly string[]) =>
  run(
    process.execPath,
    ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning", "test/bench/bench.ts", ...args],
    { cwd: root },
  );

const measured = (figures: readonly Figure[], ...names: readonly string[]): void => {
  expect(figures.map(({ name }) => name)).toEqual(names);
  for (const { value, floor, ratio } of figures) {
    expect(value).not.toBeNaN();
    expect(floor === null || floor > 0).toBe(true);
    expect(ratio === null).toBe(floor === null);
  }
};

describe("a figure", () => {
  test("is the median over rounds, and its ratio that of the rounds' ratios", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    const rounds = [
      { value: 10, floor: 10 },
      { value: 30, floor: 10 },
      { value: 20, floor: 40 },
    ];
    const target = { of: "ratio", is: "at least", bound: 1.5 } as const;
    const figure = figureOf({ name: "made-up", unit: "acts/s", target }, rounds);
    expect(figure).toEqual({
      name: "made-up",
      value: 20,
      unit: "acts/s",
      floor: 10,
      ratio: 1,
      target: "ratio at least 1.5",
      holds: false,
    });
    expect(figureText(figure)).toContain("missed: ratio at least 1.5");
    expect(
      figureOf({ name: "made-up", unit: "MB", target: { of: "value", is: "at most", bound: 20 } }, rounds).holds,
    ).toBe(true);
  });

  test("is measured in turn with its floor, in another order each round, and the warm-up does not count", async () => {
    const order: string[] = [];
    let n = 0;
    const side = (name: string) => () => {
      order.push(name);
      return ++n;
    };
    const rounds = await inRounds(2, { floor: side("floor"), value: side("value") });
    expect(order).toEqual(["floor", "value", "value", "floor", "floor", "value"]);
    expect(rounds).toEqual([
      { floor: 4, value: 3 },
      { floor: 5, value: 6 },
    ]);
  });
});

describe("the command", () => {
  test("lists the benches, and says which there are when it knows none of that name", async () => {
    const { stdout } = await command();
    for (const name of Object.keys(benches)) expect(stdout).toContain(`  ${name} `);
    await expect(command("nonsense")).rejects.toMatchObject({
      code: 2,
      stderr: `there is no bench called nonsense: give ${Object.keys(benches).join(", ")} or all\n`,
    });
    await expect(command("surge", "--share", "all")).rejects.toMatchObject({ code: 2 });
  });

  test("prints a line of JSON for each figure, and nothing beside", async () => {
    const { stdout, stderr } = await command("advance", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ name: "advance", unit: "decisions/s", target: "ratio at least 0.3" });
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      "name",
      "value",
      "unit",
      "floor",
      "ratio",
      "target",
      "holds",
    ]);
    expect(stderr).toBe("");
  });
});

describe("a bench counts what it says", () => {
  test("advance: an agent's answer after a hundred things said is decided, and may go", async () => {
    const state = stateAfter(100);
    // Fifty of the customer's, fifty of the agent's, and what became of these.
    expect(state.located[0]?.talk.revision).toBe(150);
    expect(decideOn(state)).toContain("Your parcel left our depot");
    measured(await benchAdvance({ history: 100, decisions: 10, rounds: 1 }), "advance");
  });

  test("import: modules of node and of other packages are seen", async () => {
    const folder = await mkdtemp(join(tmpdir(), "casethread-test-"));
    const bare = join(folder, "bare.mjs");
    const loading = join(folder, "loading.mjs");
    await writeFile(bare, "export const nothing = 1;\n");
    const zod = pathToFileURL(join(root, "node_modules/zod/index.js")).href;
    await writeFile(loading, `import "node:fs";\nimport ${JSON.stringify(zod)};\n`);
    expect(await foreignTo(bare)).toEqual([]);
    expect(await foreignTo(loading)).toEqual(expect.arrayContaining(["node:fs", zod]));
    measured(await benchImport({ starts: 1, root: bare }), "import", "import-foreign");
    await expect(benchImport({ starts: 1, root: join(folder, "none.mjs") })).rejects.toThrow(
      /run "npm run build" first/,
    );
  });

  test("intake: every delivery is in both stores, or it throws", async () => {
    measured(
      await benchIntake({ deliveries: 40, connections: 8, rounds: 1 }),
      "intake",
      "intake-limit",
      "intake-disk",
      "intake-even",
    );
  });

  test("crm-calls: one call a record on the one side, batches on the other", async () => {
    const figures = await benchCrmCalls({ authors: 30 });
    // A case and an entry each.
    measured(figures, "crm-calls", "crm-calls-trickle");
    const [burst, trickle] = figures;
    expect(burst?.floor).toBe(2_000);
    // All in one; and one at once, the next after twenty seconds, and the rest.
    expect(burst?.value).toBeCloseTo(1_000 / 30, 0);
    expect(trickle?.value).toBeLessThan(150);
  });

  test("catchup: everything that was said is heard, for fewer requests than one by one", async () => {
    const [reads, price] = await benchCatchUp({ conversations: 60 });
    expect(reads?.value).toBeGreaterThan(0);
    expect(price?.value).toBeGreaterThan(0);
  });

  test("memory: the store holds what was asked for, or it throws", async () => {
    const figures = await benchMemory({ conversations: 40, effects: 20, workMs: 300 });
    measured(figures, "memory", "memory-heap");
    // Megabytes of a process, not bytes.
    expect(figures[0]?.value).toBeGreaterThan(30);
    expect(figures[0]?.value).toBeLessThan(3_000);
  });

  test("replay: both sides play the whole file", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "casethread-test-")), "tweets.csv");
    const text = madeUpTweets(24, 3);
    await writeFile(file, text);
    const heard = text.match(/,True,/g)?.length ?? 0;
    const bare = await playBare(file);
    // What X cut off on the way is not asked for again: at this size, none or one.
    expect(bare.entries).toBe(heard);
    expect(bare.answers).toBeGreaterThanOrEqual(24 - heard - 1);
    // A case for each person, an entry for each telling, a state for each answer.
    expect(bare.crmCalls).toBeGreaterThan(24);
    measured(await benchReplay({ file, tweets: 0, rounds: 1 }), "replay");
  }, 90_000);
});
