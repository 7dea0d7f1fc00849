import { type AccountRef, BridgeError, type FromChannel, type Kit, type Unread } from "casethread/adapter";
import type { z } from "zod";
import type { Caller } from "./client.ts";
import { plainId } from "./ids.ts";
import { commentFields, letterFields, pagesOf, postFields, threadsOf } from "./lookup.ts";
import { saidOfLetter } from "./messenger.ts";
import { dated, saidOfNode, type Told } from "./said.ts";
import { conversation, letter, node, whatWasWrong } from "./shapes.ts";

/** What is read, each from a place of its own. */
export type Source = "feed" | "letters" | "ads";

/** How many are asked for at once. */
export const perPage = 100;
const most = { posts: 5, comments: 10, threads: 5 } as const;

/** One thing that was read, and when it was said. */
export interface Item {
  readonly from: Source;
  readonly at: number;
  readonly said?: FromChannel;
  readonly unread?: Unread;
}

/** What reading needs. */
export interface Way {
  readonly ask: Caller;
  readonly account: AccountRef;
  readonly told: Told;
  readonly kit: Kit;
  readonly alarms: string[];
  /** Deliveries were lost: old posts are looked at as well. */
  readonly deep: boolean;
}

const missed = (way: Way, what: string): void =>
  void way.alarms.push(
    `facebook: Page ${way.account.id} missed some ${what}: more came than one pass reads. Look into the Page's inbox.`,
  );

const lost = (from: Source, at: number, why: z.ZodError, raw: unknown): Item => ({
  from,
  at,
  unread: { reason: `${from}: ${whatWasWrong(why)}`, raw: JSON.stringify(raw) },
});

/** The comments under a post, to any depth, newer than this. */
const commentsUnder = async (way: Way, from: Source, post: string, after: number): Promise<Item[]> => {
  const { ask, account, told, kit } = way;
  const path = `${plainId({ account, id: post })}/comments`;
  const fields = { fields: commentFields, filter: "stream", order: "reverse_chronological", limit: perPage };
  const items: Item[] = [];
  let pages = 0;
  for await (const { items: raw, more } of pagesOf(
    ask,
    { account, path, bucket: "pages", fields },
    most.comments,
    kit,
  )) {
    pages++;
    for (const one of raw) {
      const read = node.safeParse(one);
      if (!read.success) {
        items.push(lost(from, after, read.error, one));
        continue;
      }
      const at = dated(read.data.created_time) ?? after;
      if (at < after) return items;
      items.push({ from, at, said: saidOfNode(read.data, post, told) });
    }
    if (more && pages === most.comments) missed(way, "comments");
  }
  return items;
};

/** What is said under one post. What cannot be read there keeps nobody from reading the rest. */
interface Under {
  readonly items: readonly Item[];
  readonly refused?: BridgeError;
}
/** What is said under one post, and what keeps it from being read. */
export const tryUnder = async (way: Way, from: Source, post: string, after: number): Promise<Under> => {
  try {
    return { items: await commentsUnder(way, from, post, after) };
  } catch (thrown) {
    const refused = BridgeError.from(thrown, "facebook");
    // Taken back since the list was read.
    if (refused.fault === "missing") return { items: [] };
    if (refused.fault === "forbidden" || refused.fault === "invalid") return { items: [], refused };
    throw refused;
  }
};

/** Posts of a list, where they speak to the brand, and what was said under those that anything has changed about. */
export const readPosts = async (way: Way, from: "feed" | "ads", after: number): Promise<Item[]> => {
  const { ask, account, told, kit } = way;
  const question = {
    account,
    path: `${account.id}/${from === "ads" ? "ads_posts" : "feed"}`,
    bucket: "pages" as const,
    fields: { fields: postFields, limit: perPage, ...(from === "ads" ? { include_inline_create: true } : {}) },
  };
  const items: Item[] = [];
  const refusals: { readonly post: string; readonly error: BridgeError }[] = [];
  let readable = 0;
  let pages = 0;
  for await (const { items: raw, more } of pagesOf(ask, question, most.posts, kit)) {
    pages++;
    let moved = false;
    for (const one of raw) {
      const read = node.safeParse(one);
      if (!read.success) {
        items.push(lost(from, after, read.error, one));
        continue;
      }
      const at = dated(read.data.created_time) ?? after;
      // A comment moves it on (developers.facebook.com/docs/graph-api/reference/post).
      const changed = Math.max(at, dated(read.data.updated_time) ?? at);
      if (changed < after) continue;
      moved = true;
      // Of an advertisement no delivery tells; of what is said under it they do.
      if (at >= after && from === "feed") items.push({ from, at, said: saidOfNode(read.data, undefined, told) });
      const under = await tryUnder(way, from, read.data.id, after);
      items.push(...under.items);
      if (under.refused === undefined) readable++;
      else refusals.push({ post: read.data.id, error: under.refused });
    }
    // Posts come by the hour they were made: under an old one something may be new, so one whole page without change ends
    // it, unless nothing was told for a while.
    if (!moved && !way.deep) break;
    if (moved && more && pages === most.posts) missed(way, from === "feed" ? "posts" : "advertisements");
  }
  const [first] = refusals;
  // Under no post at all: it is the right to read that is gone, and nothing may be passed over.
  if (first !== undefined && readable === 0) throw first.error;
  for (const { post, error } of refusals)
    way.alarms.push(`facebook: what is said under post ${post} cannot be read: ${error.message}`);
  return items;
};

/** What was said in the private threads. */
export const readLetters = async (way: Way, after: number): Promise<Item[]> => {
  const { ask, account, told, kit } = way;
  const question = {
    account,
    path: threadsOf(account),
    bucket: "messenger" as const,
    fields: { fields: `id,updated_time,messages.limit(50){${letterFields}}`, limit: 25 },
  };
  const items: Item[] = [];
  let pages = 0;
  for await (const { items: raw, more } of pagesOf(ask, question, most.threads, kit)) {
    pages++;
    for (const one of raw) {
      const thread = conversation.safeParse(one);
      if (!thread.success) {
        items.push(lost("letters", after, thread.error, one));
        continue;
      }
      // The newest thread comes first: the rest is known.
      if ((dated(thread.data.updated_time) ?? after) < after) return items;
      let oldest = Number.POSITIVE_INFINITY;
      for (const words of thread.data.messages) {
        const read = letter.safeParse(words);
        if (!read.success) {
          items.push(lost("letters", after, read.error, words));
          continue;
        }
        const at = dated(read.data.created_time) ?? after;
        oldest = Math.min(oldest, at);
        const said = at < after ? undefined : saidOfLetter(read.data, told);
        if (said !== undefined) items.push({ from: "letters", at, said });
      }
      if (thread.data.messages.length >= 50 && oldest > after) missed(way, "messages");
    }
    if (more && pages === most.threads) missed(way, "threads");
  }
  return items;
};
