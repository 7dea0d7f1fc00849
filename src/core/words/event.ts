import type { Effect, Outcome } from "./effect.ts";
import type { Actor, Media } from "./entry.ts";
import type {
  CaseRef,
  ConversationKey,
  EffectKey,
  EntryKey,
  EventKey,
  Instant,
  Json,
  PersonaRef,
  PostRef,
  Side,
  ThreadRef,
  TopicRef,
} from "./ref.ts";

interface Happening {
  readonly key: EventKey;
  /** When it happened on the network or in the CRM. When it was received and when it was recorded, the engine adds. */
  readonly at: Instant;
  readonly source: "webhook" | "stream" | "poll" | "backfill" | "adopt" | "person" | "engine";
}

/** What the network shows of a person. Personal data: kept under the persona and erased with it. */
export interface Profile {
  readonly handle?: string;
  readonly name?: string;
  readonly followers?: number;
  readonly verified?: boolean;
}

/** Something was said to, by or about an account. */
export interface Said extends Happening {
  readonly as: "said";
  readonly entry: EntryKey;
  readonly by: PersonaRef;
  readonly actor: Actor;
  readonly side: Side;
  readonly text: string;
  /** 1 as it was first said; each edit adds one. */
  readonly version: number;
  readonly profile?: Profile;
  readonly url?: string;
  readonly language?: string;
  readonly media?: readonly Media[];
  readonly post?: PostRef;
  /** What it was said under. In private: the post that a private answer answers. */
  readonly parent?: PostRef;
  readonly root?: PostRef;
  readonly thread?: ThreadRef;
  /** In private, and said by the brand: whom it was said to. */
  readonly to?: PersonaRef;
  /** In private: the network's id of the message, as a receipt has it. */
  readonly message?: string;
  /** An invite's token that came back with the words: a hint, never proof of who speaks. */
  readonly token?: string;
  /** Came through a door of the brand's own, whose backend knows that it is she whom the token was given to. */
  readonly vouched?: true;
  /** Did the author call on this account? Some networks let nobody else be answered. */
  readonly summons?: boolean;
  /** Found by listening for words, and told to nobody at the brand: it may be routed and owned, and the API must not answer it. */
  readonly overheard?: true;
  /** In the brand's name, by another tool than this one or the network's own app: which. */
  readonly tool?: string;
  /** Of the time before, and only to be kept: it opens no case by itself. */
  readonly watched?: true;
  /** A bare share of somebody's words, adding none. */
  readonly share?: boolean;
  /** In private: who had the thread when it was said. Absent where the network does not say. */
  readonly control?: "us" | "app" | "person";
  /** Which of our acts this echoes, when the network says so: it ends that act's doubt. */
  readonly echoes?: EffectKey;
}

/** A persona was renamed, suspended, protected, or simply seen again. */
export interface Profiled extends Happening {
  readonly as: "profiled";
  readonly persona: PersonaRef;
  readonly profile: Profile;
  readonly gone?: "suspended" | "deleted" | "protected";
}

/** An invite was opened and nothing said yet. */
export interface Opened extends Happening {
  readonly as: "opened";
  readonly persona: PersonaRef;
  readonly thread?: ThreadRef;
  readonly token: string;
}

/** A post left the feed, or came back. */
export interface Gone extends Happening {
  readonly as: "gone";
  /** The entry's key, made as for the saying. */
  readonly entry: EntryKey;
  readonly post: PostRef;
  readonly how: "deleted" | "hidden" | "shown";
  /** What became of its author, where it left the feed with them. */
  readonly author?: "suspended" | "deleted" | "protected";
}

/** Who may speak in a private thread changed. */
export interface Controlled extends Happening {
  readonly as: "controlled";
  readonly thread: ThreadRef;
  readonly by: "us" | "app" | "person";
}

/** A case as it stands. A CRM tells states, not events: what changed is seen by comparing. */
export interface CaseSeen extends Happening {
  readonly as: "case";
  readonly case: CaseRef;
  readonly conversation?: ConversationKey;
  readonly status: string;
  readonly closed: boolean;
  /** It is there no more: deleted, or merged by hand into another. */
  readonly gone?: "deleted" | "merged";
  /** The case it was merged into: a conversation's, and the two are one; nobody's, and the conversation follows it there. */
  readonly into?: CaseRef;
  readonly assignee?: string;
  readonly priority?: string;
}

