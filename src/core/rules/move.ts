import type { ChannelAbilities } from "../contracts/channel.ts";
import type { Conversation } from "../words/conversation.ts";
import type { Draft } from "../words/entry.ts";
import type { Instant, Why } from "../words/ref.ts";
import { hasOptedOut } from "./automatic.ts";
import type { Rulebook } from "./policy.ts";
import type { Persona } from "../words/conversation.ts";

/** The rungs of the ladder, from the most private one down. */
export type Rung = "private-reply" | "message" | "reply-with-invite" | "reply-with-door" | "reply" | "person";

type Spoken = NonNullable<Draft["act"]>;

/** One way to go, and until when it is open. */
export interface Step {
  readonly rung: Rung;
  readonly why: Why;
  /** What would be done. Absent for `person`, and for what the network must be asked first. */
  readonly act?: Spoken;
  /** First the network is asked what it allows. */
  readonly looks?: true;
  /** For `reply-with-door`: which door, by name. */
  readonly door?: string;
  readonly until?: Instant;
  /** In US dollars, as the channel prices it. Absent: unknown. */
  readonly cost?: number;
}

/** The ways that are open, best first, the last of them a person; and those that are not, each with its reason. */
export interface Move {
  readonly steps: readonly Step[];
  readonly passed: readonly { readonly rung: Rung; readonly why: Why }[];
}

/** How many wait for the brand's private words already. */
export interface Queue {
  /** Private words under way, and people invited of late who may all come at once. */
  readonly waiting: number;
}

/** Of what a move is planned. */
export interface Planned {
  readonly talk: Conversation;
  readonly can: ChannelAbilities;
  readonly rules: Rulebook;
  readonly now: Instant;
  readonly personas: readonly Persona[];
  /** Absent: nobody counted, and nothing is held for it. */
  readonly queue?: Queue | undefined;
  readonly mass: boolean;
  /** A fresh token for an invite. */
  readonly token: () => string;
  /** A file goes along. */
  readonly withFile: boolean;
  /** How many acts the words take in private. Absent: one. */
  readonly parts?: number;
  /** Whose words they are: a network may let a person answer for longer than a machine. */
  readonly words: Draft["words"];
  /** What an act would cost. */
  readonly cost?: ((act: Spoken) => number | undefined) | undefined;
}

type Rated = Step | { readonly rung: Rung; readonly why: Why; readonly closed: true };

const closed = (rung: Rung, code: string, params?: Why["params"]): Rated => ({
  rung,
  why: params === undefined ? { code } : { code, params },
  closed: true,
});

/** How long somebody who is invited now may wait for words in private, at worst, in ms. */
export const waitOf = (waiting: number, pace: { readonly most: number; readonly perMs: number }): number =>
  (Math.floor(waiting / pace.most) + 1) * pace.perMs;

const refused = ({ talk }: Planned, rung: Rung): boolean => talk.public?.refused?.includes(rung) === true;

const privateReply = (of: Planned): Rated => {
  const { talk, can, now, withFile, parts = 1 } = of;
  const post = talk.public;
  const rung = "private-reply";
  if (can.privateReply === false) return closed(rung, "channel-cannot", { act: rung });
  if (post === undefined) return closed(rung, "no-public-post");
  if (post.gone) return closed(rung, "post-is-gone");
  // The one private answer to a post is for words.
  if (withFile) return closed(rung, "channel-takes-no-files");
  if (post.privatelyAnswered === true) return closed(rung, "privately-answered-already");
  if (refused(of, rung) || post.openings?.privateReply === false) return closed(rung, "network-refuses-it");
  const until = post.heardAt + can.privateReply.withinMs;
  if (now > until) return closed(rung, "private-window-closed");
  // All of the words, or none: where nobody may write first nothing can follow it.
  if (parts > 1 && (can.message === false || !can.message.first))
    return closed(rung, "too-long-for-one-private-answer");
  const step: Step = { rung, why: { code: "her-post-can-be-answered-in-private" }, until };
  return can.look && post.openings === undefined
    ? { ...step, looks: true }
    : { ...step, act: { do: "privateReply", under: post.latest } };
};

/** Somebody who came through a door of the brand's own has no address on the network. */
export const throughDoor = "door";

