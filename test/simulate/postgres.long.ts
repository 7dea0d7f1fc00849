import { expect, it } from "vitest";
import { haveServer } from "../postgres/server.ts";
import { simulate } from "./child.ts";
import { databaseDangers } from "./seen.ts";
import { smallWorlds } from "./small-worlds.ts";

const shown = await haveServer();
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: worlds on a server\n");

const seeds = 30;

it.runIf(shown)(
  `in ${seeds} worlds on PostgreSQL no law is broken, and every dangerous state was reached`,
  { timeout: 3_600_000 },
  async () => {
    const report = await simulate("--store", "postgres", "--seeds", String(seeds), "--seed", "1");
    expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
    expect(report.seeds).toBe(seeds);
    const due = databaseDangers;
    console.log(due.map((danger) => `${String(report.reached[danger] ?? 0).padStart(6)}  ${danger}`).join("\n"));
    expect(due.filter((danger) => (report.reached[danger] ?? 0) === 0)).toEqual([]);
  },
);

it.runIf(shown).for(Object.keys(smallWorlds))(
  "in three small worlds called %s no law is broken",
  { timeout: 1_800_000 },
  async (small) => {
    const report = await simulate("--small", small, "--seeds", "3");
    expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
    expect(report.seeds).toBe(3);
  },
);

it.runIf(shown)("a seed plays the same world on a server of its own", { timeout: 600_000 }, async () => {
  const once = await simulate("--small", "quick", "--seeds", "1", "--seed", "7");
  const again = await simulate("--small", "quick", "--seeds", "1", "--seed", "7");
  const { ms: _once, ...first } = once;
  const { ms: _again, ...second } = again;
  expect(second).toEqual(first);
});
