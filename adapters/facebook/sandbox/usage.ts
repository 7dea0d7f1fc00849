import type { Clock } from "casethread/sandbox";

/** What Graph's headers say of a Page's usage (developers.facebook.com/docs/graph-api/overview/rate-limiting). */
export interface Meter {
  /** Counts a call, and says what the headers say after it. Undefined: it is too much. */
  count(
    page: string,
    messenger: boolean,
  ): { readonly allowed: boolean; readonly headers: Readonly<Record<string, string>> };
  /** From now on they say this. */
  set(page: string, percent: number | undefined, regainMinutes: number | undefined): void;
}

const hourMs = 3_600_000;
// 4,800 calls a day for each engaged user; a small Page has a few.
const perHour = 10_000;

/** Makes a meter. */
export const createMeter = (clock: Clock): Meter => {
  const windows = new Map<string, { until: number; used: number }>();
  const fixed = new Map<string, { readonly percent: number | undefined; readonly regainMinutes: number | undefined }>();
  return {
    set: (page, percent, regainMinutes) => void fixed.set(page, { percent, regainMinutes }),
    count: (page, messenger) => {
      const now = clock.now();
      const known = windows.get(page);
      const window = known !== undefined && known.until > now ? known : { until: now + hourMs, used: 0 };
      windows.set(page, window);
      window.used += 1;
      const { percent, regainMinutes = 0 } = fixed.get(page) ?? {};
      const share = percent ?? Math.floor((window.used / perHour) * 100);
      const use = { call_count: share, total_cputime: 1, total_time: 1 };
      return {
        allowed: share < 100,
        headers: {
          "x-app-usage": JSON.stringify({ call_count: 1, total_cputime: 1, total_time: 1 }),
          "x-business-use-case-usage": JSON.stringify({
            [page]: [
              {
                type: messenger ? "messenger" : "pages",
                ...use,
                estimated_time_to_regain_access: regainMinutes,
              },
            ],
          }),
        },
      };
    },
  };
};
