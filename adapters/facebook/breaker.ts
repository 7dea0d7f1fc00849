import { type AccountRef, BridgeError, type Kit } from "casethread/adapter";

// Meta does not say how long it blocks a Page that it takes for a spammer; a day is what its own texts speak of most. Going
// on meanwhile makes it longer.
const blockedMs = 24 * 3_600_000;

const noteOf = (account: AccountRef): string => `breaker/${account.id}`;

/** Until when a Page is to be silent, as every process knows it. */
export const blockedUntil = async (account: AccountRef, kit: Kit): Promise<number | undefined> => {
  const until = Number(await kit.note(noteOf(account)).read());
  return Number.isFinite(until) && until > kit.now() ? until : undefined;
};

/** Silences a Page that Meta has blocked. The answer is until when. */
export const block = async (account: AccountRef, kit: Kit): Promise<number> => {
  const until = kit.now() + blockedMs;
  const note = kit.note(noteOf(account));
  const before = await note.read();
  // Whoever swaps meanwhile has seen the same block.
  if (Number(before ?? 0) < until) await note.swap(before, String(until));
  return until;
};

/** What an act meets while its Page is blocked: it waits, and is no try. */
export const blocked = (until: number): BridgeError =>
  new BridgeError(
    "Meta has blocked the Page for what it takes for spam (368). Look into the Page's quality tab; acts wait until the block should be over.",
    { fault: "throttled", adapter: "facebook", landed: "no", retryAt: until },
  );
