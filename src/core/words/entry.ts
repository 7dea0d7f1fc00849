import type { Act } from "./effect.ts";
import type { ConversationKey, EntryKey, Instant, PersonaRef, PostRef, Side, ThreadRef, Why } from "./ref.ts";

/** Who did it, in the role they had on that day. */
export interface Actor {
  readonly kind: "customer" | "employee" | "brand" | "agent" | "automation" | "other";
  readonly id?: string;
  readonly persona?: PersonaRef;
  readonly onBehalfOf?: string;
}

/** Words by reference: which entry, which version, and whom they belong to. The words themselves are stored once, under that person, and can be erased; whatever refers to them stays. */
export interface Content {
  readonly entry: EntryKey;
  readonly version: number;
  readonly of: PersonaRef | "brand";
}

/** A picture, a video, a file: where it is, and what is known of it. */
export interface Media {
  /** What a network calls it, or `file`. */
  readonly kind: string;
  readonly url: string;
  /** Its type, as HTTP names types: `image/png`. */
  readonly type?: string;
  readonly bytes?: number;
}

/** One thing said, or meant to be said. An agent's answer belongs to the persona it answers. */
export interface Entry {
  readonly key: EntryKey;
  readonly conversation: ConversationKey;
  readonly side: Side;
  readonly by: Actor;
  /** `in-doubt`: it may have gone out, and a person has to look. */
  readonly state: "draft" | "said" | "withdrawn" | "gone" | "in-doubt";
  readonly content: Content;
  /** The words; `null` once erased. */
  readonly text: string | null;
  /** What goes along with them; erased with them. */
  readonly media?: readonly Media[];
  readonly at: Instant;
  readonly version: number;
  readonly post?: PostRef;
  readonly thread?: ThreadRef;
  readonly url?: string;
  readonly words?: "person" | "automatic";
  /** The conversation it stood in before a merge: what was merged can be taken apart again. */
  readonly from?: ConversationKey;
  /** Said by another tool of the brand, and not by a person in the network's own app. */
  readonly tool?: string;
  /** Where its further parts stand, if a network needed several posts for it. */
  readonly more?: readonly PostRef[];
  /** Taken back by its author, and kept for now: the conversation is on hold. */
  readonly deleted?: true;
}

/** A place in a text, and what is wrong with what stands there. Never the words: those stand with the entry, and are erased with it. */
export interface Trouble {
  /** `email`, `phone`, `card`, `iban`, `code`, `told-in-private`, or the name of a pattern of the brand's. */
  readonly kind: string;
  /** In UTF-16 units, as strings count. */
  readonly from: number;
  readonly to: number;
}

/** Why a draft may not leave yet. */
export interface Hold {
  readonly kind: "guard" | "approval" | "stale" | "claimed" | "paused" | "no-private-side" | "looking" | "capacity";
  readonly why: Why;
  readonly until?: Instant;
  /** Of the guard: where in the words the trouble stands. */
  readonly trouble?: readonly Trouble[];
  /** Approval: who may release it, by id. Absent: anybody. */
  readonly by?: readonly string[];
}

/** Words that somebody wants to say: address fixed, not yet an effect. They become one when no hold is left. */
export interface Draft {
  readonly entry: EntryKey;
  readonly conversation: ConversationKey;
  readonly content: Content;
  /** Where they are to go. None while there is no way to go: `no-private-side`. */
  readonly act?: Extract<Act, { do: "reply" | "privateReply" | "message" }>;
  readonly by: Actor;
  readonly words: "person" | "automatic";
  readonly side: Side;
  /** The conversation's turn when they were written. */
  readonly turn: number;
  /** The turn of the customer's words that they answer. */
  readonly to?: number;
  readonly at: Instant;
  readonly notAfter?: Instant;
  readonly holds: readonly Hold[];
  /** Who said yes, when, and to what: one version of the words at one address (see `approvalOf`). A change of either voids it. */
  readonly approvals: readonly { readonly by: Actor; readonly at: Instant; readonly of: string }[];
}
