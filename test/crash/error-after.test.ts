import { expect, it } from "vitest";
import { everyPoint } from "./points.ts";

// One file for each kind of fault: files run side by side. Every call, before and after it, is failed by `npm run test:long`.
it("bears an error after every thirteenth call of the contracts", { timeout: 900_000 }, async () => {
  const { calls, reached, failures } = await everyPoint("error", "after", { from: 1, every: 13 });
  expect(failures).toEqual([]);
  // A play that takes another way after its fault may differ by a few calls, not by more.
  expect(reached).toBeGreaterThan((calls / 13) * 0.99);
});
