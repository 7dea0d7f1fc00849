import { expect, it } from "vitest";
import { haveClusters } from "../postgres/cluster.ts";
import { run } from "./run.ts";

const shown = haveClusters();
if (!shown) process.stdout.write("not shown, for want of PostgreSQL's packages: chaos\n");

// By hand for longer: npm run chaos -- --minutes 5
it.runIf(shown)(
  "four bridges on one database lose, double and park nothing they should not, whatever is killed, stopped or restarted",
  { timeout: 300_000 },
  async () => {
    const result = await run({ seconds: 15, seed: 1 });
    expect(result.broken).toEqual([]);
    // A crew that does nothing, or that nothing happens to, breaks no law.
    expect(result.customers).toBeGreaterThan(4);
    expect(result.closings).toBeGreaterThan(0);
    expect(Math.min(result.kills, result.freezes, result.restarts)).toBeGreaterThan(0);
  },
);
