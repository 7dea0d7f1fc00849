import { afterAll, expect, it } from "vitest";
import { simulate } from "./child.ts";
import { type Law, laws } from "./laws.ts";
import { type Mutant, mutants } from "./mutants.ts";

const most = 2_000;
const broken = new Set<Law>();

/** First the world in which it was caught before; where anything has changed since, all of them. */
const hunt = async ({ name, bounds, seed }: Mutant): ReturnType<typeof simulate> => {
  const orders = ["--mutant", name, "--bounds", bounds] as const;
  const known = await simulate(...orders, "--seed", String(seed), "--seeds", "1");
  return known.failed === undefined ? simulate(...orders, "--seeds", String(most)) : known;
};

it.for(mutants)("without $without", { timeout: 1_800_000 }, async (mutant) => {
  const { failed } = await hunt(mutant);
  expect(failed, `nobody missed it in ${most} worlds`).toBeDefined();
  if (failed === undefined) return;
  const [first] = failed.broken;
  expect(failed.broken.map(({ law }) => law)).toContain(mutant.law);
  for (const { law } of failed.broken) broken.add(law);
  console.log(`without ${mutant.name}: seed ${failed.seed} breaks "${first?.law}": ${first?.how}`);
});

afterAll(() => {
  // A law that no mutant breaks is not tested.
  expect(laws.filter((law) => !broken.has(law))).toEqual([]);
});
