import type { AccountRef, Capacity, ChannelDeed } from "casethread/adapter";
import type { RateLimit, XCall } from "./client.ts";

/** What X counts by itself, per account and 15 minutes. */
export type Endpoint =
  | "posts"
  | "dms"
  | "hides"
  | "deletes"
  | "looks"
  | "search"
  | "mentions"
  | "timeline"
  | "dm-reads"
  | "uploads"
  | "setup";

// docs.x.com/x-api/fundamentals/rate-limits, 2026-08, per user and 15 minutes. Another page says 200 posts: the smaller
// is the safer. A look reads a post and a person.
const table: readonly (readonly [RegExp, Endpoint, number])[] = [
  [/^post tweets$/, "posts", 100],
  [/^post dm_conversations\//, "dms", 15],
  [/^put tweets\//, "hides", 50],
  [/^delete tweets\//, "deletes", 50],
  [/^get tweets\/search\//, "search", 300],
  [/^get users\/\d+\/mentions$/, "mentions", 300],
  [/^get users\/\d+\/tweets$/, "timeline", 900],
  [/^get dm_(?:events|conversations)/, "dm-reads", 15],
  [/^get (?:tweets|users)/, "looks", 900],
];
const documented: Readonly<Record<Endpoint, number>> = {
  ...(Object.fromEntries(table.map(([, name, limit]) => [name, limit])) as Record<Endpoint, number>),
  // X's page names none: its headers do.
  uploads: 180,
  setup: 450,
};

/** Which of X's counters a call is on. */
const endpointOf = ({ method, path }: Pick<XCall, "method" | "path">): Endpoint =>
  path.startsWith("media/") ? "uploads" : (table.find(([shape]) => shape.test(`${method} ${path}`))?.[1] ?? "setup");

const endpointOfAct: Readonly<Record<ChannelDeed, Endpoint>> = {
  reply: "posts",
  like: "posts",
  message: "dms",
  privateReply: "dms",
  control: "dms",
  hide: "hides",
  retract: "deletes",
  look: "looks",
};

/** The bucket that an act is counted in: X limits each endpoint by itself. */
export const bucketName = (account: AccountRef, act: ChannelDeed): string => `x/${account.id}/${endpointOfAct[act]}`;

const windowMs = 900_000;
// Of 15 reads of private messages in 15 minutes some are for words whose outcome is unknown, and for marks: a catch-up
// that took the last one would leave an answer in doubt for a quarter of an hour.
const kept: Readonly<Partial<Record<NonNullable<XCall["purpose"]>, number>>> = { "catch-up": 6, mark: 3 };

interface Window {
  readonly limit: number;
  readonly left: number;
  readonly resetsAt: number;
  readonly lastAct: number;
}

/** What the headers of X's answers said last, per account and endpoint. */
export interface Gauge {
  note(call: XCall, limit: RateLimit | undefined, now: number): void;
  /** X said "too much": nothing is left until then. */
  spent(call: XCall, resetsAt: number): void;
  /**
   * Not before this; undefined: now. The first half of a window is for whoever comes; what is left is spread over the rest
   * of it, so that something urgent finds room until its end.
   */
  closedUntil(call: XCall, now: number): number | undefined;
  capacity(account: AccountRef, act: ChannelDeed, now: number): Capacity;
}

/** Makes a gauge that has seen nothing: until it has, what X documents counts. */
export const createGauge = (): Gauge => {
  const seen = new Map<string, Window>();
  const keyOf = (account: string, endpoint: Endpoint): string => `${account}/${endpoint}`;
  const at = (call: XCall): string => keyOf(call.account.id, endpointOf(call));
  return {
    note: (call, limit, now) => {
      if (limit === undefined) return;
      const windows = [limit, limit.day, limit.userDay].flatMap((one) => (one === undefined ? [] : [one]));
      const tightest = windows.sort((a, b) => a.remaining - b.remaining)[0] ?? limit;
      const { limit: all, remaining: left, reset } = tightest;
      seen.set(at(call), { limit: all, left, resetsAt: reset * 1_000, lastAct: now });
    },
    spent: (call, resetsAt) => void seen.set(at(call), { limit: 1, left: 0, resetsAt, lastAct: 0 }),
    closedUntil: (call, now) => {
      const last = seen.get(at(call));
      if (last === undefined || last.resetsAt <= now) return undefined;
      const reserve = call.purpose === undefined || endpointOf(call) !== "dm-reads" ? 0 : (kept[call.purpose] ?? 0);
      if (last.left <= reserve) return last.resetsAt;
      if (!call.acts || last.left * 2 > last.limit) return undefined;
      const next = last.lastAct + Math.floor((last.resetsAt - last.lastAct) / (last.left + 1));
      return next > now ? next : undefined;
    },
    capacity: (account, act, now) => {
      const last = seen.get(keyOf(account.id, endpointOfAct[act]));
      if (last !== undefined && last.resetsAt > now) return { left: last.left, resetsAt: last.resetsAt };
      return { left: documented[endpointOfAct[act]], resetsAt: now + windowMs };
    },
  };
};
