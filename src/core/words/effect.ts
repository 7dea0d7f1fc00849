import type { Actor, Content, Hold, Trouble } from "./entry.ts";
import type {
  CaseRef,
  ConversationKey,
  Door,
  EffectKey,
  EntryKey,
  EventKey,
  Instant,
  Json,
  PersonaRef,
  PostRef,
  ThreadRef,
  Why,
} from "./ref.ts";

/** Which part of its words an act carries, where a network needs several for them. From 1 on. */
export interface Part {
  readonly at: number;
  readonly of: number;
}

/** An act on the feed. */
export type PublicAct =
  | {
      readonly do: "reply";
      readonly under: PostRef;
      readonly to?: PersonaRef;
      readonly invite?: string;
      /** An offer of a way into private of the brand's own: its link stands in the words. */
      readonly door?: { readonly name: string; readonly token: string };
      readonly part?: Part;
    }
  | {
      readonly do: "hide";
      readonly post: PostRef;
      readonly hidden: boolean;
      readonly because: "handling" | "private-data" | "abuse" | "person";
      /** Which entry it is, if that is known. */
      readonly entry?: EntryKey;
    }
  | { readonly do: "retract"; readonly post: PostRef }
  | { readonly do: "like"; readonly post: PostRef }
  /** What does the network allow for this post and this person now? Changes nothing. */
  | { readonly do: "look"; readonly post: PostRef; readonly persona: PersonaRef };

/** An act in private. */
export type PrivateAct =
  | { readonly do: "privateReply"; readonly under: PostRef; readonly part?: Part }
  | { readonly do: "message"; readonly to: PersonaRef; readonly thread?: ThreadRef; readonly part?: Part }
  | { readonly do: "control"; readonly thread: ThreadRef; readonly take: boolean };

/** What a case is told about its conversation. An absent field says nothing; a CRM that has no place for one leaves it out. */
export interface CaseFields {
  readonly awaiting?: "us" | "customer" | "nobody";
  readonly awaitingSince?: Instant;
  /** Until when the department promises an answer; `null` while nobody waits for one. */
  readonly answerBy?: Instant | null;
  readonly priority?: number;
  /** A queue's or person's name, as the CRM knows it. */
  readonly assignee?: string;
  /** Whose it was, as far as was known: whoever has it instead when it is written was chosen later, and keeps it. */
  readonly assigneeWas?: string;
  /** The customer spoke: the queue that the case goes back to where its assignee is not at work, and the CRM can tell. */
  readonly returnsTo?: string;
  readonly department?: string;
  /** True closes the case, false opens it again. */
  readonly resolved?: boolean;
  /** `null` takes a merge back. */
  readonly mergedInto?: ConversationKey | null;
  /** How far the offer to speak in private has come. */
  readonly invite?: "sent" | "opened" | "answered" | "refused";
  /** Which case the customer says it belongs to, by its number, or by its conversation's key. Nobody has confirmed it. */
  readonly claims?: string;
  /** What it is about, with others: the topic's id. */
  readonly topic?: string;
  /** Nothing is kept any more of the words that the case was opened with, or of the person: what shows them is blanked. */
  readonly forget?: "words" | "person";
  /** The newest public post of the customer, for people to click on. */
  readonly postUrl?: string;
}

/** An act on a case. Each is an upsert by our own key, so that it may always be repeated. */
export type CrmAct =
  | {
      readonly do: "open";
      readonly persona: PersonaRef;
      readonly fields: CaseFields;
      /** When the customer spoke: what a promise to answer counts from. */
      readonly saidAt: Instant;
      readonly follows?: CaseRef;
      /** An existing case to be linked instead of a new one. */
      readonly adopts?: CaseRef;
    }
  | { readonly do: "entry" }
  | { readonly do: "state"; readonly fields: CaseFields }
  /** What became of an agent's answer, written where the agent looks. */
  | {
      readonly do: "answerState";
      readonly answer: EntryKey;
      readonly state: "held" | "queued" | "sent" | "failed";
      readonly why?: Why;
      readonly url?: string;
      /** Where in the answer's words the trouble stands: the effect then carries the answer. */
      readonly trouble?: readonly Trouble[];
    };

