import { accountName, BridgeError, type Gone, keyOf, type Kit, type PostRef, type Said } from "casethread/adapter";
import type { Caller } from "./client.ts";
import { isPost, plainId } from "./ids.ts";
import { commentFields, lookUpAs } from "./lookup.ts";
import { saidOfNode, type Told } from "./said.ts";
import { node } from "./shapes.ts";

const ofPost = "id,message,from,created_time,full_picture,is_hidden";

/**
 * How do these posts and comments stand now? Graph tells no hour of an edit or a removal: it is told as of now. Each is asked
 * for alone, because Graph refuses a list of ids for one that is gone. Asked after the feed was read: that what is missing
 * is gone, and not the right to see it, is known by that; of a comment, by the post that is still there. Of what stands on
 * other people's pages, where the Page was only named, Graph may show nothing at any time: no absence tells of it.
 */
export const lookAgain = async (
  ask: Caller,
  posts: readonly PostRef[],
  told: Told,
  kit: Kit,
): Promise<readonly (Said | Gone)[]> => {
  const { account, now } = told;
  const second = Math.floor(now / 1_000);
  const goneOf = (post: PostRef, how: Gone["how"]): Gone => ({
    as: "gone",
    key: keyOf.event(accountName(account), how, post.id, ...(how === "deleted" ? [] : [second])),
    at: now,
    source: told.source,
    entry: keyOf.entry(account, "post", post.id),
    post,
    how,
  });
  const stands = new Map<string, Promise<boolean>>();
  /** Is this one of our Page's posts, and there? */
  const isThere = (id: string): Promise<boolean> => {
    const asked =
      stands.get(id) ??
      lookUpAs(ask, { account, path: id, bucket: "pages", fields: { fields: "id" } }, node, kit).then(
        () => true,
        (thrown: unknown) => {
          const error = BridgeError.from(thrown, "facebook");
          if (error.fault === "missing" || error.fault === "forbidden" || error.fault === "invalid") return false;
          throw error;
        },
      );
    stands.set(id, asked);
    return asked;
  };
  const found: (Said | Gone)[] = [];
  let refused: BridgeError | undefined;
  for (const post of posts) {
    const under = isPost(post) ? undefined : `${account.id}_${post.id.split("_")[0]}`;
    const fields = under === undefined ? ofPost : `${commentFields},is_hidden`;
    const question = { account, path: plainId(post), bucket: "pages" as const, fields: { fields } };
    try {
      const read = await lookUpAs(ask, question, node, kit);
      // Nobody's words are made of nothing: Graph leaves out what the app may not see.
      const shown = [read.message, read.attachment, read.full_picture].some((one) => one !== undefined && one !== "");
      // The version of a delivery is the second of the edit; that of a look is its own, which is later.
      if (shown) found.push(saidOfNode(read, under, told, second));
      found.push(goneOf(post, read.is_hidden === true ? "hidden" : "shown"));
    } catch (thrown) {
      const error = BridgeError.from(thrown, "facebook");
      if (error.fault === "missing") {
        if (under === undefined || (await isThere(under))) found.push(goneOf(post, "deleted"));
      } else if (error.fault === "forbidden" || error.fault === "invalid") refused ??= error;
      else throw error;
    }
  }
  // One that is refused keeps nobody from looking at the rest; where all are, it is the right to look that is gone.
  if (refused !== undefined && found.length === 0) throw refused;
  return found;
};
