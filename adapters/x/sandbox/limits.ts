import type { Clock } from "casethread/sandbox";

/** What is left of a window after a request was counted. */
export interface Counted {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const windowMs = 900_000;
// docs.x.com/x-api/fundamentals/rate-limits: per user and 15 minutes.
const perUser: readonly (readonly [RegExp, number])[] = [
  [/^POST \/2\/tweets$/, 100],
  [/^DELETE \/2\/tweets\//, 50],
  [/^PUT \/2\/tweets\/\d+\/hidden$/, 50],
  [/^POST \/2\/dm_conversations\//, 15],
  [/^GET \/2\/(?:dm_events|dm_conversations\/)/, 15],
  [/^GET \/2\/tweets\/search\//, 300],
  [/^GET \/2\/users\/\d+\/mentions$/, 300],
  [/^GET \/2\/users\/\d+\/tweets$/, 900],
  [/^GET \/2\/users\/me$/, 75],
  [/^GET \/2\/tweets/, 5_000],
  [/^GET \/2\/users\//, 900],
];
// What a contract grants is not public.
const enterpriseFactor = 100;

/** Counts requests of accounts in windows, as X does. */
export const createLimits = (
  clock: Clock,
): ((account: string, enterprise: boolean, route: string, refuse: boolean) => Counted) => {
  const windows = new Map<string, { readonly until: number; readonly used: number; readonly closedUntil: number }>();
  return (account, enterprise, route, refuse) => {
    const at = perUser.findIndex(([shape]) => shape.test(route));
    const limit = (perUser[at]?.[1] ?? 900) * (enterprise ? enterpriseFactor : 1);
    const key = `${account} ${at}`;
    const now = clock.now();
    const known = windows.get(key);
    const window =
      known !== undefined && known.until > now ? known : { until: now + windowMs, used: 0, closedUntil: 0 };
    // An ordered refusal closes the window, to everybody as at X, and ends soon: whoever ordered it waits for it.
    const closedUntil = refuse ? now + 2_000 : window.closedUntil;
    const closed = closedUntil > now;
    const allowed = !closed && window.used < limit;
    windows.set(key, { ...window, used: window.used + (allowed ? 1 : 0), closedUntil });
    const reset = closed ? closedUntil : window.until;
    return {
      allowed,
      headers: {
        "x-rate-limit-limit": String(limit),
        "x-rate-limit-remaining": String(allowed ? limit - window.used - 1 : 0),
        "x-rate-limit-reset": String(Math.ceil(reset / 1_000)),
      },
    };
  };
};
