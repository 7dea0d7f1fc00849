import type { ChannelAbilities, ChannelTask } from "../contracts/channel.ts";
import type { CrmTask } from "../contracts/crm.ts";
import type { Promised } from "../contracts/store.ts";
import type { Conversation, Pause, Persona } from "../words/conversation.ts";
import type { CrmAct, Effect, Fault, PrivateAct, PublicAct } from "../words/effect.ts";
import type { Entry, Hold } from "../words/entry.ts";
import { type Instant, samePersona, type Side, type Why } from "../words/ref.ts";
import { speaks } from "./advance/plan.ts";
import { guard, masked, secretsIn, unguarded } from "./guard.ts";
import { hushed } from "./automatic.ts";
import { byHand } from "./holds.ts";
import { isClosing } from "./advance/linkback.ts";
import { neutral } from "./neutral.ts";
import { pausedBy, waitedThrough } from "./pause.ts";
import { type Perform, reaches, type Rulebook } from "./policy.ts";

/** What this moment knows, asked after the lease. */
export interface Moment {
  readonly can: ChannelAbilities | undefined;
  readonly perform: Perform;
  readonly pauses: readonly Pause[];
  readonly persona: Persona | undefined;
  /** The customer, under every name. Absent: `persona` alone. */
  readonly personas?: readonly Persona[];
  /** Many more arrive than usual. */
  readonly mass?: boolean;
  /** Which facts in the words were told to us only in private: of public words by anyone here, of private ones by whose invite was brought. */
  readonly leaked: readonly string[];
  /** What was said to these persons in public just before: a fact may be cut in two. */
  readonly before?: readonly string[];
  /** Handles of the customer: they may be called in public. */
  readonly handles?: readonly string[];
  /** A text in the parts that its network needs for it. Absent: one. */
  readonly parts?: (text: string, side: Side) => readonly string[];
  readonly rules: Rulebook;
  readonly now: Instant;
}

/** May it still go? */
export type Permission =
  | { readonly go: ChannelTask; readonly noted?: Why }
  | { readonly write: CrmTask }
  | { readonly rehearse: ChannelTask | undefined }
  | { readonly hold: Hold }
  | { readonly withdraw: Why; readonly fault: Fault | "withdrawn" | "expired" };

const isCrm = (effect: Effect): effect is Effect<CrmAct> => effect.door.startsWith("crm/");
/** Is what is said on a side done, or only rehearsed? */
export const performsOn = (perform: Perform, side: Side): boolean =>
  reaches.indexOf(perform) >= reaches.indexOf(side === "private" ? "private" : "all");

const withdrawn = (code: string, fault: Fault | "withdrawn" | "expired" = "withdrawn"): Permission => ({
  withdraw: { code },
  fault,
});

const peopleOf = ({ persona, personas }: Moment): readonly Persona[] =>
  personas ?? (persona === undefined ? [] : [persona]);

/** What has become of the talk and of the person while a person's words were on their way. */
const changedSince = ({ lately }: Conversation, effect: Effect, moment: Moment): string | undefined => {
  const { answered } = lately ?? {};
  // Part of it stands there already.
  if (speaks(effect.act) && (effect.act.part?.at ?? 1) > 1) return undefined;
  if (answered?.by === byHand && answered.at > effect.at) return "another-person-has-answered";
  const { act } = effect;
  const of = peopleOf(moment).filter(({ ref }) => act.do !== "message" || samePersona(ref, act.to));
  const left = of.find(({ gone, goneAt = 0 }) => (gone === "deleted" || gone === "suspended") && goneAt > effect.at);
  return left === undefined ? undefined : `author-${left.gone}`;
};

/** What stands against words at this moment, whoever wrote them. */
const against = (talk: Conversation, promised: Promised, moment: Moment): Permission | undefined => {
  const { effect, entry } = promised;
  const { now, pauses } = moment;
  if (effect.notAfter !== undefined && now > effect.notAfter) return withdrawn("too-late-to-say", "expired");
  if (entry?.state === "withdrawn") return withdrawn("withdrawn-by-author");
  if (effect.content !== undefined && entry !== undefined && entry.version > effect.content.version) {
    return withdrawn("newer-version-known");
  }
  const pause = pausedBy(pauses, effect, now);
  const waited = waitedThrough(pauses, effect);
  const silenced = pause ?? waited;
  if (silenced !== undefined) {
    if (effect.words !== "person") return withdrawn(pause === undefined ? "was-paused" : "paused");
    const why = { code: pause === undefined ? "was-paused" : "paused", params: { pause: silenced.id } };
    return { hold: { kind: pause === undefined ? "approval" : "paused", why } };
  }
  if (effect.words === "automatic") {
    const { rules, mass = false } = moment;
    const hush = hushed(talk, { rules, now, personas: peopleOf(moment), mass });
    if (hush !== undefined) return withdrawn(hush);
    if (talk.stamps.lastHeard !== undefined && effect.turn < talk.turn && talk.stamps.lastHeard > effect.at) {
      return withdrawn("customer-spoke-since");
    }
    if (isClosing(effect) && talk.case.stage !== "closed") return withdrawn("case-is-open-again");
  }
  const changed = effect.words === "person" ? changedSince(talk, effect, moment) : undefined;
  if (changed !== undefined) return { hold: { kind: "stale", why: { code: changed } } };
  if (effect.act.do === "reply" || effect.act.do === "privateReply") {
    const about = talk.public?.latest.id === effect.act.under.id ? talk.public : undefined;
    if (about?.gone === true) return withdrawn("post-is-gone", "missing");
    const { privateReply = false } = moment.can ?? {};
    const opens = effect.act.do === "privateReply" && privateReply !== false;
    if (opens && about !== undefined && now - about.heardAt > privateReply.withinMs) {
      return { hold: { kind: "no-private-side", why: { code: "private-window-closed" } } };
    }
  }
  const hands = effect.act.do === "control";
  if (effect.door.endsWith("/private") && !hands && talk.private !== undefined && talk.private.control !== "us") {
    return { hold: { kind: "claimed", why: { code: "somebody-else-has-the-thread" } } };
  }
  if (effect.act.do === "message" && moment.can?.message !== undefined && moment.can.message !== false) {
    const { first, withinMs, humanWithinMs } = moment.can.message;
    const within = effect.words === "person" ? (humanWithinMs ?? withinMs) : withinMs;
    const heard = heardAt(talk, effect);
    if (!first && (heard === undefined || now - heard > within)) {
      return { hold: { kind: "no-private-side", why: { code: "private-window-closed" } } };
    }
  }
  return undefined;
};

