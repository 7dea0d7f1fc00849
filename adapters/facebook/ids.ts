import {
  type AccountRef,
  addressAt,
  BridgeError,
  type PersonaRef,
  type PostRef,
  type ThreadRef,
} from "casethread/adapter";

// Posts are "page_post", comments "post_comment" (developers.facebook.com/docs/graph-api/reference/comment); persons, Pages
// and apps are numbers.
const whole = /^\d{1,25}(?:_\d{1,25}){0,2}$/;

/** An id that may stand in a request's path: nothing in it can lead elsewhere. */
export const plainId = (of: PostRef | PersonaRef | ThreadRef): string => {
  if (whole.test(of.id)) return of.id;
  throw new BridgeError("an id of Facebook is made of digits, and this one is not: it belongs to another network.", {
    fault: "invalid",
    adapter: "facebook",
    landed: "no",
  });
};

/** Is it a post of the Page's feed, and not a comment? */
export const isPost = (post: PostRef): boolean => post.id.startsWith(`${post.account.id}_`);

/**
 * The page of a post or comment. Facebook leads from it to the address with the Page's name. `root`: the post that it is, or
 * is under, where that may be another's than the Page's own.
 */
export const postUrl = (account: AccountRef, id: string, root?: string): string => {
  const [first = "", second] = id.split("_");
  if (second === undefined) return `https://www.facebook.com/${first}`;
  if (first === account.id || id === root) return `https://www.facebook.com/${first}/posts/${second}`;
  const [owner = account.id, post = first] = root?.includes("_") === true ? root.split("_") : [];
  return `https://www.facebook.com/${owner}/posts/${post}?comment_id=${second}`;
};

/** Where people at the brand read the Page's messages. Facebook documents no address of one thread. */
export const inboxUrl = (account: AccountRef): string =>
  `https://business.facebook.com/latest/inbox/messenger?asset_id=${account.id}`;

const hosts: ReadonlySet<string> = new Set(["facebook.com", "www.facebook.com", "m.facebook.com", "web.facebook.com"]);

/** A link that Meta has told, where it leads to Facebook. */
export const linkOf = (told = ""): string | undefined =>
  addressAt(told, ["facebook.com"]) === undefined ? undefined : told;

/** The ids of the post or comment behind a link to Facebook, as an account with this id knows it. */
export const postIdOf = (url: URL, page: string): string | undefined => {
  if (!hosts.has(url.hostname.toLowerCase())) return undefined;
  const { pathname: path, searchParams: asked } = url;
  const post =
    /^\/[^/]+\/(?:posts|photos|videos)\/(?:[^/]*?[/-])?(\d{5,25})(?:\/|$)/.exec(path)?.[1] ??
    (/^\/(?:permalink|story)\.php$/.test(path) ? asked.get("story_fbid") : undefined) ??
    /^\/\d{5,25}_(\d{5,25})(?:\/|$)/.exec(path)?.[1];
  if (post === undefined || !/^\d+$/.test(post)) return undefined;
  // A reply's link names both: the reply is what was meant.
  const comment = asked.get("reply_comment_id") ?? asked.get("comment_id");
  if (comment !== null && /^\d{5,25}$/.test(comment)) return `${post}_${comment}`;
  return `${page}_${post}`;
};
