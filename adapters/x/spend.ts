import { BridgeError, type FromChannel, type Kit, type Spending } from "casethread/adapter";
import type { XCall } from "./client.ts";
import { costOf, type Read, type XPrices } from "./prices.ts";

/** Counts what X bills, over all processes, and keeps to the budget of a day. */
export interface Spend {
  /**
   * May this be paid for? Over the budget a catch-up is made every quarter of an hour only, of each account; a quarter over
   * it catching up stops for the day, and half over it acts wait as well. Looks for words that may have landed are never
   * put off.
   *
   * @throws BridgeError `throttled`, with the hour to come again.
   */
  allow(what: "catch-up" | "act", account: string, kit: Kit): Promise<void>;
  /** X answered, and bills it. */
  billed(call: XCall, data: unknown, kit: Kit): Promise<void>;
  /** X delivered something, and bills it: a post, a private message of somebody else. */
  delivered(events: readonly FromChannel[], now: number): void;
  /** What this day has cost so far. */
  today(kit: Kit): Promise<Spending>;
}

const dayMs = 86_400_000;
const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);
// Each writing is a commit: what is not written down when a process dies is a few cents.
const writeEveryMs = 5_000;
const slowMs = 900_000;
const mostIds = 200_000;
const mostTries = 8;

const usdIn = (text: string | undefined): number => Number(text ?? 0) || 0;

/** Makes a meter that has seen nothing. What is delivered to accounts with a contract costs nothing. */
export const createSpend = (
  prices: XPrices,
  budget: number | undefined,
  contracts: ReadonlySet<string> = new Set(),
): Spend => {
  let day = "";
  // Written down by all processes, as far as is known; and what this one has not written down yet.
  let known = 0;
  let owed = 0;
  let writtenAt = Number.NEGATIVE_INFINITY;
  const slowedUntil = new Map<string, number>();
  const read = new Set<string>();

  /** A new day begins with nothing but what the old one still owed. */
  const turn = (now: number): void => {
    if (dayOf(now) === day) return;
    [day, known, writtenAt] = [dayOf(now), 0, Number.NEGATIVE_INFINITY];
    read.clear();
  };
  const write = async (kit: Kit): Promise<void> => {
    const now = kit.now();
    turn(now);
    if (now - writtenAt < writeEveryMs) return;
    writtenAt = now;
    const note = kit.note(`spend/${day}`);
    for (let tries = 0; tries < mostTries; tries++) {
      const before = await note.read();
      known = usdIn(before);
      const adding = owed;
      if (adding === 0) return;
      const after = Math.round((known + adding) * 1e6) / 1e6;
      if (!(await note.swap(before, String(after)))) continue;
      known = after;
      owed -= adding;
      return;
    }
  };
  const once = ({ id }: Read): boolean => {
    if (read.has(id)) return false;
    if (read.size < mostIds) read.add(id);
    return true;
  };
  const wait = (retryAt: number, say: string): BridgeError =>
    new BridgeError(say, { fault: "throttled", adapter: "x", landed: "no", retryAt });

  return {
    allow: async (what, account, kit) => {
      if (budget === undefined) return;
      await write(kit);
      const [now, share] = [kit.now(), (known + owed) / budget];
      if (share < 1) return;
      const tomorrow = (Math.floor(now / dayMs) + 1) * dayMs;
      if (what === "act") {
        if (share < 1.5) return;
        throw wait(tomorrow, "the day's budget for X is used up by half more: acts wait. Raise budgetUsdPerDay.");
      }
      if (share >= 1.25)
        throw wait(tomorrow, "the day's budget for X is used up by a quarter more: catching up waits.");
      const until = slowedUntil.get(account) ?? 0;
      if (now < until) throw wait(until, "the day's budget for X is used up: catching up is slowed.");
      slowedUntil.set(account, now + slowMs);
    },
    billed: async (call, data, kit) => {
      turn(kit.now());
      const cost = costOf(call, data, prices);
      owed += cost.usd + cost.reads.filter(once).reduce((sum, { usd }) => sum + usd, 0);
      await write(kit);
    },
    delivered: (events, now) => {
      turn(now);
      for (const event of events) {
        if (
          event.as !== "said" ||
          contracts.has(event.by.account.id) ||
          (event.side === "private" && event.actor.kind === "brand")
        )
          continue;
        const usd = event.side === "public" ? prices.readPost : prices.readMessage;
        const id = event.side === "public" ? `post/${event.post?.id}` : `message/${event.message}`;
        owed += [{ id, usd }].filter(once).reduce((sum, one) => sum + one.usd, 0);
      }
    },
    today: async (kit) => {
      writtenAt = Number.NEGATIVE_INFINITY;
      await write(kit);
      return {
        day,
        usd: Math.round((known + owed) * 1e6) / 1e6,
        ...(budget === undefined ? {} : { budgetUsd: budget }),
      };
    },
  };
};
