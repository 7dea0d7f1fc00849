import type { Conversation, Decision, Pause, Persona } from "../words/conversation.ts";
import type { Effect, Outcome, Receipt } from "../words/effect.ts";
import type { Draft, Entry } from "../words/entry.ts";
import type { BridgeEvent } from "../words/event.ts";
import type {
  AccountRef,
  Clue,
  ConversationKey,
  Door,
  EffectKey,
  EntryKey,
  EventKey,
  Instant,
  PersonaRef,
  Why,
} from "../words/ref.ts";
import type { Sent, Waiting } from "./channel.ts";
import type { Note } from "./kit.ts";
import type { LedgerKind, LedgerRow } from "./ledger.ts";

/** A promised effect as the store hands it out. */
export interface Promised {
  readonly effect: Effect;
  /** How often it was tried. */
  readonly tries: number;
  readonly state: "promised" | "sending" | "unknown" | "parked" | "done" | "refused" | "rehearsed" | "held";
  /** The entry it carries or writes, in the version that was promised. */
  readonly entry?: Entry;
  readonly persona?: Persona;
  /** How it ended, when it is done. */
  readonly receipt?: Receipt;
  /** A try before may have landed: it was looked for and not seen, and is repeated. */
  readonly unseen?: true;
  /**
   * Somebody was about to send this, or did, and no outcome is known: look, do not send. `words` are what may have left
   * us; `null` once erased.
   */
  readonly sent?: Sent & { readonly quietUntil: Instant; readonly reads: number; readonly words?: string | null };
}

/** The head run of one lane, with the conversation as it is now. */
export interface Lease {
  readonly lane: string;
  readonly conversation: Conversation;
  readonly door: Door;
  readonly owner: string;
  readonly epoch: number;
  /** When it was handed out, by the store's clock. */
  readonly at: Instant;
  readonly until: Instant;
  readonly run: readonly Promised[];
}

/** What was written down of one lease; `undefined` when it was lost. */
export type Written = readonly (Outcome | undefined)[] | undefined;

/** What is written down before a call leaves. */
export interface SendingMark {
  readonly lease: Lease;
  readonly effect: EffectKey;
  /** How long after this the call may still be written to the wire. */
  readonly windowMs: number;
  /** How long after the window a late copy may still land. */
  readonly quietMs: number;
  /** How long after the window the call may still be under way: the lane stays ours that long. */
  readonly timeoutMs: number;
  readonly since?: string;
  readonly words?: string;
}

/** Under which circumstances a decision was made. */
export interface Cause {
  readonly event: BridgeEvent;
  readonly received: Instant;
  /** The hash of the policy in force. */
  readonly policy: string;
}

/** A seal on a short text: which key made it, and 16 bytes that nobody makes without that key. */
export interface Sealed {
  /** Tells keys of a ring apart, 0 to 1023. */
  readonly key: number;
  readonly mac: Uint8Array;
}

/** Seals short texts that go out and come back: nobody else can make one. Keys may be replaced; what an older one sealed holds while it is on the ring. */
export interface Seal {
  make(kind: string, text: string): Sealed;
  holds(kind: string, text: string, sealed: Sealed): boolean;
}

/** What an entry said before it was edited. */
export interface Version {
  readonly entry: EntryKey;
  readonly version: number;
  readonly text: string;
}

