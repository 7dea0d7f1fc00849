import type { Pause } from "../words/conversation.ts";
import type { Effect } from "../words/effect.ts";
import { accountName, type Instant } from "../words/ref.ts";

/** What a pause looks at: an effect, before or after it was promised. */
export type Pausable = Pick<Effect, "door" | "words" | "at">;

/** Does this pause, taken for itself and whatever the hour, concern this effect? A CRM is never paused. */
export const concerns = (pause: Pause, effect: Pausable): boolean => {
  const [first, second, side] = effect.door.split("/");
  if (first === "crm" || first === "advisor" || side === undefined) return false;
  if (pause.account !== undefined && accountName(pause.account) !== `${first}/${second}`) return false;
  if (pause.side !== undefined && pause.side !== side) return false;
  return pause.words === undefined || pause.words === effect.words;
};

/** The pause in force that keeps this effect from leaving now. */
export const pausedBy = (pauses: readonly Pause[], effect: Pausable, now: Instant): Pause | undefined =>
  pauses.find((pause) => (pause.until === undefined || pause.until > now) && concerns(pause, effect));

/** A pause, lifted since, that this effect has waited through. What waited never leaves by itself. */
export const waitedThrough = (pauses: readonly Pause[], effect: Pausable): Pause | undefined =>
  pauses.find((pause) => pause.until !== undefined && effect.at < pause.until && concerns(pause, effect));
