import type { Cause, Store } from "../core/contracts/store.ts";
import type { Conversation, Decision, Persona } from "../core/words/conversation.ts";
import type { Act, CrmAct, Effect, PublicAct } from "../core/words/effect.ts";
import type { Entry } from "../core/words/entry.ts";
import type { BridgeEvent, Said } from "../core/words/event.ts";
import {
  type AccountRef,
  clue,
  type ConversationKey,
  door,
  type Door,
  type Instant,
  keyOf,
  type PersonaRef,
  type PostRef,
} from "../core/words/ref.ts";

/** An account of a brand on a channel that is nobody's. */
export const account: AccountRef = { channel: "made-up", id: "acme" };
export const publicDoor: Door = door.of(account, "public");
export const privateDoor: Door = door.of(account, "private");
export const crmDoor: Door = door.crm("desk");

/** A person on that account. */
export const person = (id: string): PersonaRef => ({ account, space: "user", id });
/** A post of that account. */
export const post = (id: string): PostRef => ({ account, id });

/** What somebody said in public. */
export const said = (id: string, text: string, at: Instant, more: Partial<Said> = {}): Said => {
  const entry = keyOf.entry(account, "post", id);
  return {
    as: "said",
    key: keyOf.said(entry, more.version ?? 1),
    at,
    source: "webhook",
    entry,
    by: person("maria"),
    actor: { kind: "customer", persona: person("maria") },
    side: "public",
    text,
    version: 1,
    post: post(id),
    ...more,
  };
};

/** The entry of what was said. */
export const entryOf = (talk: ConversationKey, event: Said): Entry => ({
  key: event.entry,
  conversation: talk,
  side: event.side,
  by: event.actor,
  state: "said",
  content: { entry: event.entry, version: event.version, of: event.by },
  text: event.text,
  at: event.at,
  version: event.version,
});

/** A conversation that has just begun. */
export const talkOf = (name: string, at: Instant, more: Partial<Conversation> = {}): Conversation => ({
  key: keyOf.conversation(keyOf.said(keyOf.entry(account, "post", name), 1)),
  account,
  personas: [person("maria")],
  disposition: "case",
  topics: [],
  priority: 50,
  advice: {},
  consulted: [],
  turn: 1,
  revision: 1,
  awaiting: "us",
  awaitingSince: at,
  stamps: {},
  case: { stage: "none" },
  record: { class: "usual", holds: [] },
  ...more,
});

/** A persona as the network shows them. */
export const personaOf = (ref: PersonaRef, more: Partial<Persona> = {}): Persona => ({
  ref,
  profile: {},
  roles: [],
  ...more,
});

const effectOf = (
  talk: Conversation,
  name: string,
  way: Door,
  act: Act,
  at: Instant,
  more: Partial<Effect>,
): Effect => ({
  key: keyOf.effect(talk.key, name),
  conversation: talk.key,
  door: way,
  act,
  by: { kind: "automation" },
  cause: keyOf.event("made-up", "cause", talk.key),
  at,
  turn: talk.turn,
  revision: talk.revision,
  priority: 50,
  ...more,
});

/** A public reply. */
export const replyOf = (talk: Conversation, name: string, at: Instant, more: Partial<Effect> = {}): Effect => {
  const act: PublicAct = { do: "reply", under: post("under") };
  return effectOf(talk, name, publicDoor, act, at, { words: "automatic", ...more });
};

/** An act on the case. */
export const caseActOf = (
  talk: Conversation,
  name: string,
  at: Instant,
  more: Partial<Effect> = {},
  act: CrmAct = { do: "state", fields: { awaiting: "us" } },
): Effect => effectOf(talk, name, crmDoor, act, at, more);

/** A decision that keeps a conversation, and whatever else is given. */
export const decisionOf = (talk: Conversation, more: Partial<Decision> = {}): Decision => ({
  conversation: talk,
  clues: [clue.talk(talk.key)],
  personas: [],
  entries: [],
  drafts: [],
  undrafted: [],
  effects: [],
  why: [{ code: "made-up" }],
  ...more,
});

/** The circumstances of a decision. */
export const causeOf = (event: BridgeEvent): Cause => ({ event, received: event.at, policy: "policy" });

/** An event that says nothing and finds its conversation. */
export const wokenOf = (talk: Conversation, at: Instant, distinct: string | number = at): BridgeEvent => ({
  as: "woken",
  key: keyOf.event("made-up", "woken", talk.key, distinct),
  at,
  source: "engine",
  conversation: talk.key,
});

/** Keeps one decision in a unit of its own. */
export const keepIn = (store: Store, talk: Conversation, at: Instant, more: Partial<Decision> = {}): Promise<void> =>
  store.unit((unit) => unit.keep([decisionOf(talk, more)], causeOf(wokenOf(talk, at))));

/** A reply that carries an agent's words, promised. */
export const promiseWords = async (store: Store, talk: Conversation, name: string, at: Instant): Promise<Effect> => {
  const entry = entryOf(talk.key, said(`answer-${talk.key}-${name}`, "We are on it.", at));
  const effect = replyOf(talk, name, at, { content: entry.content, words: "person" });
  await keepIn(store, talk, at, { effects: [effect], entries: [entry], personas: [personaOf(person("maria"))] });
  return effect;
};
