import type { Clock, Faults } from "casethread/sandbox";
import type { FacebookClient } from "../client.ts";
import type { FacebookOptions, FacebookPage } from "../options.ts";
import type { FbLetter, FbNode, FbUser } from "./world.ts";

/**
 * What can be ordered to go wrong with a request that acts: `lost-response` (done, connection cut), `503-before` (not
 * done), `503-after` (done), `html-502` (not done, answered by a proxy in HTML), `hang` (not done, never answered),
 * `late-answer` (done, answered later), `throttled` (32), `revoked` (190), `blocked` (368), `duplicate-after` (done, and
 * called a duplicate: 506). And `lost-webhook`: a delivery that is never made.
 */
export type FacebookFault =
  | "lost-response"
  | "503-before"
  | "503-after"
  | "html-502"
  | "hang"
  | "late-answer"
  | "throttled"
  | "revoked"
  | "blocked"
  | "duplicate-after"
  | "lost-webhook";

/** How unkind the network is without being asked. */
export interface FacebookHostility {
  /** How long Graph may hide what was written, by the sandbox's clock. Half of it at least. @default 2000 */
  readonly indexLagMs?: number;
  /** How likely a delivery comes twice. @default 0.2 */
  readonly doubleRate?: number;
  /** Do deliveries overtake each other? @default true */
  readonly reorder?: boolean;
  /** How likely an answer to an act comes late. @default 0.05 */
  readonly lateAnswers?: number;
  /** How likely the delivery of a Page's own act comes before the answer to it. @default 0.5 */
  readonly echoFirst?: number;
}

/** What a Facebook sandbox is made of. */
export interface FacebookSandboxOptions {
  readonly clock?: Clock;
  /** Same seed, same chances. @default 1 */
  readonly seed?: number;
  readonly app?: { readonly id?: string; readonly secret?: string; readonly verifyToken?: string };
  readonly pages: readonly {
    readonly id: string;
    readonly name: string;
    readonly humanAgent?: boolean;
    readonly ads?: boolean;
    /** Permissions that its token has not. */
    readonly lacks?: readonly string[];
    /** Does the app have `pages_messaging` for it? @default true */
    readonly messaging?: boolean;
  }[];
  /** Where deliveries go. Without a socket: `deliver` takes them. */
  readonly webhook?: { readonly url: string };
  /** Takes deliveries in this process, instead of the network. */
  readonly deliver?: (request: Request) => Promise<Response>;
  readonly hostile?: FacebookHostility;
}

/** A request to Graph, without its keys. */
export interface GraphRequest {
  readonly method: string;
  /** With the version: `/v25.0/1001/messages`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
/** What Graph answers. */
export interface GraphAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; text where a proxy answers. */
  readonly body: unknown;
}

/** A request as it reached the sandbox. The token and its proof are left out. */
export interface SeenRequest extends GraphRequest {
  readonly at: number;
  /** The Page whose token it carried. */
  readonly page?: string;
  /** What it was answered; absent while it is under way, 0 when the connection was cut. */
  readonly status?: number;
  readonly answer?: unknown;
}

/** Everything that can be seen from outside. */
export interface FacebookState {
  readonly users: readonly FbUser[];
  readonly nodes: readonly FbNode[];
  readonly letters: readonly FbLetter[];
  readonly requests: readonly SeenRequest[];
  /** By Page: what the app is subscribed to. */
  readonly subscriptions: Readonly<Record<string, readonly string[]>>;
  readonly deliveries: {
    readonly pending: number;
    readonly waiting: number;
    readonly delivered: number;
    readonly doubled: number;
    readonly refused: number;
    readonly lost: number;
  };
}

/** A person or a Page, by id or as they were handed out. */
export type Whom = string | { readonly id: string };

/** What people do on the network; the same in process and from another one. */
export interface FacebookPeople {
  /** The person of this name, made if there is none. */
  persona(name: string): Promise<FbUser>;
  /** A Page posts on its own feed, or a visitor on it. `ad`: an advertisement, which stands on no feed. */
  post(what: { readonly by: Whom; readonly page: Whom; readonly text: string; readonly ad?: boolean }): Promise<FbNode>;
  /** Somebody comments on a post, or answers a comment: a customer, or a person at the brand in Facebook's own app. */
  comment(what: {
    readonly by: Whom;
    readonly under: string;
    readonly text?: string;
    readonly photo?: string;
    /** Facebook does not tell who it was. */
    readonly unnamed?: boolean;
  }): Promise<FbNode>;
  /** Somebody writes to a Page in Messenger. */
  message(what: {
    readonly by: Whom;
    readonly page: Whom;
    readonly text?: string;
    readonly picture?: string;
  }): Promise<FbLetter>;
  /** Somebody taps a question or a button of the Page's menu in Messenger. */
  tap(what: { readonly by: Whom; readonly page: Whom; readonly title: string }): Promise<FbLetter>;
  /** A person at the brand writes in the Page's inbox. */
  byHand(what: { readonly page: Whom; readonly to: Whom; readonly text: string }): Promise<FbLetter>;
  /** Somebody opens the m.me link that stands in a comment of the Page's. */
  openInvite(what: { readonly by: Whom; readonly post: string }): Promise<void>;
  edit(what: { readonly post: string; readonly text: string }): Promise<FbNode>;
  remove(what: { readonly post: string }): Promise<void>;
  hide(what: { readonly post: string; readonly hidden: boolean }): Promise<void>;
  /** Somebody else gets a thread, or gives it back to the app. */
  control(what: {
    readonly page: Whom;
    readonly person: Whom;
    readonly owner: "app" | "inbox" | "other";
  }): Promise<void>;
  /** From now on Graph's headers say this. */
  usage(what: { readonly page: Whom; readonly percent?: number; readonly regainMinutes?: number }): Promise<void>;
  /** Meta ends the app's subscriptions, as it does when a webhook fails for an hour: what was not delivered until then never is. */
  unsubscribe(what: { readonly page: Whom }): Promise<void>;
  /** Points the app's webhook somewhere, after a handshake as Meta does it. */
  connect(what: { readonly url: string }): Promise<void>;
  inject(what: { readonly fault: FacebookFault; readonly times?: number }): Promise<void>;
  rate(what: { readonly fault: FacebookFault; readonly probability: number }): Promise<void>;
  calm(): Promise<void>;
  state(): Promise<FacebookState>;
  /** Resolves when every delivery was made, or lost for good. */
  settled(): Promise<void>;
}

/** Facebook without a socket: everything in this process. */
export interface FacebookNetwork extends FacebookPeople, AsyncDisposable {
  readonly faults: Faults<FacebookFault>;
  /**
   * Asks Graph.
   *
   * @throws CutConnection where the answer is lost.
   */
  graph(request: GraphRequest, signal?: AbortSignal): Promise<GraphAnswer>;
  /** A client in the SDK's manner, for `facebook({ client })`: no socket, and the SDK's own errors. */
  client(page: FacebookPage, token: string): FacebookClient;
  /** What `facebook()` needs to talk to this network as its Pages. */
  options(): FacebookOptions;
  /** Signs a body as Meta signs a delivery. */
  signed(body: string): Request;
  /** The deliveries that announce a post, a comment or a message, as text. */
  announces(id: string): readonly string[];
}

/** Facebook on loopback. */
export interface FacebookSandbox extends FacebookNetwork {
  /** What `facebook()` needs, as an environment for `facebook.fromEnv`: to be set where the bridge runs, in this process or another. */
  env(): Readonly<Record<string, string>>;
  readonly origin: string;
}
