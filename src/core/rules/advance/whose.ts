import type { Conversation } from "../../words/conversation.ts";
import type { Plan } from "./plan.ts";

/** The queue of the department, as the CRM knows it. */
export const queueOf = (plan: Plan): { readonly assignee?: string; readonly department?: string } => {
  const name = plan.talk.department?.name;
  if (name === undefined) return {};
  const queue = plan.scene.rules.departments[name]?.queue;
  return { department: name, ...(queue === undefined ? {} : { assignee: queue }) };
};

/** Whose it is, as far as is known. */
export const assigneeIn = ({ assignee }: Conversation): { readonly assigneeWas?: string } =>
  assignee === undefined ? {} : { assigneeWas: assignee };

/** Where it goes back to when its assignee is not there to hear what the customer said. */
export const returnOf = (plan: Plan): { readonly returnsTo?: string } => {
  const { department, assignee = department } = queueOf(plan);
  return assignee === undefined || plan.talk.awaiting !== "us" ? {} : { returnsTo: assignee };
};
