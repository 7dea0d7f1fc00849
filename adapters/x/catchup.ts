import { BridgeError, type Kit, type Page, type Said, type Waiting } from "casethread/adapter";
import { z } from "zod";
import { isAsking, jobMs } from "./compliance.ts";
import { byId, idAt, newestOf } from "./ids.ts";
import { type Caller, letters, type Listing, ownPosts, pagesOf, postsOfOthers } from "./lookup.ts";
import type { XAccount } from "./options.ts";
import { overheard, saidOfDmEvent, saidOfPost, type Told } from "./said.ts";
import { addressedQuery, keywordQueries, type Question, waitingQueries } from "./queries.ts";
import { dmEvent, post, whatWasWrong } from "./shapes.ts";

const place = z.object({
  mentions: z.string(),
  own: z.string(),
  letters: z.string(),
  keywords: z.string().optional(),
  waiting: z.string().optional(),
  pass: z.int(),
  looked: z.int().default(0),
});
type Place = z.infer<typeof place>;
type Source = Exclude<keyof Place, "pass" | "looked">;

const parsePlace = (cursor: string): Place => {
  try {
    return place.parse(JSON.parse(cursor));
  } catch {
    throw new BridgeError("the catch-up's cursor is not one of this adapter. Delete it to read from now on.", {
      fault: "malformed",
      adapter: "x",
      landed: "no",
    });
  }
};

interface Item {
  readonly id: string;
  readonly from: Source;
  readonly said?: Said;
  readonly unread?: { readonly reason: string; readonly raw: string };
  readonly alarm?: string;
}

// X's index is not in order of ids to the second: what was hidden when its neighbour was read would be skipped for
// good. So the cursor stays five minutes behind: two for the index, three for a clock of ours that runs ahead. X bills
// a post read twice in one day once.
const behindMs = 300_000;
const perPage = 100;
// X shows the newest 800 mentions only; of private messages, five pages are a third of the 15 reads it allows.
const most: Readonly<Record<Source, number>> = { mentions: 8, own: 8, letters: 5, keywords: 8, waiting: 8 };

const idOf = z.object({ id: z.string().regex(/^\d{1,20}$/) });

interface Way {
  readonly account: XAccount;
  readonly from: Source;
  readonly after: string;
  readonly waiting: readonly Waiting[];
}

const readItem = (raw: unknown, { from, after }: Way, along: Listing["along"], told: Told): Item => {
  const id = idOf.safeParse(raw).data?.id ?? after;
  const lost = (reason: string): Item => ({
    id,
    from,
    unread: { reason: `${from}: ${reason}`, raw: JSON.stringify(raw) },
  });
  if (from !== "letters") {
    const read = post.safeParse(raw);
    return read.success
      ? {
          id,
          from,
          said:
            from === "keywords" ? overheard(saidOfPost(read.data, along, told)) : saidOfPost(read.data, along, told),
        }
      : lost(whatWasWrong(read.error));
  }
  const read = dmEvent.safeParse(raw);
  if (!read.success) return lost(whatWasWrong(read.error));
  const said = saidOfDmEvent(read.data, along, told);
  return said === undefined
    ? {
        id,
        from,
        alarm: `x: account ${told.account.id} was written to in a group, which is not read here: answer it in the X app.`,
      }
    : { id, from, said };
};

const searchesPerPass = 8;
const hourMs = 3_600_000;
// X tells nobody of edits and removals. A post that was looked at is not billed again that day.
const lookAgainMs = 6 * hourMs;
// Recent search goes back seven days, and refuses an older since_id.
const searchableMs = 7 * 24 * hourMs - hourMs;
// Where nobody says anything for a week nothing was missed: what was looked through need not stay where its last word was.
const lookedThroughMs = 24 * hourMs;

