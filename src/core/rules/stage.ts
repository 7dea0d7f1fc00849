import type { Conversation } from "../words/conversation.ts";

/** Where a conversation stands, in a word. */
export type Stage = "watched" | "ignored" | "merged" | "public" | "invited" | "private" | "resolved";

/** Where a conversation stands. */
export const stageOf = (talk: Conversation): Stage => {
  if (talk.mergedInto !== undefined) return "merged";
  if (talk.case.stage === "closed") return "resolved";
  if (talk.disposition === "ignore") return "ignored";
  if (talk.disposition === "watch") return "watched";
  if (talk.private?.heardAt !== undefined) return "private";
  if (talk.invite !== undefined && talk.invite.stage !== "refused") return "invited";
  return "public";
};