/** A question to an advisor. */
export interface AskAct {
  readonly do: "ask";
  readonly advisor: string;
  readonly deadline: Instant;
  readonly fallback: Json;
}

export type Act = PublicAct | PrivateAct | CrmAct | AskAct;
/** The name of an act on a channel. */
export type ChannelDeed = (PublicAct | PrivateAct)["do"];

/** One act on someone else's system, complete when promised: nothing in it waits for another effect's result. */
export interface Effect<A extends Act = Act> {
  readonly key: EffectKey;
  readonly conversation: ConversationKey;
  readonly door: Door;
  readonly act: A;
  /** The words it carries, or the entry it writes. */
  readonly content?: Content;
  /** Whose words: a person's, or the machine's own. Absent where nothing is said. */
  readonly words?: "person" | "automatic";
  readonly by: Actor;
  readonly cause: EventKey;
  /** In whose span it was promised, where somebody keeps spans: its own is linked to that. */
  readonly trace?: string;
  /** When it was promised. */
  readonly at: Instant;
  /** The conversation's turn at that time: what its author had seen. */
  readonly turn: number;
  /** The conversation's revision at that time. Rises with every decision: of two writes the higher one is newer. */
  readonly revision: number;
  readonly notBefore?: Instant;
  /** Of no use after this. */
  readonly notAfter?: Instant;
  /** Smaller goes first. */
  readonly priority: number;
}

/** What was learned by acting. */
export interface Receipt {
  /** When it was done, by the network's clock where it tells: it is compared with when customers spoke. */
  readonly at: Instant;
  readonly post?: PostRef;
  readonly thread?: ThreadRef;
  readonly case?: CaseRef;
  readonly url?: string;
  /** The network's id of a private message. */
  readonly message?: string;
  /** A person's other name, learned by acting. */
  readonly learned?: PersonaRef;
  readonly openings?: Openings;
  /** How we know, when the network did not simply say yes. */
  readonly proof?: string;
}

/** What the network allows for one post and one persona now. */
export interface Openings {
  readonly reply: boolean;
  readonly privateReply: boolean;
  readonly message: boolean;
}

/**
 * What went wrong: `forged` (not signed by whom it claims), `malformed` (cannot be read), `unauthorized` (who we are is
 * not accepted), `forbidden` (we may not), `missing` (it is not there), `closed` (a window or thread is), `taken` (already
 * there or done), `invalid` (they refuse the content), `throttled` (too much), `unavailable` (not now).
 */
export type Fault =
  | "forged"
  | "malformed"
  | "unauthorized"
  | "forbidden"
  | "missing"
  | "closed"
  | "taken"
  | "invalid"
  | "throttled"
  | "unavailable";

/** How an effect ended. Every effect has exactly one end. */
export type End =
  | { readonly as: "done"; readonly receipt: Receipt }
  /** Not performed, because the account only rehearses. */
  | { readonly as: "rehearsed"; readonly price?: Price }
  | { readonly as: "refused"; readonly fault: Fault | "withdrawn" | "expired" | "dropped"; readonly why: Why };

/** What one turn of a lease came to. `done`, `rehearsed` and `refused` end the effect. */
export type Outcome =
  | End
  /**
   * `doubt`: it may have landed; look before you send. `counts`: whether this was a try. `unseen`: a try before may have
   * landed, was looked for and not seen.
   */
  | {
      readonly as: "again";
      readonly at: Instant;
      readonly doubt: boolean;
      readonly counts: boolean;
      readonly unseen?: true;
      readonly why: Why;
    }
  /** It becomes a draft again, under the same key. */
  | { readonly as: "held"; readonly hold: Hold }
  /** It needs a person. */
  | { readonly as: "parked"; readonly why: Why; readonly doubt: boolean };

/** What one act costs, in the vendor's prices. */
export interface Price {
  readonly usd: number;
  /** Where the price comes from: a page and its date. */
  readonly source: string;
}
