import { type AccountRef, BridgeError, type Found, type FromChannel, type Kit, parseJson } from "casethread/adapter";
import { z } from "zod";
import { type Caller, lookUpAs, postsOfOthers } from "./lookup.ts";
import type { XAccount } from "./options.ts";
import { keywordQueries } from "./queries.ts";
import { overheard, saidOfPost, type Told } from "./said.ts";
import { includes, post, whatWasWrong } from "./shapes.ts";

/** Where X tells of posts as they are made that match the app's rules (docs.x.com/x-api/posts/filtered-stream/introduction). */
export const keywordStream: string = `tweets/search/stream?${new URLSearchParams(postsOfOthers)}`;

const rules = "tweets/search/stream/rules";
const rule = z.object({ id: z.string(), value: z.string(), tag: z.string().optional() });
const known = z.object({ data: z.array(rule).default([]) });

// Rules are the app's: those of other tools are left alone.
const tagOf = ({ id }: Pick<XAccount, "id">): string => `casethread ${id}`;

/** Sees to it that X knows what the accounts listen for, and nothing that they do not any more. */
export const keepRules = async (
  ask: Caller,
  about: { readonly app: XAccount; readonly accounts: readonly XAccount[] },
  kit: Kit,
): Promise<void> => {
  const { app: account, accounts } = about;
  const wanted = accounts.flatMap((one) => keywordQueries(one, "rule").map((value) => ({ value, tag: tagOf(one) })));
  const there = (await lookUpAs(ask, { account, path: rules }, known, kit)).data;
  const ours = there.filter(({ tag = "" }) => accounts.some((one) => tag === tagOf(one)));
  const stale = ours.filter(({ value, tag }) => !wanted.some((one) => one.value === value && one.tag === tag));
  const missing = wanted.filter((one) => !ours.some(({ value, tag }) => one.value === value && one.tag === tag));
  const change = (fields: Readonly<Record<string, unknown>>): Promise<unknown> =>
    ask({ account, method: "post", path: rules, fields, acts: false }, kit);
  if (stale.length > 0) await change({ delete: { ids: stale.map(({ id }) => id) } });
  if (missing.length > 0) await change({ add: missing });
};

const line = z.object({
  data: z.unknown(),
  includes: z.unknown().optional(),
  matching_rules: z.array(z.object({ tag: z.string().optional() })).default([]),
});

/** Reads a line of the stream: a post, for each account whose words it holds. Pure. */
export const readOverheard = (
  text: string,
  accounts: readonly AccountRef[],
  toldTo: (account: AccountRef) => Told,
): Found<FromChannel> => {
  const lost = (reason: string): Found<FromChannel> => ({ events: [], unread: [{ reason, raw: text }], alarms: [] });
  let whole: unknown;
  try {
    whole = parseJson(text);
  } catch {
    return lost("keywords: no JSON");
  }
  const read = line.safeParse(whole);
  if (!read.success) return lost(`keywords: ${whatWasWrong(read.error)}`);
  const told = accounts.filter((one) => read.data.matching_rules.some(({ tag }) => tag === tagOf(one)));
  if (told.length === 0) return { events: [], unread: [], alarms: [] };
  const said = post.safeParse(read.data.data);
  if (!said.success) return lost(`keywords: ${whatWasWrong(said.error)}`);
  const along = includes.parse(read.data.includes);
  const events = told.map((account) => overheard(saidOfPost(said.data, along, toldTo(account))));
  return { events, unread: [], alarms: [] };
};

/** What is heard by words stops nothing else: where X does not tell, they are searched for all the same. */
export async function* besides(source: AsyncIterable<Found<FromChannel>>): AsyncGenerator<Found<FromChannel>> {
  try {
    yield* source;
  } catch (thrown) {
    const { message } = BridgeError.from(thrown, "x");
    const alarm = `x: words are not listened for by a stream, and searched for every minute: ${message}`;
    yield { events: [], unread: [], alarms: [alarm] };
  }
}

type Turn<T> = readonly [AsyncIterator<T>, IteratorResult<T>];

/** Several sources as one, as they come. `end` stops those that are left when one fails, or nobody wants more. */
export async function* together<T>(sources: readonly AsyncIterable<T>[], end: () => void): AsyncGenerator<T> {
  const next = async (from: AsyncIterator<T>): Promise<Turn<T>> => [from, await from.next()];
  const waiting = new Map<AsyncIterator<T>, Promise<Turn<T>>>();
  for (const source of sources) {
    const from = source[Symbol.asyncIterator]();
    waiting.set(from, next(from));
  }
  try {
    while (waiting.size > 0) {
      const [from, turn] = await Promise.race(waiting.values());
      if (turn.done === true) waiting.delete(from);
      else {
        waiting.set(from, next(from));
        yield turn.value;
      }
    }
  } finally {
    end();
    await Promise.allSettled(waiting.values());
  }
}
