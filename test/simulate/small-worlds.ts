import type { DatabaseFault } from "./postgres-world.ts";
import type { World } from "./world.ts";

/** What small worlds have in common: two customers, three workers, nothing that goes wrong by itself, and an end within two minutes. */
const calm: Omit<World, "chance"> & { readonly database: NonNullable<World["database"]> } = {
  bounds: "within",
  workers: 3,
  matters: [
    {
      beginsMs: 0,
      steps: [
        { does: "root", afterMs: 0 },
        { does: "remind", afterMs: 0 },
        { does: "answer", afterMs: 400 },
        { does: "whisper", afterMs: 0 },
        { does: "root", afterMs: 0 },
        { does: "answer", afterMs: 3_000 },
        { does: "close", afterMs: 4_000 },
      ],
    },
    {
      beginsMs: 10,
      steps: [
        { does: "thanks", afterMs: 0 },
        { does: "whisper", afterMs: 100 },
        { does: "answer", afterMs: 0 },
        { does: "letter", afterMs: 0 },
        { does: "answer", afterMs: 2_000 },
      ],
    },
  ],
  mishaps: [],
  troubles: [],
  blows: [],
  pinches: [],
  jumps: [],
  pauses: [],
  database: { faults: [], restarts: [], pooler: false },
  weather: {
    doubleRate: 0.3,
    lostRate: 0,
    lateMs: 50,
    echoFirst: 0.5,
    indexLagMs: 200,
    polls: "never",
    crmPollMs: 4_000,
    echoes: true,
  },
};

/** Nobody tells the bridge what it said. */
const unseen: World["weather"] = { ...calm.weather, echoFirst: 0, doubleRate: 0, crmPollMs: 15_000, echoes: false };

const each = (as: DatabaseFault["as"], at: DatabaseFault["at"], places: readonly number[], forMs = 0) =>
  places.flatMap((nth) => [0, 1, 2].map((worker): DatabaseFault => ({ worker, at, nth: nth + worker, as, forMs })));

const restless: World["matters"] = [0, 25].map((beginsMs) => ({
  beginsMs,
  steps: [
    ...[0, 150, 40, 320, 10, 230, 90, 410].map((afterMs) => ({ does: "remind" as const, afterMs })),
    { does: "answer" as const, afterMs: 300 },
    { does: "answer" as const, afterMs: 0 },
    { does: "answer" as const, afterMs: 150 },
  ],
}));

export type SmallWorld =
  | "quick"
  | "crowd"
  | "burst"
  | "standstill"
  | "cuts"
  | "meetings"
  | "failover"
  | "forgotten"
  | "silence"
  | "failures"
  | "zombies"
  | "laggards"
  | "strays"
  | "behind"
  | "farewells"
  | "strangers";

