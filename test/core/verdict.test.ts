import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UnknownOutcome } from "../../src/core/contracts/channel.ts";
import { BridgeError } from "../../src/core/contracts/errors.ts";
import {
  afterUnseen,
  backoff,
  mostTries,
  mostTriesAtCrm,
  resetSpreadMs,
  unseen,
  verdict,
} from "../../src/core/rules/verdict.ts";
import type { Fault, Outcome } from "../../src/core/words/effect.ts";
import type { Why } from "../../src/core/words/ref.ts";
import { hour, minute, t0 } from "./make.ts";

const faults = [
  "forged",
  "malformed",
  "unauthorized",
  "forbidden",
  "missing",
  "closed",
  "taken",
  "invalid",
  "throttled",
  "unavailable",
] as const satisfies readonly Fault[];
const natures = ["never", "afterQuiet", "idempotent", "upsert"] as const;
type Nature = UnknownOutcome["repeat"] | "upsert";

const reads = [minute, 5 * minute];
const unknownOf = (nature: Nature): UnknownOutcome | "upsert" =>
  nature === "upsert" ? nature : { repeat: nature, quietMs: 30_000, reads, source: "the test's own word" };
const failed = (fault: Fault, landed: "no" | "unknown", retryAt?: number): BridgeError =>
  new BridgeError("failed", { fault, landed, adapter: "net", ...(retryAt === undefined ? {} : { retryAt }) });
const judged = (fault: Fault, landed: "no" | "unknown", nature: Nature, tries = 1, retryAt?: number): Outcome =>
  verdict(failed(fault, landed, retryAt), { tries, unknown: unknownOf(nature), now: t0, roll: 0.5 });
const short = (outcome: Outcome): string => {
  if (outcome.as === "again") return outcome.doubt ? "look first" : outcome.counts ? "again" : "again, no try";
  return outcome.as;
};

describe("fault × landed × nature of the act", () => {
  // One row for each fault; columns: landed "no" and then "unknown", each for never, afterQuiet, idempotent, upsert.
  const definite = ["refused", "refused", "refused", "parked", "look first", "look first", "again", "again"];
  const passing = ["again", "again", "again", "again", "look first", "look first", "again", "again"];
  const table: Readonly<Record<Fault, readonly string[]>> = {
    forged: definite,
    malformed: definite,
    forbidden: definite,
    missing: definite,
    closed: definite,
    taken: definite,
    invalid: definite,
    unauthorized: passing,
    throttled: passing,
    unavailable: passing,
  };
  it.for(faults)("%s", (fault) => {
    const row = (["no", "unknown"] as const).flatMap((landed) =>
      natures.map((nature) => short(judged(fault, landed, nature))),
    );
    expect(row).toEqual(table[fault]);
  });

  it.for(faults)("%s: after the last try nobody tries again by himself", (fault) => {
    const row = (["no", "unknown"] as const).flatMap((landed) =>
      natures.map((nature) => short(judged(fault, landed, nature, nature === "upsert" ? mostTriesAtCrm : mostTries))),
    );
    expect(row).toEqual(table[fault].map((answer) => (answer === "again" ? "parked" : answer)));
  });

  it("what may have landed is looked for when the network has been quiet", () => {
    expect(judged("unavailable", "unknown", "never")).toEqual({
      as: "again",
      at: t0 + 30_000,
      doubt: true,
      counts: true,
      why: { code: "outcome-unknown", params: { fault: "unavailable", tries: 1 } },
    });
  });

  it.for<[string, number, number]>([
    ["told when to come back", t0 + hour, t0 + hour + resetSpreadMs / 2],
    ["told a moment that is past", t0 - hour, t0 + resetSpreadMs / 2],
  ])("throttled, %s: no try, and a spread", ([, retryAt, at]) => {
    for (const nature of natures) {
      expect(judged("throttled", "no", nature, mostTries, retryAt)).toMatchObject({
        as: "again",
        at,
        counts: false,
        doubt: false,
      });
    }
  });

  it("unavailable, and told when to come back: not before", () => {
    expect(judged("unavailable", "no", "never", 1, t0 + hour)).toMatchObject({
      as: "again",
      at: t0 + hour,
      counts: true,
    });
  });

  it("words without a key are never sent again on an unknown outcome, whatever the fault and the try", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...faults),
        fc.integer({ min: 1, max: 99 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (fault, tries, roll) => {
          const outcome = verdict(failed(fault, "unknown"), { tries, unknown: unknownOf("never"), now: t0, roll });
          expect(outcome).toMatchObject({ as: "again", doubt: true });
        },
      ),
    );
  });
});

describe("backing off", () => {
  it("from a second, doubling, to five minutes at most, with full jitter", () => {
    expect([1, 2, 3, 8, 9, 50].map((tries) => backoff(tries, 1))).toEqual([
      2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ]);
    expect(backoff(9, 0.5)).toBe(150_000);
    expect(backoff(9, 0)).toBe(0);
  });

  it("all tries together take half an hour on average", () => {
    const pauses = Array.from({ length: mostTries - 1 }, (_, i) => backoff(i + 1, 0.5));
    const total = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(total).toBeGreaterThan(30 * minute);
    expect(total).toBeLessThan(35 * minute);
  });
});

describe("looked for, and not seen", () => {
  it.for<[Nature, number, string]>([
    ["never", 0, "look in 60000"],
    ["never", 1, "look in 300000"],
    ["never", 2, "parked"],
    ["never", 9, "parked"],
    ["afterQuiet", 0, "look in 60000"],
    ["afterQuiet", 1, "look in 300000"],
    ["afterQuiet", 2, "repeat"],
    ["once", 1, "look in 300000"],
    ["once", 2, "repeat"],
    ["idempotent", 0, "repeat"],
  ])("%s, %i looks behind it: %s", ([nature, looks, expected]) => {
    const unknown = unknownOf(nature);
    if (unknown === "upsert") throw new Error("not an act of a network");
    const next = unseen(looks, unknown, t0);
    const told = next === "repeat" ? next : next.as === "again" ? `look in ${next.at - t0}` : next.as;
    expect(told).toBe(expected);
    if (next !== "repeat" && next.as === "again") expect(next).toMatchObject({ doubt: true, counts: false });
    if (next !== "repeat" && next.as === "parked")
      expect(next).toMatchObject({ doubt: true, why: { code: "may-have-gone-out" } });
  });

  it("repeated all the same: whatever the repetition comes to but done, the try before may stand", () => {
    const why: Why = { code: "network-refused" };
    expect(afterUnseen({ as: "refused", fault: "missing", why })).toEqual({
      as: "parked",
      why: { code: "may-have-gone-out", params: { because: "network-refused" } },
      doubt: true,
    });
    expect(afterUnseen({ as: "parked", why, doubt: false })).toMatchObject({ as: "parked", doubt: true });
    const withdrawn: Outcome = { as: "refused", fault: "withdrawn", why };
    expect(afterUnseen(withdrawn)).toBe(withdrawn);
    const again: Outcome = { as: "again", at: t0, doubt: false, counts: true, why };
    expect(afterUnseen(again)).toEqual({ ...again, unseen: true });
    const done: Outcome = { as: "done", receipt: { at: t0 } };
    expect(afterUnseen(done)).toBe(done);
  });

  it("a network that says nothing of further looks is looked at once", () => {
    expect(unseen(0, { repeat: "never", quietMs: 1, reads: [], source: "none" }, t0)).toMatchObject({ as: "parked" });
  });
});
