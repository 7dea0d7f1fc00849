import type { Store } from "casethread";
import { advance } from "../../../src/core/rules/advance/index.ts";
import { rulebook } from "../../../src/core/rules/policy.ts";
import { resolve } from "../../../src/core/rules/resolve.ts";
import type { Said } from "../../../src/core/words/event.ts";
import type { AccountRef } from "../../../src/core/words/ref.ts";
import { abilities } from "../../core/make.ts";
import { firstWord } from "../first-word.ts";

const book = rulebook({}, { crm: "slow", phones: () => undefined });
const can = abilities();
const unknown = { personas: [], drafts: [], entries: [], pauses: [], leaked: [], token: "ct-0123456789abcdef" };

/** The brand's accounts on a network that nobody calls. */
export const accounts: readonly AccountRef[] = Array.from({ length: 8 }, (_, n) => ({
  channel: "park",
  id: `brand-${n}`,
}));

/** The first word of the n-th person, said to one of the accounts. */
export const saidBy = (n: number, at: number): Said => firstWord(accounts[n % accounts.length] as AccountRef, n, at);

// Enough at once to share commits.
const together = 250;

/** Takes in the first words of so many people, with all that follows: a case to be opened and an entry for each. */
export const fill = async (store: Store, people: number): Promise<void> => {
  const now = Date.now();
  const admit = async (n: number): Promise<void> => {
    const event = saidBy(n, now);
    const resolution = resolve(event, [], book);
    if ("none" in resolution) throw new Error(`it came to no conversation: ${resolution.none.code}`);
    const decisions = advance(resolution.conversations, { event, known: unknown, can: () => can, rules: book, now });
    await store.unit(async (unit) => {
      await unit.first(event.key);
      await unit.keep(decisions, { event, received: now, policy: "bench" });
    });
  };
  for (let n = 0; n < people; n += together)
    await Promise.all(Array.from({ length: Math.min(together, people - n) }, (_, at) => admit(n + at)));
};
