import { accountName, BridgeError, type Gone, keyOf, type Kit, type PostRef, type Said } from "casethread/adapter";
import { z } from "zod";
import { askCompliance, type Found, type Verdict } from "./compliance.ts";
import { madeAt } from "./ids.ts";
import { type Caller, lookUpAs, ownPosts, pictures } from "./lookup.ts";
import type { XAccount } from "./options.ts";
import { segment } from "./rows.ts";
import { goneOf, saidOfPost, type Told } from "./said.ts";
import { includes, post } from "./shapes.ts";

const refusal = z.object({
  value: z.string().optional(),
  resource_id: z.string().optional(),
  type: z.string().optional(),
});
const answer = z.object({
  data: z.array(z.unknown()).default([]),
  includes: z.unknown().optional(),
  errors: z.array(refusal.catch({})).default([]),
});

// docs.x.com/x-api/posts/lookup/introduction: so many in one request.
const perRequest = 100;

/** A post that is not shown, or is shown again: which may happen more than once. */
const shownOf = (id: string, told: Told, change: Pick<Gone, "how" | "author">): Gone => ({
  ...goneOf(id, told),
  ...change,
  key: keyOf.event(accountName(told.account), change.how, id, Math.floor(told.now / 1_000)),
  at: told.now,
});

/** What a problem in a lookup says of the post, if it says anything. */
const lost = (id: string, type: string | undefined, told: Told): Gone | undefined => {
  const what = segment(type);
  if (what === "resource-not-found") return goneOf(id, told);
  // docs.x.com/x-api/fundamentals/response-codes-and-errors: of an author who went private.
  return what === "not-authorized-for-resource"
    ? shownOf(id, told, { how: "deleted", author: "protected" })
    : undefined;
};

/**
 * How posts stand now: as they read, or gone. X tells nobody that a customer deleted a post, went private or was suspended;
 * of all three the post is not to be shown any more (docs.x.com/developer-terms/policy).
 */
const recheck = async (
  ask: Caller,
  about: { readonly account: XAccount; readonly posts: readonly PostRef[]; readonly told: Told },
  kit: Kit,
): Promise<readonly (Said | Gone)[]> => {
  const { account, posts, told } = about;
  const found = new Map<string, readonly (Said | Gone)[]>();
  let asked = posts.map(({ id }) => id);
  // An older version is shown as it was, and names the newer ones (docs.x.com/x-api/fundamentals/edit-posts): those are
  // asked for in a second round.
  for (let round = 0; round < 2 && asked.length > 0; round++) {
    const newer: string[] = [];
    for (let begin = 0; begin < asked.length; begin += perRequest) {
      const ids = asked.slice(begin, begin + perRequest);
      // Whose they are is known; an author costs twice what a post does.
      const fields = { ...ownPosts, ...pictures, ids: ids.join(",") };
      const read = await lookUpAs(ask, { account, path: "tweets", fields, purpose: "catch-up" }, answer, kit);
      const along = includes.parse(read.includes);
      for (const item of read.data) {
        const shown = post.safeParse(item).data;
        if (shown === undefined) continue;
        const said = saidOfPost(shown, along, told);
        const history = shown.edit_history_tweet_ids ?? shown.edit_history_post_ids ?? [shown.id];
        found.set(said.entry, [said, shownOf(history[0] ?? shown.id, told, { how: "shown" })]);
        const last = history.at(-1);
        if (last !== undefined && last !== shown.id) newer.push(last);
      }
      for (const { value, resource_id: resource, type } of read.errors) {
        const id = resource ?? value;
        const gone = id === undefined ? undefined : lost(id, type, told);
        if (gone !== undefined && round === 0 && ids.includes(gone.post.id)) found.set(gone.post.id, [gone]);
      }
    }
    asked = newer;
  }
  return [...found.values()].flat();
};

// Reading is billed, once a day: a dollar for as many posts.
const mostRead = 200;

const authors: Readonly<Partial<Record<Verdict["is"], Gone["author"]>>> = {
  protected: "protected",
  suspended: "suspended",
  deactivated: "deleted",
};

/** How posts stand now, as X itself says in one file; those that were edited are read. Without that way each is read. */
export const recheckAll = async (
  ask: Caller,
  about: {
    readonly app: XAccount | undefined;
    readonly account: XAccount;
    readonly posts: readonly PostRef[];
    readonly told: Told;
  },
  kit: Kit,
): Promise<readonly (Said | Gone)[]> => {
  const { app, posts, told } = about;
  const newest = { ...about, posts: posts.slice(-mostRead) };
  if (app === undefined) return recheck(ask, newest, kit);
  let found: Found | undefined;
  try {
    found = await askCompliance(ask, { ...about, app }, kit);
  } catch (thrown) {
    // Not every app may.
    if (thrown instanceof BridgeError && thrown.fault !== "throttled" && !kit.signal.aborted)
      return recheck(ask, newest, kit);
    throw thrown;
  }
  if (found === undefined) return [];
  const { askedAt, verdicts } = found;
  const named = new Map(verdicts.map((one) => [one.id, one.is]));
  const edited = posts.filter(({ id }) => named.get(id) === "edited");
  const others = posts.flatMap(({ id }): readonly Gone[] => {
    const is = named.get(id);
    if (is === "edited") return [];
    // What is not named is as it was, if it was there to be asked about.
    if (is === undefined) return (madeAt(id) ?? 0) < askedAt ? [shownOf(id, told, { how: "shown" })] : [];
    const author = authors[is];
    return [author === undefined ? goneOf(id, told) : shownOf(id, told, { how: "deleted", author })];
  });
  return [...others, ...(await recheck(ask, { ...about, posts: edited }, kit))];
};
