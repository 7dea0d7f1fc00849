import { benchAdvance } from "./advance.ts";
import { benchCatchUp } from "./catchup.ts";
import { benchConversation } from "./conversation.ts";
import { benchCrmCalls } from "./crm-calls.ts";
import type { Figure, OnProgress } from "./figure.ts";
import { benchImport, builtRoot } from "./import.ts";
import { benchIntake } from "./intake/index.ts";
import { benchMemory } from "./memory/index.ts";
import { benchIntakePostgres } from "./postgres/intake.ts";
import { benchLease } from "./postgres/lease.ts";
import { benchOutage } from "./postgres/outage.ts";
import { benchSurge } from "./postgres/surge.ts";
import { benchWorkers } from "./postgres/workers.ts";
import { benchReplay } from "./replay/index.ts";

/** What the command was given. */
export interface Given {
  readonly file?: string;
  /** Of the time that a bench plays: 1 for all of it. */
  readonly share: number;
}

/** A bench by its name. */
export interface Bench {
  readonly about: string;
  run(given: Given, onProgress: OnProgress): Promise<readonly Figure[]>;
}

/** All benches, each in the size that its target is meant for. */
export const benches: Readonly<Record<string, Bench>> = {
  intake: {
    about: "signed deliveries committed per second at 64 connections; floor: one insert each, in its own transaction",
    run: (_, onProgress) => benchIntake({ deliveries: 4_000, connections: 64, rounds: 5 }, onProgress),
  },
  "intake-postgres": {
    about: "the same on PostgreSQL; floor: one insert each, with a pool of the same size",
    run: (_, onProgress) => benchIntakePostgres({ deliveries: 2_000, connections: 64, rounds: 3 }, onProgress),
  },
  workers: {
    about:
      "effects per second by 1, 2 and 4 workers, before a CRM that takes 150 ms a call of ten acts; floor: one worker",
    run: (_, onProgress) =>
      benchWorkers({ people: 6_000, forMs: 8_000, latencyMs: 150, batch: 10, rounds: 2 }, onProgress),
  },
  lease: {
    about: "ms to lease 20 lanes of 100,000 and 1,000,000 conversations, 100,000 of them due; floor: of 1,000",
    run: (_, onProgress) =>
      benchLease({ conversations: [1_000, 100_000, 1_000_000], backlog: 100_000, leases: 40 }, onProgress),
  },
  outage: {
    about: "words per second caught up with after an hour's outage at 200 a second; floor: one insert each, same pool",
    run: ({ share }, onProgress) => benchOutage({ seconds: Math.ceil(3_600 * share), perSecond: 200 }, onProgress),
  },
  surge: {
    about: "five minutes at 50 words a second on X and Facebook, limits and prices on: admission, urgent words, memory",
    run: ({ share }, onProgress) => benchSurge({ seconds: Math.ceil(300 * share), perSecond: 50 }, onProgress),
  },
  replay: {
    about: "interactions per second through the whole replay; floor: twitter-api-v2 and jsforce, one call a record",
    run: ({ file }, onProgress) =>
      benchReplay({ ...(file === undefined ? {} : { file }), tweets: 1_500, rounds: 3 }, onProgress),
  },
  "crm-calls": {
    about: "requests that write to the CRM for 1,000 authors, all at once and one a second; floor: one call a record",
    run: (_, onProgress) => benchCrmCalls({ authors: 1_000 }, onProgress),
  },
  catchup: {
    about:
      "requests and price of catching up with 1,000 open conversations on X, and price of 1,000 from end to end; floor: each asked about by itself",
    run: async (_, onProgress) => [
      ...(await benchCatchUp({ conversations: 1_000 }, onProgress)),
      ...(await benchConversation()),
    ],
  },
  memory: {
    about: "the bridge's process with 100,000 conversations and 50,000 open effects; floor: with an empty store",
    run: (_, onProgress) => benchMemory({ conversations: 100_000, effects: 50_000, workMs: 5_000 }, onProgress),
  },
  import: {
    about: "a start that imports the built root, above an empty script (the floor); and what it loads from elsewhere",
    run: (_, onProgress) => benchImport({ starts: 21, root: builtRoot }, onProgress),
  },
  advance: {
    about: "resolve, advance and permit with guard, after 100 things said; floor: structuredClone of the same state",
    run: (_, onProgress) => benchAdvance({ history: 100, decisions: 5_000, rounds: 11 }, onProgress),
  },
};
