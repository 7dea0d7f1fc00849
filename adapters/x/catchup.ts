import { BridgeError, type Kit, type Page, type Said } from "casethread/adapter";
import { z } from "zod";
import { byId, idAt, newestOf } from "./ids.ts";
import { type Caller, letters, type Listing, ownPosts, pagesOf, postsOfOthers } from "./lookup.ts";
import type { XAccount } from "./options.ts";
import { saidOfDmEvent, saidOfPost, type Told } from "./said.ts";
import { dmEvent, post, whatWasWrong } from "./shapes.ts";

const place = z.object({ mentions: z.string(), own: z.string(), letters: z.string(), pass: z.int() });
type Place = z.infer<typeof place>;
type Source = Exclude<keyof Place, "pass">;

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
const most: Readonly<Record<Source, number>> = { mentions: 8, own: 8, letters: 5 };

const idOf = z.object({ id: z.string().regex(/^\d{1,20}$/) });

interface Way {
  readonly account: XAccount;
  readonly from: Source;
  readonly after: string;
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
    return read.success ? { id, from, said: saidOfPost(read.data, along, told) } : lost(whatWasWrong(read.error));
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

const pathOf = (account: XAccount, from: Source): string =>
  from === "letters" ? "dm_events" : `users/${account.id}/${from === "own" ? "tweets" : "mentions"}`;

const fieldsOf = (from: Source): Readonly<Record<string, string>> =>
  from === "letters" ? letters : from === "own" ? ownPosts : postsOfOthers;

const collect = async (ask: Caller, way: Way, told: Told, kit: Kit): Promise<Item[]> => {
  const { account, from, after } = way;
  const window = from === "letters" ? {} : { since_id: after };
  const fields = { ...fieldsOf(from), ...window, max_results: perPage };
  const items: Item[] = [];
  let pages = 0;
  for await (const { items: raw, along, next } of pagesOf(
    ask,
    { account, path: pathOf(account, from), fields, purpose: "catch-up" },
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
    if (next !== undefined && pages === most[from]) {
      const gap = `x: account ${account.id} missed some ${from}: more came than X shows at once. Look into the X app.`;
      items.push({ id: after, from, alarm: gap });
    }
  }
  return items;
};

const newest = async (ask: Caller, account: XAccount, from: Source, kit: Kit): Promise<string> => {
  // 5 is the least X accepts for posts. Nothing there yet: whatever comes is new.
  const fields = { max_results: 5, ...(from === "letters" ? { event_types: "MessageCreate" } : {}) };
  const ids: (string | undefined)[] = [];
  for await (const { items } of pagesOf(
    ask,
    { account, path: pathOf(account, from), fields, purpose: "catch-up" },
    1,
    kit,
  )) {
    ids.push(...items.map((item) => idOf.safeParse(item).data?.id));
  }
  return newestOf(ids) ?? "1";
};

const start = async (ask: Caller, account: XAccount, kit: Kit): Promise<Page<Said>> => {
  const [mentions, own, letter] = await Promise.all(
    (["mentions", "own", "letters"] as const).map((from) => newest(ask, account, from, kit)),
  );
  const cursor = { mentions, own, letters: letter, pass: 0 };
  return { events: [], unread: [], alarms: [], cursor: JSON.stringify(cursor) };
};

const throttledOnly = (thrown: unknown): Item[] => {
  if (thrown instanceof BridgeError && thrown.fault === "throttled") return [];
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
  const read = (source: Source): Promise<Item[]> =>
    collect(ask, { account, from: source, after: at[source] }, told, kit);
  const withLetters = at.pass % from.messagesEvery === 0;
  const found = await Promise.all([
    read("mentions"),
    read("own"),
    // Messages wait for the next pass when their 15 reads are spent; posts need not wait with them.
    withLetters ? read("letters").catch(throttledOnly) : [],
  ]);
  const items = found.flat().sort((a, b) => byId(a.id, b.id));
  const horizon = idAt(kit.now() - behindMs);
  const onward = (held: string, id: string): string => newestOf([held, byId(id, horizon) > 0 ? horizon : id]) ?? held;
  at = { ...at, pass: at.pass + 1 };
  for (let begin = 0; begin === 0 || begin < items.length; begin += perPage) {
    const page = items.slice(begin, begin + perPage);
    for (const { id, from: source } of page) at = { ...at, [source]: onward(at[source], id) };
    yield {
      events: page.flatMap(({ said }) => said ?? []),
      unread: page.flatMap(({ unread }) => unread ?? []),
      alarms: [...new Set([...(begin === 0 ? alarms : []), ...page.flatMap(({ alarm }) => alarm ?? [])])],
      cursor: JSON.stringify(at),
    };
  }
}
