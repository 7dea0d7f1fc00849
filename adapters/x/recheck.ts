import type { Gone, Kit, PostRef, Said } from "casethread/adapter";
import { z } from "zod";
import { type Caller, lookUpAs, postsOfOthers } from "./lookup.ts";
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

/**
 * How posts stand now: as they read, or gone. X tells nobody that a customer deleted a post, went private or was suspended;
 * of all three the post is not to be shown any more (docs.x.com/developer-terms/policy).
 */
export const recheck = async (
  ask: Caller,
  about: { readonly account: XAccount; readonly posts: readonly PostRef[]; readonly told: Told },
  kit: Kit,
): Promise<readonly (Said | Gone)[]> => {
  const { account, posts, told } = about;
  const found = new Map<string, Said | Gone>();
  let asked = posts.map(({ id }) => id);
  // An older version is shown as it was, and names the newer ones (docs.x.com/x-api/fundamentals/edit-posts): those are
  // asked for in a second round.
  for (let round = 0; round < 2 && asked.length > 0; round++) {
    const newer: string[] = [];
    for (let begin = 0; begin < asked.length; begin += perRequest) {
      const ids = asked.slice(begin, begin + perRequest);
      const fields = { ...postsOfOthers, ids: ids.join(",") };
      const read = await lookUpAs(ask, { account, path: "tweets", fields, purpose: "catch-up" }, answer, kit);
      const along = includes.parse(read.includes);
      for (const item of read.data) {
        const shown = post.safeParse(item).data;
        if (shown === undefined) continue;
        const said = saidOfPost(shown, along, told);
        found.set(said.entry, said);
        const last = (shown.edit_history_tweet_ids ?? shown.edit_history_post_ids ?? []).at(-1);
        if (last !== undefined && last !== shown.id) newer.push(last);
      }
      for (const { value, resource_id: resource, type } of read.errors) {
        const id = resource ?? value;
        const gone = /^(?:resource-not-found|not-authorized-for-resource)$/.test(segment(type));
        if (gone && round === 0 && id !== undefined && ids.includes(id)) found.set(id, goneOf(id, told));
      }
    }
    asked = newer;
  }
  return [...found.values()];
};
