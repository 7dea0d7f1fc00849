import type { Effect, Openings } from "./effect.ts";
import type { Actor, Draft, Entry } from "./entry.ts";
import type { Profile } from "./event.ts";
import type {
  AccountRef,
  CaseRef,
  Clue,
  ConversationKey,
  EntryKey,
  Instant,
  Json,
  PersonaRef,
  PostRef,
  Side,
  ThreadRef,
  TopicRef,
  Why,
} from "./ref.ts";

/** A person as one account knows them: a small row of their own, so that an opt-out said in one conversation silences the others. */
export interface Persona {
  readonly ref: PersonaRef;
  readonly profile: Profile;
  readonly roles: readonly { readonly role: string; readonly from: Instant; readonly until?: Instant }[];
  readonly gone?: "suspended" | "deleted" | "protected";
  readonly optedOut?: Instant;
  readonly mutedUntil?: Instant;
  /** Erased then: nothing is kept of what happened before, and nothing of it that is told again. */
  readonly erased?: Instant;
  /** Link to a person in the CRM, and on what basis: the customer said so, an agent confirmed it, a consent's id. */
  readonly person?: { readonly id: string; readonly basis: string; readonly by: Actor };
}

/** Silence, by account, side and kind of words. An absent field matches all. */
export interface Pause {
  readonly id: string;
  readonly account?: AccountRef;
  readonly side?: Side;
  readonly words?: "person" | "automatic";
  readonly since: Instant;
  /** Set when it was lifted. What was promised before this moment never leaves by itself. */
  readonly until?: Instant;
  readonly by: Actor;
  readonly reason: string;
}

/** The public threads of a conversation. */
export interface PublicSide {
  /** The customer's newest post: what an answer goes under. */
  readonly latest: PostRef;
  /** The post that `latest`'s thread began with, as far as the network told. */
  readonly root?: PostRef;
  readonly url?: string;
  readonly summoned: boolean;
  readonly gone: boolean;
  /** `latest` was found by listening for words: nothing is said under it from here. */
  readonly overheard?: true;
  readonly heardAt: Instant;
  /** How many automatic words were promised in public. */
  readonly automatic: number;
  /** How many threads the customer began or joined. */
  readonly threads: number;
  /** What the network allows for `latest`, if it was asked. */
  readonly openings?: Openings;
  /** The private answer to `latest`, which such networks allow once, was promised or made. */
  readonly privatelyAnswered?: true;
}

/** The private side of a conversation. */
export interface PrivateSide {
  readonly to: PersonaRef;
  readonly thread?: ThreadRef;
  readonly heardAt?: Instant;
  readonly control: "us" | "app" | "person";
  /** Since when, as far as the network told. */
  readonly controlAt?: Instant;
}

/** What is known of the case. */
export interface CaseSide {
  /**
   * `reopening`: the customer spoke after it was closed, and the CRM does not show it open yet. `gone`: deleted, or merged
   * away, in the CRM: what is to be written on it waits for a person.
   */
  readonly stage: "none" | "promised" | "open" | "closed" | "reopening" | "gone";
  readonly ref?: CaseRef;
  readonly status?: string;
  readonly priority?: string;
  readonly seenAt?: Instant;
  readonly closedAt?: Instant;
  /** The entry whose words it was opened with. */
  readonly opener?: EntryKey;
}

/** The offer to move from public to private. */
export interface Invite {
  readonly token: string;
  readonly to: PersonaRef;
  readonly stage: "promised" | "sent" | "opened" | "answered" | "refused";
  readonly rung: string;
}

/**
 * One persona's open matter with one account: any number of public threads, one private side, at most one case. It holds
 * no words and no list that grows with the talk: under 4 KiB however long it gets.
 */
export interface Conversation {
  readonly key: ConversationKey;
  readonly account: AccountRef;
  /** The customer, under every name the account knows. The first is the one it began with. */
  readonly personas: readonly PersonaRef[];
  readonly disposition: "case" | "watch" | "ignore";
  readonly topics: readonly TopicRef[];
  /** 0 is most urgent; 50 is usual. */
  readonly priority: number;
  readonly advice: Readonly<Record<string, Json>>;
  readonly department?: { readonly name: string; readonly since: Instant; readonly why: Why };
  readonly consulted: readonly { readonly name: string; readonly asked: Instant; readonly answered?: Instant }[];
  readonly assignee?: string;
  readonly claim?: { readonly by: Actor; readonly until: Instant; readonly turn: number };
  /** Rises with each word said by anyone. Drafts, approvals and claims compare against it. */
  readonly turn: number;
  /** Rises with each decision. */
  readonly revision: number;
  readonly awaiting: "us" | "customer" | "nobody";
  readonly awaitingSince: Instant;
  /** First post, first automatic word, first human word in public and in private, invited, moved, resolved. */
  readonly stamps: Readonly<Partial<Record<Stamp, Instant>>>;
  readonly public?: PublicSide;
  readonly private?: PrivateSide;
  readonly case: CaseSide;
  readonly invite?: Invite;
  /** The closed case this one continues. */
  readonly follows?: CaseRef;
  /** Who brought this conversation's invite and is not known to be its customer: links are passed on. An agent confirms by merging. */
  readonly hints?: readonly PersonaRef[];
  /** The conversation whose invite this one's customer brought: not confirmed. */
  readonly claims?: { readonly conversation: ConversationKey; readonly case?: CaseRef };
  /** Another person's conversation under the same post. */
  readonly related?: ConversationKey;
  /** Set when a person merged it away: whatever finds it goes there. */
  readonly mergedInto?: ConversationKey;
  /** `holds`: the matters for whose sake nothing of it is erased. */
  readonly record: { readonly class: string; readonly holds: readonly string[] };
}

/** The moments of a conversation that reports ask for. */
export type Stamp =
  | "firstPost"
  | "firstMessage"
  | "firstAutomatic"
  | "firstPublicAnswer"
  | "firstPrivateAnswer"
  | "lastPublicAnswer"
  | "lastHeard"
  | "invited"
  | "moved"
  | "resolved";

/** What follows from one event for one conversation. */
export interface Decision {
  readonly conversation: Conversation;
  readonly clues: readonly Clue[];
  readonly personas: readonly Persona[];
  readonly entries: readonly Entry[];
  /** Entries whose words are to be kept no more, in no version. */
  readonly blanked?: readonly EntryKey[];
  /** Drafts that wait, with their holds. */
  readonly drafts: readonly Draft[];
  /** Drafts that wait no longer: released, withdrawn or expired. */
  readonly undrafted: readonly EntryKey[];
  readonly effects: readonly Effect[];
  /** When to look again, whatever happens. One alarm, worked out anew each time. */
  readonly wake?: Instant;
  readonly why: readonly Why[];
}
