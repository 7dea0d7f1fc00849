import { afterAll, expect, it } from "vitest";
import { haveServer } from "../postgres/server.ts";
import { simulate } from "./child.ts";
import { type Law, laws } from "./laws.ts";
import { type Mutant, mutants } from "./mutants.ts";

/** In how many worlds, where it takes more than the known one. Those on a server take seconds each. */
const most = { sqlite: 2_000, postgres: 20 } as const;
const broken = new Set<Law>();

const shown = await haveServer();
/** Each in the worlds that are listed for it, those on a server by themselves. */
const listed = mutants.flatMap(({ onPostgres, ...mutant }): readonly Mutant[] => [
  { store: "sqlite", ...mutant },
  ...(onPostgres === undefined ? [] : [{ ...mutant, ...onPostgres, store: "postgres" as const }]),
]);
const hidden = listed.filter(({ store }) => store === "postgres" && !shown);
if (hidden.length > 0)
  process.stdout.write(`not shown, for want of a PostgreSQL: without ${hidden.map((one) => one.without).join("; ")}\n`);
const due = listed.filter((mutant) => !hidden.includes(mutant));

/** First the world in which it was caught before; where anything has changed since, all of them. */
const hunt = async ({ name, bounds, seed, store = "sqlite" }: Mutant): ReturnType<typeof simulate> => {
  const orders = ["--mutant", name, "--store", store, "--bounds", bounds, "--no-shrink"] as const;
  const known = await simulate(...orders, "--seed", String(seed), "--seeds", "1");
  return known.failed === undefined ? simulate(...orders, "--seeds", String(most[store])) : known;
};

it.for(due)("without $without, on $store", { timeout: 1_800_000 }, async (mutant) => {
  const { failed } = await hunt(mutant);
  expect(failed, `nobody missed it in ${most[mutant.store ?? "sqlite"]} worlds`).toBeDefined();
  if (failed === undefined) return;
  const [first] = failed.broken;
  expect(failed.broken.map(({ law }) => law)).toContain(mutant.law);
  for (const { law } of failed.broken) broken.add(law);
  console.log(`without ${mutant.name}: seed ${failed.seed} breaks "${first?.law}": ${first?.how}`);
});

afterAll(() => {
  // A law that no mutant breaks is not tested.
  const unseen = new Set(hidden.map(({ law }) => law));
  expect(laws.filter((law) => !broken.has(law) && !unseen.has(law))).toEqual([]);
});
