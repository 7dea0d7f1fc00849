import type { Waiting } from "casethread/adapter";
import type { XAccount } from "./options.ts";

/** A list that X is asked for. */
export interface Question {
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

// docs.x.com/x-api/posts/search/integrate/build-a-query, 2026-08: letters in one query, by access.
const longest = ({ tier }: XAccount): number => (tier === "enterprise" ? 4_096 : 512);
const joined = (terms: readonly string[]): string => `(${terms.join(" OR ")}) -is:retweet`;

/** As many terms in each query as it holds, with what stands behind them. */
const packed = (terms: readonly string[], most: number, behind = ""): readonly string[] => {
  const whole = (some: readonly string[]): string => joined(some) + behind;
  const queries: string[][] = [[]];
  for (const one of terms) {
    const last = queries.at(-1) ?? [];
    if (last.length > 0 && whole([...last, one]).length > most) queries.push([one]);
    else last.push(one);
  }
  return queries.map(whole);
};

/** Everything that is addressed to an account, in one search: what answers it and what names it. None for one whose handle is not known. */
export const addressedQuery = ({ id, handle }: XAccount): string | undefined =>
  handle === undefined ? undefined : joined([`to:${id}`, `@${handle}`]);

/** Everything that was said to an account, and what it said itself, in one search. */
export const wholeQuery = ({ id, handle }: XAccount): string =>
  joined([`to:${id}`, ...(handle === undefined ? [] : [`@${handle}`]), `from:${id}`]);

/** What those who are waited for said in their threads, many to a query. */
export const waitingQueries = (account: XAccount, waiting: readonly Waiting[]): readonly string[] => {
  const known = waiting.filter(({ root, by }) => [root.id, by.id].every((id) => /^\d{1,19}$/.test(id)));
  const terms = new Set(known.map(({ root, by }) => `(conversation_id:${root.id} from:${by.id})`));
  return terms.size === 0 ? [] : packed([...terms], longest(account));
};

const term = (keyword: string): string => (/^[\p{L}\p{N}]+$/u.test(keyword) ? keyword : `"${keyword}"`);

// docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule, 2026-08.
const longestRule = 1_024;

/** What an account listens for, without what is addressed to it or said by it: as searches, or as rules of a stream. */
export const keywordQueries = (account: XAccount, as: "search" | "rule" = "search"): readonly string[] => {
  const { id, handle, keywords = [] } = account;
  if (keywords.length === 0) return [];
  const others = [`-from:${id}`, `-to:${id}`, ...(handle === undefined ? [] : [`-@${handle}`])];
  return packed(keywords.map(term), as === "rule" ? longestRule : longest(account), ` ${others.join(" ")}`);
};
