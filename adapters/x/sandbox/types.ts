import type { Clock } from "casethread/sandbox";
import type { Faults } from "casethread/sandbox";
import type { XClient } from "../client.ts";
import type { XOptions } from "../options.ts";
import type { Letter, Post, User } from "./world.ts";

/**
 * What can be ordered to go wrong: `lost-response` (done, connection cut), `503-before` (not done), `503-after` (done),
 * `429`, `duplicate-after` (done, and called a duplicate), `401`, `late-answer` (done, answered later), `hang` (not done,
 * never answered), `lost-webhook` (a delivery that is never made), `lost-token` (a refresh token used up, connection cut),
 * `lost-upload` (a request about a file, cut before it was answered), `failed-media` (a file that X cannot work with).
 */
export type XFault =
  | "lost-response"
  | "503-before"
  | "503-after"
  | "429"
  | "duplicate-after"
  | "401"
  | "late-answer"
  | "hang"
  | "lost-webhook"
  | "lost-token"
  | "lost-upload"
  | "failed-media";

/** How unkind the network is without being asked. */
export interface XHostility {
  /** How long the index may hide what was written, by the sandbox's clock. Half of it at least. @default 2000 */
  readonly indexLagMs?: number;
  /** How likely a delivery comes twice. @default 0.2 */
  readonly doubleRate?: number;
  /** Do deliveries overtake each other? @default true */
  readonly reorder?: boolean;
  /** How likely an answer to an act comes late. @default 0.05 */
  readonly lateAnswers?: number;
  /** How likely the delivery of an account's own act comes before the answer to it. @default 0.5 */
  readonly echoFirst?: number;
}

/** What an X sandbox is made of. */
export interface XSandboxOptions {
  readonly clock?: Clock;
  /** Same seed, same chances. @default 1 */
  readonly seed?: number;
  readonly app?: { readonly consumerKey?: string; readonly consumerSecret?: string };
  readonly accounts: readonly {
    readonly id: string;
    readonly handle: string;
    readonly tier?: "self-serve" | "enterprise";
    /** What its OAuth 1.0a token is said to allow, in a header of each answer. @default "read-write-directmessages" */
    readonly access?: "read" | "read-write" | "read-write-directmessages";
  }[];
  readonly webhook?: { readonly url: string };
  /**
   * Is it served on loopback? Without a socket it is reached through {@link XSandbox.client} only.
   *
   * @default true
   */
  readonly listen?: boolean;
  readonly hostile?: XHostility;
  /**
   * Does the handle that X itself writes before an answer call on the account? X does not document it; `false` is the
   * stricter reading of its rule.
   *
   * @default true
   */
  readonly implicitSummons?: boolean;
  readonly port?: number;
}

/** A request as it reached the sandbox. Headers are not kept: they hold the token. */
export interface SeenRequest {
  readonly at: number;
  readonly account?: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** What it was answered; absent while it is under way, 0 when the connection was cut. */
  readonly status?: number;
  readonly answer?: unknown;
}

/** Everything that can be seen from outside. */
export interface XState {
  readonly users: readonly User[];
  readonly posts: readonly Post[];
  readonly dms: readonly Letter[];
  readonly requests: readonly SeenRequest[];
  readonly deliveries: {
    readonly pending: number;
    readonly waiting: number;
    readonly delivered: number;
    readonly doubled: number;
    readonly refused: number;
    readonly lost: number;
  };
}

/** A person by id, handle, or as they were handed out. */
export type Whom = string | { readonly id: string };

/** What people do on the network; the same in process and from another one. */
export interface XPeople {
  /** The person with this handle, made if there is none. */
  persona(
    handle: string,
    more?: { readonly name?: string; readonly followers?: number; readonly acceptsMessages?: boolean },
  ): Promise<User>;
  /** Somebody posts: a customer, or a person at the brand in X's own app. */
  say(what: {
    readonly by: Whom;
    readonly text: string;
    readonly replyTo?: string;
    readonly quote?: string;
    /** Accounts whose handles the author wrote; added to the words where they are missing. */
    readonly mentions?: readonly string[];
    /** What X takes its language for. @default "en" */
    readonly language?: string;
  }): Promise<Post>;
  /** Somebody writes in private, and may send a picture along, by its address. */
  dm(what: { readonly by: Whom; readonly to: Whom; readonly text: string; readonly picture?: string }): Promise<Letter>;
  /** Somebody opens the link under a post of the brand and sends what is written there, with words of their own. */
  followInvite(what: { readonly by: Whom; readonly post: string; readonly text?: string }): Promise<Letter>;
  /** The author edits: a new post with a history. */
  edit(what: { readonly post: string; readonly text: string }): Promise<Post>;
  remove(what: { readonly post: string }): Promise<void>;
  /** Somebody goes private or is suspended: the brand sees nothing of them any more, until they are back. */
  hideAway(what: { readonly by: Whom; readonly back?: boolean }): Promise<void>;
  /** Points the app's webhook to an address, after a handshake as X does it. */
  connect(what: { readonly url: string }): Promise<void>;
  /** Somebody at the brand says yes on X's page, to which they were sent at this address: the code that X sends back. */
  authorise(what: { readonly account: string; readonly url: string }): Promise<string>;
  /** X ends the webhook and every subscription, as it does when a webhook failed its challenge for more than a day. */
  lapse(): Promise<void>;
  /** How many listen to the stream of activity. */
  listeners(): Promise<number>;
  /** Cuts the stream of activity, and lets nobody listen for so long, by the sandbox's clock. */
  dropStream(what: { readonly forMs: number }): Promise<void>;
  inject(what: { readonly fault: XFault; readonly times?: number }): Promise<void>;
  rate(what: { readonly fault: XFault; readonly probability: number }): Promise<void>;
  calm(): Promise<void>;
  /** Posts made after the first `after` ones, as they stand; `next` goes on from there. 0 for all of them. */
  posted(what: { readonly after: number }): Promise<{ readonly posts: readonly Post[]; readonly next: number }>;
  state(): Promise<XState>;
  /** Resolves when every delivery was made, or lost for good. */
  settled(): Promise<void>;
}

/** X on loopback, or in this process only. */
export interface XSandbox extends XPeople, AsyncDisposable {
  /** Where it is served; without a socket a name that leads nowhere. */
  readonly origin: string;
  /** The SDK's client of an account, without SDK and socket: each call is answered by the sandbox itself. */
  client(account: { readonly id: string }): XClient;
  /** Points the app's webhook to a function such as `bridge.fetch`, without a socket, after a handshake as X does it. */
  attach(listener: (request: Request) => Promise<Response>): Promise<void>;
  readonly faults: Faults<XFault>;
  /** What `x()` needs to talk to this sandbox as its accounts. */
  options(): XOptions;
  /** The same as an environment, for `x.fromEnv`: to be set where the bridge runs, in this process or another. Needs a socket. */
  env(): Readonly<Record<string, string>>;
  /** Signs a body as X signs a delivery. */
  signed(body: string): Request;
  /** The deliveries that announce a post or a message, as text, one for each account and kind. */
  announces(id: string): readonly string[];
}
