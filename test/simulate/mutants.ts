import type { Law } from "./laws.ts";
import { postgresMutants } from "./postgres-mutants.ts";
import type { SmallWorld } from "./small-worlds.ts";
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
  /** Where other lines do the same by themselves. */
  readonly also?: readonly Change[];
  /** In which worlds it shows. */
  readonly bounds: World["bounds"];
  /** The law that is there for it. */
  readonly law: Law;
  /** A world in which it did catch it. */
  readonly seed: number;
  /** @default "x" */
  readonly channel?: NonNullable<World["channel"]>;
  /** @default "sqlite" */
  readonly store?: "sqlite" | "postgres";
  /** The small world in which it shows, instead of all. */
  readonly small?: SmallWorld;
}

/** Every law is broken by one of them, or it is no law. */
export const mutants: readonly Mutant[] = [
  ...postgresMutants,
  {
    name: "mark",
    without: "the mark before the call",
    file: "src/store/sending.ts",
    line: '    state: "sending",',
    instead: '    state: "promised",',
    bounds: "within",
    law: "said once",
    seed: 52,
  },
  {
    name: "last-moment",
    without: "the check at the last moment",
    file: "src/engine/send.ts",
    line: "if (elapsed > sendWindowMs || signal.aborted) {",
    instead: "if (signal.aborted) {",
    bounds: "within",
    law: "said once",
    seed: 70,
  },
  {
    name: "steady-clock",
    without: "the clock that does not jump",
    file: "src/engine/send.ts",
    line: "const elapsed = Math.max(performance.now() - began.steady, clock.now() - began.wall);",
    instead: "const elapsed = clock.now() - began.wall;",
    bounds: "within",
    law: "said once",
    seed: 247,
  },
  {
    name: "quiet",
    without: "the quiet period",
    file: "src/store/sending.ts",
    line: "const quietUntil = sendBy + mark.quietMs;",
    instead: "const quietUntil = sendBy;",
    also: [{ file: "src/core/rules/verdict.ts", line: "at: now + unknown.quietMs,", instead: "at: now," }],
    bounds: "within",
    law: "said once",
    seed: 12,
  },
  {
    name: "reads",
    without: "the spaced looks",
    file: "src/core/rules/verdict.ts",
    line: "const next = unknown.reads[reads];",
    instead: "const next = unknown.reads[reads + 99];",
    bounds: "beyond",
    law: "what shows is found",
    seed: 21,
  },
  {
    name: "absence",
    without: "the rule that absence is no proof",
    file: "src/core/rules/verdict.ts",
    line: 'if (unknown.repeat === "afterQuiet" || unknown.repeat === "once") return "repeat";',
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
    line: 'if (outcome.as !== "done" || promised.effect.act.do === "ask") continue;',
    instead: "continue;",
    bounds: "beyond",
    law: "a receipt is kept",
    seed: 260,
  },
  {
    name: "content",
    without: "the comparison by content in the change feed",
    file: "adapters/salesforce/change.ts",
    line: "const same = before?.content === content;",
    instead: "const same = before?.at === at;",
    bounds: "within",
    law: "the case is known",
    seed: 132,
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
    line: "if (!ours && !isUnnamed(said)) return false;",
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
    line: '  tellAnswer(plan, entry.key, "sent", {',
    instead: '  if (false) tellAnswer(plan, entry.key, "sent", {',
    bounds: "within",
    law: "the agent is told",
    seed: 2,
  },
  {
    name: "newer-version",
    without: "the turn of a newer version that came while the older was in hand",
    file: "src/core/rules/advance/settled.ts",
    line: "if (waiting === undefined && plan.entry",
    instead: "if (waiting !== undefined && plan.entry",
    bounds: "within",
    law: "the agent is told",
    seed: 60,
  },
  {
    name: "guard",
    without: "the guard over what was told only in private",
    file: "src/core/rules/guard.ts",
    line: '    ...told.map((span) => ({ kind: "told-in-private", ...span })),',
    instead: "",
    bounds: "within",
    law: "private stays private",
    seed: 19,
  },
  {
    name: "closing-once",
    without: "the rule that one interaction is closed once",
    file: "src/core/rules/advance/linkback.ts",
    line: "closedBefore !== undefined && (talk.stamps.lastHeard ?? 0) <= closedBefore",
    instead: "false",
    also: [
      {
        file: "src/core/rules/automatic.ts",
        line: 'if ((post.automaticAt ?? []).some((at) => at >= heard)) return "said-once-already";',
        instead: "",
      },
      {
        file: "src/core/rules/advance/automatic.ts",
        line: "about.key ?? `${talk.key}/${talk.turn}`",
        instead: "about.key ?? scene.event.key",
      },
    ],
    bounds: "within",
    law: "the machine speaks once",
    seed: 110,
  },
  {
    name: "lane-order",
    without: "the order of a lane",
    file: "src/store/lanes.ts",
    line: "places.set(row, seq + n);",
    instead: "places.set(row, -seq - n);",
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
    seed: 3,
  },
  {
    name: "slow-clock",
    without: "the store's clock where a worker's runs behind",
    file: "src/engine/moment.ts",
    line: "Math.max(house.clock.now(), lease.at);",
    instead: "house.clock.now();",
    bounds: "within",
    law: "nothing spins",
    seed: 61,
  },
  {
    name: "recheck",
    without: "a look at what is known after a silence",
    file: "src/engine/recheck.ts",
    line: "if (channel.recheck === undefined) return;",
    instead: "if (channel.recheck !== undefined) return;",
    bounds: "within",
    channel: "facebook",
    law: "what changed is known",
    seed: 10,
  },
  {
    name: "late-removal",
    without: "the memory of what was taken back before it was told",
    file: "src/engine/gather.ts",
    line: "const gone = isNew && (await unit.counted(goneBefore(event.entry)));",
    instead: "const gone = isNew && false;",
    bounds: "within",
    channel: "facebook",
    law: "what changed is known",
    seed: 33,
  },
  {
    name: "own-private-words",
    without: "what acts are known to have become",
    file: "src/engine/inbox.ts",
    line: "if ((await unit.known(door.of(said.by.account, said.side), said)) !== undefined) return true;",
    instead: "",
    bounds: "within",
    channel: "facebook",
    law: "entered once",
    seed: 1,
  },
  {
    name: "private-look",
    without: "the look whether a private reply landed",
    file: "adapters/facebook/readback.ts",
    line: 'if (receipt === undefined) return "unknown";',
    instead: 'return "unknown";',
    bounds: "within",
    channel: "facebook",
    law: "the agent is told",
    seed: 271,
  },
];
