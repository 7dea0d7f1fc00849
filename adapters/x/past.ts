import { type AccountRef, BridgeError, type Kit, type Past, type PastPage, type PastPlan } from "casethread/adapter";
import { z } from "zod";
import { byId } from "./ids.ts";
import { type Caller, letters, type Listing, lookUpAs, pagesOf, postsOfOthers } from "./lookup.ts";
import type { XAccount, XOptions } from "./options.ts";
import type { XPrices } from "./prices.ts";
import { wholeQuery } from "./queries.ts";
import { saidOfDmEvent, saidOfPost, type Told } from "./said.ts";
import { dmEvent, post, whatWasWrong } from "./shapes.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// X's oldest post. Its private messages are shown for thirty days.
const oldestPost = Date.UTC(2006, 2, 21);
const lettersMs = 30 * dayMs;
// docs.x.com/x-api/fundamentals/rate-limits, 2026-08: one search of the archive a second.
const restMs = 1_000;
// The end of a search lies ten seconds back, at least.
const behindMs = 15_000;
const perPage = 100;
/** X tells a search newest first: behind so many posts in one stretch of time the next one is shorter, and its pages more in order. */
const many = 300;
const longest = 30 * dayMs;

const placeShape = z.object({
  at: z.number(),
  step: z.number(),
  /** X's word for the next page of this stretch, or of the messages. */
  next: z.string().optional(),
  read: z.number().default(0),
  letters: z.boolean().default(false),
});
type Place = z.infer<typeof placeShape>;

// X counts in whole seconds.
const inSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

const placeOf = (cursor: string | undefined, from: number): Place => {
  if (cursor === undefined) return { at: inSeconds(from), step: dayMs, read: 0, letters: false };
  try {
    return placeShape.parse(JSON.parse(cursor));
  } catch {
    throw new BridgeError("the place where the past was left is none of this adapter. Read it with another --from.", {
      fault: "malformed",
      adapter: "x",
      landed: "no",
    });
  }
};

const counts = z.object({
  data: z.array(z.object({ tweet_count: z.number() })).default([]),
  meta: z.object({ next_token: z.string().optional() }).optional(),
});

/** The archive is the app's own to search (docs.x.com/x-api/posts/search/quickstart/full-archive-search). */
const asApp = ({ app: { bearer } }: XOptions, account: XAccount): XAccount => {
  if (bearer !== undefined) return { ...account, id: "app", credentials: { bearer } };
  throw new BridgeError("the time before is searched by the app itself: app.bearer (X_APP_BEARER_TOKEN) is missing.", {
    fault: "invalid",
    adapter: "x",
    landed: "no",
  });
};

const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const usd = (amount: number): string => `$${amount.toFixed(3)}`;

/** What a page held, oldest first. */
const readItems = (raw: readonly unknown[], along: Listing["along"], told: Told): Omit<PastPage, "cursor"> => {
  const all = raw.map((one) => {
    const read = post.safeParse(one);
    return read.success
      ? { id: read.data.id, said: saidOfPost(read.data, along, told) }
      : { id: "0", unread: { reason: `past: ${whatWasWrong(read.error)}`, raw: JSON.stringify(one) } };
  });
  return {
    events: all
      .flatMap(({ id, said }) => (said === undefined ? [] : { id, said }))
      .sort((a, b) => byId(a.id, b.id))
      .map(({ said }) => said),
    unread: all.flatMap(({ unread }) => unread ?? []),
    alarms: [],
  };
};

const readLetters = (
  raw: readonly unknown[],
  along: Listing["along"],
  told: Told,
  from: number,
): Omit<PastPage, "cursor"> & { readonly over: boolean } => {
  const read = raw.map((one) => ({ one, letter: dmEvent.safeParse(one) }));
  const said = read.flatMap(({ letter }) => (letter.success ? (saidOfDmEvent(letter.data, along, told) ?? []) : []));
  const wanted = said.filter(({ at }) => at >= from);
  return {
    events: wanted.toReversed(),
    unread: read.flatMap(({ one, letter }) =>
      letter.success ? [] : { reason: `past: ${whatWasWrong(letter.error)}`, raw: JSON.stringify(one) },
    ),
    alarms: [],
    over: wanted.length < said.length,
  };
};

