import { expect, it } from "vitest";
import { simulate } from "./child.ts";
import { dangers } from "./seen.ts";

const seeds = 500;

it(`in ${seeds} worlds no law is broken, and every dangerous state was reached`, { timeout: 900_000 }, async () => {
  const half = seeds / 2;
  const reports = await Promise.all([
    simulate("--seeds", String(half), "--seed", "1"),
    simulate("--seeds", String(half), "--seed", String(half + 1)),
  ]);
  for (const { failed } of reports) expect(failed, JSON.stringify(failed)).toBeUndefined();
  expect(reports.map((report) => report.seeds)).toEqual([half, half]);
  const reached = dangers.map(
    (danger) => [danger, reports.reduce((sum, one) => sum + (one.reached[danger] ?? 0), 0)] as const,
  );
  console.log(reached.map(([danger, times]) => `${String(times).padStart(6)}  ${danger}`).join("\n"));
  expect(reached.filter(([, times]) => times === 0).map(([danger]) => danger)).toEqual([]);
});
