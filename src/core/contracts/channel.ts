import type { ChannelDeed, Effect, Price, PrivateAct, PublicAct, Receipt } from "../words/effect.ts";
import type { Media } from "../words/entry.ts";
import type { FromChannel, Gone, Said } from "../words/event.ts";
import type { AccountRef, Door, Instant, PersonaRef, PostRef, PublicWords, Side, ThreadRef } from "../words/ref.ts";
import type { Delivery, Found, Kit, Page, Reading } from "./kit.ts";
import type { Outside } from "./outside.ts";
import type { Past } from "./past.ts";

/** What an unknown outcome of an act means on this network. */
export interface UnknownOutcome {
  /**
   * `idempotent`: doing it twice changes nothing, so nobody looks. `once`: the network refuses a second; it is looked for, for
   * the first may be another's, and then done again. `never`: words without a server-side key; what cannot be seen to have
   * landed is parked. `afterQuiet`: an operator's choice that rests on the vendor's bounds being true.
   */
  readonly repeat: "idempotent" | "once" | "never" | "afterQuiet";
  /** After the send window: how long a late copy may still land or an index may still hide it, in ms. */
  readonly quietMs: number;
  /** Pauses between further looks, in ms. The first look is at the end of the quiet period. */
  readonly reads: readonly number[];
  /** Where the bounds come from. */
  readonly source: string;
}

/** What may go along with words on one side. */
export interface MediaTerms {
  /** So many in one act. */
  readonly most: number;
  /** May words go along in the same act, or does a file go by itself? */
  readonly withWords: boolean;
  /** Types of which one goes without any other file. @default none */
  readonly alone?: readonly string[];
  /** The largest of each type, in bytes: `image/png`, or `image/*` for all that are not named. */
  readonly types: Readonly<Record<string, number>>;
  /** Where the bounds come from. */
  readonly source: string;
}

/** What one account may do, as data to plan with. What one post or person allows on top is asked by a `look`. */
export interface ChannelAbilities {
  readonly reply: false | { readonly summonedOnly: boolean };
  readonly privateReply: false | { readonly withinMs: number };
  /** `first`: may we write before the customer has? `pace`: so many in such a time, where the network takes no more. */
  readonly message:
    | false
    | {
        readonly withinMs: number;
        readonly humanWithinMs?: number;
        readonly first: boolean;
        readonly pace?: { readonly most: number; readonly perMs: number };
      };
  /** Where the network wants an account labelled that says things by itself: what to do, in a sentence. */
  readonly label?: string;
  /** What answers may carry, by side. Absent: nothing. */
  readonly media?: Readonly<Partial<Record<Side, MediaTerms>>>;
  /** Can a public answer carry an invite into a private thread? */
  readonly invite: boolean;
  readonly hide: boolean;
  readonly retract: boolean;
  readonly control: boolean;
  readonly look: boolean;
  readonly unknown: Readonly<Partial<Record<ChannelDeed, UnknownOutcome>>>;
}

/** An effect in a worker's hands. */
export interface Task<A extends PublicAct | PrivateAct> {
  readonly effect: Effect<A>;
  readonly attempt: number;
}

/** What was written down before the call left us. */
export interface Sent {
  readonly attempt: number;
  readonly sendBy: Instant;
  /** The mark: the newest of our own acts that the network showed at this door before. */
  readonly since?: string;
}

export type PublicTask =
  | (Task<Extract<PublicAct, { do: "reply" }>> & { readonly words: PublicWords; readonly media?: readonly Media[] })
  | Task<Exclude<PublicAct, { do: "reply" }>>;
export type PrivateTask =
  | (Task<Extract<PrivateAct, { do: "privateReply" | "message" }>> & {
      readonly words: string;
      readonly media?: readonly Media[];
      /** When whom it goes to was last heard in private: some networks open their windows by it. */
      readonly heardAt?: Instant;
    })
  | Task<Extract<PrivateAct, { do: "control" }>>;
/** An act on a network, with the words that the guard let through. */
export type ChannelTask = PublicTask | PrivateTask;

/** How much of an act is left, and until when. */
export interface Capacity {
  readonly left: number;
  readonly resetsAt: Instant;
}

/** How long a text is and how long it may be, counted the network's way. */
export interface Length {
  readonly used: number;
  readonly most: number;
}

/** Somebody's words in a thread are waited for, and the network may tell nobody of them. */
export interface Waiting {
  readonly root: PostRef;
  readonly by: PersonaRef;
}

