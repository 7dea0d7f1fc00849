import { clue, type EntryKey, keyOf } from "../../words/ref.ts";
import { heldBy } from "../holds.ts";
import { tellAnswer } from "./answer.ts";
import type { Plan } from "./plan.ts";

/** Writes entries on the case of this conversation, wherever they stood before; what of them still waits to be said waits here. */
export const enterAll = (plan: Plan, which: (key: EntryKey) => boolean): void => {
  for (const entry of plan.scene.known.entries.filter(({ key }) => which(key))) {
    const { from: __, ...bare } = plan.entry(entry.key) ?? entry;
    // Where it came from: a merge can be taken back.
    const from = entry.conversation === plan.talk.key ? entry.from : entry.conversation;
    const moved = { ...bare, conversation: plan.talk.key, ...(from === undefined ? {} : { from }) };
    plan.enter(moved);
    plan.clue(entry.post && clue.post(entry.post), entry.thread && clue.thread(entry.thread));
    const key = keyOf.effect(`${plan.scene.event.key}/${entry.key}`, "entry");
    plan.tell({ do: "entry" }, { content: moved.content, key });
  }
  for (const draft of plan.scene.known.drafts) {
    if (which(draft.entry) && draft.conversation !== plan.talk.key)
      plan.draft({ ...draft, conversation: plan.talk.key });
  }
};

/** Private words that were written while two people were taken for one, and have no address yet: for whom, a person says. */
export const askWhom = (plan: Plan, which: (key: EntryKey) => boolean): void => {
  for (const draft of plan.scene.known.drafts) {
    const addressed = draft.side === "public" || draft.act?.do === "message";
    if (addressed || draft.words !== "person" || draft.conversation !== plan.talk.key || !which(draft.entry)) continue;
    const hold = { kind: "stale", why: { code: "was-written-for-both" } } as const;
    plan.draft({ ...draft, holds: [hold] });
    plan.because("held", heldBy(hold));
    tellAnswer(plan, draft.entry, "held", { hold });
  }
};
