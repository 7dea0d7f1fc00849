import type { ChannelAbilities } from "../contracts/channel.ts";
import type { Conversation, Persona, PublicSide } from "../words/conversation.ts";
import type { Instant } from "../words/ref.ts";
import { isQuiet } from "./hours.ts";
import type { Rulebook } from "./policy.ts";
import { isDanger } from "./urgency.ts";

const day = 24 * 60 * 60_000;

/** What the machine may say by itself in public. */
export type AutomaticKind = "closing" | "invite" | "follow-up";

/** What is known of the moment in which it would. */
export interface Quietly {
  readonly rules: Rulebook;
  readonly now: Instant;
  readonly can: ChannelAbilities;
  /** The customer, under every name. */
  readonly personas: readonly Persona[];
  /** Many more arrive than usual. */
  readonly mass: boolean;
}

/** Nobody who asked not to be written to is written to, under whichever of their names they said it. */
export const hasOptedOut = (personas: readonly Persona[]): boolean =>
  personas.some(({ optedOut }) => optedOut !== undefined);

/** What of this talk and this moment keeps every automatic word in. */
export const hushed = (
  { priority }: Pick<Conversation, "priority">,
  { rules, now, personas, mass }: Omit<Quietly, "can">,
): string | undefined => {
  if (isDanger(priority)) return "danger";
  if (hasOptedOut(personas)) return "opted-out";
  if (personas.some(({ gone }) => gone !== undefined)) return "author-gone";
  if (personas.some(({ mutedUntil }) => mutedUntil !== undefined && now < mutedUntil)) return "muted";
  if (mass) return "mass-arrival";
  if (isQuiet(now, rules.hours)) return "quiet-hours";
  return undefined;
};

const today = (post: PublicSide, now: Instant): number =>
  (post.automaticAt ?? []).filter((at) => now - at < day).length;

/**
 * Why the machine says nothing in public; undefined: it may. At most one word for an interaction, whatever it is for, and
 * three for a conversation and day: two bridges that answer each other fall silent.
 */
export const silence = (kind: AutomaticKind, talk: Conversation, quietly: Quietly): string | undefined => {
  const { rules, now, can } = quietly;
  const post = talk.public;
  const heard = talk.stamps.lastHeard ?? 0;
  if (post === undefined) return "nothing-said-in-public";
  if (post.gone) return "post-is-gone";
  if (can.reply === false) return "channel-cannot-reply";
  if (post.overheard === true) return "overheard";
  if (post.past === true) return "read-in-the-time-before";
  if (can.reply.summonedOnly && !post.summoned) return "not-summoned";
  if (talk.disposition !== "case") return "no-case";
  const hush = hushed(talk, quietly);
  if (hush !== undefined) return hush;
  if (kind !== "closing" && now - post.heardAt > rules.windows.fresh) return "post-is-old";
  if ((post.automaticAt ?? []).some((at) => at >= heard)) return "said-once-already";
  if (today(post, now) >= rules.automaticPerDay) return "said-enough-today";
  if ((talk.stamps.lastPublicAnswer ?? 0) >= heard) return "a-person-said-the-last-word";
  return undefined;
};

/** The public side with one more automatic word promised. */
export const spent = (post: PublicSide, { rules, now }: Pick<Quietly, "rules" | "now">): PublicSide => ({
  ...post,
  automatic: post.automatic + 1,
  automaticAt: [...(post.automaticAt ?? []), now].slice(-rules.automaticPerDay),
});
