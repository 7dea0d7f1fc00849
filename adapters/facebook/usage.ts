import type { AccountRef, Capacity } from "casethread/adapter";
import { z } from "zod";

/** Meta counts what is done with a Page's posts and what is done in Messenger apart. */
export type Bucket = "pages" | "messenger";

/** How much of a Page's calls is used, as the headers of Graph's answers say it. */
export interface Usage {
  /** What an answer's headers said; `headers` of any shape. */
  note(account: AccountRef, headers: unknown, now: number): void;
  /** An act leaves now. */
  acted(account: AccountRef, bucket: Bucket, now: number): void;
  /** Not before this; undefined: now. From 95 % on nothing leaves until Meta lets it; from 80 % on acts are spaced out. */
  closedUntil(account: AccountRef, bucket: Bucket, acts: boolean, now: number): number | undefined;
  /** When Meta lets calls through again, if it has said so. */
  regainAt(account: AccountRef, bucket: Bucket, now: number): number | undefined;
  capacity(account: AccountRef, bucket: Bucket, now: number): Capacity;
}

const slowAt = 80;
const stopAt = 95;
// Meta's windows roll over an hour or a day, and it does not say how fast: then one call looks after five minutes.
const lookAgainMs = 300_000;
const hourMs = 3_600_000;

const percents = z.object({
  call_count: z.number().catch(0),
  total_cputime: z.number().catch(0),
  total_time: z.number().catch(0),
});
const timed = percents.extend({
  type: z.string().catch(""),
  estimated_time_to_regain_access: z.number().catch(0),
});
const cases = z.record(z.string(), z.array(timed));

const header = (headers: unknown, name: string): unknown => {
  const text = typeof headers === "object" && headers !== null ? (Reflect.get(headers, name) as unknown) : undefined;
  if (typeof text !== "string" || text.length > 20_000) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

interface Seen {
  readonly percent: number;
  readonly at: number;
  readonly regainAt: number | undefined;
}

const most = ({ call_count: calls, total_cputime: cpu, total_time: time }: z.infer<typeof percents>): number =>
  Math.max(calls, cpu, time);

/** Makes a memory of usage that has seen nothing. */
export const createUsage = (): Usage => {
  const seen = new Map<string, Seen>();
  const lastActs = new Map<string, number>();
  // A clock that was ahead and is right again: what was seen then counts as seen now, or it would be in force until then.
  const seenAt = (name: string, now: number): readonly Seen[] => {
    const one = seen.get(name);
    if (one === undefined || one.at <= now) return one === undefined ? [] : [one];
    const ahead = one.at - now;
    const again = { ...one, at: now, regainAt: one.regainAt === undefined ? undefined : one.regainAt - ahead };
    seen.set(name, again);
    return [again];
  };
  const lastAct = (name: string, now: number): number => {
    const last = Math.min(lastActs.get(name) ?? 0, now);
    lastActs.set(name, last);
    return last;
  };
  const of = (account: AccountRef, bucket: Bucket, now: number): readonly Seen[] =>
    ["app", `${account.id}/page`, `${account.id}/${bucket}`].flatMap((name) => seenAt(name, now));
  const highest = (account: AccountRef, bucket: Bucket, now: number): Seen | undefined =>
    of(account, bucket, now)
      .filter(({ at, regainAt }) => now - at < hourMs || (regainAt ?? 0) > now)
      .sort((a, b) => b.percent - a.percent)[0];
  const key = (account: AccountRef, bucket: Bucket): string => `${account.id}/${bucket}`;

  return {
    note: (account, headers, now) => {
      for (const [name, where] of [
        ["x-app-usage", "app"],
        ["x-page-usage", `${account.id}/page`],
      ] as const) {
        const read = percents.safeParse(header(headers, name));
        if (read.success) seen.set(where, { percent: most(read.data), at: now, regainAt: undefined });
      }
      const read = cases.safeParse(header(headers, "x-business-use-case-usage"));
      for (const [id, uses] of Object.entries(read.success ? read.data : {})) {
        if (id !== account.id) continue;
        for (const bucket of ["messenger", "pages"] as const) {
          // "messenger", and everything else that is done as a Page: of several the tightest counts.
          const its = uses.filter(({ type }) => (type === "messenger") === (bucket === "messenger"));
          if (its.length === 0) continue;
          const minutes = Math.max(...its.map((use) => use.estimated_time_to_regain_access));
          const regainAt = minutes > 0 ? now + minutes * 60_000 : undefined;
          seen.set(`${account.id}/${bucket}`, { percent: Math.max(...its.map((use) => most(use))), at: now, regainAt });
        }
      }
    },
    acted: (account, bucket, now) => void lastActs.set(key(account, bucket), now),
    closedUntil: (account, bucket, acts, now) => {
      const tightest = highest(account, bucket, now);
      if (tightest === undefined) return undefined;
      const stopped = tightest.percent >= stopAt || tightest.regainAt !== undefined;
      const until = stopped
        ? (tightest.regainAt ?? tightest.at + lookAgainMs)
        : acts && tightest.percent >= slowAt
          ? // One second between acts at 80 %, ten at 95 %.
            lastAct(key(account, bucket), now) + 1_000 + (tightest.percent - slowAt) * 600
          : 0;
      return until > now ? until : undefined;
    },
    regainAt: (account, bucket, now) =>
      of(account, bucket, now)
        .flatMap(({ regainAt }) => (regainAt !== undefined && regainAt > now ? [regainAt] : []))
        .sort((a, b) => b - a)[0],
    capacity: (account, bucket, now) => {
      const tightest = highest(account, bucket, now);
      const percent = tightest?.percent ?? 0;
      // Meta tells shares, not numbers: so many hundredths are left until nothing is sent any more.
      return { left: Math.max(0, stopAt - Math.ceil(percent)), resetsAt: tightest?.regainAt ?? now + lookAgainMs };
    },
  };
};
