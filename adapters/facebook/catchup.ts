import { type AccountRef, BridgeError, type FromChannel, type Kit, type Page } from "casethread/adapter";
import { z } from "zod";
import { blockedUntil } from "./breaker.ts";
import type { Caller } from "./client.ts";
import { lookUpAs } from "./lookup.ts";
import { type Item, perPage, readLetters, readPosts, type Source, type Way } from "./reading.ts";
import type { Told } from "./said.ts";
import { caughtUp, type Swept } from "./sweep.ts";

/** Times, in ms, up to which each was read, and when what is known was last looked at: nothing of Graph's is kept, whose own way on holds the token and a host. */
const placeShape = z.object({
  feed: z.number(),
  letters: z.number(),
  ads: z.number().optional(),
  looked: z.number().default(0),
});
type Place = Readonly<Record<Source | "looked", number>>;

const parsePlace = (cursor: string): z.infer<typeof placeShape> => {
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
// A delivery may be lost alone, and Graph lists no edits and no removals: so often all that is known is looked at.
const lookAgainMs = 6 * 3_600_000;

const inWords: Readonly<Record<Source, string>> = {
  feed: "what is said on the feed",
  letters: "private words",
  ads: "what is said under advertisements",
};
// What the app may be without for good: the feed is read at its own pace all the same, and whether the right was given
// meanwhile is looked at now and then.
const optional: ReadonlySet<Source> = new Set<Source>(["letters", "ads"]);
const refusedMs = 600_000;

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
    /** When each was refused: outlives the pass. */
    readonly refusedAt: Map<Source, number>;
    /** What is to be said of the Page's token. */
    readonly ageing: () => Promise<readonly string[]>;
  },
  swept: Swept,
  kit: Kit,
): AsyncGenerator<Page<FromChannel>> {
  const { account, told, cursor, refusedAt } = from;
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
      cursor: JSON.stringify({ feed: began, letters: began, ads: began, looked: began } satisfies Place),
    };
    // A Page is heard once Graph has answered for it: nobody has, where its subscription could not be looked after.
    const feed = { account, path: `${account.id}/feed`, bucket: "pages", fields: { fields: "id", limit: 1 } } as const;
    if (swept.said.length > 0) await lookUpAs(ask, feed, z.unknown(), kit);
    return;
  }
  const place = parsePlace(cursor);
  // A place in time to come is one of a clock that was ahead: what is said until then would not be read.
  const start: Place = {
    feed: Math.min(place.feed, began),
    letters: Math.min(place.letters, began),
    ads: Math.min(place.ads ?? place.feed, began),
    looked: place.looked > began ? 0 : place.looked,
  };
  let at = start;
  const due = began - start.looked >= lookAgainMs;
  const lookAgain = swept.missed || due;
  // Who cannot be asked about the token is asked with it all the same: whether that works shows by itself.
  if (due) alarms.push(...(await from.ageing().catch(() => [])));
  const way: Way = { ask, account, told, kit, alarms, deep: lookAgain };
  const items: Item[] = [];
  const stuck = new Map<Source, BridgeError>();
  /** Not read: its place stays where it was. */
  const still = new Set<Source>();
  const read = async (source: Source, reading: (after: number) => Promise<readonly Item[]>): Promise<void> => {
    const since = began - (refusedAt.get(source) ?? Number.NEGATIVE_INFINITY);
    if (since >= 0 && since < refusedMs) return void still.add(source);
    try {
      items.push(...(await reading(start[source] - behindMs)));
      refusedAt.delete(source);
    } catch (thrown) {
      const error = BridgeError.from(thrown, "facebook");
      if (kit.signal.aborted || error.fault === "unauthorized") throw error;
      still.add(source);
      if (optional.has(source) && error.fault === "forbidden") refusedAt.set(source, began);
      else stuck.set(source, error);
      // What passes by itself shows in how often asking fails.
      if (error.fault !== "throttled" && error.fault !== "unavailable")
        alarms.push(`facebook: Page ${account.id}: ${inWords[source]} cannot be read: ${error.message}`);
    }
  };
  await read("feed", (after) => readPosts(way, "feed", after));
  if (from.ads) await read("ads", (after) => readPosts(way, "ads", after));
  await read("letters", (after) => readLetters(way, after));
  items.sort((a, b) => a.at - b.at);
  for (let first = 0; first === 0 || first < items.length; first += perPage) {
    const page = items.slice(first, first + perPage);
    const last = first + perPage >= items.length;
    const upTo = (source: Source): number => {
      const times = still.has(source) ? [] : page.filter((one) => one.from === source).map((one) => one.at);
      return Math.max(at[source], ...times.map((time) => Math.min(time, began)));
    };
    // Who asks for advertisements one day begins with that day.
    at = { feed: upTo("feed"), letters: upTo("letters"), ads: upTo(from.ads ? "ads" : "feed"), looked: start.looked };
    yield {
      events: page.flatMap(({ said }) => said ?? []),
      unread: page.flatMap(({ unread }) => unread ?? []),
      alarms: last ? [...new Set(alarms)] : [],
      cursor: JSON.stringify(at),
    };
  }
  // What is missing is gone, and not the right to see it: that is known by the feed.
  if (!stuck.has("feed") && lookAgain) {
    // By itself: a look that fails is made again, and keeps nothing of the above from counting.
    yield { events: [], unread: [], alarms: [], cursor: JSON.stringify({ ...at, looked: began }), missed: true };
    if (swept.missed) await caughtUp(account, kit);
  }
  const [failure] = stuck;
  if (failure !== undefined) throw failed(...failure, stuck.size);
}
