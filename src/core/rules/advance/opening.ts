import type { Conversation } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import { keyOf } from "../../words/ref.ts";
import { enterAll } from "./enter.ts";
import { answerBy, type Plan } from "./plan.ts";

/** The queue of the department, as the CRM knows it. */
export const queueOf = (plan: Plan): { readonly assignee?: string; readonly department?: string } => {
  const name = plan.talk.department?.name;
  if (name === undefined) return {};
  const queue = plan.scene.rules.departments[name]?.queue;
  return { department: name, ...(queue === undefined ? {} : { assignee: queue }) };
};

/** Which case she says it belongs to. */
export const claimIn = ({ claims }: Conversation): { readonly claims?: string } =>
  claims === undefined ? {} : { claims: claims.case?.number ?? claims.conversation };

/** Promises the case of a conversation that is to have one and has none yet. */
export const openCase = (plan: Plan, first: Entry): void => {
  const { talk } = plan;
  const [persona] = talk.personas;
  if (talk.disposition !== "case" || talk.case.stage !== "none" || persona === undefined) return;
  plan.update({ case: { ...talk.case, stage: "promised" } });
  plan.because("case-promised");
  plan.tell(
    {
      do: "open",
      persona,
      saidAt: first.at,
      fields: {
        awaiting: talk.awaiting,
        awaitingSince: talk.awaitingSince,
        ...answerBy(talk, { awaiting: talk.awaiting }, plan.scene.rules),
        priority: talk.priority,
        ...(talk.public?.url === undefined ? {} : { postUrl: talk.public.url }),
        ...claimIn(talk),
        ...queueOf(plan),
      },
      ...(talk.follows === undefined ? {} : { follows: talk.follows }),
    },
    // Named after the conversation, whatever opens it: one conversation, one case.
    { key: keyOf.effect(talk.key, "open"), content: first.content },
  );
};

/** A conversation that was watched or ignored gets its case, with all that was said in it and the time of its first post. */
export const openWhole = (plan: Plan): void => {
  const { talk, scene } = plan;
  const [first] = scene.known.entries;
  if (first === undefined || talk.case.stage !== "none") {
    plan.because("nothing-to-open");
    return;
  }
  const unanswered = scene.known.entries.find(
    ({ by, at }) => by.kind === "customer" && at > (talk.stamps.lastPublicAnswer ?? 0),
  );
  const { disposed: _, ...rest } = talk;
  plan.replace({
    ...rest,
    disposition: "case",
    // What was ignored was awaited from nobody.
    ...(talk.awaiting === "nobody" && unanswered !== undefined ? { awaiting: "us", awaitingSince: unanswered.at } : {}),
  });
  openCase(plan, first);
  enterAll(plan, () => true);
};
