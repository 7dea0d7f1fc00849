import type { Instant, Kit } from "casethread/adapter";
import { z } from "zod";

/** How the org's calls of the day stand. */
export interface Budget {
  /** A request was made; what the org said of its calls, if it said anything. */
  note(
    usage: { readonly used: number; readonly limit: number } | undefined,
    kit: Pick<Kit, "now" | "note">,
  ): Promise<void>;
  /** A pace of so many ms, slowed down where calls run short: `scarce` at three quarters, tenfold that where they are gone. */
  slowed(ms: number, scarce: number): number;
  /** What people should know of it. */
  troubles(): readonly string[];
}

const hourMs = 3_600_000;
const scarceFrom = 0.75;
const goneFrom = 0.95;
// Each writing is a commit: what is not written down when a process dies is half a minute's calls.
const writeEveryMs = 30_000;

const hourOf = (now: Instant): number => Math.floor(now / hourMs);

/** Calls, by hours since 1970. */
type Calls = Readonly<Record<string, number>>;
const callsShape = z.record(z.string(), z.number());
const callsIn = (text = "{}"): Calls => {
  try {
    return callsShape.parse(JSON.parse(text));
  } catch {
    // Counted anew, rather than never again.
    return {};
  }
};

/** Both, of the last 24 hours. */
const together = (some: Calls, others: Calls, now: Instant): Calls => {
  const all: Record<string, number> = {};
  for (const [hour, calls] of [...Object.entries(some), ...Object.entries(others)])
    if (Number(hour) > hourOf(now) - 24) all[hour] = (all[hour] ?? 0) + calls;
  return all;
};

/**
 * Keeps the bridge within its share of the org's calls, which count over a rolling 24 hours for all who call. Its own
 * calls are counted over all processes of a store; what all others use is the org's word. @see headers_api_usage.htm
 */
export const createBudget = (share: number): Budget => {
  // Written down by all, as far as is known; and what this process has not written down yet.
  let known: Calls = {};
  let owed: Calls = {};
  let writtenAt = Number.NEGATIVE_INFINITY;
  let org: { readonly used: number; readonly limit: number } | undefined;

  /** How much of what the bridge may use is used: of its share, or of what there is at all. */
  const used = (): number => {
    if (org === undefined || org.limit === 0) return 0;
    const own = [...Object.values(known), ...Object.values(owed)].reduce((sum, calls) => sum + calls, 0);
    return Math.max(own / (org.limit * share), org.used / org.limit);
  };
  const write = async ({ now, note: noteOf }: Pick<Kit, "now" | "note">): Promise<void> => {
    const adding = owed;
    const note = noteOf("calls");
    const before = await note.read();
    const after = together(callsIn(before), adding, now());
    // Another process was quicker: next time.
    if (!(await note.swap(before, JSON.stringify(after)))) return;
    known = after;
    const rest = Object.entries(owed).map(([hour, calls]) => [hour, calls - (adding[hour] ?? 0)] as const);
    owed = Object.fromEntries(rest.filter(([, calls]) => calls > 0));
  };

  return {
    note: async (usage, kit) => {
      const now = kit.now();
      owed = together(owed, { [hourOf(now)]: 1 }, now);
      known = together(known, {}, now);
      if (usage !== undefined) org = usage;
      if (now - writtenAt < writeEveryMs) return;
      writtenAt = now;
      // One call in half a minute waits for it, and none fails with it: it is tried again.
      await write(kit).catch(() => undefined);
    },
    slowed: (ms, scarce) => {
      const part = used();
      return part < scarceFrom ? ms : Math.max(ms, part < goneFrom ? scarce : scarce * 10);
    },
    troubles: () => {
      const part = used();
      if (org === undefined || part < scarceFrom) return [];
      const said = `${Math.round(part * 100)} % of the API calls that the bridge may use in a day are used (the org: ${org.used} of ${org.limit})`;
      return [`Salesforce: ${said}: it writes and asks less often; buy calls, or raise the option callShare`];
    },
  };
};