/** Inside one transaction. The work may be run again from the start, so it touches nothing but the unit. */
export interface Unit {
  /** True the first time, for good. */
  first(event: EventKey): Promise<boolean>;
  /** Has this counted already? Asking does not make it count. */
  counted(event: EventKey): Promise<boolean>;
  /** Newest first, each with those of the clues that led to it, held until the unit ends. A clue that finds nothing is held as well: two units that ask for it go one after the other. */
  find(clues: readonly Clue[]): Promise<readonly { readonly talk: Conversation; readonly by: readonly Clue[] }[]>;
  load(key: ConversationKey): Promise<Conversation | undefined>;
  persona(ref: PersonaRef): Promise<Persona | undefined>;
  /** All there ever were: what waited through one never leaves by itself, however long ago it was lifted. */
  pauses(): Promise<readonly Pause[]>;
  drafts(conversation: ConversationKey): Promise<readonly Draft[]>;
  /** By key, all of one conversation (since a moment, if one is named), or what stands in public in the conversations of an account and was said since a moment, the newest so many of it; oldest first. */
  entries(
    of:
      | readonly EntryKey[]
      | { readonly conversation: ConversationKey; readonly since?: Instant }
      | { readonly account: AccountRef; readonly since: Instant; readonly most: number },
  ): Promise<readonly Entry[]>;
  /** The versions before the newest of what was said in a conversation, as long as they are kept; the oldest first. */
  earlier(conversation: ConversationKey): Promise<readonly Version[]>;
  /** Effects of a channel at this place (a post's or a persona's clue), or of a conversation (its clue), that carry words, newest first: an echo is looked for here first. */
  at(place: Clue): Promise<readonly Promised[]>;
  /** The act at this door that became this post or message, if it is one of ours. */
  known(door: Door, of: Pick<Receipt, "post" | "message">): Promise<Effect | undefined>;
  /** A receipt that came late, or an echo. `known`: it was done with this receipt, or the receipt is another effect's. `twice`: it was done already, by another act of ours. `missing`: no such effect was ever promised here. */
  evidence(effect: EffectKey, receipt: Receipt): Promise<"settled" | "known" | "twice" | "missing">;
  /** All that decisions say, or why there is none; with the three times and the policy they were made under. */
  keep(decided: readonly Decision[] | { readonly none: Why }, cause: Cause): Promise<void>;
  raw(item: { readonly reason: string; readonly raw: string; readonly account?: AccountRef }): Promise<void>;
  /** Removes what a persona said, what was said to them and what the network showed of them, and drops what was still to be done to them; not where a conversation is on hold. That they were erased, and when, stays known. */
  erase(persona: PersonaRef): Promise<void>;
  /** Which of these marks did these personas tell us in private, and never in public? */
  privately(personas: readonly PersonaRef[], marks: readonly string[]): Promise<readonly string[]>;
  /** Everybody whom a conversation of these personas takes for the same customer, and those conversations, newest first: what was told under one name was told. */
  kin(
    personas: readonly PersonaRef[],
  ): Promise<{ readonly personas: readonly PersonaRef[]; readonly conversations: readonly ConversationKey[] }>;
  note(name: string): Note;
  readonly seal: Seal;
}

/** What waits, by door and state. */
export interface Census {
  readonly lanes: readonly {
    readonly door: Door;
    readonly due: number;
    readonly waiting: number;
    readonly oldestDue?: Instant;
  }[];
  readonly parked: number;
  readonly drafts: number;
  readonly raw: number;
  /** When a worker last asked for work. */
  readonly leasedAt?: Instant;
  /** Lanes with something to do that nothing would ever have woken, found and armed, until an hour after the last of them: each is a fault of the store. */
  readonly unarmed?: number;
}

/** A conversation, and how much is still to be done of it. */
export interface Standing {
  readonly conversation: Conversation;
  /** Acts that were promised and have not ended; those that wait for a person not counted. */
  readonly promised: number;
  /** Acts that wait for a person. */
  readonly parked: number;
  readonly drafts: number;
}

