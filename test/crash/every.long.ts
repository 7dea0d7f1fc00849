import { expect, it } from "vitest";
import { everyPoint } from "./points.ts";

it.for([
  ["crash", "before"],
  ["crash", "after"],
  ["error", "before"],
  ["error", "after"],
] as const)("%s %s every call of every contract", { timeout: 900_000 }, async ([mode, when]) => {
  const { calls, reached, failures } = await everyPoint(mode, when);
  expect(failures).toEqual([]);
  // A play that takes another way after its fault may differ by a few calls, not by more.
  expect(reached).toBeGreaterThan(calls * 0.99);
});
