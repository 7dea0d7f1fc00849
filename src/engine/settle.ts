import type { Lease, Promised, Unit, Written } from "../core/contracts/store.ts";
import { backoff } from "../core/rules/verdict.ts";
import type { Outcome } from "../core/words/effect.ts";
import type { House } from "./house.ts";
import { admitIn, settledEvent, tell } from "./inbox.ts";

/** What the run of one lease came to. */
export interface Result {
  readonly lease: Lease;
  readonly outcomes: readonly { readonly promised: Promised; readonly outcome: Outcome }[];
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
  const also = async (unit: Unit, written: readonly Written[]): Promise<void> => {
    for (const [i, { outcomes }] of results.entries()) {
      for (const [j, { promised }] of outcomes.entries()) {
        const outcome = written[i]?.[j];
        if (outcome === undefined || outcome.as === "again") continue;
        await admitIn(house, unit, settledEvent(promised.effect, outcome, promised.tries, now), now);
      }
    }
  };
  const fates = await kept(house, () => house.store.settle(settled, also));
  for (const [i, { outcomes }] of results.entries()) {
    if (fates[i] === "kept") continue;
    for (const { promised, outcome } of outcomes) {
      if (outcome.as !== "done") continue;
      house.log.info({ effect: promised.effect.key }, "a lease was lost; its receipt is told as evidence");
      await kept(house, () => house.store.unit((unit) => tell(house, unit, promised.effect, outcome.receipt, now)));
    }
  }
};
