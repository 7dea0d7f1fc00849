import type { Law } from "./laws.ts";
import type { World } from "./world.ts";

/** One line of the product, changed for the worse. */
export interface Change {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly line: string;
  readonly instead: string;
}

/** A product that does without something: what the laws are there to notice. */
export interface Mutant extends Change {
  readonly name: string;
  /** What it does without. */
  readonly without: string;
  /** Where a second line does the same by itself. */
  readonly also?: Change;
  /** In which worlds it shows. */
  readonly bounds: World["bounds"];
  /** The law that is there for it. */
  readonly law: Law;
  /** A world in which it did catch it. */
  readonly seed: number;
}

/** Every law is broken by one of them, or it is no law. */
export const mutants: readonly Mutant[] = [
  {
    name: "mark",
    without: "the mark before the call",
    file: "src/store/sending.ts",
    line: '    state: "sending",',
    instead: '    state: "promised",',
    bounds: "within",
    law: "said once",
    seed: 2,
  },
  {
    name: "last-moment",
    without: "the check at the last moment",
    file: "src/engine/send.ts",
    line: "if (elapsed > sendWindowMs || signal.aborted) {",
    instead: "if (signal.aborted) {",
    bounds: "within",
    law: "said once",
    seed: 34,
  },
  {
    name: "steady-clock",
    without: "the clock that does not jump",
    file: "src/engine/send.ts",
    line: "const elapsed = Math.max(performance.now() - began.steady, clock.now() - began.wall);",
    instead: "const elapsed = clock.now() - began.wall;",
    bounds: "within",
    law: "said once",
    seed: 34,
  },
  {
    name: "quiet",
    without: "the quiet period",
    file: "src/store/sending.ts",
    line: "const quietUntil = sendBy + mark.quietMs;",
    instead: "const quietUntil = sendBy;",
    also: { file: "src/core/rules/verdict.ts", line: "at: now + unknown.quietMs,", instead: "at: now," },
    bounds: "within",
    law: "said once",
    seed: 10,
  },
  {
    name: "reads",
    without: "the spaced looks",
    file: "src/core/rules/verdict.ts",
    line: "const next = unknown.reads[reads];",
    instead: "const next = unknown.reads[reads + 99];",
    bounds: "beyond",
    law: "what shows is found",
    seed: 43,
  },
  {
    name: "absence",
    without: "the rule that absence is no proof",
    file: "src/core/rules/verdict.ts",
    line: 'if (unknown.repeat === "afterQuiet") return "repeat";',
    instead: 'return "repeat";',
    bounds: "beyond",
    law: "asked once",
    seed: 2,
  },
  {
    name: "epoch",
    without: "the epoch that fences a lost lease",
    file: "src/store/lanes.ts",
    line: "return lane !== undefined && lane.owner === lease.owner && lane.epoch === lease.epoch;",
    instead: "return lane !== undefined;",
    bounds: "within",
    law: "said once",
    seed: 15,
  },
  {
    name: "savepoint",
    without: "what undoes a unit that failed half-way in a shared commit",
    file: "src/store/queue.ts",
    line: 'else if (apart || call.kind === "read") tellings.push(() => call.reject(came.threw));',
    instead: 'else if ("threw" in came) tellings.push(() => call.reject(came.threw));',
    bounds: "within",
    law: "entered once",
    seed: 4,
  },
  {
    name: "late-receipt",
    without: "the admission of late receipts",
    file: "src/engine/settle.ts",
    line: 'if (outcome.as !== "done") continue;',
    instead: "continue;",
    bounds: "beyond",
    law: "a receipt is kept",
    seed: 260,
  },
  {
    name: "content",
    without: "the comparison by content in the change feed",
    file: "adapters/salesforce/change.ts",
    line: "const known = told.get(id)?.content === content;",
    instead: "const known = told.get(id)?.at === at;",
    bounds: "within",
    law: "the case is known",
    seed: 5,
  },
  {
    name: "pause-lock",
    without: "the look at pauses in the transaction of the mark",
    file: "src/store/sending.ts",
    line: "if (pausedBy(pauses, effect, tx.now) !== undefined || waitedThrough(pauses, effect) !== undefined) return undefined;",
    instead: "",
    bounds: "within",
    law: "silence holds",
    seed: 4,
  },
  {
    name: "pause-wait",
    without: "the wait for what was marked before the pause",
    file: "src/engine/silence.ts",
    line: "while ((await house.store.outbound(made, callTimeoutMs)).length > 0)",
    instead: "while (made.id === undefined)",
    bounds: "within",
    law: "silence holds",
    seed: 16,
  },
  {
    name: "echo",
    without: "the echo as a receipt",
    file: "src/engine/inbox.ts",
    line: 'if (said.actor.kind !== "brand") return false;',
    instead: "return false;",
    bounds: "within",
    law: "entered once",
    seed: 1,
  },
  {
    name: "rearm",
    without: "arming a lane that was let go",
    file: "src/store/lanes.ts",
    line: "=> rearm(tx, lane, door, freeing);",
    instead:
      '=> tx.sql.run("UPDATE lane SET owner = NULL, locked_until = 0, next_at = NULL WHERE key = ?", lane).then(() => undefined);',
    bounds: "within",
    law: "everything ends",
    seed: 2,
  },
  {
    name: "patience",
    without: "a second try after a passing fault",
    file: "src/core/rules/verdict.ts",
    line: 'const passing: ReadonlySet<Fault> = new Set<Fault>(["throttled", "unavailable", "unauthorized"]);',
    instead: 'const passing: ReadonlySet<Fault> = new Set<Fault>(["throttled"]);',
    bounds: "within",
    law: "parked only with a cause",
    seed: 17,
  },
  {
    name: "one-home",
    without: "finding a conversation by its person",
    file: "src/core/rules/resolve.ts",
    line: '["persona", open[0]?.talk],',
    instead: "",
    bounds: "within",
    law: "one case",
    seed: 1,
  },
  {
    name: "dedupe",
    without: "counting an event once",
    file: "src/engine/inbox.ts",
    line: "if (!(await unit.first(event.key))) return false;",
    instead: "await unit.first(event.key);",
    bounds: "within",
    law: "counted once",
    seed: 1,
  },
  {
    name: "answer-state",
    without: "telling the agent what became of an answer",
    file: "src/core/rules/advance/settled.ts",
    line: '    tellAnswer(plan, entry.key, "sent", {',
    instead: '    if (older) tellAnswer(plan, entry.key, "sent", {',
    bounds: "within",
    law: "the agent is told",
    seed: 2,
  },
  {
    name: "newer-version",
    without: "the turn of a newer version that came while the older was in hand",
    file: "src/core/rules/advance/settled.ts",
    line: "if (!waits && plan.entry",
    instead: "if (waits && plan.entry",
    bounds: "within",
    law: "the agent is told",
    seed: 60,
  },
  {
    name: "guard",
    without: "the guard over what was told only in private",
    file: "src/core/rules/guard.ts",
    line: 'if (leaked.length > 0) found.push("told-in-private");',
    instead: "",
    bounds: "within",
    law: "private stays private",
    seed: 19,
  },
  {
    name: "closing-once",
    without: "the rule that one interaction is closed once",
    file: "src/core/rules/advance/linkback.ts",
    line: 'if (closedBefore !== undefined && heard <= closedBefore) return "nothing-heard-since";',
    instead: "",
    also: {
      file: "src/core/rules/advance/linkback.ts",
      line: "`${talk.key}/${talk.turn}`);",
      instead: "`${talk.key}/${scene.now}`);",
    },
    bounds: "within",
    law: "the machine speaks once",
    seed: 110,
  },
  {
    name: "lane-order",
    without: "the order of a lane",
    file: "src/store/lanes.ts",
    line: "      : `lane = ? AND ${OPEN} AND state <> 'parked' ORDER BY seq LIMIT ?`,",
    instead: "      : `lane = ? AND ${OPEN} AND state <> 'parked' ORDER BY seq DESC LIMIT ?`,",
    bounds: "within",
    law: "in order",
    seed: 34,
  },
  {
    name: "revision",
    without: "the revision that refuses older writes",
    file: "adapters/salesforce/records.ts",
    line: "row[names.caseRevision] = revision;",
    instead: "",
    bounds: "within",
    law: "the newest stands",
    seed: 58,
  },
  {
    name: "slow-clock",
    without: "the store's clock where a worker's runs behind",
    file: "src/engine/send.ts",
    line: "const momentOf = (house: House, lease: Lease): Instant => Math.max(house.clock.now(), lease.until - leaseMs);",
    instead: "const momentOf = (house: House, _lease: Lease): Instant => house.clock.now();",
    bounds: "within",
    law: "nothing spins",
    seed: 61,
  },
];
