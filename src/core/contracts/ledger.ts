import type { Pause } from "../words/conversation.ts";
import type { Act, Outcome } from "../words/effect.ts";
import type { Actor, Hold } from "../words/entry.ts";
import type { BridgeEvent, Gone, Order, Profiled, Said } from "../words/event.ts";
import type {
  ConversationKey,
  Door,
  EffectKey,
  EntryKey,
  EventKey,
  Instant,
  PostRef,
  Side,
  Why,
} from "../words/ref.ts";

// Personas stand here by name: channel, account, space and the network's stable id; posts, threads and cases by their ids.

/** An act, by what it is: nothing of what it carries. */
export interface ActRecord {
  readonly effect: EffectKey;
  readonly door: Door;
  readonly do: Act["do"];
}

/** What was learned by acting, by its ids. */
export interface ReceiptRecord {
  readonly at: Instant;
  readonly post?: string;
  readonly thread?: string;
  readonly case?: string;
  readonly message?: string;
  readonly proof?: string;
}

/** How an act ended, or that it waits for a person; without anybody's words. */
export type OutcomeRecord =
  | { readonly as: "done"; readonly receipt: ReceiptRecord }
  | { readonly as: "held"; readonly hold: Hold["kind"]; readonly why: Why }
  | Readonly<Pick<Extract<Outcome, { as: "rehearsed" }>, "as">>
  | Readonly<Pick<Extract<Outcome, { as: "refused" }>, "as" | "fault" | "why">>
  | Readonly<Pick<Extract<Outcome, { as: "parked" }>, "as" | "why" | "doubt">>;

/** What a person ordered: never the name of a person or a queue. */
export type OrderRecord =
  | Exclude<
      Order,
      {
        readonly order:
          | "assign"
          | "topic"
          | "adopt"
          | "erase"
          | "part"
          | "preserve"
          | "mute"
          | "hide"
          | "like"
          | "merge";
      }
    >
  | { readonly order: "assign" }
  | { readonly order: "merge"; readonly with: ConversationKey }
  | { readonly order: "topic"; readonly topic: string; readonly join: readonly ConversationKey[] }
  | { readonly order: "adopt"; readonly case: string; readonly post: PostRef; readonly persona: string }
  | { readonly order: "erase" | "part"; readonly persona: string }
  | { readonly order: "preserve"; readonly hold: string; readonly lift?: true }
  | { readonly order: "mute"; readonly persona: string; readonly until: Instant | null }
  | { readonly order: "hide"; readonly hidden: boolean; readonly post?: string }
  | { readonly order: "like"; readonly post?: string };

/** What an event told, by its kind. */
export interface EventFacts {
  readonly said: {
    readonly entry: EntryKey;
    readonly side: Side;
    readonly version: number;
    readonly actor: Actor["kind"];
    readonly by: string;
    readonly post?: string;
    readonly parent?: string;
    readonly root?: string;
    readonly thread?: string;
    readonly to?: string;
    readonly echoes?: EffectKey;
    readonly share?: NonNullable<Said["share"]>;
  };
  readonly profiled: { readonly persona: string; readonly gone?: NonNullable<Profiled["gone"]> };
  readonly opened: { readonly persona: string };
  readonly gone: { readonly post: string; readonly how: Gone["how"]; readonly author?: NonNullable<Gone["author"]> };
  readonly controlled: { readonly thread: string; readonly by: "us" | "app" | "person" };
  readonly case: { readonly case: string; readonly status: string; readonly closed: boolean };
  readonly answered: {
    readonly entry: EntryKey;
    readonly version: number;
    readonly by: Actor["kind"];
    /** The agent's id, as the CRM or the program knows it. */
    readonly who?: string;
    readonly side?: Side;
    readonly turn?: number;
    readonly answers?: EntryKey;
  };
  readonly ordered: OrderRecord & { readonly by: Actor["kind"]; readonly who?: string };
  readonly advised: { readonly advisor: string; readonly late: boolean };
  readonly settled: ActRecord & { readonly outcome: OutcomeRecord };
  /** It says all by being there. */
  readonly woken: object;
}

