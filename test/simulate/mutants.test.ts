import { expect, it } from "vitest";
import { simulate } from "./child.ts";
import { laws } from "./laws.ts";
import { mutants } from "./mutants.ts";

it("every law is broken by a mutant", () => {
  const broken = new Set(mutants.flatMap((mutant) => mutant.laws));
  expect(laws.filter((law) => !broken.has(law))).toEqual([]);
});

it.concurrent.for(mutants)("without $without", { timeout: 900_000 }, async ({ name, bounds, laws: due, seed }) => {
  const orders = ["--mutant", name, "--bounds", bounds];
  // Where it was caught before; whoever changed the worlds looks anew.
  const known = await simulate(...orders, "--seed", String(seed), "--seeds", "1");
  const report = known.failed === undefined ? await simulate(...orders, "--seed", "1", "--seeds", "2000") : known;
  const caught = report.failed?.broken ?? [];
  expect(
    caught.map(({ law }) => law).some((law) => due.includes(law)),
    `nobody missed it in ${report.seeds} worlds`,
  ).toBe(true);
  console.log(`without ${name}: seed ${report.failed?.seed} breaks "${caught[0]?.law}": ${caught[0]?.how}`);
});
