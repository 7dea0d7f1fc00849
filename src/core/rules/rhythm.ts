import type { Instant } from "../words/ref.ts";

/** How much reached an account, by the hour: `"<hours since 1970>": count`. */
export type Rhythm = Readonly<Record<string, number>>;

const hourMs = 3_600_000;
const days = 8;
/** Fewer in an hour are no mass, however quiet the account is otherwise. */
const least = 30;

const hourOf = (at: Instant): number => Math.floor(at / hourMs);
const countIn = (rhythm: Rhythm, hour: number): number => rhythm[String(hour)] ?? 0;

/** The rhythm with some more arrivals in it. Whatever is older than a week and a day is forgotten. */
export const withArrivals = (rhythm: Rhythm, at: Instant, count: number): Rhythm => {
  const hour = hourOf(at);
  const kept = Object.entries(rhythm).filter(([one]) => hour - Number(one) <= days * 24);
  return { ...Object.fromEntries(kept), [hour]: countIn(rhythm, hour) + count };
};

/** How many an account usually hears within this hour of the day: the mean of the last week. Undefined: nothing is known yet. */
export const usual = (rhythm: Rhythm, now: Instant): number | undefined => {
  const hour = hourOf(now);
  const first = Math.min(...Object.keys(rhythm).map(Number));
  // An hour with nothing is an hour of the rhythm, too: since the first that is known.
  const same = Array.from({ length: 7 }, (_, day) => hour - 24 * (day + 1)).filter((one) => one >= first);
  if (same.length > 0) return same.reduce((sum, one) => sum + countIn(rhythm, one), 0) / same.length;
  const earlier = Array.from({ length: 23 }, (_, back) => hour - back - 1).filter((one) => one >= first);
  if (earlier.length === 0) return undefined;
  return earlier.reduce((sum, one) => sum + countIn(rhythm, one), 0) / earlier.length;
};

/** So many hours of an account have to be known before its silence means anything. */
const leastKnown = 72;

/** Since when an account has heard nothing, and how many it usually hears in such a time. */
export interface Unheard {
  readonly since: Instant;
  readonly expected: number;
}

/**
 * How silent is it, by its own rhythm? By the same hours of the week before it fell silent, each without the liveliest of
 * them: one storm makes no habit. Undefined: not enough is known of it.
 */
export const unheard = (rhythm: Rhythm, now: Instant): Unheard | undefined => {
  const heard = Object.keys(rhythm)
    .map(Number)
    .filter((hour) => countIn(rhythm, hour) > 0);
  const [first, last] = [Math.min(...heard), Math.max(...heard)];
  if (heard.length === 0 || last - first < leastKnown) return undefined;
  const hour = hourOf(now);
  let expected = 0;
  for (let one = last + 1; one <= hour; one++) {
    const back = Math.ceil((one - last) / 24);
    const same = Array.from({ length: 7 }, (_, day) => one - 24 * (back + day)).filter((at) => at >= first);
    const counts = same.map((at) => countIn(rhythm, at)).toSorted((a, b) => a - b);
    const usually = counts.slice(0, -1);
    const mean = usually.reduce((sum, count) => sum + count, 0) / Math.max(1, usually.length);
    expected += one === hour ? (mean * (now % hourMs)) / hourMs : mean;
  }
  return { since: (last + 1) * hourMs, expected };
};

/** Do so many more arrive than this hour usually sees that something must have happened? Counts this hour, and what has passed of the one before in proportion. */
export const isMass = (rhythm: Rhythm, now: Instant, times: number): boolean => {
  const expected = usual(rhythm, now);
  if (expected === undefined) return false;
  const hour = hourOf(now);
  const past = 1 - (now % hourMs) / hourMs;
  // A wave that began before the full hour is still a wave after it.
  const heard = Math.max(countIn(rhythm, hour), countIn(rhythm, hour) + countIn(rhythm, hour - 1) * past);
  return heard >= least && heard > times * Math.max(1, expected);
};
