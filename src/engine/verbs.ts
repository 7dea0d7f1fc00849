import type { MediaTerms } from "../core/contracts/channel.ts";
import { explainWhy } from "../core/rules/explain.ts";
import { mediaRefusal } from "../core/rules/media.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Receipt } from "../core/words/effect.ts";
import type { Actor, Draft, Entry, Media } from "../core/words/entry.ts";
import type { Order } from "../core/words/event.ts";
import {
  type CaseRef,
  type ConversationKey,
  type EffectKey,
  type EntryKey,
  type Instant,
  keyOf,
  type PersonaRef,
  type PostRef,
  type Side,
} from "../core/words/ref.ts";
import { channelOf, type House } from "./house.ts";
import { admit, admitIn, settledEvent } from "./inbox.ts";
import { refusal } from "./refusal.ts";
import { find, type Where } from "./talk.ts";
import { onceKept } from "./told.ts";

/** Every act of a person in code says who acts, and has a key: the same key acts once, however often it is sent. */
export interface ByKey {
  readonly key: string;
  /** @default an agent */
  readonly by?: Actor;
}

/** An answer from code, on its way. */
export interface AnswerState {
  readonly entry: EntryKey;
  readonly state: Entry["state"];
  /** What holds it, if anything does. */
  readonly holds: Draft["holds"];
}

const agent: Actor = { kind: "agent" };

const known = async (house: House, where: Where): Promise<Conversation> => {
  const talk = await find(house, where);
  if (talk !== undefined) return talk;
  throw refusal(
    "missing",
    "no conversation is known there: check the link or key; a conversation begins with the customer's first word",
  );
};
const needed = async (house: House, where: Where): Promise<ConversationKey> => (await known(house, where)).key;

const stateOf = async (house: House, key: EntryKey, conversation: ConversationKey): Promise<AnswerState> =>
  house.store.unit(async (unit) => {
    const [entry] = await unit.entries([key]);
    const draft = (await unit.drafts(conversation)).find((one) => one.entry === key);
    return { entry: key, state: entry?.state ?? "draft", holds: draft?.holds ?? [] };
  });

/** What a person in code wants to say, and where. */
export type WantedAnswer = Where &
  ByKey & {
    /** May be empty where a file is passed. */
    readonly text: string;
    readonly media?: readonly Media[];
    readonly side?: Side;
    readonly answers?: EntryKey;
    readonly version?: number;
  };

/** An answer as the network takes it: words and files in one act, or one after the other. */
const partsOf = (wanted: WantedAnswer, terms: MediaTerms | undefined): readonly WantedAnswer[] => {
  const { media = [], text, key } = wanted;
  const apart = terms?.withWords === false && media.length > 0 && text !== "";
  const parts = apart
    ? [
        { ...wanted, media: [] },
        ...media.map((one, n) => ({ ...wanted, key: `${key}/file ${n + 1}`, text: "", media: [one] })),
      ]
    : [wanted];
  for (const part of parts) {
    const why = mediaRefusal(part.media ?? [], part.text, terms);
    if (why !== undefined) throw refusal("invalid", `the answer was not taken: ${explainWhy(why)}`);
  }
  return parts;
};

/** Admits what a person in code wants to say. */
export const answer = async (house: House, wanted: WantedAnswer): Promise<AnswerState> => {
  if (wanted.text.trim() === "" && (wanted.media ?? []).length === 0) {
    throw refusal("invalid", "an answer needs words or a file: pass text or media");
  }
  const { account } = await known(house, wanted);
  const side = wanted.side ?? house.rules.answers;
  const channel = channelOf(house, account);
  const [words = wanted, ...files] = partsOf(wanted, channel.can(account).media?.[side]);
  // Of words in several parts each is promised when the last has been said: files would come in between.
  const inParts = (channel.parts?.(wanted.text, side).length ?? 1) > 1;
  if (inParts) for (const file of files) await answerOnce(house, file);
  const state = await answerOnce(house, words);
  if (!inParts) for (const file of files) await answerOnce(house, file);
  return state;
};

const answerOnce = async (house: House, wanted: WantedAnswer): Promise<AnswerState> => {
  const { text, media = [], side, answers, key, by = agent, version = 1 } = wanted;
  const conversation = await needed(house, wanted);
  const entry = keyOf.event("code", "entry", key) as string as EntryKey;
  const [before] = await house.store.unit((unit) => unit.entries([entry]));
  if (before !== undefined && before.conversation !== conversation) {
    throw refusal(
      "taken",
      `the key "${key}" belongs to an answer in another conversation: give every answer a key of its own`,
    );
  }
  await admit(house, {
    as: "answered",
    key: keyOf.said(entry, version),
    at: house.clock.now(),
    source: "person",
    conversation,
    entry,
    by,
    text,
    version,
    ...(media.length === 0 ? {} : { media }),
    ...(side === undefined ? {} : { side }),
    ...(answers === undefined ? {} : { answers }),
  });
  return stateOf(house, entry, conversation);
};