const message = (of: Planned): Rated => {
  const { talk, can, now, words } = of;
  const rung = "message";
  const to = talk.private?.to ?? talk.personas[0];
  if (can.message === false || to === undefined) return closed(rung, "channel-cannot", { act: rung });
  if (to.space === throughDoor) return closed(rung, "came-through-another-door");
  const { thread, heardAt } = talk.private ?? {};
  const { first, withinMs, humanWithinMs } = can.message;
  const window = words === "person" ? (humanWithinMs ?? withinMs) : withinMs;
  const open = heardAt !== undefined && now - heardAt <= window;
  if (!first && !open) {
    return closed(rung, heardAt === undefined ? "customer-has-not-written-privately" : "private-window-closed");
  }
  return {
    rung,
    why: { code: open ? "she-wrote-in-private" : "network-lets-us-write-first" },
    ...(open && heardAt !== undefined && !first ? { until: heardAt + window } : {}),
    act: { do: "message", to, ...(thread === undefined ? {} : { thread }) },
  };
};

/** Why she is not to be invited, whatever the way. */
const uninvited = ({ talk, rules, personas, mass }: Planned): string | undefined => {
  const offered = talk.invite !== undefined && talk.invite.stage !== "refused";
  if (!rules.invite) return "invites-are-switched-off";
  if (offered) return "invited-already";
  if (talk.private !== undefined) return "private-already";
  if (hasOptedOut(personas)) return "opted-out";
  return mass ? "mass-arrival" : undefined;
};

const inPublic = (of: Planned): readonly Rated[] => {
  const { talk, can, rules, now, queue } = of;
  const post = talk.public;
  const bare = ((): string | undefined => {
    if (post === undefined) return "no-public-post";
    if (can.reply === false) return "channel-cannot-reply";
    if (post.overheard === true) return "overheard";
    return can.reply.summonedOnly && !post.summoned ? "not-summoned" : undefined;
  })();
  if (bare !== undefined || post === undefined) {
    const code = bare ?? "no-public-post";
    return [closed("reply-with-invite", code), closed("reply-with-door", code), closed("reply", code)];
  }
  const [to] = talk.personas;
  const act: Spoken = { do: "reply", under: post.latest, ...(to === undefined ? {} : { to }) };
  const never = uninvited(of);
  const pace = can.message === false ? undefined : can.message.pace;
  const wait = pace === undefined || queue === undefined ? 0 : waitOf(queue.waiting, pace);
  const until = now + rules.windows.private;
  const invite = ((): Rated => {
    const rung = "reply-with-invite";
    if (never !== undefined) return closed(rung, never);
    if (!can.invite) return closed(rung, "channel-cannot", { act: "invite" });
    if (refused(of, rung)) return closed(rung, "network-refuses-it");
    if (wait > rules.windows.invited) {
      return closed(rung, "private-queue-is-full", { minutes: Math.round(wait / 60_000) });
    }
    return { rung, why: { code: "offers-the-private-side" }, act: { ...act, invite: of.token() }, until };
  })();
  const [own] = rules.doors;
  const door = ((): Rated => {
    const rung = "reply-with-door";
    if (never !== undefined) return closed(rung, never);
    if (own === undefined) return closed(rung, "no-door-of-the-brand");
    if (refused(of, rung)) return closed(rung, "network-refuses-it");
    return { rung, why: { code: "offers-another-door", params: { door: own.name } }, act, door: own.name, until };
  })();
  return [invite, door, { rung: "reply", why: { code: "says-it-in-public" }, act }];
};

/**
 * Plans the move: from what the network allows, its capacity and prices, what was tried before, the brand's policy and this
 * moment, to an ordered list of ways. Words for the private side never stand on a public rung; the last way is always a
 * person. Pure: whoever asks again when the world has changed gets another plan.
 */
export const planMove = (of: Planned, side: Draft["side"]): Move => {
  const { talk, cost } = of;
  const heard = talk.private?.heardAt;
  const inPublicLast = talk.public !== undefined && talk.public.heardAt > (heard ?? 0);
  // Where she spoke last comes first.
  const privately = inPublicLast ? [privateReply(of), message(of)] : [message(of), privateReply(of)];
  const rated = side === "private" ? privately : inPublic(of);
  const passed = rated.flatMap((one) => ("closed" in one ? [{ rung: one.rung, why: one.why }] : []));
  const priced = (step: Step): Step => {
    const usd = step.act && cost?.(step.act);
    return usd === undefined ? step : { ...step, cost: usd };
  };
  const open = rated.flatMap((one) => ("closed" in one ? [] : [priced(one)]));
  const because = passed.find(({ rung }) => rung === "message" || rung === "reply")?.why;
  return {
    steps: [...open, { rung: "person", why: because ?? { code: "nothing-else-is-left" } }],
    passed,
  };
};

/** The step behind this one: where the network has refused it, the next rung. */
export const rungOf = (act: Spoken): Rung => {
  if (act.do === "privateReply") return "private-reply";
  if (act.do === "message") return "message";
  return act.invite === undefined ? "reply" : "reply-with-invite";
};
