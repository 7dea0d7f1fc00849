import type { Conversation, Persona } from "../words/conversation.ts";
import type { Said } from "../words/event.ts";
import type { Matter } from "./matter.ts";
import type { Rulebook } from "./policy.ts";

/** What becomes of something that was said, and why. */
export interface Disposed {
  readonly disposition: Conversation["disposition"];
  readonly code: string;
}

/** Is she heard only, at that moment? */
export const isMuted = (persona: Persona | undefined, said: Pick<Said, "at">): boolean =>
  persona?.mutedUntil !== undefined && said.at < persona.mutedUntil;

/**
 * Case, watch or ignore? First what is known of the author, then the brand's own rule, then campaigns and noise, then whose
 * talk it is. Undefined: it matters, as what is said to a brand does.
 */
export const disposed = (
  said: Said,
  talk: Conversation,
  {
    matter,
    persona,
    rules,
    own,
  }: {
    readonly matter: Matter;
    readonly persona: Persona | undefined;
    readonly rules: Pick<Rulebook, "others" | "noise" | "campaigns">;
    /** The brand's own rule. */
    readonly own: () => Conversation["disposition"] | undefined;
  },
): Disposed | undefined => {
  if (isMuted(persona, said)) return { disposition: "ignore", code: "muted" };
  if (rules.others.has(said.by.id)) return { disposition: "ignore", code: "another-brand" };
  if (said.watched === true) return { disposition: "watch", code: "read-in-the-time-before" };
  const wanted = own();
  if (wanted !== undefined) return { disposition: wanted, code: `disposed-${wanted}` };
  if (matter.mentions(...rules.noise)) return { disposition: "ignore", code: "noise" };
  if (matter.mentions(...rules.campaigns)) return { disposition: "watch", code: "campaign" };
  if (talk.twin !== undefined) return { disposition: "watch", code: "told-to-another-account-first" };
  // Who answers another customer and calls on nobody wants nothing of the brand.
  const elsewhere = talk.related !== undefined && said.parent !== undefined && said.side === "public";
  if (elsewhere && said.summons === false && said.overheard !== true) {
    return { disposition: "watch", code: "answers-somebody-else" };
  }
  return undefined;
};
