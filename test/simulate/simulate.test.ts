import { execFile } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { command, simulate } from "./child.ts";
import { mutants } from "./mutants.ts";
import { mutated } from "./mutate.ts";
import { facebookDangers } from "./seen.ts";

// 500 of them, and every dangerous state: `npm run test:long`.
const seeds = 100;

it(`in ${seeds} worlds no law is broken`, { timeout: 900_000 }, async () => {
  const report = await simulate("--seeds", String(seeds), "--seed", "1");
  expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
  expect(report.seeds).toBe(seeds);
  expect(report.reached["takeover in sending"]).toBeGreaterThan(0);
});

it("a seed plays the same world, to the last step", { timeout: 120_000 }, async () => {
  const once = await simulate("--seeds", "1", "--seed", "7");
  const again = await simulate("--seeds", "1", "--seed", "7");
  const { ms: _once, ...first } = once;
  const { ms: _again, ...second } = again;
  expect(second).toEqual(first);
});

it("a seed that breaks a law breaks it again, and shrinks to what it takes", { timeout: 300_000 }, async () => {
  const orders = ["--mutant", "dedupe", "--seeds", "1", "--seed", "1"];
  const shrunk = await simulate(...orders);
  const whole = await simulate(...orders, "--no-shrink");
  expect(whole.failed?.broken.length).toBeGreaterThan(0);
  expect(shrunk.failed).toMatchObject({ ...whole.failed, shrunk: expect.anything() as unknown });
  const file = join(await mkdtemp(join(tmpdir(), "casethread-world-")), "world.json");
  await writeFile(file, JSON.stringify(shrunk.failed?.shrunk));
  const small = await simulate("--mutant", "dedupe", "--world", file);
  expect(small.failed?.broken.map(({ law }) => law)).toContain("counted once");
  // A word that a delivery and a poll tell is all that it takes.
  const { matters = [], ...rest } = shrunk.failed?.shrunk ?? {};
  expect(matters.length).toBe(1);
  expect(rest).toMatchObject({ workers: 1, mishaps: [], troubles: [], blows: [], pinches: [], jumps: [], pauses: [] });
});

/** The command as somebody types it, whose output is no terminal. */
const typed = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    const child = execFile(process.execPath, [...command, ...args], (_, out, err) =>
      resolve({ code: child.exitCode ?? Number.NaN, out, err }),
    );
  });

it("the command tells what it takes, and by its exit code what came of it", { timeout: 120_000 }, async () => {
  const help = await typed("--help");
  expect(help).toMatchObject({ code: 0, err: "" });
  for (const { name } of mutants) expect(help.out).toContain(name);
  expect(await typed("--sedes", "1")).toEqual({ code: 2, out: "", err: "Unknown option '--sedes': see --help\n" });
  expect(await typed("--seeds", "1", "--seed", "7")).toMatchObject({
    code: 0,
    err: "",
    out: expect.stringContaining("every law holds") as unknown,
  });
  const broken = await typed("--mutant", "dedupe", "--seeds", "1", "--no-shrink");
  expect(broken).toMatchObject({ code: 1, err: "" });
  expect(broken.out).toContain("broken: counted once");
  expect(broken.out).toContain("again: npm run simulate -- --mutant dedupe --channel x --store sqlite");
});

// All small worlds, on a server: `npm run test:long`.
it.for(["strangers", "farewells"])(
  "in the small world called %s no law is broken",
  { timeout: 120_000 },
  async (small) => {
    const report = await simulate("--small", small, "--store", "sqlite", "--seeds", "2");
    expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
    expect(report.seeds).toBe(2);
  },
);

// All the others, in 500 worlds, take minutes: `npm run test:long`.
it(
  "on Facebook no law is broken in fifteen worlds, and what is dangerous there was reached",
  { timeout: 300_000 },
  async () => {
    const report = await simulate("--channel", "facebook", "--seeds", "15", "--seed", "301");
    expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
    expect(report.seeds).toBe(15);
    console.log(
      facebookDangers.map((danger) => `${String(report.reached[danger] ?? 0).padStart(6)}  ${danger}`).join("\n"),
    );
    expect(facebookDangers.filter((danger) => (report.reached[danger] ?? 0) === 0)).toEqual([]);
  },
);

// Whether each of them is noticed takes many worlds: `npm run test:long`.
it.for(mutants)("the mutant without $without is up to date", (mutant) => {
  expect(mutated(mutant).size).toBeGreaterThan(0);
});
