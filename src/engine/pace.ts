import type { Capacity } from "../core/contracts/channel.ts";
import type { Clock } from "../core/contracts/clock.ts";
import type { Store } from "../core/contracts/store.ts";
import type { Instant } from "../core/words/ref.ts";

/** Leave to act, counted in the shared buckets of vendors: all that work one store keep one account's limits together. */
export interface Pace {
  /** Takes leave for one act. Undefined: it may go now; otherwise not before this. */
  take(bucket: string, capacity: () => Promise<Capacity>): Promise<Instant | undefined>;
  /** The act did not go: its leave is there for the next one. */
  giveBack(bucket: string): void;
  /** A vendor closed it: one 429 speaks for all that share the bucket, in every process. */
  close(bucket: string, until: Instant): Promise<void>;
}

/** A bucket in its window: how much it holds, as far as is known, and how much of that was handed out. */
interface Level {
  readonly total: number;
  readonly granted: number;
  readonly until: Instant;
  /** The vendor refused: whatever is reckoned, nothing is left. */
  readonly closed?: true;
}

/** What one process has in hand of a window, and what it has spent of it. */
interface Hand {
  readonly left: number;
  readonly spent: number;
  readonly until: Instant;
}

/** A window is handed out in so many portions: each costs one change of a shared note, and what a process that dies had in hand is lost for the window. */
const portions = 16;
/** How often a portion is asked for when others take theirs at the same moment. */
const mostTries = 8;
/** An empty bucket is looked at again after this long, in ms: another process may have learned that there is more. */
const lookAgainMs = 1_000;

/**
 * Hands out the next portion of a bucket. What the vendor says is left, and what this process has spent beside, is the
 * least that the bucket held; and nobody is handed more than the vendor says is left, whoever else acts there. Pure.
 */
export const grant = (
  level: Level | undefined,
  known: Capacity,
  spent: (until: Instant) => number,
  now: Instant,
): { readonly level: Level; readonly portion: number } => {
  if (level?.closed === true && level.until > now) return { level, portion: 0 };
  const open: Level =
    level === undefined || level.until <= now ? { total: 0, granted: 0, until: known.resetsAt } : level;
  const total = Math.max(open.total, known.left + spent(open.until));
  const left = Math.max(0, total - open.granted);
  const portion = Math.min(known.left, Math.ceil(left / portions));
  return { level: { total, granted: open.granted + portion, until: open.until }, portion };
};

const parse = (text: string | undefined): Level | undefined => (text === undefined ? undefined : JSON.parse(text));

/** Makes the pace of a process on a store. */
export const createPace = (store: Store, clock: Clock): Pace => {
  const mine = new Map<string, Hand>();
  const empty = new Map<string, { readonly until: Instant; readonly lookAt: Instant }>();
  const asking = new Map<string, Promise<void>>();

  const change = (bucket: string, to: (level: Level | undefined) => Level): Promise<boolean> =>
    store.unit(async (unit) => {
      const note = unit.note(`pace/${bucket}`);
      const from = await note.read();
      const before = parse(from);
      const next = JSON.stringify(to(before));
      return next === from || note.swap(from, next);
    });

  /** Takes the next portion, or learns until when there is none. */
  const refill = async (bucket: string, capacity: () => Promise<Capacity>): Promise<void> => {
    const known = await capacity();
    const now = clock.now();
    for (let tries = 0; tries < mostTries; tries++) {
      let portion = 0;
      let until: Instant = now;
      const hand = mine.get(bucket);
      const taken = await change(bucket, (before) => {
        const granted = grant(before, known, (window) => (hand?.until === window ? hand.spent : 0), now);
        ({ portion } = granted);
        ({ until } = granted.level);
        return granted.level;
      });
      if (!taken) continue;
      if (portion > 0) mine.set(bucket, { left: portion, spent: hand?.until === until ? hand.spent : 0, until });
      else empty.set(bucket, { until, lookAt: Math.min(until, now + lookAgainMs) });
      return;
    }
  };

  return {
    take: async (bucket, capacity) => {
      for (;;) {
        const now = clock.now();
        const portion = mine.get(bucket);
        if (portion !== undefined && portion.left > 0 && portion.until > now) {
          mine.set(bucket, { ...portion, left: portion.left - 1, spent: portion.spent + 1 });
          return undefined;
        }
        const none = empty.get(bucket);
        if (none !== undefined && none.lookAt > now) return none.until;
        empty.delete(bucket);
        const under = asking.get(bucket);
        if (under === undefined) {
          const asked = refill(bucket, capacity).finally(() => asking.delete(bucket));
          asking.set(bucket, asked);
          await asked;
          const got = mine.get(bucket);
          // Others were faster every time: soon again.
          if ((got === undefined || got.left === 0 || got.until <= clock.now()) && !empty.has(bucket)) return now + 100;
        } else {
          await under;
        }
      }
    },
    giveBack: (bucket) => {
      const portion = mine.get(bucket);
      if (portion !== undefined) mine.set(bucket, { ...portion, left: portion.left + 1, spent: portion.spent - 1 });
    },
    close: async (bucket, until) => {
      mine.delete(bucket);
      empty.set(bucket, { until, lookAt: Math.min(until, clock.now() + lookAgainMs) });
      for (let tries = 0; tries < mostTries; tries++) {
        const closed = await change(bucket, () => ({ total: 0, granted: 0, until, closed: true }));
        if (closed) return;
      }
    },
  };
};
