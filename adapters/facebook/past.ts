import { type AccountRef, BridgeError, type FromChannel, type Kit, type Past, type PastPage } from "casethread/adapter";
import { z } from "zod";
import type { Caller } from "./client.ts";
import { pagesOf, postFields } from "./lookup.ts";
import { type Item, perPage, readLetters, tryUnder, type Way } from "./reading.ts";
import { dated, saidOfNode, type Told } from "./said.ts";
import { node, whatWasWrong } from "./shapes.ts";

const dayMs = 86_400_000;
/** Behind so many posts in one stretch of time the next one is shorter. */
const many = 50;
const longest = 90 * dayMs;
const shortest = 3_600_000;
const mostPages = 20;
// The first Pages.
const oldest = Date.UTC(2007, 10, 6);

const placeShape = z.object({ at: z.number(), step: z.number() });
type Place = z.infer<typeof placeShape>;

// Graph knows seconds only.
const inSeconds = (at: number): number => Math.floor(at / 1_000) * 1_000;

const placeOf = (cursor: string | undefined, from: number): Place => {
  if (cursor === undefined) return { at: from, step: dayMs };
  try {
    return placeShape.parse(JSON.parse(cursor));
  } catch {
    throw new BridgeError("the place where the past was left is none of this adapter. Read it with another --from.", {
      fault: "malformed",
      adapter: "facebook",
      landed: "no",
    });
  }
};

const shorter = (step: number): number => Math.max(inSeconds(step / 2), shortest);

/** The posts of a stretch of time, and whether there are more than a pass reads. */
const postsIn = async (way: Way, from: number, to: number): Promise<{ posts: readonly unknown[]; more: boolean }> => {
  const { ask, account, kit } = way;
  const question = {
    account,
    path: `${account.id}/feed`,
    bucket: "pages" as const,
    // Both ends count, in seconds (developers.facebook.com/docs/graph-api/results#time).
    fields: {
      fields: postFields,
      limit: perPage,
      since: from / 1_000,
      until: to / 1_000,
    },
  };
  const posts: unknown[] = [];
  let left = false;
  for await (const { items, more } of pagesOf(ask, question, mostPages, kit)) {
    posts.push(...items);
    left = more;
  }
  return { posts, more: left };
};

/** Posts of a stretch of time, and what was said under them since. */
const readStretch = async (way: Way, posts: readonly unknown[], from: number, to: number): Promise<readonly Item[]> => {
  const { told } = way;
  const items: Item[] = [];
  for (const one of posts) {
    const read = node.safeParse(one);
    if (!read.success) {
      const unread = { reason: `past: ${whatWasWrong(read.error)}`, raw: JSON.stringify(one) };
      items.push({ from: "feed", at: from, unread });
      continue;
    }
    const at = dated(read.data.created_time) ?? from;
    // What was made in the last second of it is the next stretch's.
    if (at >= to) continue;
    items.push({ from: "feed", at, said: saidOfNode(read.data, undefined, told) });
    const under = await tryUnder(way, "feed", read.data.id, from);
    items.push(...under.items);
    if (under.refused !== undefined)
      way.alarms.push(`facebook: what is said under post ${read.data.id} cannot be read: ${under.refused.message}`);
  }
  return items;
};

/** What was read, oldest first, in pages; the last of them brings the alarms and the place to go on from. */
function* inPages(
  items: readonly Item[],
  at: { readonly before: string; readonly after: string; readonly upTo: number; readonly alarms: readonly string[] },
): Generator<PastPage> {
  const sorted = items.toSorted((a, b) => a.at - b.at);
  for (let first = 0; first === 0 || first < sorted.length; first += perPage) {
    const page = sorted.slice(first, first + perPage);
    const whole = first + perPage >= sorted.length;
    yield {
      events: page.flatMap(({ said }): FromChannel | [] => said ?? []),
      unread: page.flatMap(({ unread }) => unread ?? []),
      alarms: whole ? at.alarms : [],
      // A stretch is read whole or again.
      cursor: whole ? at.after : at.before,
      ...(whole ? { upTo: at.upTo } : {}),
    };
  }
}

/** The time before, from the Page's feed and its inbox. */
export const pastOf = (ask: Caller, toldOf: (account: AccountRef, kit: Kit) => Told): Past => ({
  plan: async (_account, wanted) => ({
    from: Math.max(wanted, oldest),
    price: { usd: 0, source: "Graph is not billed" },
    notes: [
      // developers.facebook.com/docs/graph-api/reference/page/published_posts
      "Graph shows about 600 posts of a Page a year, and chooses which",
      "how much there is Graph does not count: a call for each stretch of time, and one for each post",
      "what was said since under posts that are older is not read: name an earlier date for that",
      "private threads: the 125 that spoke last, fifty messages each",
    ],
  }),
  read: async function* (account, { from, to, cursor }, kit): AsyncGenerator<PastPage> {
    const told: Told = { ...toldOf(account, kit), source: "backfill" };
    const wayOf = (alarms: string[]): Way => ({ ask, account, told, kit, alarms, deep: true });
    let place = placeOf(cursor, inSeconds(Math.max(from, oldest)));
    const last = inSeconds(to);
    while (place.at < last) {
      const alarms: string[] = [];
      const way = wayOf(alarms);
      const end = Math.min(place.at + place.step, last);
      const { posts, more } = await postsIn(way, place.at, end);
      if (more && end - place.at > shortest) {
        place = { at: place.at, step: shorter(end - place.at) };
        continue;
      }
      if (more)
        alarms.push(
          `facebook: Page ${account.id}: more than ${mostPages * perPage} posts stand in one hour from ${new Date(place.at).toISOString()} on; those behind them are not read: look at them on the Page`,
        );
      const items = await readStretch(way, posts, place.at, end);
      const before = JSON.stringify(place);
      const { step } = place;
      const next = posts.length === 0 ? Math.min(step * 2, longest) : posts.length > many ? shorter(step) : step;
      place = { at: end, step: next };
      yield* inPages(items, { before, after: JSON.stringify(place), upTo: end, alarms });
    }
    const alarms: string[] = [];
    const items = await readLetters(wayOf(alarms), from).catch((thrown: unknown): Item[] => {
      const error = BridgeError.from(thrown, "facebook");
      if (kit.signal.aborted || error.fault !== "forbidden") throw error;
      alarms.push(`facebook: Page ${account.id}: private words of the time before cannot be read: ${error.message}`);
      return [];
    });
    const here = JSON.stringify(place);
    yield* inPages(items, { before: here, after: here, upTo: to, alarms });
  },
});
