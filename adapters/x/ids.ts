import { type AccountRef, BridgeError, type PersonaRef, type PostRef, type ThreadRef } from "casethread/adapter";

// X's ids are "snowflakes": bits 22 and up are ms since this moment (docs.x.com/x-api/fundamentals/x-ids).
const epoch = 1_288_834_974_657;

/** When the thing with this id was made. Undefined for ids from before snowflakes (November 2010). */
export const madeAt = (id: string): number | undefined => {
  const ms = Number(BigInt(id) >> 22n);
  return ms > 0 ? ms + epoch : undefined;
};

/** The smallest id that something made at this moment could have; "1" before snowflakes. */
export const idAt = (at: number): string => (at > epoch ? String(BigInt(Math.floor(at - epoch)) << 22n) : "1");

/** Orders ids as numbers: text would put "9" after "10". */
export const byId = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** The newest of some ids. */
export const newestOf = (ids: readonly (string | undefined)[]): string | undefined =>
  ids.reduce((best, id) => (id !== undefined && (best === undefined || byId(id, best) > 0) ? id : best), undefined);

/** The one-to-one thread of an account with a person, as X names it: both ids, the smaller first. */
export const threadWith = (account: AccountRef, person: string): ThreadRef => ({
  account,
  id: [account.id, person].toSorted(byId).join("-"),
});

/** The page of a post, whoever wrote it. */
export const postUrl = (id: string): string => `https://x.com/i/status/${id}`;

/** An id that may stand in a request's path. */
export const numeric = (of: PostRef | PersonaRef): string => {
  if (/^\d{1,19}$/.test(of.id)) return of.id;
  throw new BridgeError("an id of X has up to 19 digits, and this one does not: it belongs to another network.", {
    fault: "invalid",
    adapter: "x",
    landed: "no",
  });
};

const hosts: ReadonlySet<string> = new Set(
  ["x.com", "twitter.com"].flatMap((host) => [host, `www.${host}`, `mobile.${host}`]),
);

/** The id of the post behind a link to X. */
export const postIdOf = (url: URL): string | undefined => {
  if (!hosts.has(url.hostname.toLowerCase())) return undefined;
  return /^\/(?:i(?:\/web)?|\w{1,15})\/status(?:es)?\/(\d{1,19})(?:\/|$)/.exec(url.pathname)?.[1];
};
