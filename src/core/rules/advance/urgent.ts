import type { Conversation } from "../../words/conversation.ts";
import type { Said } from "../../words/event.ts";
import { isPast } from "../past.ts";
import { type Matter, matterOf } from "../matter.ts";
import { isDanger, urgencies, type Urgency, urgencyIn, urgencyOf } from "../urgency.ts";
import type { Plan } from "./plan.ts";

/** Raises a conversation to an urgency; what was said later never lowers it. */
const raise = (plan: Plan, to: Urgency | undefined, by: string): void => {
  if (to === undefined) return;
  const priority = urgencies[to];
  const { endangeredBefore, ...stamps } = plan.talk.stamps;
  const past = isPast(plan.scene.event);
  // For words of the time before nobody was called: for the first ones of today somebody is.
  const uncalled = to === "danger" && endangeredBefore !== undefined && !past;
  if (priority >= plan.talk.priority && !uncalled) return;
  plan.update({ priority });
  if (uncalled) plan.update({ stamps });
  if (to === "danger" && past) plan.update({ stamps: { ...stamps, endangeredBefore: plan.scene.event.at } });
  plan.because(to === "danger" ? "danger" : "more-urgent", { urgency: to, by });
  // A case that is only now opened is opened with it.
  if (plan.talk.case.stage !== "none") plan.show({ priority });
};

/** How urgent the brand's own rule says it is. */
export const raiseByPolicy = (plan: Plan, matter: Matter): void =>
  raise(
    plan,
    plan.ask("urgency", () => plan.scene.rules.urgency(matter)),
    "policy",
  );

/** How urgent words make a matter: by themselves, by who says them, by the brand's own rule. */
export const raiseBySaid = (plan: Plan, said: Said): void => {
  raise(plan, urgencyOf(said.text), "words");
  raiseByPolicy(plan, matterOf(said, plan.talk));
  if (plan.persona(said.by)?.profile.verified === true) raise(plan, "verified", "profile");
};

/** Danger in the words of somebody who is heard only: to what else they say nobody listens. */
export const raiseByDanger = (plan: Plan, { text }: Said): void => {
  if (urgencyOf(text) === "danger") raise(plan, "danger", "words");
};

/** How urgent an advisor says it is. */
export const raiseByAdvice = (plan: Plan, advice: Conversation["advice"][string], advisor: string): void =>
  raise(plan, urgencyIn(advice), advisor);

/** Does no machine speak here? */
export const noMachine = ({ priority }: Conversation): boolean => isDanger(priority);
