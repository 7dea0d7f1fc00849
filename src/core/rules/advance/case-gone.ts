import type { CaseSeen } from "../../words/event.ts";
import { clue, keyOf } from "../../words/ref.ts";
import type { Plan } from "./plan.ts";

/**
 * The case is not there any more. Deleted: nothing is written to it, and her next word begins anew. Merged into one that no
 * conversation has: that one is ours from now on.
 */
export const advanceCaseGone = (plan: Plan, seen: CaseSeen, gone: NonNullable<CaseSeen["gone"]>): Plan => {
  const { talk } = plan;
  if (gone.how === "merged") {
    if (talk.case.ref?.crm === gone.into.crm && talk.case.ref.id === gone.into.id) {
      plan.because("seen-newer-already");
      return plan;
    }
    const [persona] = talk.personas;
    plan.clue(clue.case(gone.into));
    plan.update({ case: { ...talk.case, ref: gone.into, seenAt: seen.at } });
    plan.because("case-merged-in-crm");
    if (persona === undefined) return plan;
    const key = keyOf.effect(seen.key, "open");
    plan.tell({ do: "open", persona, fields: {}, saidAt: talk.awaitingSince, adopts: gone.into }, { key });
    return plan;
  }
  const { closedAt: _, reopenAt: __, ...rest } = talk.case;
  plan.update({
    case: { ...rest, stage: "deleted", seenAt: seen.at },
    awaiting: "nobody",
    awaitingSince: seen.at,
  });
  plan.because("case-deleted-in-crm");
  return plan;
};
