import { expect, it } from "vitest";
import { simulate } from "./child.ts";
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