/** What is asked of one source: one list, or several searches. */
const questionsOf = ({ account, from, waiting }: Way): readonly Question[] => {
  const searched = (query: string): Question => ({ path: "tweets/search/recent", fields: { ...postsOfOthers, query } });
  if (from === "letters") return [{ path: "dm_events", fields: letters }];
  if (from === "own") return [{ path: `users/${account.id}/tweets`, fields: ownPosts }];
  if (from === "keywords") return keywordQueries(account).map(searched);
  if (from === "waiting") return waitingQueries(account, waiting).map(searched);
  const addressed = addressedQuery(account);
  return [
    addressed === undefined ? { path: `users/${account.id}/mentions`, fields: postsOfOthers } : searched(addressed),
  ];
};

const isSearch = ({ path }: Question): boolean => path.startsWith("tweets/search/");

const gap = (way: Way, why: string): Item => ({
  id: way.after,
  from: way.from,
  alarm: `x: account ${way.account.id} missed some ${way.from}: ${why}. Look into the X app.`,
});

const readOne = async (ask: Caller, question: Question, way: Way, told: Told, kit: Kit): Promise<Item[]> => {
  const { account, from, after } = way;
  const oldest = idAt(kit.now() - searchableMs);
  const tooOld = isSearch(question) && byId(after, oldest) < 0;
  const items: Item[] = tooOld && after !== nothingYet ? [gap(way, "X shows no more than seven days")] : [];
  const since = from === "letters" ? {} : { since_id: tooOld ? oldest : after };
  const { path } = question;
  const fields = { ...question.fields, ...since, max_results: perPage };
  let pages = 0;
  for await (const { items: raw, along, next } of pagesOf(
    ask,
    { account, path, fields, purpose: "catch-up" },
    most[from],
    kit,
  )) {
    pages++;
    const read = raw.map((one) => readItem(one, way, along, told));
    // Of messages X takes no since_id: the way back ends at the first that is known.
    const known =
      from === "letters" && read.findIndex(({ id, unread }) => unread === undefined && byId(id, after) <= 0);
    if (known !== false && known !== -1) return [...items, ...read.slice(0, known)];
    items.push(...read);
    if (next !== undefined && pages === most[from]) items.push(gap(way, "more came than X shows at once"));
  }
  return items;
};

const collect = async (ask: Caller, way: Way, told: Told, kit: Kit): Promise<Item[]> => {
  const found: Item[] = [];
  for (const question of questionsOf(way)) found.push(...(await readOne(ask, question, way, told, kit)));
  return found;
};

// Nothing was there when reading began: whatever comes is new.
const nothingYet = "1";

const newest = async (ask: Caller, way: Way, kit: Kit): Promise<string> => {
  const { account, from } = way;
  const ids: (string | undefined)[] = [];
  for (const { path, fields: asked } of questionsOf(way)) {
    const { query } = asked;
    // The least that X accepts.
    const fields = {
      max_results: path.startsWith("tweets/search/") ? 10 : 5,
      ...(query === undefined ? {} : { query }),
      ...(from === "letters" ? { event_types: "MessageCreate" } : {}),
    };
    for await (const { items } of pagesOf(ask, { account, path, fields }, 1, kit)) {
      ids.push(...items.map((item) => idOf.safeParse(item).data?.id));
    }
  }
  return newestOf(ids) ?? nothingYet;
};

const start = async (ask: Caller, account: XAccount, kit: Kit): Promise<Page<Said>> => {
  const begin = (from: Source): Promise<string> => newest(ask, { account, from, after: nothingYet, waiting: [] }, kit);
  const listens = (account.keywords ?? []).length > 0;
  const [mentions, own, letter, keywords] = await Promise.all([
    begin("mentions"),
    begin("own"),
    begin("letters"),
    listens ? begin("keywords") : undefined,
  ]);
  const cursor: Place = {
    mentions,
    own,
    letters: letter,
    ...(keywords === undefined ? {} : { keywords }),
    pass: 0,
    looked: kit.now(),
  };
  return { events: [], unread: [], alarms: [], cursor: JSON.stringify(cursor) };
};

/** What several searches found is one. */
const once = (items: readonly Item[]): Item[] => [
  ...new Map(items.map((item, n) => [item.said === undefined ? n : `${item.from} ${item.said.key}`, item])).values(),
];

