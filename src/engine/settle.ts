import type { Lease, Promised, Unit, Written } from "../core/contracts/store.ts";
import { backoff } from "../core/rules/verdict.ts";
import type { Effect, Outcome } from "../core/words/effect.ts";
import type { Advised } from "../core/words/event.ts";
import { type Instant, type Json, keyOf } from "../core/words/ref.ts";
import type { House } from "./house.ts";
import { admitIn, settledEvent, tell } from "./inbox.ts";
import { type Later, onceKept } from "./told.ts";

/** What an advisor said: it is an event, and no receipt keeps it. */
export interface Advice {
  readonly advisor: string;
  readonly answer: Json;
  /** None had come by the deadline: it is what was taken for one. */
  readonly late: boolean;
}

/** What the run of one lease came to. */
export interface Result {
  readonly lease: Lease;
  readonly outcomes: readonly { readonly promised: Promised; readonly outcome: Outcome; readonly advice?: Advice }[];
}

/** What is to be done again is handed out again after a moment at the soonest, whatever a clock or a rule says: nobody spins on it, in ms. */
const againMs = 250;

const noSooner = (outcome: Outcome, lease: Lease): Outcome =>
  outcome.as === "again" ? { ...outcome, at: Math.max(outcome.at, lease.at + againMs) } : outcome;

/** A store that fails while it settles is asked again: what was learned by acting must not be lost. Four tries in about a second. */
const kept = async <T>(house: House, store: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await store();
    } catch (thrown) {
      if (tries === 4) throw thrown;
      await house.clock.sleep(backoff(tries, house.roll()) / 8);
    }
  }
};

const advisedEvent = (effect: Effect, { advisor, answer, late }: Advice, now: Instant): Advised => ({
  as: "advised",
  key: keyOf.event(effect.key, "advised"),
  at: now,
  source: "engine",
  conversation: effect.conversation,
  advisor,
  ...(effect.content === undefined ? {} : { entry: effect.content.entry }),
  advice: answer,
  late,
});

/** Writes down what leases came to, and admits each end as an event in the same unit. A lease that was lost hands its receipts on as evidence. */
export const settle = async (house: House, results: readonly Result[]): Promise<void> => {
  const now = house.clock.now();
  const settled = results.map(({ lease, outcomes }) => ({
    lease,
    outcomes: outcomes.map(({ promised, outcome }) => ({
      effect: promised.effect.key,
      outcome: noSooner(outcome, lease),
    })),
  }));
  const also = async (unit: Unit, written: readonly Written[], later: Later): Promise<void> => {
    for (const [i, { outcomes }] of results.entries()) {
      for (const [j, { promised, advice }] of outcomes.entries()) {
        const outcome = written[i]?.[j];
        if (outcome === undefined || outcome.as === "again") continue;
        const { effect, tries } = promised;
        const ended =
          advice === undefined ? settledEvent(effect, outcome, tries, now) : advisedEvent(effect, advice, now);
        const learned = promised.sent === undefined ? "answer" : "look";
        await admitIn(house, unit, ended, { received: now, trace: effect.trace, later, learned });
      }
    }
  };
  const fates = await onceKept((begin) =>
    kept(house, () => house.store.settle(settled, (unit, written) => also(unit, written, begin()))),
  );
  for (const [i, { outcomes }] of results.entries()) {
    if (fates[i] === "kept") continue;
    for (const { promised, outcome } of outcomes) {
      // An advisor's answer that comes late is none: whoever has the lane now asks again.
      if (outcome.as !== "done" || promised.effect.act.do === "ask") continue;
      house.log.info({ effect: promised.effect.key }, "a lease was lost; its receipt is told as evidence");
      await onceKept((begin) =>
        kept(house, () =>
          house.store.unit((unit) =>
            tell(house, unit, promised.effect, outcome.receipt, { received: now, later: begin(), learned: "late" }),
          ),
        ),
      );
    }
  }
};
