import { expect, it } from "vitest";
import { simulate } from "./child.ts";
import { laws } from "./laws.ts";
import { mutants } from "./mutants.ts";

it("every law has a mutant that breaks it", () => {
  const broken = new Set(mutants.flatMap((mutant) => mutant.laws));
  expect(laws.filter((law) => !broken.has(law))).toEqual([]);
});

// The others are looked for by `npm run test:long`, in up to 2,000 worlds each.
const known = mutants.flatMap((mutant) => (mutant.seed === undefined ? [] : [{ ...mutant, seed: mutant.seed }]));

it.for(known)("without $without", { timeout: 300_000 }, async ({ name, bounds, laws: due, seed }) => {
  const { failed } = await simulate("--mutant", name, "--bounds", bounds, "--seed", String(seed), "--seeds", "1");
  const caught = failed?.broken ?? [];
  expect(
    caught.map(({ law }) => law).some((law) => due.includes(law)),
    `nobody missed it in world ${seed}`,
  ).toBe(true);
  console.log(`without ${name}: seed ${failed?.seed} breaks "${caught[0]?.law}": ${caught[0]?.how}`);
});
