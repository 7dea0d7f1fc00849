import { BridgeError, type Kit } from "casethread/adapter";

// X does not say how long it locks an account; a person has to sign in. An hour later one act looks whether they have.
const blockedMs = 3_600_000;
// Another process may have met it.
const lookAgainMs = 10_000;

/** Silences an account that X has locked or suspended, in every process: going on makes it worse. */
export interface Breaker {
  /** Until when the account is to be silent. */
  until(account: string, kit: Kit): Promise<number | undefined>;
  /** X has locked it. The answer is what the act meets that found out: it waits, and is no try. */
  block(account: string, kit: Kit): Promise<BridgeError>;
}

/** What an act meets while its account is locked. */
export const blocked = (until: number): BridgeError =>
  new BridgeError(
    "X has locked or suspended the account or the app, or takes it for a robot. Sign in on x.com and follow what it asks for; acts wait, and try again every hour.",
    { fault: "throttled", adapter: "x", landed: "no", retryAt: until },
  );

/** Makes a breaker that has seen nothing. */
export const createBreaker = (): Breaker => {
  const known = new Map<string, { readonly until: number; readonly lookedAt: number }>();
  const noteOf = (account: string): string => `breaker/${account}`;
  return {
    until: async (account, kit) => {
      const now = kit.now();
      const before = known.get(account);
      const fresh = before !== undefined && now - before.lookedAt < lookAgainMs;
      const until = fresh ? before.until : Number((await kit.note(noteOf(account)).read()) ?? 0);
      if (!fresh) known.set(account, { until, lookedAt: now });
      return until > now ? until : undefined;
    },
    block: async (account, kit) => {
      const until = kit.now() + blockedMs;
      known.set(account, { until, lookedAt: kit.now() });
      const note = kit.note(noteOf(account));
      const before = await note.read();
      // Whoever swaps meanwhile has met the same.
      if (Number(before ?? 0) < until) await note.swap(before, String(until));
      return blocked(until);
    },
  };
};
