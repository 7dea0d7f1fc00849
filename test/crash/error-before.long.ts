import { expect, it } from "vitest";
import { everyPoint } from "./points.ts";

// One file for each kind of fault: files run side by side.
// Nothing has landed, which is the lesser trouble: the short run plays the other one, an error after every call.
it("bears an error before every call of every contract", { timeout: 900_000 }, async () => {
  const { calls, reached, failures } = await everyPoint("error", "before");
  expect(failures).toEqual([]);
  // A play that takes another way after its fault may differ by a few calls, not by more.
  expect(reached).toBeGreaterThan(calls * 0.99);
});
