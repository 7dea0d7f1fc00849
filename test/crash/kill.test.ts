import { expect, it } from "vitest";
import { run } from "./kill/run.ts";

// By hand a hundred and more: npm run crash -- --kills 100
const kills = 5;

it(
  "loses, doubles and parks nothing it should not when its process is killed again and again",
  { timeout: 120_000 },
  async () => {
    const result = await run({ kills, seed: 1 });
    expect(result.broken).toEqual([]);
    // A bridge that does nothing breaks no law.
    expect(result.customers).toBeGreaterThan(kills / 2);
    expect(result.closings).toBeGreaterThan(0);
  },
);