/** Something reached us and counts once: what it was, its three times, the policy it met. */
export type EventRecord = {
  [As in keyof EventFacts]: {
    readonly event: EventKey;
    readonly as: As;
    readonly source: BridgeEvent["source"];
    /** When it happened, on the network or in the CRM. */
    readonly at: Instant;
    readonly received: Instant;
    readonly recorded: Instant;
    /** The hash of the policy in force. */
    readonly policy: string;
    /** Why nothing followed from it. */
    readonly none?: Why;
  } & EventFacts[As];
}[keyof EventFacts];

/** What was decided in one conversation because of an event, and why. */
export interface DecidedRecord {
  readonly event: EventKey;
  readonly revision: number;
  readonly why: readonly Why[];
  /** Acts that were promised. `replaced`: in the place of one under the same key. `stands`: unheard, for that one is in hand or done. */
  readonly effects: readonly (ActRecord & { readonly became: "promised" | "replaced" | "stands" })[];
  readonly drafts: readonly { readonly entry: EntryKey; readonly holds: readonly Pick<Hold, "kind" | "why">[] }[];
  /** Drafts that are none any more. */
  readonly undrafted: readonly EntryKey[];
  /** When the conversation is looked at again, whatever happens. */
  readonly wake?: Instant;
}

/** What a record of each kind holds. A kind that is added later is passed by where it was not asked for. */
export interface LedgerRecords {
  readonly event: EventRecord;
  readonly decided: DecidedRecord;
  /** Something was silenced. */
  readonly paused: Omit<Pause, "reason" | "by"> & { readonly by: Actor["kind"]; readonly who?: string };
  readonly resumed: { readonly id: string; readonly until: Instant };
  /** A genuine delivery could not be read; it is kept under this id. */
  readonly unread: { readonly id: string; readonly reason: string };
  /** A person has seen to it. */
  readonly dismissed: { readonly id: string };
  /** A person was erased: how many texts went, how many acts were dropped, in how many conversations a hold kept it. */
  readonly erased: { readonly texts: number; readonly dropped: number; readonly kept: number };
  /** Rehearsed acts of an account were promised again. */
  readonly unrehearsed: { readonly account: string; readonly effects: number };
  /** The store came back from the past, to that moment if it is known: so many open acts are looked for before they are sent. */
  readonly "came-back": { readonly to?: Instant; readonly effects: number };
  /** An act's receipt is another act's already: it waits for a person. */
  readonly "receipt-taken": ActRecord & { readonly by: string };
  /** An act that was done was found to be done twice. */
  readonly twice: ActRecord & { readonly receipt: ReceiptRecord };
  /** Lanes were found that nothing would ever have woken: a fault of the store. */
  readonly unarmed: { readonly lanes: number };
  /** A person said what becomes of an act that waited for one. */
  readonly resolved: ActRecord & { readonly how: "retry" | "drop" | "done" };
}

/** A kind of record in the ledger. */
export type LedgerKind = keyof LedgerRecords;

/** All kinds of record there are. */
export const ledgerKinds: readonly LedgerKind[] = Object.keys({
  event: true,
  decided: true,
  paused: true,
  resumed: true,
  unread: true,
  dismissed: true,
  erased: true,
  unrehearsed: true,
  "came-back": true,
  "receipt-taken": true,
  twice: true,
  unarmed: true,
  resolved: true,
} satisfies Record<LedgerKind, true>) as LedgerKind[];

/** One record of a kind, with where and when it was written. */
export interface LedgerLine<K extends LedgerKind> {
  /** Where it stands: digits, to go on from. Compare positions by what came when, not as numbers. */
  readonly position: string;
  /** When it was written, by the store's clock. */
  readonly at: Instant;
  readonly kind: K;
  /** The version of `row`: it rises when a kind changes its shape. */
  readonly format: number;
  readonly conversation?: ConversationKey;
  readonly row: LedgerRecords[K];
}

/** One line of the ledger, of the kinds that were asked for. It holds no one's words, names or handles. */
export type LedgerRow<K extends LedgerKind = LedgerKind> = { [Each in K]: LedgerLine<Each> }[K];

/** From where on the ledger is read, how much of it, and which kinds. */
export interface LedgerFrom<K extends LedgerKind = LedgerKind> {
  /** The position of the last row that was dealt with. Without one, from the beginning on. */
  readonly after?: string;
  /**
   * So many rows at most.
   *
   * @default 100
   */
  readonly limit?: number;
  /** Without them, all. */
  readonly kinds?: readonly K[];
}
