import type { Lease, Promised } from "../core/contracts/store.ts";
import type { Outcome } from "../core/words/effect.ts";
import type { House } from "./house.ts";
import { admitIn, settledEvent, tell } from "./inbox.ts";

/** What the run of one lease came to. */
export interface Result {
  readonly lease: Lease;
  readonly outcomes: readonly { readonly promised: Promised; readonly outcome: Outcome }[];
}

/** Writes down what leases came to, and admits each end as an event in the same unit. A lease that was lost hands its receipts on as evidence. */
export const settle = async (house: House, results: readonly Result[]): Promise<void> => {
  const now = house.clock.now();
  const settled = results.map(({ lease, outcomes }) => ({
    lease,
    outcomes: outcomes.map(({ promised, outcome }) => ({ effect: promised.effect.key, outcome })),
  }));
  const fates = await house.store.settle(settled, async (unit, kept) => {
    for (const [i, { outcomes }] of results.entries()) {
      if (kept[i] !== true) continue;
      for (const { promised, outcome } of outcomes) {
        if (outcome.as !== "again")
          await admitIn(house, unit, settledEvent(promised.effect, outcome, promised.tries, now), now);
      }
    }
  });
  for (const [i, { outcomes }] of results.entries()) {
    if (fates[i] === "kept") continue;
    for (const { promised, outcome } of outcomes) {
      if (outcome.as !== "done") continue;
      house.log.info({ effect: promised.effect.key }, "a lease was lost; its receipt is told as evidence");
      await house.store.unit((unit) => tell(house, unit, promised.effect, outcome.receipt, now));
    }
  }
};