/** When whom a message goes to was last heard in private. A merge may have brought another person's side along. */
const heardAt = ({ private: side }: Conversation, { act }: Effect): Instant | undefined =>
  act.do === "message" && side !== undefined && samePersona(side.to, act.to) ? side.heardAt : undefined;

const taskOf = (talk: Conversation, promised: Promised, words: string): ChannelTask => {
  const { effect, entry, tries } = promised;
  const heard = heardAt(talk, effect);
  // Of several parts the first carries the files.
  const media = speaks(effect.act) && (effect.act.part?.at ?? 1) > 1 ? undefined : entry?.media;
  return {
    effect,
    attempt: tries + 1,
    ...(speaks(effect.act) ? { words, ...(media === undefined ? {} : { media }) } : {}),
    ...(heard === undefined ? {} : { heardAt: heard }),
  } as ChannelTask;
};

/** The words that this act carries: all of them, or a part. Undefined when there is no such part any more. */
const partOf = ({ act, door }: Effect, text: string, { parts }: Moment): string | undefined => {
  const part = speaks(act) ? act.part : undefined;
  if (part === undefined) return text;
  const all = parts?.(text, door.endsWith("/public") ? "public" : "private") ?? [text];
  return all.length === part.of ? all[part.at - 1] : undefined;
};

/** An entry as the CRM is shown it. */
const shownOf = (entry: Entry, { guard: { terms, mask } }: Rulebook): Entry =>
  entry.text === null || entry.by.kind !== "customer" ? entry : { ...entry, text: masked(entry.text, terms, mask) };

/** Words that a customer would not want to be seen are not shown again, whoever asks for it. */
const showsSecrets = ({ effect: { act }, entry }: Promised, { rules }: Moment): boolean =>
  act.do === "hide" &&
  !act.hidden &&
  entry !== undefined &&
  (entry.text === null || secretsIn(entry.text, rules.guard.terms).length > 0);

/**
 * May this effect still go, with the conversation as it is now? Asked after the lease, immediately before the act. Makes
 * the words that may go on the feed.
 */
export const permit = (talk: Conversation, promised: Promised, moment: Moment): Permission => {
  const { effect, entry } = promised;
  if (isCrm(effect)) {
    if (moment.perform === "none") return { rehearse: undefined };
    const task: CrmTask = {
      effect,
      attempt: promised.tries + 1,
      ...(entry === undefined ? {} : { entry: shownOf(entry, moment.rules) }),
      ...(moment.persona === undefined ? {} : { persona: moment.persona }),
    };
    return { write: task };
  }
  const { action, terms, names } = moment.rules.guard;
  const quiet = effect.act.do === "reply" && action === "block";
  const { handles = [], before = [] } = moment;
  const said = entry?.text ?? "";
  const whole = quiet ? neutral(said, { ...names, mentions: [...names.mentions, ...handles] }).text : said;
  const text = partOf(effect, whole, moment);
  const gone = speaks(effect.act) && (entry === undefined || entry.text === null);
  if (gone || text === undefined) return withdrawn("words-are-gone");
  const stop = against(talk, promised, moment);
  if (stop !== undefined) return stop;
  if (!performsOn(moment.perform, effect.door.endsWith("/private") ? "private" : "public"))
    return { rehearse: taskOf(talk, promised, unguarded(text)) };
  if (showsSecrets(promised, moment)) return withdrawn("private-data");
  if (effect.act.do !== "reply") {
    // Who only says to be a customer is not told what that customer told us.
    if (speaks(effect.act) && moment.leaked.length > 0) {
      return { hold: { kind: "guard", why: { code: "private-data", params: { kinds: "told-by-another" } } } };
    }
    return { go: taskOf(talk, promised, text) };
  }
  // All of it, whichever part this is: a fact may stand where it is cut.
  const found = guard(whole, { leaked: moment.leaked, terms, before });
  if ("words" in found) return { go: taskOf(talk, promised, text === whole ? found.words : unguarded(text)) };
  if (action === "report") return { go: taskOf(talk, promised, unguarded(text)), noted: found.blocked };
  const places = guard(said, { leaked: moment.leaked, terms, before });
  const trouble = "trouble" in places ? places.trouble : found.trouble;
  return { hold: { kind: "guard", why: found.blocked, trouble } };
};

/** The acts of a channel. */
export type ChannelEffect = Effect<PublicAct | PrivateAct>;