/** What a network has cost in one day. */
export interface Spending {
  /** The day, in UTC: `2026-11-27`. */
  readonly day: string;
  readonly usd: number;
  readonly budgetUsd?: number;
}

/** One app on one network, with any number of accounts. */
export interface Channel extends Outside {
  /** The name its webhook is mounted under and its doors begin with. */
  readonly name: string;
  accounts(): readonly AccountRef[];
  can(account: AccountRef): ChannelAbilities;
  /**
   * Which shared bucket this act is counted in: pace, budget and breaker of an account live there.
   *
   * Accounts of one bucket take from it as they come, and not in turn: a flood at one may use up a window for all of them.
   * So put the account into its name wherever the network counts by account.
   */
  bucket(account: AccountRef, act: ChannelDeed): string;
  /** How much of this act is left. */
  capacity(account: AccountRef, act: ChannelDeed, kit: Kit): Promise<Capacity>;
  /** What performing this would cost. Pure. */
  price(task: ChannelTask): Price;
  /** What the network has cost today, as this adapter counts it: for `bridge.health()`. */
  spending?(kit: Kit): Promise<Spending>;
  /** Does the text fit, counted the network's way? */
  fits(text: string, side: Side): boolean;
  /** How long the text is, for whoever writes it, counted as `fits` counts: words that fit use `most` at most, and those that do not use more. Without it nobody is told. */
  length?(text: string, side: Side): Length;
  /**
   * The text in the parts that it is said in: one, as it is, where it fits. Pure: the same text always comes in the same
   * parts. Each is one act, and the next is promised when the last has ended. Without it every text is one part.
   */
  parts?(text: string, side: Side): readonly string[];
  /**
   * Verifies the raw bytes, then parses every item. Calls nobody. The same delivery gives the same keys, and events of
   * one thing told in different ways have the same key.
   *
   * @throws BridgeError `forged` when the signature is not right, `malformed` when a request is no delivery at all.
   */
  read(delivery: Delivery, kit: Kit): Promise<Reading<FromChannel>>;
  /**
   * Catches up after `cursor`, oldest first, at least once, with the keys `read` would have given. Without a cursor: from now
   * on, and the network is asked all the same, for the log says that it is heard. `waiting`: whose words are waited for, the newest first; a network that tells of them anyway need not look.
   */
  since?(
    account: AccountRef,
    from: { readonly cursor?: string; readonly waiting?: readonly Waiting[] },
    kit: Kit,
  ): AsyncIterable<Page<FromChannel>>;
  /** The time before it began to listen, where the network still tells of it: for `bridge.backfill()`. */
  readonly past?: Past;
  /** How often `since` is asked, in ms. @default 60 seconds */
  readonly pollMs?: number;
  /** A standing connection of the app for all of its accounts, where the network has one. It connects again by itself; gaps are closed by `since`. */
  listen?(kit: Kit): AsyncIterable<Found<FromChannel>>;
  /** The network's page for a post or thread. */
  url(of: PostRef | ThreadRef): URL | undefined;
  /** The post behind a link: one for each account that may know it. */
  parse(url: URL): readonly PostRef[];
  /**
   * Brings to the network what must be there before the act can leave: files that go along with words. Asked before the
   * mark, so that it may take as long as a call; asked again, it finds what is there. `perform` needs no more of it than a
   * moment.
   *
   * @throws BridgeError as `perform` does; nothing has landed.
   */
  prepare?(task: ChannelTask, kit: Kit): Promise<void>;
  /**
   * Acts once, and never tries twice. Calls `kit.depart()` immediately before the request that acts.
   *
   * @throws BridgeError, `landed: "unknown"` unless it certainly did not land.
   */
  perform(task: ChannelTask, kit: Kit): Promise<Receipt>;
  /** The newest of our own acts that the network shows at this door: read-back looks only past it. */
  mark?(door: Door, about: { readonly to?: PersonaRef }, kit: Kit): Promise<string | undefined>;
  /** Did this act land? Reads only. `no` is a proof, never an absence; one act is the receipt of one effect only. */
  landed(task: ChannelTask, sent: Sent, kit: Kit): Promise<Receipt | "no" | "unknown">;
  /** How many posts `recheck` is asked about at once. @default 200 */
  readonly recheckMost?: number;
  /**
   * How do these posts stand now, customers' and our own? Tells each as it is, said or gone: whoever asks knows what it was.
   * Asked after a page that says `missed`, for the newest in the account's conversations.
   */
  recheck?(account: AccountRef, posts: readonly PostRef[], kit: Kit): Promise<readonly (Said | Gone)[]>;
}
