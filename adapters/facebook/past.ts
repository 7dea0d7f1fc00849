import { type AccountRef, BridgeError, type FromChannel, type Kit, type Past, type PastPage } from "casethread/adapter";
import { z } from "zod";
import type { Caller } from "./client.ts";
import { pagesOf, postFields } from "./lookup.ts";
import { type Item, perPage, readLetters, tryUnder, type Way } from "./reading.ts";
import { dated, saidOfNode, type Told } from "./said.ts";
import { node, whatWasWrong } from "./shapes.ts";

const dayMs = 86_400_000;
/** So many posts in one stretch of time are enough; where there are more, the next stretch is shorter. */
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

/** The posts of a stretch of time, and what was said under them since. */
const stretch = async (way: Way, from: number, to: number): Promise<{ items: readonly Item[]; posts: number }> => {
  const { ask, account, told, kit } = way;
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
  const items: Item[] = [];
  let posts = 0;
  for await (const { items: raw } of pagesOf(ask, question, mostPages, kit)) {
    for (const one of raw) {
      posts += 1;
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
  }
  return { items, posts };
};

/** The time before, from the Page's feed and its inbox. */
export const pastOf = (ask: Caller, toldOf: (account: AccountRef, kit: Kit) => Told): Past => ({
  plan: async (_account, wanted) => ({
    from: Math.max(wanted, oldest),
    price: { usd: 0, source: "Graph is not billed" },
    notes: [
      "how much there is Graph does not count: a call for each stretch of time, and one for each post",
      "what was said since under posts that are older is not read: name an earlier date for that",
      "private threads: the 125 that spoke last, fifty messages each",
    ],
  }),
  read: async function* (account, { from, to, cursor }, kit): AsyncGenerator<PastPage> {
    const told: Told = { ...toldOf(account, kit), source: "backfill" };
    const wayOf = (alarms: string[]): Way => ({ ask, account, told, kit, alarms, deep: true });
    const eventsOf = (items: readonly Item[]): readonly FromChannel[] => items.flatMap(({ said }) => said ?? []);
    let place = placeOf(cursor, inSeconds(Math.max(from, oldest)));
    const last = inSeconds(to);
    while (place.at < last) {
      const alarms: string[] = [];
      const end = Math.min(place.at + place.step, last);
      const { items, posts } = await stretch(wayOf(alarms), place.at, end);
      const sorted = items.toSorted((a, b) => a.at - b.at);
      const before = JSON.stringify(place);
      const step =
        posts === 0
          ? Math.min(place.step * 2, longest)
          : posts > many
            ? Math.max(place.step / 2, shortest)
            : place.step;
      place = { at: end, step };
      for (let first = 0; first === 0 || first < sorted.length; first += perPage) {
        const page = sorted.slice(first, first + perPage);
        const whole = first + perPage >= sorted.length;
        yield {
          events: eventsOf(page),
          unread: page.flatMap(({ unread }) => unread ?? []),
          alarms: whole ? alarms : [],
          // A stretch is read whole or again.
          cursor: whole ? JSON.stringify(place) : before,
          ...(whole ? { upTo: end } : {}),
        };
      }
    }
    const alarms: string[] = [];
    const items = await readLetters(wayOf(alarms), from).catch((thrown: unknown): Item[] => {
      const error = BridgeError.from(thrown, "facebook");
      if (kit.signal.aborted || error.fault !== "forbidden") throw error;
      alarms.push(`facebook: Page ${account.id}: private words of the time before cannot be read: ${error.message}`);
      return [];
    });
    const sorted = items.toSorted((a, b) => a.at - b.at);
    yield {
      events: eventsOf(sorted),
      unread: sorted.flatMap(({ unread }) => unread ?? []),
      alarms,
      cursor: JSON.stringify(place),
      upTo: to,
    };
  },
});