/** Worlds on PostgreSQL in which one thing is likely. Their chance is the seed. */
export const smallWorlds: Readonly<Record<SmallWorld, Omit<World, "chance">>> = {
  /** A little of everything, for a quick look. */
  quick: {
    ...calm,
    matters: [
      {
        beginsMs: 0,
        steps: [
          { does: "remind", afterMs: 0 },
          { does: "answer", afterMs: 300 },
        ],
      },
    ],
    database: {
      faults: [
        ...each("cut-after", "commit", [6]),
        ...each("deadlock", "statement", [25]),
        ...each("stand", "lane", [1], 12_000),
      ],
      restarts: [{ atMs: 8_000, forMs: 500 }],
      pooler: true,
    },
  },
  /** Much at once, by few connections. */
  crowd: { ...calm, database: { ...calm.database, pooler: true } },
  /** Two who go on and on, while their cases are written. */
  burst: { ...calm, matters: restless },
  /** The same, and processes that stand still with what the others want. */
  standstill: {
    ...calm,
    matters: restless,
    database: { ...calm.database, faults: each("stand", "lane", [2], 12_000) },
  },
  /** Connections that are cut, commits that are lost, or whose answer is. */
  cuts: {
    ...calm,
    database: {
      ...calm.database,
      faults: [
        ...each("cut-before", "commit", [6, 14, 25]),
        ...each("cut-after", "commit", [9, 17]),
        ...each("aborted", "commit", [4, 12, 21]),
        ...each("cut-before", "statement", [40, 90]),
      ],
      restarts: [{ atMs: 9_000, forMs: 2_000 }],
    },
  },
  /** Transactions that meet, and processes that stand still, or die, inside of one. */
  meetings: {
    ...calm,
    database: {
      ...calm.database,
      faults: [
        ...each("deadlock", "statement", [30, 71, 110]),
        ...each("serialization", "statement", [50, 91]),
        ...each("deadlock", "commit", [7]),
        ...each("stand", "lane", [3, 11, 19], 12_000),
        ...each("crash", "statement", [130]),
      ],
    },
  },
  /** Units that fail half-way. */
  failures: {
    ...calm,
    blows: [0, 1, 2].flatMap((worker) =>
      [30, 55, 80, 105, 130, 160, 190].map((step) => ({
        worker,
        at: "step" as const,
        step: step + 4 * worker,
        as: "fail" as const,
        forMs: 0,
      })),
    ),
  },
  /** A standby takes over that has not heard of the last seconds, in which something was said. */
  failover: {
    ...calm,
    weather: { ...calm.weather, polls: "often" },
    database: { ...calm.database, failover: { atMs: 5_000, losesMs: 12_000, forMs: 500 } },
  },
  /** The same while the CRM is away: the network tells our own words before the CRM tells who wrote them. */
  forgotten: {
    ...calm,
    weather: { ...calm.weather, polls: "often" },
    troubles: Array.from({ length: 24 }, (_, n) => ({ request: n + 6, of: "writes" as const, as: "503" as const })),
    database: { ...calm.database, failover: { atMs: 5_000, losesMs: 12_000, forMs: 500 } },
  },
  /** Words that take their time, and workers that stand still, or die, just when they have marked an act or heard of one. */
  zombies: {
    ...calm,
    matters: [1, 2].map((answers) => ({
      beginsMs: 0,
      steps: Array.from({ length: answers }, () => ({ does: "answer" as const, afterMs: 0 })),
    })),
    mishaps: [1, 2].map((act) => ({ act, as: "slow-way" })),
    blows: [
      { worker: 0, at: "marked", step: 1, as: "stop", forMs: 58_000 },
      { worker: 1, at: "marked", step: 1, as: "stale", forMs: 58_000 },
      { worker: 0, at: "answered", step: 1, as: "crash", forMs: 0 },
      { worker: 1, at: "answered", step: 1, as: "crash", forMs: 0 },
      ...[2, 3].map((step) => ({ worker: 2, at: "answered" as const, step, as: "crash" as const, forMs: 0 })),
    ],
    weather: { ...unseen, indexLagMs: 10_000 },
  },
  /** All that is said takes its time on the way, longer than anybody waits for the answer. */
  laggards: {
    ...calm,
    matters: [0, 0].map((beginsMs) => ({
      beginsMs,
      steps: [1, 2, 3].map(() => ({ does: "answer" as const, afterMs: 0 })),
    })),
    mishaps: [1, 2, 3, 4, 5, 6, 7, 8].map((act) => ({ act, as: "slow-way" })),
    weather: { ...unseen, indexLagMs: 10_000 },
  },
  /** Beyond the bounds: what was done shows late, or was not done, and workers stand still just when they were answered. */
  strays: {
    ...calm,
    bounds: "beyond",
    matters: [{ beginsMs: 0, steps: [1, 2, 3, 4].map(() => ({ does: "answer" as const, afterMs: 0 })) }],
    mishaps: [
      { act: 1, as: "cut-before" },
      { act: 2, as: "lost-response" },
    ],
    blows: [0, 1, 2].map((worker) => ({ worker, at: "answered", step: 2, as: "stop", forMs: 150_000 })),
    weather: { ...unseen, indexLagMs: 180_000 },
  },
  /** A worker alone, whose clock has been behind from the first second on, and an answer that is lost. */
  behind: {
    ...calm,
    workers: 1,
    matters: [{ beginsMs: 0, steps: [1, 2, 3].map(() => ({ does: "answer" as const, afterMs: 0 })) }],
    mishaps: [{ act: 1, as: "lost-response" }],
    jumps: [{ worker: 0, atMs: 1_000, byMs: -245_000 }],
    weather: unseen,
  },
  /** One who never lets it rest: she speaks after each closing word, and the case is closed again. */
  farewells: {
    ...calm,
    workers: 1,
    matters: [
      {
        beginsMs: 0,
        steps: [1, 2, 3, 4, 5].flatMap(() => [
          { does: "close" as const, afterMs: 90_000 },
          { does: "remind" as const, afterMs: 90_000 },
        ]),
      },
    ],
  },
  /** Others speak under her post, before she is answered and after. */
  strangers: {
    ...calm,
    matters: [
      {
        beginsMs: 0,
        steps: [
          { does: "stranger", afterMs: 1_000 },
          { does: "answer", afterMs: 3_000 },
          { does: "stranger", afterMs: 20_000 },
          { does: "remind", afterMs: 0 },
          { does: "answer", afterMs: 3_000 },
          { does: "close", afterMs: 4_000 },
          { does: "stranger", afterMs: 1_000 },
        ],
      },
    ],
  },
  /** Silence is asked for while acts are let go. */
  silence: {
    ...calm,
    pauses: [
      { when: { at: "permitted", holdMs: 0 }, forMs: 6_000, side: "both" },
      { when: { at: "permitted", holdMs: 3 }, forMs: 6_000, side: "both" },
      { when: { at: "permitted", holdMs: 6 }, forMs: 6_000, side: "both" },
    ],
  },
};
