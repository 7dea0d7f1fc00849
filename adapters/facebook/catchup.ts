import { type AccountRef, BridgeError, type FromChannel, type Kit, type Page, type Unread } from "casethread/adapter";
import { z } from "zod";
import { blockedUntil } from "./breaker.ts";
import type { Caller } from "./client.ts";
import { plainId } from "./ids.ts";
import { commentFields, letterFields, pagesOf, postFields, threadsOf } from "./lookup.ts";
import { saidOfLetter } from "./messenger.ts";
import { dated, saidOfNode, type Told } from "./said.ts";
import { conversation, letter, node, whatWasWrong } from "./shapes.ts";
import { caughtUp, type Swept } from "./sweep.ts";

/** Times, in ms, up to which each was read, and when what is known was last looked at: nothing of Graph's is kept, whose own way on holds the token and a host. */
const placeShape = z.object({ feed: z.number(), letters: z.number(), looked: z.number().default(0) });
type Place = z.infer<typeof placeShape>;
type Source = Exclude<keyof Place, "looked">;

const parsePlace = (cursor: string): Place => {
  try {
    return placeShape.parse(JSON.parse(cursor));
  } catch {
    throw new BridgeError("the catch-up's cursor is not one of this adapter. Delete it to read from now on.", {
      fault: "malformed",
      adapter: "facebook",
      landed: "no",
    });
  }
};

// What was written may be shown later than its time says: reading begins two minutes before the cursor, and repeats.
const behindMs = 120_000;
const perPage = 100;
// A delivery may be lost alone, and Graph lists no edits and no removals: so often all that is known is looked at.
const lookAgainMs = 6 * 3_600_000;
const most = { posts: 5, comments: 10, threads: 5 } as const;

interface Item {
  readonly from: Source;
  readonly at: number;
  readonly said?: FromChannel;
  readonly unread?: Unread;
}

interface Way {
  readonly ask: Caller;
  readonly account: AccountRef;
  readonly told: Told;
  readonly kit: Kit;
  readonly alarms: string[];
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
const commentsUnder = async (way: Way, post: string, after: number): Promise<Item[]> => {
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
        items.push(lost("feed", after, read.error, one));
        continue;
      }
      const at = dated(read.data.created_time) ?? after;
      if (at < after) return items;
      items.push({ from: "feed", at, said: saidOfNode(read.data, post, told) });
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
const tryUnder = async (way: Way, post: string, after: number): Promise<Under> => {
  try {
    return { items: await commentsUnder(way, post, after) };
  } catch (thrown) {
    const refused = BridgeError.from(thrown, "facebook");
    // Taken back since the list was read.
    if (refused.fault === "missing") return { items: [] };
    if (refused.fault === "forbidden" || refused.fault === "invalid") return { items: [], refused };
    throw refused;
  }
};

/** Posts of a list, where they speak to the brand, and what was said under those that anything has changed about. */
const readPosts = async (way: Way, list: "feed" | "ads_posts", after: number): Promise<Item[]> => {
  const { ask, account, told, kit } = way;
  const question = {
    account,
    path: `${account.id}/${list}`,
    bucket: "pages" as const,
    fields: { fields: postFields, limit: perPage, ...(list === "ads_posts" ? { include_inline_create: true } : {}) },
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
        items.push(lost("feed", after, read.error, one));
        continue;
      }
      const at = dated(read.data.created_time) ?? after;
      // A comment moves it on (developers.facebook.com/docs/graph-api/reference/post).
      const changed = Math.max(at, dated(read.data.updated_time) ?? at);
      if (changed < after) continue;
      moved = true;
      // Of an advertisement no delivery tells; of what is said under it they do.
      if (at >= after && list === "feed")
        items.push({ from: "feed", at, said: saidOfNode(read.data, undefined, told) });
      const under = await tryUnder(way, read.data.id, after);
      items.push(...under.items);
      if (under.refused === undefined) readable++;
      else refusals.push({ post: read.data.id, error: under.refused });
    }
    // Posts come by the hour they were made: under an old one something may be new, so one whole page without change ends it.
    if (!moved) break;
    if (more && pages === most.posts) missed(way, list === "feed" ? "posts" : "advertisements");
  }
  const [first] = refusals;
  // Under no post at all: it is the right to read that is gone, and nothing may be passed over.
  if (first !== undefined && readable === 0) throw first.error;
  for (const { post, error } of refusals)
    way.alarms.push(`facebook: what is said under post ${post} cannot be read: ${error.message}`);
  return items;
};

