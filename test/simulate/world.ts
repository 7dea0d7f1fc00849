import {
  type Arbitrary,
  array,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  noShrink,
  oneof,
  record,
  sample,
  tuple,
} from "fast-check";
import type { Database } from "./postgres-world.ts";

/** What a customer, an agent or the brand's own hand does next in a matter. */
export const deeds = [
  "remind",
  "root",
  "letter",
  "thanks",
  "answer",
  "whisper",
  "leak",
  "edit",
  "close",
  "reopen",
  "flip",
  "hand",
  "change",
  "remove",
  "stranger",
] as const;
export type Deed = (typeof deeds)[number];

/** One customer's matter. It begins with a complaint in public. */
export interface Matter {
  readonly beginsMs: number;
  readonly steps: readonly { readonly does: Deed; readonly afterMs: number }[];
}

/** What goes wrong at one request that acts on the network. */
export const mishapKinds = [
  "lost-response",
  "503-before",
  "503-after",
  "429",
  "401",
  "duplicate-after",
  "hang",
  "cut-before",
  "slow-way",
  "slow-answer",
] as const;
export type Mishap = (typeof mishapKinds)[number];

/** What goes wrong at one request to the CRM. */
export const troubleKinds = [
  "expired-session",
  "lock-row",
  "503",
  "timeout-after-commit",
  "racing-insert",
  "late-commit",
  "slow",
] as const;
export type Trouble = (typeof troubleKinds)[number];

/** The steps of a process that matter most: an act let go and not yet marked, marked and not yet gone, answered and not yet written down. */
export type Moment = "permitted" | "marked" | "answered";

/** What happens to a process at one of its steps. */
export interface Blow {
  readonly worker: number;
  readonly at: "step" | Moment;
  /** The how manieth of those of that worker, over all its lives. */
  readonly step: number;
  /**
   * `stop`: it stands still, its clocks go on. `sleep`: its steady clock stands still with it. `stale`: its wall clock
   * does, and is set right ten seconds after. `crash`: it is killed. `fail`: the store fails it there.
   */
  readonly as: "stop" | "sleep" | "stale" | "crash" | "fail";
  readonly forMs: number;
}

/** A silence that somebody asks for. */
export interface Pause {
  /** At an hour, or just when a worker has let an act go or marked it: it stands there for up to `holdMs`. */
  readonly when: { readonly atMs: number } | { readonly at: "permitted" | "marked"; readonly holdMs: number };
  readonly forMs: number;
  readonly side: "public" | "private" | "both";
}

/**
 * A world: who does what, and all that goes wrong. Every misfortune is an item of a list, so that a failing world can be
 * shrunk to those that matter.
 */
export interface World {
  /** `within`: delays keep to what the adapter declares, and an act that was not seen is repeated. `beyond`: they do not, and it is parked. */
  readonly bounds: "within" | "beyond";
  /** @default "x" */
  readonly channel?: "x" | "facebook";
  /** The seed of delays and of the order of things. */
  readonly chance: number;
  readonly workers: number;
  readonly matters: readonly Matter[];
  readonly mishaps: readonly { readonly act: number; readonly as: Mishap }[];
  /** At the how manieth request of all, or of those that write. */
  readonly troubles: readonly { readonly request: number; readonly of: "all" | "writes"; readonly as: Trouble }[];
  readonly blows: readonly Blow[];
  /** Stops exactly between the last check and the write: only beyond the bounds. */
  readonly pinches: readonly { readonly act: number; readonly forMs: number }[];
  /** A worker's clock is moved, for good. */
  readonly jumps: readonly { readonly worker: number; readonly atMs: number; readonly byMs: number }[];
  /** Somebody silences the account for a while. */
  readonly pauses: readonly Pause[];
  /** Nobody answers deliveries for a while. */
  readonly deaf?: { readonly atMs: number; readonly forMs: number };
  /** For a while the network accepts nobody's credentials. */
  readonly revoked?: { readonly atMs: number; readonly forMs: number };
  /** What goes wrong at a PostgreSQL. Absent: the embedded store, in memory. */
  readonly database?: Database;
  readonly weather: {
    readonly doubleRate: number;
    readonly lostRate: number;
    /** How long deliveries are on their way, at most. */
    readonly lateMs: number;
    readonly echoFirst: number;
    readonly indexLagMs: number;
    /** How often the network is asked what is new. `never`: only where no delivery of a customer's words is lost. */
    readonly polls: "often" | "seldom" | "never";
    /** How often the CRM is, in ms. */
    readonly crmPollMs: number;
    /** Does the network tell the account of its own acts? */
    readonly echoes: boolean;
  };
}

/** What the adapter declares about X within the bounds, and what the network keeps to: a late copy and the index, in ms. */
export const within = { tailMs: 20_000, lagMs: 10_000, quietMs: 31_000, reads: [5_000, 10_000] } as const;
/** What is declared where nothing is kept to. */
export const beyond = { quietMs: 40_000, reads: [30_000, 60_000] } as const;

