import type { Instant } from "casethread/adapter";

/** How the org's calls of the day stand. */
export interface Budget {
  /** A request was made; what the org said of its calls, if it said anything. */
  note(usage: { readonly used: number; readonly limit: number } | undefined, now: Instant): void;
  /** A pace of so many ms, slowed down where calls run short: `scarce` at three quarters, tenfold that where they are gone. */
  slowed(ms: number, scarce: number): number;
  /** What people should know of it. */
  troubles(): readonly string[];
}

const hourMs = 3_600_000;
const scarceFrom = 0.75;
const goneFrom = 0.95;

/**
 * Keeps the bridge within its share of the org's calls, which count over a rolling 24 hours for all who call. Its own
 * calls are counted by this process; what all others use is the org's word. @see headers_api_usage.htm
 */
export const createBudget = (share: number): Budget => {
  const hours = new Map<number, number>();
  let org: { readonly used: number; readonly limit: number } | undefined;

  /** How much of what the bridge may use is used: of its share, or of what there is at all. */
  const used = (): number => {
    if (org === undefined || org.limit === 0) return 0;
    const own = [...hours.values()].reduce((sum, calls) => sum + calls, 0);
    return Math.max(own / (org.limit * share), org.used / org.limit);
  };

  return {
    note: (usage, now) => {
      const hour = Math.floor(now / hourMs);
      hours.set(hour, (hours.get(hour) ?? 0) + 1);
      for (const old of hours.keys()) if (old <= hour - 24) hours.delete(old);
      if (usage !== undefined) org = usage;
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
