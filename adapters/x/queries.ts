import type { PostRef } from "casethread/adapter";
import type { XAccount } from "./options.ts";

/** A list that X is asked for. */
export interface Question {
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

// docs.x.com/x-api/posts/search/integrate/build-a-query, 2026-08: letters in one query, by access.
const longest = ({ tier }: XAccount): number => (tier === "enterprise" ? 4_096 : 512);
// 300 searches in 15 minutes: of a pass a minute, each may ask so many.
const mostQueries = 15;

const joined = (terms: readonly string[]): string => `(${terms.join(" OR ")}) -is:retweet`;

/** As many terms in each query as it holds. */
const packed = (terms: readonly string[], most: number): readonly string[] => {
  const queries: string[][] = [[]];
  for (const term of terms) {
    const last = queries.at(-1) ?? [];
    if (last.length > 0 && joined([...last, term]).length > most) queries.push([term]);
    else last.push(term);
  }
  return queries.map(joined);
};

/**
 * Everything that is addressed to an account, in one search: what answers it and what names it; and all that is said in
 * the threads where somebody waits, many to a query. None for an account whose handle is not known.
 */
export const addressedQueries = (account: XAccount, threads: readonly PostRef[]): readonly string[] => {
  if (account.handle === undefined) return [];
  const own = [`to:${account.id}`, `@${account.handle}`];
  const waiting = [...new Set(threads.map(({ id }) => id))].filter((id) => /^\d{1,19}$/.test(id));
  const terms = [...own, ...waiting.map((id) => `conversation_id:${id}`)];
  return packed(terms, longest(account)).slice(0, mostQueries);
};

const term = (keyword: string): string => (/^[\p{L}\p{N}]+$/u.test(keyword) ? keyword : `"${keyword}"`);

/** What an account listens for, without what is addressed to it or said by it. */
export const keywordQuery = (account: XAccount): string => {
  const { id, handle, keywords = [] } = account;
  const others = [`-from:${id}`, `-to:${id}`, ...(handle === undefined ? [] : [`-@${handle}`])];
  return `${joined(keywords.map(term))} ${others.join(" ")}`;
};
