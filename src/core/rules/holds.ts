import type { Conversation } from "../words/conversation.ts";
import type { Draft, Hold } from "../words/entry.ts";
import { type Instant, personaName, type Why } from "../words/ref.ts";

/** Who a person is, as claims and answers tell people apart. Empty: nobody said, and whoever is not known to be another is not taken for one. */
export const authorOf = ({ id }: Draft["by"]): string => id ?? "";

/** Answered in the network's own app: by whom nobody knows, and an agent is asked. */
export const byHand = "hand";

/** Are these known to be two people? */
export const differ = (one: string, other: string): boolean =>
  one !== other && (one === byHand || other === byHand || (one !== "" && other !== ""));

/** What the trail says of a hold: which, and all that its own sentence tells. */
export const heldBy = ({ kind, why }: Hold): NonNullable<Why["params"]> => ({
  ...why.params,
  hold: kind,
  because: why.code,
});

const addressOf = (act: Draft["act"]): string => {
  if (act === undefined) return "nowhere";
  if (act.do === "message") return `to/${personaName(act.to)}`;
  return `${act.do}/${act.under.id}`;
};

/**
 * What a yes is for: one version of the words, which never changes, at one address. The core makes no hashes; a version says
 * the same and betrays nothing.
 */
export const approvalOf = ({ content, act }: Pick<Draft, "content" | "act">): string =>
  `${content.entry}/v${content.version}@${addressOf(act)}`;

/** Has somebody who may said yes to exactly this? */
export const isApproved = (draft: Draft, by?: readonly string[]): boolean =>
  draft.approvals.some(
    (one) =>
      one.of === approvalOf(draft) &&
      (by === undefined || by.includes(authorOf(one.by))) &&
      // Whoever wrote it has had their say, unless they are named.
      (by !== undefined || differ(authorOf(one.by), authorOf(draft.by)) || authorOf(one.by) === ""),
  );

/** Has anybody said yes to exactly this, its author included? Enough where no second person is asked for. */
export const isConfirmed = (draft: Draft): boolean => draft.approvals.some(({ of }) => of === approvalOf(draft));

/** Somebody else has begun to answer, and is not through. */
export const claimedFrom = (draft: Draft, talk: Conversation, now: Instant): Hold | undefined => {
  const { claim } = talk;
  if (claim === undefined || now >= claim.until || !differ(authorOf(claim.by), authorOf(draft.by))) return undefined;
  return { kind: "claimed", why: { code: "somebody-is-answering" }, until: claim.until };
};

/** Which of the customer's words a draft answers, however long it has waited. */
export const answersTo = (draft: Pick<Draft, "to" | "turn">, talk: Conversation): number =>
  draft.to ?? Math.min(talk.lately?.heard ?? 0, draft.turn);

/** What has become of the talk since its author last looked at it. */
export type Staleness = { readonly hold: Hold } | { readonly note: string } | undefined;

/**
 * Is it out of date? Another person's answer to the same words asks its author first. What the customer herself has added or
 * changed since, and a second answer by the same author, are only noted.
 */
export const stale = (draft: Draft, talk: Conversation): Staleness => {
  const { heard = 0, changed = 0, answered } = talk.lately ?? {};
  const other =
    answered !== undefined && answered.to >= answersTo(draft, talk) && differ(answered.by, authorOf(draft.by));
  if (other && !isConfirmed(draft)) {
    return { hold: { kind: "stale", why: { code: "another-person-has-answered" } } };
  }
  if (heard > draft.turn) return { note: "customer-spoke-meanwhile" };
  if (draft.act?.do === "reply" && changed > draft.turn) return { note: "post-changed-meanwhile" };
  return undefined;
};
