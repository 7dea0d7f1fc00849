import { type Answer, odd, refusals } from "./problems.ts";
import { search } from "./search.ts";
import type { Post, User, World } from "./world.ts";

const day = 86_400_000;

/** Who asks, where the app itself does. */
export const theApp: User = { id: "app", handle: "app", name: "app", followers: 0, acceptsMessages: false };

/** Is it the archive's, which the app alone may search? (docs.x.com/x-api/posts/search/quickstart/full-archive-search) */
export const isArchive = (path: string): boolean => /^\/2\/tweets\/(?:search|counts)\/all$/.test(path);

/** Of these posts the ones inside the times that are asked for. */
export const within = (query: URLSearchParams, posts: readonly Post[]): readonly Post[] => {
  const moment = (name: string, otherwise: number): number => Date.parse(query.get(name) ?? "") || otherwise;
  const [from, to] = [moment("start_time", 0), moment("end_time", Number.POSITIVE_INFINITY)];
  return posts.filter(({ at }) => at >= from && at < to);
};

/** How many posts a search of the archive would find, by day: those of a month in one answer. */
export const countedAll = (
  { by, query }: { readonly by: User; readonly query: URLSearchParams },
  world: World,
  now: number,
): Answer => {
  if (by !== theApp) return refusals.unauthorized;
  const found = search(query.get("query") ?? "", world);
  if (found === undefined) return odd("query");
  const start = Math.floor(Date.parse(query.get("start_time") ?? "") / day) * day;
  const end = Date.parse(query.get("end_time") ?? "");
  if (!(start < end) || end > now - 10_000) return odd("end_time");
  const first = Number(query.get("next_token") ?? start);
  const last = Math.min(end, first + 31 * day);
  const posts = within(query, found).filter(({ gone }) => gone !== true);
  const data = Array.from({ length: Math.ceil((last - first) / day) }, (_, n) => {
    const [from, to] = [first + n * day, first + (n + 1) * day];
    const count = posts.filter(({ at }) => at >= from && at < to).length;
    return { start: new Date(from).toISOString(), end: new Date(to).toISOString(), tweet_count: count };
  });
  const total = data.reduce((sum, { tweet_count: count }) => sum + count, 0);
  return {
    status: 200,
    body: { data, meta: { total_tweet_count: total, ...(last < end ? { next_token: String(last) } : {}) } },
  };
};
