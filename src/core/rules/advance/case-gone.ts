import type { CaseSeen } from "../../words/event.ts";
import { clue, keyOf } from "../../words/ref.ts";
import type { Plan } from "./plan.ts";

/**
 * The case is not there any more. Deleted: nothing is written to it, and her next word begins anew. Merged into one that no
 * conversation has: that one is ours from now on.
 */
export const advanceCaseGone = (plan: Plan, seen: CaseSeen): Plan => {
  const { talk } = plan;
  const { into } = seen;
  if (into !== undefined) {
    if (talk.case.ref?.crm === into.crm && talk.case.ref.id === into.id) {
      plan.because("seen-newer-already");
      return plan;
    }
    const [persona] = talk.personas;
    plan.clue(clue.case(into));
    plan.update({ case: { ...talk.case, ref: into, seenAt: seen.at } });
    plan.because("case-merged-in-crm");
    if (persona === undefined) return plan;
    const key = keyOf.effect(seen.key, "open");
    plan.tell({ do: "open", persona, fields: {}, saidAt: talk.awaitingSince, adopts: into }, { key });
    return plan;
  }
  const { closedAt: _, reopenAt: __, ...rest } = talk.case;
  plan.update({
    case: { ...rest, stage: "gone", seenAt: seen.at },
    awaiting: "nobody",
    awaitingSince: seen.at,
  });
  plan.because("case-deleted-in-crm");
  return plan;
};
