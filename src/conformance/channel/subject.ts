import type { Channel, ChannelTask, Sent } from "../../core/contracts/channel.ts";
import type { Delivery, Kit } from "../../core/contracts/kit.ts";
import type { AccountRef } from "../../core/words/ref.ts";
import type { Law } from "../law.ts";

/** What the laws know a genuine delivery by. */
export interface DeliverySample {
  readonly delivery: Delivery;
  /** How many things it tells: events and unreadable items together. */
  readonly items: number;
}

/**
 * How the network treats the next request that acts: it refuses the content, wants less, is away before it did anything,
 * does it and never answers, or does nothing and never answers.
 */
export type NetworkFault = "refused" | "throttled" | "away" | "lost-answer" | "hang";

/** A channel under test, and the network it talks to, in the tester's hands. */
export interface ChannelSubject extends Partial<AsyncDisposable> {
  readonly channel: Channel;
  /** The account that all samples and tasks are about. */
  readonly account: AccountRef;
  /** A kit for one call; `over` replaces parts of it. */
  kit(over?: Partial<Kit>): Kit;
  /** Genuine deliveries, signed as the network signs them. */
  readonly samples: {
    /** Somebody says something to the account in public. */
    readonly public: DeliverySample;
    /** Somebody says something to it in private. */
    readonly private: DeliverySample;
    /** The account's own words come back. */
    readonly own: DeliverySample;
    /** Several things in one delivery. */
    readonly batch?: DeliverySample;
    /** Genuine, and of a shape that cannot be read. `words` stand in it and must not be told on. */
    readonly unreadable: DeliverySample & { readonly words: readonly string[] };
  };
  /** The same body, as someone else than the network would send it: unsigned, signed with another secret. */
  forged(delivery: Delivery): readonly Delivery[];
  /** A handshake over any text. `genuine` must be answered; what could be a body must not be signed. */
  readonly handshake?: { readonly genuine: Delivery; over(text: string): Delivery };
  /** An answer, to a post that is there now. */
  reply(words: string): Promise<ChannelTask>;
  /** An answer of which nobody knows whether it landed: what `landed` is asked. */
  sent(task: ChannelTask): Sent;
  /** How many requests that act have reached the network. */
  acted(): Promise<number>;
  fault(kind: NetworkFault): Promise<void>;
  /** Resolves when the network shows what was done: past its index's lag. */
  shown(): Promise<void>;
  /** Somebody says something; the delivery that would tell it. For channels with `since`. */
  speak?(): Promise<Delivery>;
  /** What must never be seen: tokens, keys, signing secrets. */
  readonly secrets: readonly string[];
}

/** A law of channels. */
export type ChannelLaw = Law<ChannelSubject>;
