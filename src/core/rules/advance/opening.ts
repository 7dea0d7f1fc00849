import type { Conversation } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import { type ConversationKey, type EffectKey, keyOf } from "../../words/ref.ts";
import { enterAll } from "./enter.ts";
import { answerBy, type Plan } from "./plan.ts";
import { queueOf } from "./whose.ts";

/** Which case she says it belongs to. */
export const claimIn = ({ claims }: Conversation): { readonly claims?: string } =>
  claims === undefined ? {} : { claims: claims.case?.number ?? claims.conversation };

/** Promises the case of a conversation that is to have one and has none yet. */
export const openCase = (plan: Plan, first: Entry, key: EffectKey = keyOf.effect(plan.talk.key, "open")): void => {
  const { talk } = plan;
  const [persona] = talk.personas;
  if (talk.disposition !== "case" || talk.case.stage !== "none" || persona === undefined) return;
  plan.update({ case: { ...talk.case, stage: "promised", opener: first.key } });
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
    { key, content: first.content },
  );
};

/** Has it no case, or none any more? */
export const isWithout = ({ case: { stage } }: Conversation): boolean => stage === "none" || stage === "gone";

/** A conversation that was watched or ignored, or whose case is gone, gets its case, with all that was said in it and the time of its first post. `merged`: what is merged into it, along with it. */
export const openWhole = (plan: Plan, merged?: ConversationKey): void => {
  const { talk, scene } = plan;
  const entries = scene.known.entries.filter((e) => e.conversation === talk.key || e.conversation === merged);
  const [first] = entries;
  if (first === undefined || !isWithout(talk)) {
    plan.because("nothing-to-open");
    return;
  }
  const unanswered = entries.find(({ by, at }) => by.kind === "customer" && at > (talk.stamps.lastPublicAnswer ?? 0));
  const { disposed: _, ...rest } = talk;
  const anew = talk.case.stage === "gone";
  plan.replace({
    ...rest,
    disposition: "case",
    case: anew ? { stage: "none" } : talk.case,
    // What was ignored was awaited from nobody.
    ...(talk.awaiting === "nobody" && unanswered !== undefined ? { awaiting: "us", awaitingSince: unanswered.at } : {}),
  });
  // The one of before was opened under the conversation's own name.
  openCase(plan, first, ...(anew ? [keyOf.effect(scene.event.key, "open")] : []));
  const own = new Set(entries.map((entry) => entry.key));
  enterAll(plan, (key) => own.has(key));
};
