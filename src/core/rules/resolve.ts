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
  sameAccount,
  samePersona,
  samePlace,
  type Why,
} from "../words/ref.ts";
import { asksNothing } from "./courteous.ts";
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
const over = (talk: Conversation, said: Said, rules: Rulebook): boolean => {
  const { at, side } = said;
  if (talk.case.stage === "gone") return true;
  if (talk.case.stage === "closed") {
    // From which statuses a case is opened again, the brand says; thanks belong to what was closed all the same.
    const { status = "" } = talk.case;
    if (rules.reopen?.includes(status) === false && !asksNothing(said)) return true;
    return at - (talk.case.closedAt ?? at) > rules.windows.closed;
  }
  const heard = talk.stamps.lastHeard ?? talk.awaitingSince;
  return at - heard > rules.windows[side];
};

const isOf = (talk: Conversation, persona: PersonaRef): boolean => talk.personas.some((p) => samePersona(p, persona));

/** What a conversation says that it belongs to. */
export const claimOf = (of: Conversation): Pick<Conversation, "claims"> => ({
  claims: { conversation: of.key, ...(of.case.ref === undefined ? {} : { case: of.case.ref }) },
});

/**
 * What a word that is told late holds together: a conversation of hers that began with an answer to it, and the one it
 * belongs to itself.
 */
const heldTogether = (said: Said, open: readonly Located[], joined: Conversation): readonly Conversation[] => {
  const way = said.post && clue.branch(said.post, said.by);
  const later = open.find(({ by, talk }) => way !== undefined && by.includes(way) && talk.public !== undefined)?.talk;
  if (later === undefined || said.version > 1) return [joined];
  if (later.key !== joined.key) return [joined, later];
  const earlier = open.find(({ talk }) => talk.key !== later.key && (talk.stamps.firstPost ?? said.at) < said.at)?.talk;
  return earlier === undefined ? [joined] : [earlier, later];
};

const customer = (said: Said, located: readonly Located[], rules: Rulebook): Resolution => {
  // The same words told to two accounts of the brand are one matter: the first has the case.
  const here = ({ talk }: Located): boolean => sameAccount(talk.account, said.by.account);
  const sister = located.find((one) => !here(one) && one.talk.disposition === "case")?.talk;
  const found = located.filter((one) => here(one) && one.talk.waits === undefined);
  // Own words that were told before this post, which they answer.
  const waiting = located.flatMap(({ talk }) =>
    said.post !== undefined && talk.waits !== undefined && samePlace(talk.waits.under, said.post) ? [talk] : [],
  );
  // Who the brand itself knows to be whom the token was given to is that person.
  const vouched = said.vouched === true && said.token !== undefined ? clue.token(said.token) : undefined;
  const own = found.filter(({ talk, by }) => isOf(talk, said.by) || (vouched !== undefined && by.includes(vouched)));
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
  const named = said.token === undefined || said.vouched === true ? undefined : at(found, clue.token(said.token));
  const belongs = hinted?.talk ?? (named !== undefined && !isOf(named, said.by) ? named : undefined);
  /** What she says it belongs to: nobody knows it until an agent confirms. */
  const claimed = (joined?: Conversation): Pick<Conversation, "claims"> =>
    belongs === undefined || belongs.key === joined?.key ? {} : claimOf(belongs);
  for (const [way, talk] of ways) {
    if (talk === undefined) continue;
    const others = open.length > 1 ? { params: { others: open.length - 1 } } : {};
    const { twin: _, ...untwinned } = talk;
    const kept: Conversation = {
      ...untwinned,
      ...(talk.twin !== undefined && sister !== undefined ? { twin: sister.key } : {}),
    };
    const joined = kept.claims === undefined ? { ...kept, ...claimed(kept) } : kept;
    const together = heldTogether(said, open, joined);
    return {
      conversations: [...together, ...waiting],
      why: together.length > 1 ? { code: "joined-by-late-parent" } : { code: `joined-by-${way}`, ...others },
    };
  }

  const past = own.find(({ talk }) => talk.case.ref !== undefined && talk.case.stage !== "gone")?.talk.case.ref;
  const beside = found.find(({ talk }) => !isOf(talk, said.by))?.talk.key;
  // Who brings another person's token is not that person: they get a conversation of their own, and an agent confirms.
  const fresh: Conversation = {
    ...beginning({ key: said.key, at: said.at, account: said.by.account, persona: said.by }),
    ...(past === undefined ? {} : { follows: past }),
    ...(beside === undefined ? {} : { related: beside }),
    ...(sister === undefined ? {} : { twin: sister.key, related: sister.key }),
    ...claimed(),
  };
  const code =
    belongs !== undefined ? "began-with-anothers-token" : past === undefined ? "began" : "began-after-closed";
  return { conversations: [fresh, ...waiting], why: { code } };
};

