import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  record,
} from "fast-check";
import type { World } from "./world.ts";

/** What happens to one statement of a process. */
export interface DatabaseFault {
  readonly worker: number;
  /** The how manieth of all that a writing transaction asks, of those that follow a lane's lock, or of commits. */
  readonly at: "statement" | "lane" | "commit";
  readonly nth: number;
  /**
   * `cut-before`: the connection is cut before the server hears of it; `cut-after`: before its answer arrives.
   * `deadlock`, `serialization`: the server refuses it for another's sake. `aborted`: the transaction has failed, and
   * nobody was told. `stand`, `crash`: the process stands still, or dies, with its transaction open.
   */
  readonly as: "cut-before" | "cut-after" | "deadlock" | "serialization" | "aborted" | "stand" | "crash";
  readonly forMs: number;
}

/** What goes wrong at the database. */
export interface Database {
  readonly faults: readonly DatabaseFault[];
  /** All connections are ended and nobody is let in for a while. */
  readonly restarts: readonly { readonly atMs: number; readonly forMs: number }[];
  /** A standby takes over that has not heard of the last moments. */
  readonly failover?: { readonly atMs: number; readonly losesMs: number; readonly forMs: number };
  /** Transactions of all processes share a few connections. */
  readonly pooler: boolean;
}

const fault: Arbitrary<DatabaseFault> = record({
  worker: nat(2),
  at: constantFrom("statement" as const, "lane" as const, "commit" as const),
  nth: oneof(integer({ min: 1, max: 30 }), integer({ min: 1, max: 250 })),
  as: constantFrom(
    "cut-before" as const,
    "cut-after" as const,
    "deadlock" as const,
    "serialization" as const,
    "aborted" as const,
    "stand" as const,
    "stand" as const,
    "crash" as const,
  ),
  forMs: oneof(nat(900), integer({ min: 1_100, max: 60_000 })),
}).map((one) => (one.as === "aborted" ? { ...one, at: "commit" as const } : one));

const moment = nat(90_000);
const database: Arbitrary<Database> = record({
  faults: array(fault, { maxLength: 10, size: "max" }),
  restarts: array(record({ atMs: moment, forMs: integer({ min: 50, max: 8_000 }) }), { maxLength: 2 }),
  failover: option(
    record({
      atMs: moment,
      losesMs: oneof(integer({ min: 1, max: 3_000 }), integer({ min: 1, max: 20_000 })),
      forMs: integer({ min: 50, max: 5_000 }),
    }),
    { freq: 3, nil: undefined },
  ),
  pooler: boolean(),
}).map(({ failover, ...rest }) => ({ ...rest, ...(failover === undefined ? {} : { failover }) }));

/** Worlds on a PostgreSQL, with three workers: its connections are cut, it restarts, and a standby takes its place. */
export const onPostgres = (kind: Arbitrary<World>): Arbitrary<World> =>
  record({ world: kind, database, workers: constant(3) }).map(({ world, ...more }) => ({
    ...world,
    ...more,
    // A server takes a true moment for each statement: fewer people.
    matters: world.matters.slice(0, 2).map(({ beginsMs, steps }) => ({ beginsMs, steps: steps.slice(0, 7) })),
    weather: {
      ...world.weather,
      // What was forgotten is told again by nobody but who is asked.
      ...(more.database.failover === undefined ? {} : { polls: "often" as const }),
    },
  }));