/** What an agent, in the CRM or in code, wants to say. Becomes a draft. */
export interface Answered extends Happening {
  readonly as: "answered";
  readonly conversation?: ConversationKey;
  readonly case?: CaseRef;
  readonly entry: EntryKey;
  readonly by: Actor;
  readonly side?: Side;
  /** May be empty where something goes along. */
  readonly text: string;
  /** What is to go along: each with its type and size, where the network can fetch it. */
  readonly media?: readonly Media[];
  readonly version: number;
  /** Which entry of the conversation it answers: it goes under that entry's post. By default under the customer's newest. */
  readonly answers?: EntryKey;
  /** The last turn its author had seen. */
  readonly turn?: number;
}

/** An act of a person on a conversation itself. */
export type Order =
  | { readonly order: "assign"; readonly to: string }
  | { readonly order: "route"; readonly to: string }
  | { readonly order: "open" | "ignore" | "resolve" }
  /** `gone`: the CRM has merged their cases already, and the other's is there no more. */
  | { readonly order: "merge"; readonly with: ConversationKey; readonly gone?: true }
  | { readonly order: "split"; readonly from: EntryKey }
  /** Takes a merge back: what came from that conversation goes there again. */
  | { readonly order: "unmerge"; readonly from: ConversationKey }
  /** Says that an answer is being written: others' words wait for a while. Ended by `claim: false`, by the answer, or by itself. */
  | { readonly order: "claim"; readonly claim: boolean }
  /** Hears a person without doing anything about it, until then; without an hour: for good. `null`: no more. */
  | { readonly order: "mute"; readonly persona: PersonaRef; readonly until: Instant | null }
  | { readonly order: "release" | "withdraw"; readonly draft: EntryKey }
  | { readonly order: "topic"; readonly topic: TopicRef; readonly join: readonly ConversationKey[] }
  | { readonly order: "adopt"; readonly case: CaseRef; readonly post: PostRef; readonly persona: PersonaRef }
  | { readonly order: "erase"; readonly persona: PersonaRef }
  /** Keeps it from being erased for the sake of a matter, or no longer. */
  | { readonly order: "preserve"; readonly hold: string; readonly lift?: boolean }
  /** Without a post: the customer's newest. */
  | {
      readonly order: "hide";
      readonly post?: PostRef;
      readonly hidden: boolean;
      readonly because?: "handling" | "abuse";
    }
  | { readonly order: "like"; readonly post?: PostRef }
  /** Takes back what the brand said in public. */
  | { readonly order: "retract"; readonly entry: EntryKey }
  /** Takes the private thread from whoever has it, or lets it go. */
  | { readonly order: "control"; readonly take: boolean }
  /** One of the conversation's personas is somebody else after all: the way back of a merge. */
  | { readonly order: "part"; readonly persona: PersonaRef };

/** A person, in code or at a console, ordered something. */
export interface Ordered extends Happening {
  readonly as: "ordered";
  readonly conversation?: ConversationKey;
  readonly by: Actor;
  readonly what: Order;
}

/** An advisor answered, or its deadline passed. */
export interface Advised extends Happening {
  readonly as: "advised";
  readonly conversation: ConversationKey;
  readonly advisor: string;
  /** Which words it was asked about. */
  readonly entry?: EntryKey;
  readonly advice: Json;
  readonly late: boolean;
}

/** How an effect ended, or that it waits for a person. A receipt that comes late, from a worker that lost its lease, is admitted the same way. */
export interface Settled extends Happening {
  readonly as: "settled";
  readonly effect: Effect;
  readonly outcome: Exclude<Outcome, { as: "again" }>;
}

/** The hour to look at a conversation again has come. */
export interface Woken extends Happening {
  readonly as: "woken";
  readonly conversation: ConversationKey;
}

export type FromChannel = Said | Profiled | Opened | Gone | Controlled;
/** What a CRM tells. Of orders, what a person does there to an answer of theirs, or to cases by merging them. */
export type FromCrm = CaseSeen | Answered | Ordered;
/** Anything that reached us and counts once. */
export type BridgeEvent = FromChannel | FromCrm | Ordered | Advised | Settled | Woken;