/** Own words that are told before what they answer: kept where it will find them. */
const ahead = (said: Said): Resolution | undefined => {
  const { key, at, parent, to, by, side } = said;
  const begun = (persona: PersonaRef): Conversation => ({
    ...beginning({ key, at, account: by.account, persona }),
    disposition: "watch",
    disposed: "own-words-await-their-post",
  });
  const why = { code: "own-words-await-their-post" };
  if (side === "public" && parent !== undefined) {
    return { conversations: [{ ...begun(by), waits: { under: parent } }], why };
  }
  // In private it is known to whom: her next word finds the talk.
  return side === "private" && said.actor.kind === "brand" && to !== undefined
    ? { conversations: [begun(to)], why }
    : undefined;
};

/** The brand's own words, an employee's, or another tool's: they join what they answer, and begin nothing. */
const ours = (said: Said, located: readonly Located[]): Resolution => {
  const found = located.filter(({ talk }) => sameAccount(talk.account, said.by.account));
  const by = (way: Clue | undefined): Conversation | undefined =>
    way && found.find((one) => one.by.includes(way))?.talk;
  // What they answer, not who they are: an employee may have been a customer once.
  const talk =
    by(said.post && clue.post(said.post)) ??
    by(said.parent && clue.post(said.parent)) ??
    by(said.thread && clue.thread(said.thread)) ??
    (said.actor.kind === "brand" ? found[0]?.talk : undefined);
  if (talk === undefined) return ahead(said) ?? { none: { code: "own-words-about-nothing-open" } };
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
    // What waits for its post is found by it: merged elsewhere, it would lead whoever wrote that post there. It began with
    // the brand itself: who is merged into it is not found by their own words any more.
    if (from.waits !== undefined || into.waits !== undefined) return { none: { code: "waits-for-its-post" } };
    if (into.key === from.key) return { none: { code: "merged-already" } };
    return { conversations: [into, from], why: { code: "merged" } };
  }
  if (what.order === "unmerge") {
    const into = found.find((talk) => talk.key === event.conversation);
    const from = found.find((talk) => talk.key === what.from);
    if (into === undefined || from === undefined) return { none: { code: "nothing-to-take-apart" } };
    return { conversations: [into, from], why: { code: "merge-taken-back" } };
  }
  if (what.order === "topic" || what.order === "erase") {
    return found.length === 0
      ? { none: { code: "nothing-known" } }
      : { conversations: found, why: { code: what.order } };
  }
  // A post is seen to where its words stand: whether they may be shown is asked of them.
  const post = what.order === "hide" || what.order === "like" ? what.post : undefined;
  const its = post && located.find(({ by }) => by.includes(clue.post(post)))?.talk;
  const talk = its ?? found.find(({ key }) => key === event.conversation) ?? found[0];
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
      // The case was merged into another of ours: so are the conversations.
      if (event.as === "case" && event.gone === "merged" && event.into !== undefined) {
        const { into } = event;
        const its = found.find(({ by }) => by.includes(clue.case(into)))?.talk;
        const lost = found.find((one) => one.by.includes(clue.case(event.case)) && one.talk.key !== its?.key)?.talk;
        if (its !== undefined && lost !== undefined) {
          return { conversations: [its, lost], why: { code: "case-merged-in-crm" } };
        }
      }
      return talk === undefined
        ? { none: { code: "unknown-conversation" } }
        : { conversations: [talk], why: { code: event.as } };
    }
  }
};
