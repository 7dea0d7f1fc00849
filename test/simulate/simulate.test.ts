import { expect, it } from "vitest";
import { simulate } from "./child.ts";

// 500 of them, and every dangerous state, take minutes: `npm run test:long`.
const seeds = 40;

it(`in ${seeds} worlds no law is broken`, { timeout: 900_000 }, async () => {
  const report = await simulate("--seeds", String(seeds), "--seed", "1");
  expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
  expect(report.seeds).toBe(seeds);
  expect(report.reached["takeover in sending"]).toBeGreaterThan(0);
});

it("a seed plays the same world, to the last step", { timeout: 120_000 }, async () => {
  const [once, again] = await Promise.all([
    simulate("--seeds", "2", "--seed", "7"),
    simulate("--seeds", "2", "--seed", "7"),
  ]);
  const { ms: _once, ...first } = once;
  const { ms: _again, ...second } = again;
  expect(second).toEqual(first);
});