/** Admits a person's order on a conversation. False: this key has been admitted before. */
export const order = async (
  house: House,
  conversation: ConversationKey | undefined,
  what: Order,
  { key, by = agent }: ByKey,
): Promise<boolean> =>
  admit(house, {
    as: "ordered",
    // With the conversation: a key used again elsewhere is another order, and not silently none.
    key: keyOf.event("code", what.order, key, ...(conversation === undefined ? [] : [conversation])),
    at: house.clock.now(),
    source: "person",
    by,
    what,
    ...(conversation === undefined ? {} : { conversation }),
  });

/** Orders about a conversation that is found first. */
export const orderAt = async (house: House, where: Where & ByKey, what: Order): Promise<void> => {
  await order(house, await needed(house, where), what, where);
};

/** One conversation, or many at once. */
export type OneOrMany = Where | { readonly all: readonly Where[] };

/** The same order about one or many: each is found before any is given one. */
export const orderAll = async (house: House, wanted: OneOrMany & ByKey, what: Order): Promise<void> => {
  const keys = await Promise.all(("all" in wanted ? wanted.all : [wanted]).map((where) => needed(house, where)));
  for (const conversation of new Set(keys)) await order(house, conversation, what, wanted);
};

/** Hears a person only, or as before. */
export const mute = async (
  house: House,
  wanted: ByKey & { readonly persona: PersonaRef; readonly until?: Instant | "for-good" | null },
): Promise<void> => {
  const { persona, until = "for-good" } = wanted;
  const conversation = await needed(house, { persona });
  await order(
    house,
    conversation,
    { order: "mute", persona, until: until === "for-good" ? Number.MAX_SAFE_INTEGER : until },
    wanted,
  );
};

/** Takes a merge back. The conversation that was merged away is named by its own key: everything else leads to where it went. */
export const unmerge = async (
  house: House,
  wanted: Where & ByKey & { readonly from: ConversationKey },
): Promise<void> => {
  const into = await needed(house, wanted);
  const from = await house.store.unit((unit) => unit.load(wanted.from));
  if (from?.mergedInto !== into) {
    throw refusal(
      "missing",
      "that conversation was not merged into this one: its trail says which were, see bridge.explain",
    );
  }
  await order(house, into, { order: "unmerge", from: wanted.from }, wanted);
};

/** Merges one conversation into another. */
export const merge = async (house: House, wanted: Where & ByKey & { readonly with: Where }): Promise<void> => {
  const into = await needed(house, wanted);
  const from = await needed(house, wanted.with);
  await order(house, into, { order: "merge", with: from }, wanted);
};

/**
 * Confirms that who brought an invite is the customer.
 *
 * @throws BridgeError `missing` when the conversation claims nothing.
 */
export const confirm = async (house: House, wanted: Where & ByKey): Promise<void> => {
  const talk = await find(house, wanted);
  if (talk?.claims === undefined) {
    throw refusal(
      "missing",
      "that conversation claims to belong to no other: bridge.merge joins any two of one account",
    );
  }
  await order(house, talk.claims.conversation, { order: "merge", with: talk.key }, wanted);
};

/** Releases or withdraws a draft or an answer not yet sent. */
export const orderDraft = async (
  house: House,
  wanted: ByKey & { readonly draft: EntryKey },
  what: "release" | "withdraw",
): Promise<AnswerState> => {
  const conversation = await house.store.unit(async (unit) => (await unit.entries([wanted.draft]))[0]?.conversation);
  if (conversation === undefined)
    throw refusal("missing", `no draft "${wanted.draft}" is known: bridge.held() lists those that wait`);
  await order(house, conversation, { order: what, draft: wanted.draft }, wanted);
  return stateOf(house, wanted.draft, conversation);
};

/** Links an open case of the CRM with the post it is about. */
export const adopt = async (
  house: House,
  wanted: ByKey & { readonly case: CaseRef; readonly post: PostRef; readonly persona: PersonaRef },
): Promise<void> => {
  const { case: ref, post, persona } = wanted;
  await order(house, undefined, { order: "adopt", case: ref, post, persona }, wanted);
};

/** Decides what becomes of a parked act. */
export const resolveParked = async (
  house: House,
  key: EffectKey,
  how: "retry" | "drop" | { readonly done: Receipt },
): Promise<void> => {
  const now = house.clock.now();
  const resolved = typeof how === "string" ? how : { done: { proof: "a-person-said-so", ...how.done } };
  const found = await onceKept((begin) =>
    house.store.resolveParked(key, resolved, async (unit, effect) => {
      const later = begin();
      if (resolved === "retry") return;
      const outcome =
        resolved === "drop"
          ? ({ as: "refused", fault: "dropped", why: { code: "dropped-by-person" } } as const)
          : ({ as: "done", receipt: resolved.done } as const);
      const ended = settledEvent(effect, outcome, 0, now);
      await admitIn(house, unit, ended, { received: now, later, learned: "person" });
    }),
  );
  if (!found) throw refusal("missing", `no parked act "${key}" is known: bridge.parked() lists those that wait`);
};

/** Says that somebody has seen to an item that could not be read. */
export const dismiss = async ({ store }: House, id: string): Promise<void> => {
  if (!(await store.dismiss(id)))
    throw refusal("missing", `no unread item "${id}" waits: bridge.unread() lists those that do`);
};
