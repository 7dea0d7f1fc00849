import type { OwnBounds, Secret } from "casethread/adapter";
import type { XClient } from "./client.ts";
import type { XPrices } from "./prices.ts";

/**
 * OAuth 2.0 with refresh tokens, each of which is good for one refresh
 * (docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code). The channel refreshes by itself, and keeps what X
 * gives it in the bridge's store, encrypted.
 */
export interface OAuth2 {
  /** The app's OAuth 2.0 client id, from X's console. */
  readonly clientId: string;
  /** The client secret, if the app is a confidential client. */
  readonly clientSecret?: Secret;
  /** The refresh token of the day the account was authorised. Another one begins anew: what is kept of the old one is of no use then. */
  readonly refreshToken: Secret;
  /** 32 bytes in base64 (`openssl rand -base64 32`), which the tokens are kept under with AES-256-GCM. While it is rotated: the new one first, then the old. */
  readonly key: Secret | readonly Secret[];
}

/**
 * What an account signs its calls with: OAuth 1.0a user tokens together with the app's key, OAuth 2.0 with a refresh token,
 * or an OAuth 2.0 user token that somebody else keeps fresh.
 */
export type XCredentials =
  | { readonly accessToken: Secret; readonly accessSecret: Secret }
  | { readonly oauth2: OAuth2 }
  | { readonly bearer: Secret };

/** One X user that the brand speaks as. */
export interface XAccount {
  /** The numeric user id. Handles change; this does not. */
  readonly id: string;
  readonly handle?: string;
  /**
   * What the app's access to X is. On `self-serve` X lets an app answer only those who mentioned or quoted the account.
   *
   * @default "self-serve"
   */
  readonly tier?: "self-serve" | "enterprise";
  readonly credentials: XCredentials;
  /**
   * Words and phrases that the account listens for all over X, in posts that are not addressed to it. What they find is
   * entered and routed like everything else, and is never answered through the API: X's rules forbid that
   * (docs.x.com/developer-guidelines). Each post found is billed.
   */
  readonly keywords?: readonly string[];
}

/** What {@link x} is made of. */
export interface XOptions {
  readonly app: {
    /** The app's API key. Needed for OAuth 1.0a. */
    readonly consumerKey?: Secret;
    /** The app's own bearer token. Needed for the stream, for setting up, and for looking whether deliveries still come. */
    readonly bearer?: Secret;
    /** The app's API secret, which X signs deliveries with. While it is rotated: the new one first, then the old. */
    readonly consumerSecret: Secret | readonly Secret[];
  };
  readonly accounts: readonly XAccount[];
  /**
   * The webhook's address, such as `https://bridge.example/x`. With it and `app.bearer` the channel registers it, looks every
   * ten minutes whether X still delivers to it, and subscribes what is missing; without, that is left to {@link xSetup}.
   */
  readonly webhook?: string;
  /**
   * Listens to X's stream of activity as well as, or instead of, a webhook: for a bridge that nobody can reach from outside.
   * Needs `app.bearer`. Of all processes on one store one listens at a time.
   *
   * @default false
   */
  readonly stream?: boolean;
  /** Where X's API is, for tests, and files of answers with it: `http://127.0.0.1:<port>`. Loopback only, because tokens travel there in clear. */
  readonly origin?: string;
  /** An operator's own bounds for words whose outcome is unknown. `afterQuiet` rests on X's index being as fast as `quietMs` says. */
  readonly unknown?: OwnBounds;
  /**
   * A catch-up reads private messages in every n-th pass only: X allows 15 such reads in 15 minutes, and looking whether
   * a message landed needs some of them.
   *
   * @default 2
   */
  readonly messagesEvery?: number;
  /**
   * What X may cost in a day (UTC), in US dollars, as this channel counts it by X's prices. Over it catching up slows, a
   * quarter over it catching up stops, half over it acts wait. `bridge.health()` shows what was spent.
   *
   * @default no budget: it is counted, and nothing is held back
   */
  readonly budgetUsdPerDay?: number;
  /** Prices other than those X lists, for who has others. */
  readonly prices?: Partial<XPrices>;
  /**
   * What the customer finds written when she opens an invite's link. Must hold the token.
   *
   * @default "Reference: <token>"
   */
  readonly inviteText?: (token: string) => string;
  /** Makes the SDK's client of an account, instead of the one made here. Called for each request. */
  readonly client?: (account: XAccount) => XClient | Promise<XClient>;
}
