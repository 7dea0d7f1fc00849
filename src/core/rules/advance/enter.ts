import { clue, type EntryKey, keyOf } from "../../words/ref.ts";
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
