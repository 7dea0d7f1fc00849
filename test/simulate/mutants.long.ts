import { expect, it } from "vitest";
import { simulate } from "./child.ts";
import { mutants } from "./mutants.ts";

it.for(mutants)("without $without", { timeout: 3_600_000 }, async ({ name, bounds, laws: due }) => {
  const { failed, seeds } = await simulate("--mutant", name, "--bounds", bounds, "--seed", "1", "--seeds", "2000");
  const caught = failed?.broken ?? [];
  expect(
    caught.map(({ law }) => law).some((law) => due.includes(law)),
    `nobody missed it in ${seeds} worlds`,
  ).toBe(true);
  console.log(`without ${name}: seed ${failed?.seed} breaks "${caught[0]?.law}": ${caught[0]?.how}`);
});
