import type { AccountRef, Channel } from "casethread/adapter";
import type { FacebookOptions } from "casethread/facebook";
import type { Hand } from "./hands.ts";
import type { Request as Words, Tally } from "./seen.ts";
import type { Ways } from "./ways.ts";
import type { Mishap } from "./world.ts";

/** Words that stand on a network, as somebody outside sees them. */
export interface Standing {
  readonly id: string;
  readonly text: string;
  readonly by: string;
  readonly at: number;
  readonly editedAt?: number;
  readonly shownAt: number;
  readonly viaApi: boolean;
  readonly gone?: boolean;
}

/** What stands on a network, by side. */
export interface Shown {
  readonly posts: readonly Standing[];
  readonly dms: readonly Standing[];
}

/** Somebody on a network. */
export interface Customer {
  readonly name: string;
  readonly id: string;
}

/** What a request would put on the network, and where. `once`: the network does it once, however often it is asked. */
export type Told = Pick<Words, "text" | "side" | "to" | "once">;

/** What an answer that was an error meant. */
export interface Refusal {
  readonly refused: boolean;
  readonly throttled: boolean;
  readonly duplicate: boolean;
}

/** A network of a world: its sandbox, the adapter on it, and what its people do there. */
export interface Network extends AsyncDisposable {
  readonly account: AccountRef;
  /** The channel of a worker: all its requests go by these ways. */
  channel(hand: Hand, ways: Ways, unknown: FacebookOptions["unknown"]): Channel;
  attach(deliver: (request: Request) => Promise<Response>): Promise<void>;
  /** Does this delivery tell the account of its own act? */
  isOwn(body: string): boolean;
  /** What goes wrong with the next request that acts. */
  befall(mishap: Mishap): void;
  meant(thrown: unknown): Refusal;
  /** How likely a delivery is lost for good, from now on. */
  lose(rate: number): void;
  calm(): Promise<void>;
  shown(): Promise<Shown>;
  /** Dangerous states that only the network sees. */
  seen?(): Promise<Partial<Tally>>;
  deliveries(): Promise<{ readonly pending: number; readonly waiting: number; readonly lost: number }>;

  customer(name: string): Promise<Customer>;
  /** A customer speaks to the brand in public. The answer is the post's id. */
  say(by: Customer, text: string, under?: string): Promise<string>;
  /** Is a customer who writes in private known to be herself? If not, she is once somebody has answered her there. */
  readonly knowsHer: boolean;
  /** A customer writes in private. `under`: her posts. */
  whisper(by: Customer, text: string, under: readonly string[]): Promise<void>;
  /** Somebody at the brand answers in the network's own app. */
  byHand(text: string, under: string): Promise<void>;
  /** A customer changes what she said, or takes it back. Absent where the network has no such thing. */
  change?(post: string, text: string): Promise<void>;
  remove?(post: string): Promise<void>;
  /** The network gives up whoever does not hear. */
  disable?(): Promise<void>;
  /** For a while every act is refused: nobody accepts who we are. */
  revoke?(during: Promise<unknown>): Promise<void>;
}
