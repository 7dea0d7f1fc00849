import { type AccountRef, BridgeError, type FromChannel, type Kit, type Page, type Unread } from "casethread/adapter";
import { z } from "zod";
import { blockedUntil } from "./breaker.ts";
import type { Caller } from "./client.ts";
import { plainId } from "./ids.ts";
import { commentFields, letterFields, pagesOf, postFields, threadsOf } from "./lookup.ts";
import { saidOfLetter } from "./messenger.ts";
import { dated, saidOfNode, type Told } from "./said.ts";
import { conversation, letter, node, whatWasWrong } from "./shapes.ts";
import type { Swept } from "./sweep.ts";

/** Times, in ms, up to which each was read: nothing of Graph's is kept, whose own way on holds the token and a host. */
const place = z.object({ feed: z.number(), letters: z.number() });
type Place = z.infer<typeof place>;

const parsePlace = (cursor: string): Place => {
  try {
    return place.parse(JSON.parse(cursor));
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
const most = { posts: 5, comments: 10, threads: 5 } as const;

interface Item {
  readonly from: keyof Place;
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

const lost = (from: keyof Place, at: number, why: z.ZodError, raw: unknown): Item => ({
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
      items.push(...(await commentsUnder(way, read.data.id, after)));
    }
    // Posts come by the hour they were made: under an old one something may be new, so one whole page without change ends it.
    if (!moved) break;
    if (more && pages === most.posts) missed(way, list === "feed" ? "posts" : "advertisements");
  }
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

/** Reads the feed, what is said under it, and the private threads, oldest first. */
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
    yield { events: [], unread: [], alarms, cursor: JSON.stringify({ feed: began, letters: began } satisfies Place) };
    return;
  }
  let at = parsePlace(cursor);
  const way: Way = { ask, account, told, kit, alarms };
  const feed = await readPosts(way, "feed", at.feed - behindMs);
  if (from.ads) feed.push(...(await readPosts(way, "ads_posts", at.feed - behindMs)));
  const letters = await readLetters(way, at.letters - behindMs);
  const items = [...feed, ...letters].sort((a, b) => a.at - b.at);
  for (let first = 0; first === 0 || first < items.length; first += perPage) {
    const page = items.slice(first, first + perPage);
    const last = first + perPage >= items.length;
    const upTo = (source: keyof Place): number =>
      Math.max(at[source], ...page.filter((one) => one.from === source).map((one) => one.at));
    at = { feed: upTo("feed"), letters: upTo("letters") };
    yield {
      events: page.flatMap(({ said }) => said ?? []),
      unread: page.flatMap(({ unread }) => unread ?? []),
      alarms: last ? [...new Set(alarms)] : [],
      cursor: JSON.stringify(at),
      ...(last && swept.missed ? { missed: true } : {}),
    };
  }
}