const throttledOnly = (thrown: unknown): undefined => {
  if (thrown instanceof BridgeError && thrown.fault === "throttled") return undefined;
  throw thrown;
};

/** Reads mentions, the account's own posts and, in every n-th pass, its private messages, oldest first. */
export async function* catchUp(
  ask: Caller,
  from: {
    readonly account: XAccount;
    readonly told: Told;
    readonly cursor: string | undefined;
    readonly messagesEvery: number;
    readonly waiting: readonly Waiting[];
    /** Deliveries had stopped. */
    readonly missed: boolean;
  },
  alarms: readonly string[],
  kit: Kit,
): AsyncGenerator<Page<Said>> {
  const { account, told } = from;
  if (from.cursor === undefined) {
    yield { ...(await start(ask, account, kit)), alarms };
    return;
  }
  let at: Place = { ...parsePlace(from.cursor) };
  // Listening begins when it is first asked for: X's seven days of everybody's words are nobody's order.
  if (account.keywords !== undefined && at.keywords === undefined) {
    at.keywords = await newest(ask, { account, from: "keywords", after: nothingYet, waiting: [] }, kit);
  }
  const read = (source: Source): Promise<Item[]> =>
    collect(ask, { account, from: source, after: at[source] ?? nothingYet, waiting: from.waiting }, told, kit);
  // While nobody is waited for, there is nothing to go back to.
  at.waiting = from.waiting.length === 0 ? at.mentions : (at.waiting ?? at.mentions);
  // 300 searches in 15 minutes are 20 a minute. Who is waited for is asked about the less often the more of them there are.
  const rounds = Math.ceil(waitingQueries(account, from.waiting).length / searchesPerPass);
  const withWaiting = rounds > 0 && at.pass % rounds === 0;
  const withLetters = at.pass % from.messagesEvery === 0;
  const [mentions, own, letter, keywords, waited] = await Promise.all([
    read("mentions"),
    read("own"),
    // Messages wait for the next pass when their 15 reads are spent; posts need not wait with them.
    withLetters ? read("letters").catch(throttledOnly) : undefined,
    account.keywords === undefined ? undefined : read("keywords"),
    withWaiting ? read("waiting").catch(throttledOnly) : undefined,
  ]);
  const found = { mentions, own, letters: letter, keywords, waiting: waited };
  const items = once(Object.values(found).flatMap((some) => some ?? [])).sort((a, b) => byId(a.id, b.id));
  const horizon = idAt(kit.now() - behindMs);
  const lookedThrough = idAt(kit.now() - lookedThroughMs);
  const searched = (["mentions", "keywords", "waiting"] as const).filter((source) => found[source] !== undefined);
  const onward = (held: string | undefined, id: string): string =>
    newestOf([held, byId(id, horizon) > 0 ? horizon : id]) ?? nothingYet;
  at = { ...at, pass: at.pass + 1 };
  for (let begin = 0; begin === 0 || begin < items.length; begin += perPage) {
    const page = items.slice(begin, begin + perPage);
    for (const { id, from: source } of page) at = { ...at, [source]: onward(at[source], id) };
    if (begin + perPage >= items.length)
      for (const source of searched) at = { ...at, [source]: newestOf([at[source], lookedThrough]) };
    yield {
      events: page.flatMap(({ said }) => said ?? []),
      unread: page.flatMap(({ unread }) => unread ?? []),
      alarms: [...new Set([...(begin === 0 ? alarms : []), ...page.flatMap(({ alarm }) => alarm ?? [])])],
      cursor: JSON.stringify(at),
    };
  }
  const since = kit.now() - at.looked;
  const due = from.missed || since >= lookAgainMs || (since >= jobMs && (await isAsking(account, kit)));
  if (!due) return;
  // By itself: a look that fails is made again, and keeps nothing of the above from counting.
  yield { events: [], unread: [], alarms: [], cursor: JSON.stringify({ ...at, looked: kit.now() }), missed: true };
}
