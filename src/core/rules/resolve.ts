import type { Conversation } from "../words/conversation.ts";
import type { BridgeEvent, Ordered, Said } from "../words/event.ts";
import {
  type AccountRef,
  type Clue,
  clue,
  type EventKey,
  type Instant,
  keyOf,
  type PersonaRef,
  samePersona,
  type Why,
} from "../words/ref.ts";
import type { Rulebook } from "./policy.ts";

/** A conversation, and the clues that led to it. */
export interface Located {
  readonly talk: Conversation;
  readonly by: readonly Clue[];
}

/** Which conversations an event is on, or why on none. */
export type Resolution =
  | { readonly conversations: readonly Conversation[]; readonly why: Why }
  | { readonly none: Why };

/** A conversation that nothing has happened to yet. */
export const beginning = (from: {
  key: EventKey;
  at: Instant;
  account: AccountRef;
  persona: PersonaRef;
}): Conversation => ({
  key: keyOf.conversation(from.key),
  account: from.account,
  personas: [from.persona],
  disposition: "case",
  topics: [],
  priority: 50,
  advice: {},
  consulted: [],
  turn: 0,
  revision: 0,
  awaiting: "nobody",
  awaitingSince: from.at,
  stamps: {},
  case: { stage: "none" },
  record: { class: "conversation", holds: [] },
});

/** Is the matter over for good, so that another word begins a new one? */
const over = (talk: Conversation, { at, side }: Said, rules: Rulebook): boolean => {
  if (talk.case.stage === "closed") return at - (talk.case.closedAt ?? at) > rules.windows.closed;
  const heard = talk.stamps.lastHeard ?? talk.awaitingSince;
  return at - heard > rules.windows[side];
};

const isOf = (talk: Conversation, persona: PersonaRef): boolean => talk.personas.some((p) => samePersona(p, persona));

/** What a conversation says that it belongs to. */
export const claimOf = (of: Conversation): Pick<Conversation, "claims"> => ({
  claims: { conversation: of.key, ...(of.case.ref === undefined ? {} : { case: of.case.ref }) },
});

const customer = (said: Said, found: readonly Located[], rules: Rulebook): Resolution => {
  const own = found.filter(({ talk }) => isOf(talk, said.by));
  const open = own.filter(({ talk }) => !over(talk, said, rules));
  const at = (list: readonly Located[], way: Clue | undefined): Conversation | undefined =>
    list.find(({ by }) => way !== undefined && by.includes(way))?.talk;
  const offered: ReadonlySet<string | undefined> = new Set(["promised", "sent", "opened"]);
  const invited = open.find(({ talk }) => offered.has(talk.invite?.stage))?.talk;

  const ways: readonly (readonly [string, Conversation | undefined])[] = [
    ["token", at(open, said.token === undefined ? undefined : clue.token(said.token))],
    // An edit belongs where its first version is, however long ago that was; not every network says again whose it is.
    ["known-post", at(said.version > 1 ? found : own, said.post && clue.post(said.post))],
    ["branch", at(open, said.root && clue.branch(said.root, said.by))],
    ["thread", at(open, said.thread && clue.thread(said.thread))],
    ["invite", said.side === "private" ? invited : undefined],
    ["persona", open[0]?.talk],
  ];
  const hinted = found.find(({ talk }) => (talk.hints ?? []).some((hint) => samePersona(hint, said.by)));
  const named = said.token === undefined ? undefined : at(found, clue.token(said.token));
  const belongs = hinted?.talk ?? (named !== undefined && !isOf(named, said.by) ? named : undefined);
  /** What she says it belongs to: nobody knows it until an agent confirms. */
  const claimed = (joined?: Conversation): Pick<Conversation, "claims"> =>
    belongs === undefined || belongs.key === joined?.key ? {} : claimOf(belongs);
  for (const [way, talk] of ways) {
    if (talk === undefined) continue;
    const others = open.length > 1 ? { params: { others: open.length - 1 } } : {};
    return {
      conversations: [talk.claims === undefined ? { ...talk, ...claimed(talk) } : talk],
      why: { code: `joined-by-${way}`, ...others },
    };
  }

  const past = own.find(({ talk }) => talk.case.ref !== undefined)?.talk.case.ref;
  const beside = found.find(({ talk }) => !isOf(talk, said.by))?.talk.key;
  // Who brings another person's token is not that person: they get a conversation of their own, and an agent confirms.
  const fresh: Conversation = {
    ...beginning({ key: said.key, at: said.at, account: said.by.account, persona: said.by }),
    ...(past === undefined ? {} : { follows: past }),
    ...(beside === undefined ? {} : { related: beside }),
    ...claimed(),
  };
  const code =
    belongs !== undefined ? "began-with-anothers-token" : past === undefined ? "began" : "began-after-closed";
  return { conversations: [fresh], why: { code } };
};

