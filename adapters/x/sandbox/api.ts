import twitterText from "twitter-text";
import { z } from "zod";
import { type Answer, notAuthorized, notFound, odd, refusals } from "./problems.ts";
import { filesJson, letterJson, postJson, threadId, userJson } from "./render.ts";
import { countedAll, isArchive, theApp, within } from "./archive.ts";
import type { Files } from "./media.ts";
import { search } from "./search.ts";
import { type Letter, madeAt, type Post, type User, type World } from "./world.ts";

/** An act on the network that was accepted, and what it changed. */
export interface Done {
  readonly answer: Answer;
  readonly posted?: Post;
  readonly removed?: Post;
  readonly wrote?: Letter;
}

/** A request of an account, read. */
export interface Asked {
  readonly by: User;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Rules {
  readonly now: () => number;
  readonly implicitSummons: boolean;
  readonly files: Files;
}

const digits = z.string().regex(/^\d{1,19}$/);
// X refuses fields it does not know (OpenAPI 2.167: additionalProperties false).
const tweet = z.strictObject({
  text: z.string().min(1).optional(),
  media: z.strictObject({ media_ids: z.array(digits).min(1).max(4) }).optional(),
  reply: z
    .strictObject({ in_reply_to_tweet_id: digits, exclude_reply_user_ids: z.array(digits).optional() })
    .optional(),
  quote_tweet_id: digits.optional(),
  direct_message_deep_link: z
    .string()
    .regex(/^https:\/\/(?:x|twitter)\.com\/messages\/compose\?/)
    .optional(),
});
const text = z.strictObject({
  text: z.string().min(1).max(10_000).optional(),
  attachments: z
    .array(z.strictObject({ media_id: digits }))
    .length(1)
    .optional(),
});
const hidden = z.strictObject({ hidden: z.boolean() });

const day = 86_400_000;

const ok = (body: object, status = 200): Done => ({ answer: { status, body } });
const no = (answer: Answer): Done => ({ answer });

/** Was the account called on? Enterprise apps need not be (docs.x.com/x-api/posts/manage-tweets/integrate). */
const summoned = (under: Post, by: User, world: World, rules: Rules): boolean =>
  by.tier === "enterprise" ||
  under.by === by.id ||
  under.mentions.some(({ id, explicit }) => id === by.id && (explicit || rules.implicitSummons)) ||
  (under.quote !== undefined && world.posts.get(under.quote)?.by === by.id);

const createPost = ({ by, body }: Asked, world: World, rules: Rules): Done => {
  const read = tweet.safeParse(body);
  if (!read.success) return no(odd(read.error.issues[0]?.path.join(".") || "body"));
  const { text: words = "", media, reply, quote_tweet_id: quoted, direct_message_deep_link: deepLink } = read.data;
  const unfit = media === undefined ? undefined : rules.files.use(media.media_ids, by.id, "tweet");
  if (unfit !== undefined) return no(unfit);
  if (words === "" && media === undefined) return no(odd("text"));
  const under = reply === undefined ? undefined : world.posts.get(reply.in_reply_to_tweet_id);
  if (reply !== undefined && under === undefined) return no(refusals.badReply);
  if (under?.gone === true) return no(refusals.deleted);
  if (words !== "" && !twitterText.parseTweet(words).valid) return no(refusals.tooLong);
  if (under !== undefined && !summoned(under, by, world, rules)) return no(refusals.notSummoned);
  const since = rules.now() - day;
  const again = world
    .postsBy(by.id)
    .findLast(
      (one) =>
        one.gone !== true &&
        one.media === undefined &&
        media === undefined &&
        one.replyTo === under?.id &&
        one.text.slice(one.lead).replace(` ${one.deepLink}`, "") === words,
    );
  if (again !== undefined && again.at > since) return no(refusals.duplicate);
  const quote = quoted === undefined ? undefined : world.posts.get(quoted);
  const posted = world.post({
    by,
    text: words,
    replyTo: under,
    quote,
    deepLink,
    media: media?.media_ids,
    viaApi: true,
  });
  const data = { id: posted.id, text: words, edit_history_tweet_ids: posted.history };
  return { answer: { status: 201, body: { data } }, posted };
};

const removePost = ({ by }: Asked, world: World, id: string): Done => {
  const post = world.posts.get(id);
  if (post === undefined || post.gone === true) return no({ ...notFound("tweet", id), status: 404 });
  if (post.by !== by.id) return no(refusals.notYours);
  return { answer: { status: 200, body: { data: { deleted: true } } }, removed: world.change(post, { gone: true }) };
};

/** Only answers in a conversation the account began (docs.x.com/x-api/posts/hide-replies/introduction). */
const hidePost = ({ by, body }: Asked, world: World, id: string): Done => {
  const read = hidden.safeParse(body);
  const post = world.posts.get(id);
  if (!read.success) return no(odd("hidden"));
  if (post === undefined || post.gone === true) return no({ ...notFound("tweet", id), status: 404 });
  if (world.posts.get(post.conversation)?.by !== by.id || post.conversation === id) return no(refusals.notYours);
  world.change(post, { hidden: read.data.hidden });
  return ok({ data: { hidden: read.data.hidden } });
};

const createMessage = ({ by, body }: Asked, world: World, to: string, rules: Rules): Done => {
  const read = text.safeParse(body);
  const user = world.users.get(to);
  if (!read.success) return no(odd("text"));
  if (user === undefined || !world.mayWrite(by, user)) return no(refusals.noMessages);
  const [file] = read.data.attachments ?? [];
  const unfit = file === undefined ? undefined : rules.files.use([file.media_id], by.id, "dm");
  if (unfit !== undefined) return no(unfit);
  const { text: words = "" } = read.data;
  if (words === "" && file === undefined) return no(odd("text"));
  const along = file === undefined ? {} : { picture: file.media_id };
  const wrote = world.letter(by, user, { text: words, viaApi: true, ...along });
  const data = { dm_conversation_id: threadId(by.id, to), dm_event_id: wrote.id };
  return { answer: { status: 201, body: { data } }, wrote };
};

interface Listed {
  readonly id: string;
  readonly by?: string;
  readonly from?: string;
  readonly media?: readonly string[];
  readonly picture?: string;
  readonly shownAt: number;
}

/** A page of what the index shows, newest first; the token is the id to go on before. */
const page = <T extends Listed>(
  all: readonly T[],
  { query }: Asked,
  rules: Rules,
): { readonly items: readonly T[]; readonly next?: string } => {
  const since = BigInt(query.get("since_id") ?? 0);
  const before = query.get("pagination_token")?.replace(/^p+/, "");
  const size = Math.min(100, Math.max(1, Number(query.get("max_results") ?? 100)));
  const items: T[] = [];
  for (let at = all.length - 1; at >= 0 && items.length <= size; at--) {
    const one = all[at];
    if (one === undefined || BigInt(one.id) <= since) break;
    if (one.shownAt <= rules.now() && (before === undefined || BigInt(one.id) < BigInt(before))) items.push(one);
  }
  // X's tokens have 16 characters at least.
  const last = items[size - 1];
  return {
    items: items.slice(0, size),
    ...(items.length > size && last !== undefined ? { next: last.id.padStart(19, "p") } : {}),
  };
};

const whole = (
  asked: Asked,
  items: readonly Listed[],
  next: string | undefined,
  world: World,
  rendered: readonly object[],
): Done => {
  const { query, by } = asked;
  const fields = query.get("user.fields")?.split(",");
  const expands = query
    .get("expansions")
    ?.split(",")
    .some((one) => one === "author_id" || one === "sender_id");
  const files = query.get("expansions")?.includes("media_keys") === true ? filesJson(items) : [];
  const ids = [...new Set(items.map((one) => one.by ?? one.from ?? ""))];
  const users = ids.flatMap((id) => world.users.get(id) ?? []).map((user) => userJson(user, fields, { world, by }));
  const includes = {
    ...(expands === true && users.length > 0 ? { users } : {}),
    ...(files.length === 0 ? {} : { media: files }),
  };
  return ok({
    ...(items.length === 0 ? {} : { data: rendered }),
    ...(Object.keys(includes).length === 0 ? {} : { includes }),
    meta: {
      result_count: items.length,
      ...(items.length === 0 ? {} : { newest_id: items[0]?.id, oldest_id: items.at(-1)?.id }),
      ...(next === undefined ? {} : { next_token: next }),
    },
  });
};

const timeline = (asked: Asked, all: readonly Post[], world: World, rules: Rules): Done => {
  if (Number(asked.query.get("max_results") ?? 10) < 5) return no(odd("max_results"));
  // Of an edited post the newest version only.
  const standing = all.filter(({ id, gone, history }) => gone !== true && history.at(-1) === id);
  const { items, next } = page(standing, asked, rules);
  return whole(
    asked,
    items,
    next,
    world,
    items.map((post) => postJson(post, world)),
  );
};

const searchDays = 7;
const mostLetters = 512;

const searched = (asked: Asked, world: World, rules: Rules): Done => {
  const query = asked.query.get("query") ?? "";
  const found = query.length > mostLetters && asked.by.tier !== "enterprise" ? undefined : search(query, world);
  if (found === undefined) return no(odd("query"));
  if (Number(asked.query.get("max_results") ?? 10) < 10) return no(odd("max_results"));
  const archive = isArchive(asked.path);
  if (archive && asked.by !== theApp) return no(refusals.unauthorized);
  const oldest = archive ? 0 : rules.now() - searchDays * day;
  const since = asked.query.get("since_id");
  if (since !== null && madeAt(since) < oldest) return no(odd("since_id"));
  return timeline(
    asked,
    within(asked.query, found).filter(({ at }) => at >= oldest),
    world,
    rules,
  );
};

const messages = (asked: Asked, all: readonly Letter[], world: World, rules: Rules): Done => {
  const { items, next } = page(all, asked, rules);
  return whole(asked, items, next, world, items.map(letterJson));
};

const lookUp = (asked: Asked, world: World, id: string): Done => {
  const post = world.posts.get(id);
  if (post === undefined || post.gone === true) return no(notFound("tweet", id));
  if (world.users.get(post.by)?.hidden === true) return no(notAuthorized(id));
  const author = world.users.get(post.by);
  const fields = asked.query.get("user.fields")?.split(",");
  const users = author === undefined ? [] : [userJson(author, fields, { world, by: asked.by })];
  const expands = asked.query.get("expansions")?.includes("author_id") === true;
  return ok({ data: postJson(post, world), ...(expands ? { includes: { users } } : {}) });
};

/** Several posts at once: those that are there, and a problem for each of the others. */
const lookUpAll = (asked: Asked, world: World): Done => {
  const each = (asked.query.get("ids") ?? "").split(",").map((id) => lookUp(asked, world, id).answer.body);
  const data = each.flatMap((body) => ("data" in body ? [body.data] : []));
  const errors = each.flatMap((body) => ("errors" in body ? (body.errors as object[]) : []));
  const users = each.flatMap((body) => ("includes" in body ? (body.includes as { users: object[] }).users : []));
  const unique = [...new Map(users.map((user) => [JSON.stringify(user), user])).values()];
  return ok({
    ...(data.length === 0 ? {} : { data }),
    ...(unique.length === 0 ? {} : { includes: { users: unique } }),
    ...(errors.length === 0 ? {} : { errors }),
  });
};

/** Does what an account asks of the API. */
export const answer = (asked: Asked, world: World, rules: Rules): Done => {
  const { method, path, by } = asked;
  const [, about = "", id = "", what = ""] = /^\/2\/([a-z_]+)(?:\/(?:with\/)?(\w+))?(?:\/(\w+))?$/.exec(path) ?? [];
  if (path === "/2/tweets/search/recent" || path === "/2/tweets/search/all") return searched(asked, world, rules);
  if (path === "/2/tweets/counts/all") return { answer: countedAll(asked, world, rules.now()) };
  if (about === "tweets") {
    if (method === "POST" && id === "") return createPost(asked, world, rules);
    if (method === "DELETE") return removePost(asked, world, id);
    if (method === "PUT" && what === "hidden") return hidePost(asked, world, id);
    if (method === "GET") return id === "" ? lookUpAll(asked, world) : lookUp(asked, world, id);
  }
  if (about === "users" && method === "GET") {
    const user = id === "me" ? by : world.users.get(id);
    if (what === "tweets") return timeline(asked, world.postsBy(id), world, rules);
    if (what === "mentions") return timeline(asked, world.mentionsOf(id), world, rules);
    const fields = asked.query.get("user.fields")?.split(",");
    return user === undefined ? no(notFound("user", id)) : ok({ data: userJson(user, fields, { world, by }) });
  }
  if (about === "dm_events" && method === "GET") return messages(asked, world.lettersOf(by.id), world, rules);
  if (about === "dm_conversations") {
    if (method === "POST" && what === "messages") return createMessage(asked, world, id, rules);
    if (method === "GET" && what === "dm_events") {
      return messages(
        asked,
        world.lettersOf(by.id).filter(({ from, to }) => from === id || to === id),
        world,
        rules,
      );
    }
  }
  return no(refusals.noRoute);
};
