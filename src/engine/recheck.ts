import type { Channel } from "../core/contracts/channel.ts";
import type { Kit } from "../core/contracts/kit.ts";
import type { Entry } from "../core/words/entry.ts";
import type { Gone, Said } from "../core/words/event.ts";
import type { AccountRef } from "../core/words/ref.ts";
import type { House } from "./house.ts";
import { admitAll } from "./inbox.ts";

/** A network is asked about so many posts of an account at most, the newest. */
const most = 200;

/** Is it told of something that we did not know? What was erased stays so. */
const isNews = (told: Said | Gone, entry: Entry): boolean => {
  const gone = entry.state === "gone";
  if (told.as === "gone") return gone === (told.how === "shown");
  return entry.text !== null && entry.text !== told.text;
};

/** Looks for edits and removals that no delivery told, among what customers said inside the public window. */
export const lookAgain = async (house: House, channel: Channel, account: AccountRef, kit: Kit): Promise<void> => {
  if (channel.recheck === undefined) return;
  const since = house.clock.now() - house.rules.windows.public;
  const known = await house.store.unit((unit) => unit.entries({ account, since, most }));
  const entries = new Map(known.map((entry) => [entry.key, entry]));
  const posts = known.flatMap(({ post }) => post ?? []);
  if (posts.length === 0) return;
  const told = await channel.recheck(account, posts, kit);
  const events = told.filter((one) => {
    const entry = entries.get(one.entry);
    return entry !== undefined && isNews(one, entry);
  });
  await admitAll(house, { events, unread: [], alarms: [] }, account);
};