const readLetters = async (way: Way, after: number): Promise<Item[]> => {
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

const inWords: Readonly<Record<Source, string>> = {
  feed: "what is said on the feed",
  letters: "private words",
};
/** Why not all was read. What was, is asked for again at its own pace, whenever the rest may be. */
const failed = (source: Source, error: BridgeError, sources: number): BridgeError =>
  sources > 1
    ? error
    : new BridgeError(`the rest was read, but not ${inWords[source]}: ${error.message.replace(/^\[.*?\] /, "")}`, {
        fault: error.fault,
        adapter: "facebook",
        landed: "no",
      });

/**
 * Reads the feed, what is said under it, and the private threads, oldest first. One that fails keeps nobody from the others:
 * its own place stays where it was, and the failure is thrown when all that was read has been told.
 */
export async function* catchUp(
  ask: Caller,
  from: {
    readonly account: AccountRef;
    readonly told: Told;
    readonly cursor: string | undefined;
    readonly ads: boolean;
  },
  swept: Swept,
  kit: Kit,
): AsyncGenerator<Page<FromChannel>> {
  const { account, told, cursor } = from;
  const began = kit.now();
  const until = await blockedUntil(account, kit);
  const alarms = [
    ...swept.said,
    ...(until === undefined
      ? []
      : [
          `facebook: Meta has blocked Page ${account.id} (368): nothing is sent before ${new Date(until).toISOString()}. Look into its quality tab.`,
        ]),
  ];
  if (cursor === undefined) {
    yield {
      events: [],
      unread: [],
      alarms,
      cursor: JSON.stringify({ feed: began, letters: began, looked: began } satisfies Place),
    };
    return;
  }
  const place = parsePlace(cursor);
  // A place in time to come is one of a clock that was ahead: what is said until then would not be read.
  let at: Place = {
    feed: Math.min(place.feed, began),
    letters: Math.min(place.letters, began),
    looked: place.looked > began ? 0 : place.looked,
  };
  const start = at;
  const way: Way = { ask, account, told, kit, alarms };
  const items: Item[] = [];
  const stuck = new Map<Source, BridgeError>();
  const read = async (source: Source, reading: () => Promise<readonly Item[]>): Promise<void> => {
    try {
      items.push(...(await reading()));
    } catch (thrown) {
      const error = BridgeError.from(thrown, "facebook");
      if (kit.signal.aborted || error.fault === "unauthorized") throw error;
      stuck.set(source, error);
      // What passes by itself shows in how often asking fails.
      if (error.fault !== "throttled" && error.fault !== "unavailable")
        alarms.push(`facebook: Page ${account.id}: ${inWords[source]} cannot be read: ${error.message}`);
    }
  };
  await read("feed", () => readPosts(way, "feed", start.feed - behindMs));
  if (from.ads) await read("feed", () => readPosts(way, "ads_posts", start.feed - behindMs));
  await read("letters", () => readLetters(way, start.letters - behindMs));
  items.sort((a, b) => a.at - b.at);
  for (let first = 0; first === 0 || first < items.length; first += perPage) {
    const page = items.slice(first, first + perPage);
    const last = first + perPage >= items.length;
    const upTo = (source: Source): number => {
      const times = stuck.has(source) ? [] : page.filter((one) => one.from === source).map((one) => one.at);
      return Math.max(at[source], ...times.map((time) => Math.min(time, began)));
    };
    at = { feed: upTo("feed"), letters: upTo("letters"), looked: start.looked };
    yield {
      events: page.flatMap(({ said }) => said ?? []),
      unread: page.flatMap(({ unread }) => unread ?? []),
      alarms: last ? [...new Set(alarms)] : [],
      cursor: JSON.stringify(at),
    };
  }
  // What is missing is gone, and not the right to see it: that is known by the feed.
  if (!stuck.has("feed") && (swept.missed || began - at.looked >= lookAgainMs)) {
    // By itself: a look that fails is made again, and keeps nothing of the above from counting.
    yield { events: [], unread: [], alarms: [], cursor: JSON.stringify({ ...at, looked: began }), missed: true };
    if (swept.missed) await caughtUp(account, kit);
  }
  const [failure] = stuck;
  if (failure !== undefined) throw failed(...failure, stuck.size);
}
