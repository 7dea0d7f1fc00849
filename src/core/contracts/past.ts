import type { Price } from "../words/effect.ts";
import type { FromChannel } from "../words/event.ts";
import type { AccountRef, Instant } from "../words/ref.ts";
import type { Kit, Page } from "./kit.ts";

/** What reading the time before would be: what a person decides by. */
export interface PastPlan {
  /** How far back it really goes. */
  readonly from: Instant;
  /** How much would be read, as far as the network counts it. */
  readonly items?: number;
  /** What it costs, at most, as far as that is known before. */
  readonly price: Price;
  /** What is not counted, not priced or cannot be read, in sentences. */
  readonly notes: readonly string[];
}

/** A page of the time before. */
export interface PastPage extends Page<FromChannel> {
  /** Up to when all was read, where it is read in order. */
  readonly upTo?: Instant;
  /** The network wants to be left alone for so many ms before the next page. */
  readonly restMs?: number;
}

/** The time before a channel began to listen. */
export interface Past {
  /**
   * What reading from a moment on would be. It may count, and reads nothing.
   *
   * @throws BridgeError when it cannot be read at all, saying what is missing.
   */
  plan(account: AccountRef, from: Instant, kit: Kit): Promise<PastPlan>;
  /**
   * Reads what was said from `from` on and before `to`, with the keys `read` would have given. Goes on at a cursor of its own; a page
   * without events still tells how far it is.
   */
  read(
    account: AccountRef,
    about: { readonly from: Instant; readonly to: Instant; readonly cursor?: string },
    kit: Kit,
  ): AsyncIterable<PastPage>;
}
