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
  /** When that was learned. */
  readonly goneAt?: Instant;
  /** When the newest handle was learned. */
  readonly renamedAt?: Instant;
  readonly optedOut?: Instant;
  /** Handles of before, newest last: whoever is addressed by one of them may be somebody else by now. */
  readonly formerly?: readonly string[];
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
  /** `latest` was read in the time before, or adopted: the machine says nothing under it. */
  readonly past?: true;
  readonly heardAt: Instant;
  /** How many automatic words were promised in public. */
  readonly automatic: number;
  /** When the newest of them were promised, at most as many as a day may hear. */
  readonly automaticAt?: readonly Instant[];
  /** How many threads the customer began or joined. */
  readonly threads: number;
  /** What the network allows for `latest`, if it was asked. */
  readonly openings?: Openings;
  /** The private answer to `latest`, which such networks allow once, was promised or made. */
  readonly privatelyAnswered?: true;
  /** Which rungs of the ladder the network has refused for `latest`. */
  readonly refused?: readonly string[];
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
   * away, in the CRM: nothing is written on it any more, and the customer's next word begins anew.
   */
  readonly stage: "none" | "promised" | "open" | "closed" | "reopening" | "gone";
  /** The customer spoke as it was being closed: it is opened again at this moment, when the CRM is quiet. */
  readonly reopenAt?: Instant;
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
  /** When it came that far: the steps of a funnel. */
  readonly at?: Readonly<Partial<Record<"promised" | "sent" | "opened" | "answered" | "resolved", Instant>>>;
}

/** What has happened since a turn, as far as drafts ask. */
export interface Lately {
  /** The turn of the customer's last word. */
  readonly heard?: number;
  /** The turn at which the post that an answer goes under was edited. */
  readonly changed?: number;
  /** Who answered last, and which turn of the customer's. By hand: `"hand"`. */
  readonly answered?: { readonly by: string; readonly to: number; readonly at: Instant };
}

/** A post of the customer's that was hidden, and is shown again when its reason is over. */
export interface Hidden {
  readonly post: PostRef;
  readonly entry?: EntryKey;
  readonly because: "handling" | "private-data" | "abuse" | "person";
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
  /** Why it is watched or ignored, as a code; a person's word on it stands until a person says otherwise. */
  readonly disposed?: string;
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
  /** In which language the customer speaks, as far as the network told or it could be told. */
  readonly language?: string;
  readonly lately?: Lately;
  readonly hidden?: readonly Hidden[];
  /** The brand's own words that were told before what they answer. They wait under that post. */
  readonly waits?: { readonly under: PostRef };
  /** The same post was told to another account of the brand first: that conversation has its case. */
  readonly twin?: ConversationKey;
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
  | "lastAsked"
  | "followedUp"
  | "invited"
  | "moved"
  | "resolved"
  /** Danger, in words of the time before: nobody was called for them. */
  | "endangeredBefore";

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