/** The time before, from X's archive: what was said to the account and by it, and the private messages that X still shows. */
export const pastOf = (
  ask: Caller,
  options: XOptions,
  about: {
    readonly settings: (ref: AccountRef) => XAccount;
    readonly told: (ref: AccountRef, kit: Kit) => Told;
    readonly prices: XPrices;
    /** May it be paid for today? */
    readonly allow: (account: string, kit: Kit) => Promise<void>;
  },
): Past => {
  const plan = async (ref: AccountRef, wanted: number, kit: Kit): Promise<PastPlan> => {
    const account = about.settings(ref);
    const from = Math.max(wanted, oldestPost);
    const fields = {
      query: wholeQuery(account),
      start_time: stamp(from),
      end_time: stamp(kit.now() - behindMs),
      granularity: "day",
    };
    let [items, next] = [0, undefined as string | undefined];
    do {
      const call = { account: asApp(options, account), path: "tweets/counts/all" };
      const paged = { ...fields, ...(next === undefined ? {} : { next_token: next }) };
      const { data, meta } = await lookUpAs(ask, { ...call, fields: paged }, counts, kit);
      items += data.reduce((sum, { tweet_count: count }) => sum + count, 0);
      next = meta?.next_token;
    } while (next !== undefined);
    const { readPost, readUser, readMessage } = about.prices;
    const free = account.tier === "enterprise";
    return {
      from,
      items,
      price: free
        ? { usd: 0, source: "by contract" }
        : {
            usd: Math.round(items * (readPost + readUser) * 1e6) / 1e6,
            source: "docs.x.com/x-api/getting-started/pricing, 2026-08",
          },
      notes: [
        ...(account.handle === undefined
          ? [
              `posts that name account ${account.id} and answer nothing of it are not found without its handle (X_ACCOUNT_HANDLE)`,
            ]
          : []),
        `private messages of the last 30 days come besides; X does not count them${free ? "" : `, and each costs up to ${usd(readMessage + readUser)}`}`,
      ],
    };
  };

  async function* posts(account: XAccount, told: Told, place: Place, to: number, kit: Kit): AsyncGenerator<PastPage> {
    let at = place;
    // The second that has begun is read as well.
    const last = inSeconds(to + 999);
    while (!at.letters && at.at < last) {
      // The same for all pages of a stretch: a search that is asked for its next page with another end is another search.
      const end = Math.min(at.at + at.step, last);
      const soonMs = end + behindMs - kit.now();
      if (soonMs > 0) {
        yield { events: [], unread: [], alarms: [], cursor: JSON.stringify(at), upTo: at.at, restMs: soonMs };
        continue;
      }
      await about.allow(account.id, kit);
      const fields = {
        ...postsOfOthers,
        query: wholeQuery(account),
        max_results: perPage,
        start_time: stamp(at.at),
        end_time: stamp(end),
        ...(at.next === undefined ? {} : { pagination_token: at.next }),
      };
      const from = { account: asApp(options, account), path: "tweets/search/all", fields };
      for await (const { items, along, next } of pagesOf(ask, from, 1, kit)) {
        const read = at.read + items.length;
        const { next: _, ...rest } = at;
        if (next !== undefined) at = { ...rest, next, read };
        else {
          const step =
            read === 0
              ? Math.min(at.step * 2, longest)
              : read > many
                ? Math.max(inSeconds(at.step / 2), hourMs)
                : at.step;
          at = { at: end, step, read: 0, letters: false };
        }
        yield { ...readItems(items, along, told), cursor: JSON.stringify(at), upTo: at.at, restMs };
      }
    }
  }

  async function* messages(
    account: XAccount,
    told: Told,
    place: Place,
    about_: { readonly from: number },
    kit: Kit,
  ): AsyncGenerator<PastPage> {
    const from = Math.max(about_.from, kit.now() - lettersMs);
    let next = place.letters ? place.next : undefined;
    for (;;) {
      await about.allow(account.id, kit);
      const fields = { ...letters, max_results: perPage, ...(next === undefined ? {} : { pagination_token: next }) };
      for await (const page of pagesOf(ask, { account, path: "dm_events", fields, purpose: "catch-up" }, 1, kit)) {
        const { over, ...found } = readLetters(page.items, page.along, told, from);
        next = over ? undefined : page.next;
        const { next: _, ...rest } = place;
        const at: Place = { ...rest, letters: true, ...(next === undefined ? {} : { next }) };
        yield { ...found, cursor: JSON.stringify(at) };
      }
      if (next === undefined) return;
    }
  }

  return {
    plan,
    read: async function* (ref, { from, to, cursor }, kit) {
      const account = about.settings(ref);
      const told: Told = { ...about.told(ref, kit), source: "backfill" };
      const place = placeOf(cursor, Math.max(from, oldestPost));
      yield* posts(account, told, place, to, kit);
      yield* messages(account, told, place, { from }, kit);
    },
  };
};