/** Keeps everything. All of a unit is kept, or none of it; there is no fallback for a store that cannot. */
export interface Store extends AsyncDisposable {
  readonly name: string;
  /** Any number of processes may work it at once: they ask networks and the CRM what is new in turn, so that all of them together ask as often as one. */
  readonly shared?: true;
  /** Brings the schema to this version. Two processes may do it at once. */
  migrate(): Promise<void>;
  /** Runs the work in a transaction. Concurrent units may share a commit; one that throws fails alone. Resolves only after the store confirmed the commit. */
  unit<T>(work: (unit: Unit) => Promise<T>): Promise<T>;
  /**
   * Claims the right to work this store.
   *
   * @throws BridgeError `taken` when another process has it and the store allows one only.
   */
  working(): Promise<AsyncDisposable>;
  /** What is wrong for now with what it does by itself, in sentences that say what to do. */
  troubles?(): readonly string[];
  /** Due lanes of one door, most urgent first; of each at most `each` acts. Nobody else holds them until `forMs` are over, by the store's clock. */
  lease(wanted: {
    readonly door: Door;
    readonly lanes: number;
    readonly each: number;
    readonly forMs: number;
  }): Promise<readonly Lease[]>;
  /** False: it is not ours any more. */
  renew(lease: Lease, forMs: number): Promise<boolean>;
  /** Written and committed before the call: the doubt, its deadline, its quiet period. `undefined`: not ours any more, paused, or not sure: do not send. */
  sending(marks: readonly SendingMark[]): Promise<readonly (Sent | undefined)[]>;
  /** Outcomes of leases and what follows from them; each lease fenced for itself. `also` runs in the same unit and learns what was written: for each lease one outcome an effect, `undefined` where none was (it had ended, or was replaced meanwhile), and possibly another than was brought: a receipt that is another act's parks the effect. A lost lease is `undefined` as a whole: nothing of it was kept, and the caller admits its receipts as events. */
  settle(
    settled: readonly {
      readonly lease: Lease;
      readonly outcomes: readonly { readonly effect: EffectKey; readonly outcome: Outcome }[];
    }[],
    also: (unit: Unit, written: readonly Written[]) => Promise<void>,
  ): Promise<readonly ("kept" | "lost")[]>;
  /** If this store came back from the past (failover, restore): every open effect is put in doubt until `quietMs` from now, and the answer says to when it went back. Nothing is leased at the doors that are named until `caughtUp`: what is new must not overtake what is about to be told again. */
  recovered(quietMs: number, doors?: readonly Door[]): Promise<Instant | undefined>;
  /** Doors that wait for their networks to be caught up with. */
  catching(): Promise<readonly Door[]>;
  /** All that was told at these doors since the store went back has been admitted again. */
  caughtUp(doors: readonly Door[]): Promise<void>;
  /** Doors that have a lane due now and held by nobody. */
  doors(): Promise<readonly Door[]>;
  /** Whose words in public an account waits for since that moment or later, the newest so many conversations of it. */
  waiting(of: {
    readonly account: AccountRef;
    readonly since: Instant;
    readonly most: number;
  }): Promise<readonly Waiting[]>;
  /** Conversations whose alarm has rung. */
  due(limit: number): Promise<readonly { readonly conversation: ConversationKey; readonly at: Instant }[]>;
  /** When the next lane or alarm is due; lanes of the doors that are named are left out. */
  nextDue(closed?: readonly Door[]): Promise<Instant | undefined>;
  /** Resolves when something may have become due. May come for nothing, may be missed. */
  stirred(signal: AbortSignal): Promise<void>;
  /** From the moment this resolves, `sending` refuses whatever the pause matches. */
  pause(pause: Pause): Promise<void>;
  /** Lifts a pause, and wakes every conversation that has a draft held by it. */
  resume(id: string, until: Instant): Promise<boolean>;
  pauses(): Promise<readonly Pause[]>;
  /**
   * Effects marked `sending` that this pause matches and whose call may be on the wire still: it may leave until its mark's
   * window is over, and lasts `callMs` at most. By the store's clock, for a worker's may run ahead.
   */
  outbound(pause: Pause, callMs: number): Promise<readonly EffectKey[]>;
  /** Makes rehearsed CRM effects of an account promised again; words stay as they are. The answer is how many. */
  unrehearse(account: AccountRef): Promise<number>;
  parked(): Promise<readonly (Promised & { readonly why: Why })[]>;
  resolveParked(
    effect: EffectKey,
    how: "retry" | "drop" | { readonly done: Receipt },
    also: (unit: Unit, effect: Effect) => Promise<void>,
  ): Promise<boolean>;
  /** Drafts that wait for a person or an hour, oldest first. */
  held(): Promise<readonly { readonly draft: Draft; readonly entry: Entry }[]>;
  /** Genuine deliveries that could not be read. */
  unread(): Promise<
    readonly { readonly id: string; readonly at: Instant; readonly reason: string; readonly raw: string }[]
  >;
  /** Somebody has seen to one of them: what it said goes, and told again it is known. False: none of that id waits. */
  dismiss(id: string): Promise<boolean>;
  census(): Promise<Census>;
  /** Which policies decided what was admitted since that moment, among the newest thousand rows of the ledger: when each did so first and last. */
  policies(
    since: Instant,
  ): Promise<readonly { readonly policy: string; readonly first: Instant; readonly last: Instant }[]>;
  /** Conversations in the order of their keys, from one on, the next so many: for whoever goes through all of them. */
  standing(after: ConversationKey | undefined, limit: number): Promise<readonly Standing[]>;
  /**
   * The ledger from a position on: ordered, without gaps under concurrent commits. With `kinds`, records of these alone;
   * what is left out costs little, however much there is of it behind the position.
   */
  ledger(after: string | undefined, limit: number, kinds?: readonly LedgerKind[]): Promise<readonly LedgerRow[]>;
  /** The ledger of one conversation. */
  trail(conversation: ConversationKey): Promise<readonly LedgerRow[]>;
  /** Effects of one conversation, oldest first. */
  effects(conversation: ConversationKey): Promise<readonly (Promised & { readonly outcome?: Outcome })[]>;
}