const seconds = (most: number): Arbitrary<number> => nat(most * 1_000);
const deed = oneof(
  { weight: 2, arbitrary: constant<Deed>("remind") },
  { weight: 1, arbitrary: constant<Deed>("root") },
  { weight: 3, arbitrary: constant<Deed>("letter") },
  { weight: 1, arbitrary: constant<Deed>("thanks") },
  { weight: 5, arbitrary: constant<Deed>("answer") },
  { weight: 4, arbitrary: constant<Deed>("whisper") },
  { weight: 2, arbitrary: constant<Deed>("leak") },
  { weight: 2, arbitrary: constant<Deed>("edit") },
  { weight: 3, arbitrary: constant<Deed>("close") },
  { weight: 3, arbitrary: constant<Deed>("reopen") },
  { weight: 2, arbitrary: constant<Deed>("flip") },
  { weight: 1, arbitrary: constant<Deed>("hand") },
);
const soon = oneof({ weight: 1, arbitrary: nat(400) }, { weight: 3, arbitrary: seconds(25) });

const matter: Arbitrary<Matter> = record({
  beginsMs: seconds(30),
  steps: array(record({ does: deed, afterMs: soon }), { minLength: 2, maxLength: 9, size: "max" }),
});

const moments = constantFrom<Moment>("permitted", "marked", "answered");
const place = oneof(
  { weight: 1, arbitrary: record({ at: constant<Blow["at"]>("step"), step: integer({ min: 5, max: 600 }) }) },
  { weight: 2, arbitrary: record({ at: moments, step: integer({ min: 1, max: 3 }) }) },
);

const blow = (workers: number, longest: number): Arbitrary<Blow> =>
  tuple(
    place,
    record({
      worker: nat(workers - 1),
      as: oneof(
        { weight: 4, arbitrary: constant<Blow["as"]>("stop") },
        { weight: 1, arbitrary: constant<Blow["as"]>("sleep") },
        { weight: 2, arbitrary: constant<Blow["as"]>("stale") },
        { weight: 2, arbitrary: constant<Blow["as"]>("crash") },
        { weight: 3, arbitrary: constant<Blow["as"]>("fail") },
      ),
      forMs: oneof(seconds(4), seconds(longest / 2), integer({ min: longest * 500, max: longest * 1_000 })),
    }),
  ).map(([where, what]) => ({ ...what, ...where }));

const mishap = oneof(
  { weight: 2, arbitrary: constant<Mishap>("slow-way") },
  { weight: 1, arbitrary: constantFrom(...mishapKinds) },
);
const trouble = oneof(
  record({ of: constant("all" as const), request: nat(60), as: constantFrom(...troubleKinds) }),
  record({ of: constant("writes" as const), request: integer({ min: 1, max: 12 }), as: constantFrom(...troubleKinds) }),
);
const pause: Arbitrary<Pause> = record({
  when: oneof(
    record({ atMs: seconds(60) }),
    // Within the window in which a call may leave.
    record({ at: constantFrom("permitted" as const, "marked" as const), holdMs: nat(1_900) }),
  ),
  forMs: seconds(60),
  side: constantFrom("public", "private", "both"),
});

/** All worlds within the bounds, or beyond them. */
export const worlds = (bounds: World["bounds"]): Arbitrary<World> =>
  integer({ min: 1, max: 3 }).chain((workers) =>
    record({
      bounds: constant(bounds),
      chance: noShrink(nat(2 ** 31 - 1)),
      workers: constant(workers),
      matters: array(matter, { minLength: 1, maxLength: 3 }),
      mishaps: array(record({ act: integer({ min: 1, max: 8 }), as: mishap }), { maxLength: 7 }),
      troubles: array(trouble, { maxLength: 6 }),
      blows: array(blow(workers, bounds === "within" ? 90 : 300), { maxLength: 10 }),
      pinches:
        bounds === "within"
          ? constant([])
          : array(record({ act: integer({ min: 1, max: 8 }), forMs: seconds(200) }), { maxLength: 3 }),
      jumps: array(
        record({
          worker: nat(workers - 1),
          atMs: seconds(120),
          byMs: integer({ min: -40_000, max: 40_000 }),
        }),
        { maxLength: 2 },
      ),
      pauses: array(pause, { maxLength: 2 }),
      weather: record({
        doubleRate: constantFrom(0, 0.3),
        lostRate: constantFrom(0, 0, 0.3, 1),
        lateMs: constantFrom(50, 2_000, 40_000),
        echoFirst: constantFrom(0, 0.5, 1),
        indexLagMs: bounds === "within" ? constantFrom(200, within.lagMs) : constantFrom(200, 20_000, 180_000, 180_000),
        // Where nobody asks, only receipts and looks tell what became of an act.
        polls: constantFrom("often" as const, "seldom" as const, "never" as const, "never" as const),
        crmPollMs: constantFrom(4_000, 15_000),
        echoes: boolean(),
      }),
    }),
  );

/** The world of a seed: the same, always. */
export const worldOf = (kind: Arbitrary<World>, seed: number): World => {
  const [world] = sample(kind, { seed, numRuns: 1 });
  if (world === undefined) throw new Error("no world came of that seed");
  return world;
};
