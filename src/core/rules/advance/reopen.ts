import type { Said } from "../../words/event.ts";
import type { Instant } from "../../words/ref.ts";
import { asksNothing } from "../courteous.ts";
import type { Plan } from "./plan.ts";
import { noMachine } from "./urgent.ts";

/** The case is opened again. */
const reopen = (plan: Plan, because = "reopened"): void => {
  const { closedAt: _, reopenAt: __, ...rest } = plan.talk.case;
  plan.update({ case: { ...rest, stage: "reopening" } });
  plan.because(because);
  plan.show({ resolved: false, awaiting: plan.talk.awaiting, awaitingSince: plan.talk.awaitingSince });
};

/** The customer spoke as it was being closed: it is opened again when whoever closes it is through. */
export const reopenLater = (plan: Plan, at: Instant): void => {
  const { closing } = plan.scene.rules.windows;
  plan.update({ case: { ...plan.talk.case, reopenAt: Math.max(at + closing, plan.talk.case.reopenAt ?? 0) } });
  plan.because("spoke-as-it-was-closed");
};

/** What a customer's word does to a case that is closed. */
export const hearClosed = (plan: Plan, said: Said): void => {
  const { case: of } = plan.talk;
  if (!noMachine(plan.talk) && asksNothing(said)) {
    plan.update({ awaiting: "nobody", awaitingSince: said.at });
    plan.because("courtesy-after-resolved");
    return;
  }
  const closed = of.closedAt ?? 0;
  if (said.at - closed < plan.scene.rules.windows.closing) reopenLater(plan, closed);
  else reopen(plan);
};

/** The CRM has been quiet since: now it is opened again, if it is closed still. */
export const reopenNow = (plan: Plan): void => {
  const { reopenAt, ...rest } = plan.talk.case;
  if (reopenAt === undefined || plan.scene.now < reopenAt) return;
  if (rest.stage === "closed") reopen(plan);
  else plan.update({ case: rest });
};
