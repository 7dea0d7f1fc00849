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

/** Everything that is addressed to an account, in one search: what answers it and what names it. None for one whose handle is not known. */
export const addressedQuery = ({ id, handle }: XAccount): string | undefined =>
  handle === undefined ? undefined : joined([`to:${id}`, `@${handle}`]);

/** What those who are waited for said in their threads, many to a query. */
export const waitingQueries = (account: XAccount, waiting: readonly Waiting[]): readonly string[] => {
  const known = waiting.filter(({ root, by }) => [root.id, by.id].every((id) => /^\d{1,19}$/.test(id)));
  const terms = new Set(known.map(({ root, by }) => `(conversation_id:${root.id} from:${by.id})`));
  return terms.size === 0 ? [] : packed([...terms], longest(account));
};

const term = (keyword: string): string => (/^[\p{L}\p{N}]+$/u.test(keyword) ? keyword : `"${keyword}"`);

/** What an account listens for, without what is addressed to it or said by it. */
export const keywordQuery = (account: XAccount): string => {
  const { id, handle, keywords = [] } = account;
  const others = [`-from:${id}`, `-to:${id}`, ...(handle === undefined ? [] : [`-@${handle}`])];
  return `${joined(keywords.map(term))} ${others.join(" ")}`;
};
