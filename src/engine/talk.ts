import type { LedgerRow } from "../core/contracts/ledger.ts";
import type { Promised, Unit, Version } from "../core/contracts/store.ts";
import { type Stage, stageOf } from "../core/rules/stage.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Outcome } from "../core/words/effect.ts";
import type { Draft, Entry } from "../core/words/entry.ts";
import {
  type AccountRef,
  type CaseRef,
  clue,
  type Clue,
  type ConversationKey,
  type PersonaRef,
  type PostRef,
  samePersona,
  type ThreadRef,
} from "../core/words/ref.ts";
import type { House } from "./house.ts";
import { refusal } from "./refusal.ts";

/** Which conversation: by its key, by either end, or by a link to either end. */
export type Where =
  | { readonly conversation: ConversationKey }
  | { readonly post: PostRef }
  | { readonly thread: ThreadRef }
  | { readonly case: CaseRef }
  | { readonly persona: PersonaRef }
  | { readonly url: string | URL };

/** A conversation as it stands, with all that was said and why all that happened did. */
export interface Talk {
  readonly key: ConversationKey;
  readonly account: AccountRef;
  readonly stage: Stage;
  readonly case: {
    readonly stage: Conversation["case"]["stage"];
    readonly number?: string;
    readonly status?: string;
    readonly url?: string;
  };
  readonly post?: { readonly ref: PostRef; readonly url?: string };
  readonly conversation: Conversation;
  /** Oldest first. */
  readonly entries: readonly Entry[];
  /** What they said before they were edited. */
  readonly earlier: readonly Version[];
  readonly drafts: readonly Draft[];
  /** What was promised and what became of it. */
  readonly effects: readonly (Promised & { readonly outcome?: Outcome })[];
  readonly trail: readonly LedgerRow[];
}

const urlOf = (where: string | URL): URL => {
  const url = URL.parse(String(where));
  if (url !== null) return url;
  throw refusal("invalid", `"${String(where)}" is no link: give a whole URL of a post or a case`);
};

const cluesOf = (house: House, where: Where): readonly Clue[] => {
  // What is there and undefined is not given.
  if ("conversation" in where && where.conversation !== undefined) return [clue.talk(where.conversation)];
  if ("post" in where && where.post !== undefined) return [clue.post(where.post)];
  if ("thread" in where && where.thread !== undefined) return [clue.thread(where.thread)];
  if ("case" in where && where.case !== undefined) return [clue.case(where.case)];
  // Behind the link: a verb may want a person besides.
  if ("persona" in where && (!("url" in where) || where.url === undefined)) return [clue.persona(where.persona)];
  const url = urlOf((where as { readonly url: string | URL }).url);
  const posts = [...house.channels.values()].flatMap((channel) => channel.parse(url)).map((post) => clue.post(post));
  const ref = house.crm.parse?.(url);
  return ref === undefined ? posts : [...posts, clue.case(ref)];
};

/** Follows a merged conversation to where it went. */
export const followed = async (unit: Unit, from: Conversation): Promise<Conversation> => {
  let talk = from;
  // Merges are made by people, one at a time; eight deep is a loop.
  for (let deep = 0; talk.mergedInto !== undefined && deep < 8; deep++) {
    const next = await unit.load(talk.mergedInto);
    if (next === undefined) break;
    talk = next;
  }
  return talk;
};

/** Finds a conversation from either end. */
export const find = async (house: House, where: Where): Promise<Conversation | undefined> =>
  house.store.unit(async (unit) => {
    const clues = cluesOf(house, where);
    const found = clues.length === 0 ? [] : await unit.find(clues);
    const talks = await Promise.all(found.map(({ talk }) => followed(unit, talk)));
    // A conversation also knows who only brought its invite: theirs is another.
    const own =
      "persona" in where ? talks.find((talk) => talk.personas.some((p) => samePersona(p, where.persona))) : undefined;
    return own ?? talks[0];
  });

/** Finds a conversation and all that belongs to it. */
export const talkOf = async (house: House, where: Where): Promise<Talk | undefined> => {
  const talk = await find(house, where);
  if (talk === undefined) return undefined;
  const { entries, earlier, drafts } = await house.store.unit(async (unit) => ({
    entries: await unit.entries({ conversation: talk.key }),
    earlier: await unit.earlier(talk.key),
    drafts: await unit.drafts(talk.key),
  }));
  const { ref, status, stage } = talk.case;
  const post = talk.public?.latest;
  const url = post && (talk.public?.url ?? house.channels.get(post.account.channel)?.url(post)?.href);
  return {
    key: talk.key,
    account: talk.account,
    stage: stageOf(talk),
    case: {
      stage,
      ...(ref?.number === undefined ? {} : { number: ref.number }),
      ...(status === undefined ? {} : { status }),
      ...(ref === undefined ? {} : { url: house.crm.url(ref).href }),
    },
    ...(post === undefined ? {} : { post: { ref: post, ...(url === undefined ? {} : { url }) } }),
    conversation: talk,
    entries,
    earlier,
    drafts,
    effects: await house.store.effects(talk.key),
    trail: await house.store.trail(talk.key),
  };
};
