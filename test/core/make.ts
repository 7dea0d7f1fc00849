import type { ChannelAbilities } from "../../src/core/contracts/channel.ts";
import { type Policy, type Rulebook, rulebook } from "../../src/core/rules/policy.ts";
import { loadPhones } from "../../src/engine/phones.ts";
import type { Conversation, Pause } from "../../src/core/words/conversation.ts";
import type { Act, Effect, Outcome, Receipt } from "../../src/core/words/effect.ts";
import type { Actor, Entry } from "../../src/core/words/entry.ts";
import type { Answered, CaseSeen, Gone, Order, Ordered, Said, Settled, Woken } from "../../src/core/words/event.ts";
import {
  type AccountRef,
  type CaseRef,
  type ConversationKey,
  door,
  type EffectKey,
  type EntryKey,
  type EventKey,
  type Instant,
  keyOf,
  type PersonaRef,
  type PostRef,
  type ThreadRef,
} from "../../src/core/words/ref.ts";

const phones = await loadPhones();

export const minute = 60_000;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;
/** When every story begins. */
export const t0: Instant = 1_750_000_000_000;

export const acme: AccountRef = { channel: "net", id: "acme" };
export const person = (id: string, space = "user"): PersonaRef => ({ account: acme, space, id });
export const post = (id: string): PostRef => ({ account: acme, id });
export const thread = (id: string): ThreadRef => ({ account: acme, id });
export const caseRef = (id: string): CaseRef => ({ crm: "desk", id, number: `#${id}` });
export const agent: Actor = { kind: "agent", id: "ann" };

const entryKey = (kind: string, id: string): EntryKey => keyOf.entry(acme, kind, id);

/** A network where everything can be done; what a story needs to be different it says. */
export const abilities = (differs: Partial<ChannelAbilities> = {}): ChannelAbilities => ({
  reply: { summonedOnly: false },
  privateReply: false,
  message: { withinMs: day, humanWithinMs: 7 * day, first: false },
  invite: true,
  hide: true,
  retract: true,
  control: true,
  look: true,
  unknown: {},
  ...differs,
});

export const rules = (policy: Policy = {}): Rulebook => rulebook(policy, { crm: "desk", phones });

/** A public post of a customer. `under`: it is a reply. */
export const publicly = (
  by: string,
  id: string,
  differs: Partial<Said> & { readonly under?: string; readonly rootId?: string } = {},
): Said => {
  const { under, rootId, ...rest } = differs;
  const entry = entryKey("post", id);
  const version = rest.version ?? 1;
  return {
    as: "said",
    key: keyOf.said(entry, version),
    entry,
    at: t0,
    source: "webhook",
    by: person(by),
    actor: { kind: "customer", persona: person(by) },
    side: "public",
    text: `words of post ${id}`,
    version,
    profile: { handle: by, name: `${by} Surname` },
    url: `https://net.test/${id}`,
    post: post(id),
    root: post(rootId ?? under ?? id),
    summons: true,
    ...(under === undefined ? {} : { parent: post(under) }),
    ...rest,
  };
};

/** A private message of a customer. */
export const privately = (by: string, id: string, differs: Partial<Said> = {}): Said => {
  const entry = entryKey("message", id);
  return {
    as: "said",
    key: keyOf.said(entry, 1),
    entry,
    at: t0,
    source: "webhook",
    by: person(by),
    actor: { kind: "customer", persona: person(by) },
    side: "private",
    text: `words of message ${id}`,
    version: 1,
    thread: thread(`thread-${by}`),
    message: id,
    ...differs,
  };
};

/** Somebody of the brand in the network's own app. */
export const byHand: Pick<Said, "by" | "actor"> = {
  by: person("acme"),
  actor: { kind: "brand", persona: person("acme") },
};

/** A helper on the roster. */
export const helper = (id: string): Pick<Said, "by" | "actor"> => ({
  by: person(id),
  actor: { kind: "employee", persona: person(id) },
});

export const answered = (conversation: ConversationKey, id: string, differs: Partial<Answered> = {}): Answered => {
  const entry = `desk/answer/${id}` as EntryKey;
  const version = differs.version ?? 1;
  return {
    as: "answered",
    key: keyOf.said(entry, version),
    at: t0,
    source: "poll",
    conversation,
    entry,
    by: agent,
    text: `answer ${id}`,
    version,
    ...differs,
  };
};