/** The brand's own words, an employee's, or another tool's: they join what they answer, and begin nothing. */
const ours = (said: Said, found: readonly Located[]): Resolution => {
  const by = (way: Clue | undefined): Conversation | undefined =>
    way && found.find((one) => one.by.includes(way))?.talk;
  // What they answer, not who they are: an employee may have been a customer once.
  const talk =
    by(said.post && clue.post(said.post)) ??
    by(said.parent && clue.post(said.parent)) ??
    by(said.thread && clue.thread(said.thread)) ??
    (said.actor.kind === "brand" ? found[0]?.talk : undefined);
  if (talk === undefined) return { none: { code: "own-words-about-nothing-open" } };
  return { conversations: [talk], why: { code: said.actor.kind === "brand" ? "own-words-by-hand" : "helped" } };
};

const ordered = (event: Ordered, located: readonly Located[]): Resolution => {
  const what = event.what;
  const found = located.map(({ talk }) => talk);
  if (what.order === "adopt") {
    if (found.length > 0) return { conversations: found.slice(0, 1), why: { code: "adopted-known-post" } };
    const fresh = beginning({ key: event.key, at: event.at, account: what.post.account, persona: what.persona });
    return { conversations: [fresh], why: { code: "adopted" } };
  }
  if (what.order === "merge") {
    const into = found.find((talk) => talk.key === event.conversation);
    const from = found.find((talk) => talk.key === what.with);
    if (into === undefined || from === undefined) return { none: { code: "nothing-to-merge" } };
    if (into.key === from.key) return { none: { code: "merged-already" } };
    return { conversations: [into, from], why: { code: "merged" } };
  }
  if (what.order === "topic" || what.order === "erase") {
    return found.length === 0
      ? { none: { code: "nothing-known" } }
      : { conversations: found, why: { code: what.order } };
  }
  const [talk] = found;
  return talk === undefined
    ? { none: { code: "unknown-conversation" } }
    : { conversations: [talk], why: { code: what.order } };
};

/** Finds the conversation of an event among those its clues led to, or begins one. Reads nothing but its arguments. */
export const resolve = (event: BridgeEvent, found: readonly Located[], rules: Rulebook): Resolution => {
  switch (event.as) {
    case "said":
      if (event.share === true) return { none: { code: "bare-share" } };
      return event.actor.kind === "customer" ? customer(event, found, rules) : ours(event, found);
    case "ordered":
      return ordered(event, found);
    case "profiled":
    case "opened":
    case "gone":
    case "controlled":
    case "case":
    case "answered":
    case "advised":
    case "settled":
    case "woken": {
      // Whoever opens an invite may have other conversations with us, and newer ones.
      const named = event.as === "opened" ? found.find(({ by }) => by.includes(clue.token(event.token))) : undefined;
      const talk = (named ?? found[0])?.talk;
      return talk === undefined
        ? { none: { code: "unknown-conversation" } }
        : { conversations: [talk], why: { code: event.as } };
    }
  }
};
