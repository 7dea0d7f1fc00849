import { expect, test } from "vitest";
import { findServer } from "../postgres/server.ts";
import type { Figure } from "./figure.ts";
import { benchIntakePostgres } from "./postgres/intake.ts";
import { benchLease } from "./postgres/lease.ts";
import { benchOutage } from "./postgres/outage.ts";
import { benchSurge } from "./postgres/surge.ts";
import { benchWorkers } from "./postgres/workers.ts";

const server = await findServer();
const shown = server.kind === "real";
await server[Symbol.asyncDispose]();
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: that its benches count what they say\n");

const measured = (figures: readonly Figure[], ...names: readonly string[]): void => {
  expect(figures.map(({ name }) => name)).toEqual(names);
  for (const { value, floor } of figures) {
    expect(value).toBeGreaterThan(0);
    expect(floor === null || floor > 0).toBe(true);
  }
};

// Each throws when anything is missing in the store or the org.
test.runIf(shown)("the benches of PostgreSQL do all that they count", { timeout: 600_000 }, async () => {
  measured(await benchIntakePostgres({ deliveries: 40, connections: 8, rounds: 1 }), "intake-postgres");
  measured(
    await benchWorkers({ people: 4_000, forMs: 1_000, latencyMs: 150, batch: 10, rounds: 1 }),
    "workers-1",
    "workers-2",
    "workers-4",
  );
  measured(await benchLease({ conversations: [1_000, 2_000], backlog: 500, leases: 2 }), "lease-1k", "lease-2k");
  measured(await benchOutage({ seconds: 2, perSecond: 100 }), "outage", "outage-tenths", "outage-room", "outage-hour");
  measured(await benchSurge({ seconds: 5, perSecond: 10 }), "surge", "surge-admission", "surge-urgent", "surge-rss");
});
