import type { Unit } from "../core/contracts/store.ts";
import { traces } from "../core/rules/traces.ts";
import type { Conversation, Persona } from "../core/words/conversation.ts";
import type { Entry } from "../core/words/entry.ts";
import type { EntryKey, Instant, PersonaRef } from "../core/words/ref.ts";

/** A fact may be cut in two and said within so many ms. */
const soonMs = 10 * 60_000;
/** In how many of a person's conversations such halves are looked for. */
const mostTalks = 8;

/** What is known of the people to whom words go out in public. */
export interface Privy {
  readonly tellers: readonly PersonaRef[];
  /** What the brand said to them in public just now, or is about to. */
  readonly recent: readonly Entry[];
}

/** Everybody whose private words must not be heard in a public answer here, over all of their conversations. */
export const privyOf = async (unit: Unit, talks: readonly Conversation[], now: Instant): Promise<Privy> => {
  const claimed = await Promise.all(talks.flatMap(({ claims }) => (claims ? [unit.load(claims.conversation)] : [])));
  // Who only says to be a customer hears nothing of what that customer told us either.
  const all = [...talks, ...claimed.flatMap((talk) => talk ?? [])];
  const { personas, conversations } = await unit.kin(all.flatMap((talk) => talk.personas));
  const keys = new Set([...talks.map(({ key }) => key), ...conversations.slice(0, mostTalks)]);
  const recent: Entry[] = [];
  for (const conversation of keys) {
    const said = (await unit.entries({ conversation, since: now - soonMs })).filter(
      ({ side, by, state }) => side === "public" && by.kind !== "customer" && state !== "withdrawn",
    );
    if (said.length === 0) continue;
    // What is held was not said, and is judged anew before it is.
    const waiting = new Set((await unit.drafts(conversation)).map(({ entry }) => entry));
    recent.push(...said.filter(({ key }) => !waiting.has(key)));
  }
  return { tellers: [...personas, ...talks.flatMap(({ hints = [] }) => hints)], recent };
};

/** What was said before these words, and is not these words. */
export const beforeOf = (recent: readonly Entry[], key: EntryKey | undefined): readonly string[] =>
  recent.flatMap((entry) => (entry.key === key || entry.text === null ? [] : [entry.text]));

/** What everybody sees of these people is no secret, even if they have told us in private. */
export const withoutShown = (leaked: readonly string[], personas: readonly Persona[]): readonly string[] => {
  if (leaked.length === 0) return leaked;
  const shown = new Set(personas.flatMap(({ profile }) => traces(`${profile.name ?? ""} ${profile.handle ?? ""}`)));
  return leaked.filter((fact) => !shown.has(fact));
};
