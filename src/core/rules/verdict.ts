import type { BridgeError } from "../contracts/errors.ts";
import type { UnknownOutcome } from "../contracts/channel.ts";
import type { Fault, Outcome } from "../words/effect.ts";
import type { Instant } from "../words/ref.ts";

/** How a failed try stands. */
export interface Standing {
  /** How often it was tried, this time included. */
  readonly tries: number;
  /** For words and other acts on a channel: what an unknown outcome means. A CRM's upserts may always be repeated. */
  readonly unknown: UnknownOutcome | "upsert";
  readonly now: Instant;
  /** A number in [0, 1), drawn by the caller: full jitter keeps many workers from coming back at once. */
  readonly roll: number;
}

/** Tries before a failing act is parked. With full jitter up to five minutes they span half an hour on average: 255 s for the first eight pauses, 150 s for each of the eleven after. */
export const mostTries = 20;
/** Tries before a CRM's act is parked: half a day of pauses. A CRM that is away for hours must not leave a person thousands of acts to start again. */
export const mostTriesAtCrm = 300;
const slowest = 5 * 60_000;

/** When to try again: exponential from one second, capped, with full jitter. */
export const backoff = (tries: number, roll: number): number =>
  Math.ceil(roll * Math.min(slowest, 1_000 * 2 ** Math.min(tries, 20)));

/**
 * After a limit's reset, acts come back within this long, in ms: spread, since several processes wait for the same moment.
 * No longer, for everybody waits: of one door a process has no more than eight in hand, whatever has become due.
 */
export const resetSpreadMs = 250;

/** Faults that time alone may mend. */
const passing: ReadonlySet<Fault> = new Set<Fault>(["throttled", "unavailable", "unauthorized"]);

/** Fault, landed and the act's own nature: what next? The only place where that is decided. */
export const verdict = (error: BridgeError, standing: Standing): Outcome => {
  const { tries, unknown, now, roll } = standing;
  const params = { fault: error.fault, tries };

  if (error.landed === "unknown" && unknown !== "upsert") {
    if (unknown.repeat !== "idempotent") {
      return {
        as: "again",
        at: now + unknown.quietMs,
        doubt: true,
        counts: true,
        why: { code: "outcome-unknown", params },
      };
    }
  }
  if (passing.has(error.fault) || error.landed === "unknown") {
    if (error.fault === "throttled" && error.retryAt !== undefined) {
      // Told when to come back: not a failure of ours, so it is no try.
      const at = Math.max(error.retryAt, now) + Math.ceil(roll * resetSpreadMs);
      return { as: "again", at, doubt: false, counts: false, why: { code: "throttled", params } };
    }
    if (tries < (unknown === "upsert" ? mostTriesAtCrm : mostTries)) {
      const at = Math.max(now + backoff(tries, roll), error.retryAt ?? 0);
      return { as: "again", at, doubt: false, counts: true, why: { code: "failed-for-now", params } };
    }
    return { as: "parked", why: { code: "gave-up", params }, doubt: false };
  }
  // A case must not lose an entry: what a CRM refuses waits for whoever can mend the CRM.
  if (unknown === "upsert") return { as: "parked", why: { code: "crm-refused", params }, doubt: false };
  return { as: "refused", fault: error.fault, why: { code: "network-refused", params } };
};

/** A look at what may have landed showed nothing: look again, repeat, or give it to a person. */
export const unseen = (reads: number, unknown: UnknownOutcome, now: Instant): "repeat" | Outcome => {
  if (unknown.repeat === "idempotent") return "repeat";
  const next = unknown.reads[reads];
  if (next !== undefined) {
    return {
      as: "again",
      at: now + next,
      doubt: true,
      counts: false,
      why: { code: "not-seen-yet", params: { looks: reads + 1 } },
    };
  }
  if (unknown.repeat === "afterQuiet" || unknown.repeat === "once") return "repeat";
  return { as: "parked", why: { code: "may-have-gone-out", params: { looks: reads + 1 } }, doubt: true };
};

/** Ends that we chose ourselves. */
const chosen: ReadonlySet<string> = new Set(["withdrawn", "expired", "dropped"]);

/**
 * What becomes of words that are done again because the network does them once: where it refuses them for another reason, that
 * says nothing of the try before, which was not seen and may stand. A person looks.
 */
export const afterUnseen = (outcome: Outcome): Outcome => {
  if (outcome.as === "again") return { ...outcome, unseen: true };
  const refused = outcome.as === "refused" && !chosen.has(outcome.fault);
  if (!refused && outcome.as !== "parked") return outcome;
  return { as: "parked", why: { code: "may-have-gone-out", params: { because: outcome.why.code } }, doubt: true };
};
