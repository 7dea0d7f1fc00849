import type { PoolConfig } from "pg";
import { createChance } from "casethread/sandbox";
import { postgres } from "casethread/postgres";
import type { Base } from "./base.ts";
import type { Database, DatabaseFault } from "./postgres-world.ts";
import type { Danger, Notes } from "./seen.ts";
import { openServer } from "./server.ts";
import type { Owner, Timeline } from "./time.ts";
import { createLounge, createWire, type Luck, type Wire } from "./wire.ts";

const schema = "simulated";
/** How many connections each process has, and how many a pooler has for all. */
const own = 6;
const shared = 5;

const lane = /\blane\b.*FOR UPDATE|INSERT INTO \S*lane\(/;

const dangerOf: Readonly<Record<DatabaseFault["as"], Danger>> = {
  "cut-before": "a connection was cut",
  "cut-after": "an answer of the database was lost",
  deadlock: "two met in the database",
  serialization: "two met in the database",
  aborted: "a transaction failed and nobody was told",
  stand: "a process stood still in a transaction",
  crash: "a process died in a transaction",
};

/** Which of its statements meet what, by their number over all lives of a process. */
const luckOf = (worker: number, faults: readonly DatabaseFault[], seed: number, notes: Notes): Luck => {
  const chance = createChance(seed);
  const counts = new Map<DatabaseFault["at"], number>();
  const mine = new Map(faults.filter((one) => one.worker === worker).map((one) => [`${one.at} ${one.nth}`, one]));
  return {
    chance,
    way: () => (chance() < 0.03 ? Math.ceil(chance() * 400) : Math.ceil(chance() * 3)),
    fault: (text, after) => {
      if (text.startsWith("BEGIN")) return undefined;
      const places = [
        "statement" as const,
        ...(lane.test(after) ? ["lane" as const] : []),
        ...(text.includes("COMMIT") ? ["commit" as const] : []),
      ];
      let met: DatabaseFault | undefined;
      for (const at of places) {
        const count = (counts.get(at) ?? 0) + 1;
        counts.set(at, count);
        met ??= mine.get(`${at} ${count}`);
      }
      if (met !== undefined) notes.tally[dangerOf[met.as]] += 1;
      return met;
    },
  };
};

/** A PostgreSQL that any number of processes work at once, each with a pool of its own. */
export const createDatabase = async (options: {
  readonly timeline: Timeline;
  readonly reach: PoolConfig;
  readonly database: Database;
  readonly seed: number;
  readonly notes: Notes;
}): Promise<Base> => {
  const { timeline, reach, database, seed, notes } = options;
  const server = await openServer(timeline, reach, schema, {
    waited: () => (notes.tally["somebody waited for a lock"] += 1),
    ring: () => (notes.tally["two waited for each other"] += 1),
  });
  const clock = { now: timeline.now, sleep: timeline.sleep };
  const keys = [{ id: "simulated", secret: "simulated" }];
  const { pooler } = database;
  const inFront = pooler ? createLounge(server, shared) : undefined;
  const lives = new Map<Owner, Wire>();
  const lucks = new Map<number, Luck>();
  const luck = (worker: number): Luck => {
    const known = lucks.get(worker) ?? luckOf(worker, database.faults, seed ^ (worker + 1), notes);
    lucks.set(worker, known);
    return known;
  };
  const storeOn = (pool: Parameters<typeof postgres>[0]["pool"]) =>
    postgres({ ...(pool === undefined ? {} : { pool }), schema, clock, keys });

  return {
    open: (hand) => {
      if (hand === undefined) {
        const lounge = createLounge(server, own, true);
        return storeOn(createWire({ server, timeline, lounge, pooled: false }).pool);
      }
      const lounge = inFront ?? createLounge(server, own);
      const wire = createWire({ server, timeline, lounge, pooled: pooler, hand, luck: luck(hand.number) });
      lives.set(hand.owner, wire);
      return storeOn(wire.pool);
    },
    // The kernel closes what a dead process had open; behind a pooler that is the pooler's to see.
    left: (owner) => lives.get(owner)?.cut(),
    unarmed: server.unarmed,
    misfortunes: async () => {
      const restarts = database.restarts.map(async ({ atMs, forMs }) => {
        await timeline.sleep(atMs + 1);
        notes.tally["the database restarted"] += 1;
        await server.restart(forMs);
      });
      const failover = async (): Promise<void> => {
        if (database.failover === undefined) return;
        const { atMs, losesMs, forMs } = database.failover;
        await timeline.sleep(atMs + 1);
        const goBack = await server.copy();
        await timeline.sleep(losesMs);
        notes.tally["the database came back from the past"] += 1;
        await goBack(forMs);
      };
      await Promise.all([...restarts, failover()]);
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
};
