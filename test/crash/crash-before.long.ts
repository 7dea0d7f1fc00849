import { expect, it } from "vitest";
import { everyPoint } from "./points.ts";

// One file for each kind of fault: files run side by side.
// What stands before a call stands after the one before it, which the short run plays: this is the same from the other side.
it("survives a crash before every call of every contract", { timeout: 900_000 }, async () => {
  const { calls, reached, failures } = await everyPoint("crash", "before");
  expect(failures).toEqual([]);
  // A play that takes another way after its fault may differ by a few calls, not by more.
  expect(reached).toBeGreaterThan(calls * 0.99);
});