let sightings = 0;
/** The case as the CRM shows it. */
export const seen = (talk: Conversation, differs: Partial<CaseSeen> = {}): CaseSeen => ({
  as: "case",
  key: keyOf.event("desk", "case", ++sightings),
  at: t0,
  source: "poll",
  case: talk.case.ref ?? caseRef("1"),
  conversation: talk.key,
  status: differs.closed === true ? "Closed" : "Open",
  closed: false,
  ...differs,
});

export const gone = (id: string, how: Gone["how"] = "deleted", differs: Partial<Gone> = {}): Gone => ({
  as: "gone",
  key: keyOf.event("net", how, id),
  at: t0,
  source: "webhook",
  entry: entryKey("post", id),
  post: post(id),
  how,
  ...differs,
});

let orders = 0;
export const ordered = (conversation: ConversationKey | undefined, what: Order, at: Instant = t0): Ordered => ({
  as: "ordered",
  key: keyOf.event("code", what.order, ++orders),
  at,
  source: "person",
  by: agent,
  what,
  ...(conversation === undefined ? {} : { conversation }),
});

export const woken = (conversation: ConversationKey, at: Instant): Woken => ({
  as: "woken",
  key: keyOf.event(conversation, "woken", at),
  at,
  source: "engine",
  conversation,
});

export const settled = (effect: Effect, outcome: Exclude<Outcome, { as: "again" }>, at: Instant): Settled => ({
  as: "settled",
  key: keyOf.event(effect.key, outcome.as, effect.revision),
  at,
  source: "engine",
  effect,
  outcome,
});

export const done = (receipt: Receipt): Extract<Outcome, { as: "done" }> => ({ as: "done", receipt });

let pauses = 0;
export const pause = (differs: Partial<Pause> = {}): Pause => ({
  id: `pause-${++pauses}`,
  since: t0,
  by: agent,
  reason: "a test",
  ...differs,
});

/** A conversation as it is after a public post and its case. */
export const conversation = (differs: Partial<Conversation> = {}): Conversation => ({
  key: "net/acme/post/1" as ConversationKey,
  account: acme,
  personas: [person("maria")],
  disposition: "case",
  topics: [],
  priority: 50,
  advice: {},
  consulted: [],
  turn: 1,
  revision: 1,
  awaiting: "us",
  awaitingSince: t0,
  stamps: { firstPost: t0, lastHeard: t0 },
  public: { latest: post("1"), summoned: true, gone: false, heardAt: t0, automatic: 0, threads: 1 },
  case: { stage: "open", ref: caseRef("1") },
  record: { class: "conversation", holds: [] },
  ...differs,
});

/** An effect of that conversation, promised at the beginning. */
export const effect = <A extends Act>(act: A, differs: Partial<Effect<A>> = {}): Effect<A> => {
  const side = act.do === "message" || act.do === "privateReply" || act.do === "control" ? "private" : "public";
  const crm = act.do === "open" || act.do === "entry" || act.do === "state" || act.do === "answerState";
  const speaks = act.do === "reply" || act.do === "message" || act.do === "privateReply";
  return {
    key: "desk/answer/a/answer" as EffectKey,
    conversation: "net/acme/post/1" as ConversationKey,
    door: crm ? door.crm("desk") : door.of(acme, side),
    act,
    by: agent,
    cause: "desk/answer/a" as EventKey,
    at: t0,
    turn: 1,
    revision: 1,
    priority: 50,
    ...(speaks
      ? { words: "person", content: { entry: "desk/answer/a" as EntryKey, version: 1, of: person("maria") } }
      : {}),
    ...differs,
  };
};

/** The entry of that effect. */
export const entry = (differs: Partial<Entry> = {}): Entry => ({
  key: "desk/answer/a" as EntryKey,
  conversation: "net/acme/post/1" as ConversationKey,
  side: "public",
  by: agent,
  state: "draft",
  content: { entry: "desk/answer/a" as EntryKey, version: 1, of: person("maria") },
  text: "So sorry, we are on it.",
  at: t0,
  version: 1,
  words: "person",
  ...differs,
});
