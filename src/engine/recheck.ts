import type { Channel } from "../core/contracts/channel.ts";
import type { Kit } from "../core/contracts/kit.ts";
import type { Entry } from "../core/words/entry.ts";
import type { Gone, Said } from "../core/words/event.ts";
import type { AccountRef } from "../core/words/ref.ts";
import type { House } from "./house.ts";
import { admitAll } from "./inbox.ts";

/** A network is asked about so many posts of an account at most, unless it takes more: the newest. */
const usual = 200;

/** Is it told of something that we did not know? What was erased stays so. */
const isNews = (told: Said | Gone, entry: Entry): boolean => {
  const gone = entry.state === "gone";
  // What we took back is not brought back by an index that lags.
  if (told.as === "gone" && told.how === "shown") return gone && entry.by.kind === "customer";
  if (told.as === "gone") return !gone;
  return entry.text !== null && entry.text !== told.text;
};

/** Looks for edits and removals that no delivery told, among what was said inside the public window: by customers, and by us. */
export const lookAgain = async (house: House, channel: Channel, account: AccountRef, kit: Kit): Promise<void> => {
  if (channel.recheck === undefined) return;
  const since = house.clock.now() - house.rules.windows.public;
  const most = channel.recheckMost ?? usual;
  const known = await house.store.unit((unit) => unit.entries({ account, since, most }));
  const entries = new Map<string, Entry>(known.map((entry) => [entry.key, entry]));
  // Words of ours are entered under the answer's own name, whatever posts they became.
  const places = new Map(
    known.flatMap((entry) => [entry.post ?? [], entry.more ?? []].flat().map(({ id }) => [id, entry] as const)),
  );
  const posts = known.flatMap(({ post, more = [] }) => (post === undefined ? [] : [post, ...more]));
  if (posts.length === 0) return;
  const told = await channel.recheck(account, posts, kit);
  const events = told.flatMap((one) => {
    const entry = entries.get(one.entry) ?? (one.as === "gone" ? places.get(one.post.id) : undefined);
    if (entry === undefined || !isNews(one, entry)) return [];
    return one.as === "gone" ? { ...one, entry: entry.key } : one;
  });
  await admitAll(house, { events, unread: [], alarms: [] }, account);
};
