import { Agent } from "node:https";
import { connect } from "node:net";
import { BridgeError, givenUp, type Kit, orGivenUp, revealed, revealedAll } from "casethread/adapter";
import { z } from "zod";
import { faultOf, oddAnswer, refusedGrant, staleToken } from "./faults.ts";
import type { OAuth2, XAccount, XOptions } from "./options.ts";
import { createTokens, type Grant } from "./tokens.ts";

/** How much of an endpoint is left in its window, as X's headers say it. `reset` is in unix seconds. */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  readonly reset: number;
  readonly userDay?: { readonly limit: number; readonly remaining: number; readonly reset: number } | undefined;
}

/** What this adapter uses of an answer. */
export interface XAnswer {
  readonly data: unknown;
  readonly rateLimit?: RateLimit | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
}

/** What a request asks in its query. */
export type XQuery = Record<string, string | number | boolean | undefined>;
/** Asks for the whole answer, its headers included; a body that carries a file goes as a form. */
export interface XWhole {
  readonly fullResponse: true;
  readonly forceBodyMode?: "form-data" | "raw";
  /** Without one a path is a whole address. */
  readonly prefix?: "";
  readonly enableAuth?: boolean;
  readonly forceParseMode?: "text";
  readonly headers?: Record<string, string>;
}

/** The part of twitter-api-v2's client that this adapter uses: a `TwitterApi` is one. */
export interface XClient {
  readonly v2: {
    get(url: string, query: XQuery, args: XWhole): Promise<XAnswer>;
    post(url: string, body: Record<string, unknown>, args: XWhole): Promise<XAnswer>;
    put(url: string, body: Record<string, unknown> | Uint8Array, args: XWhole): Promise<XAnswer>;
    delete(url: string, query: XQuery, args: XWhole): Promise<XAnswer>;
  };
  /** One of the app's streams, line by line: of activity, or of posts that hold the accounts' keywords. Without it a client that is handed in hears none. */
  stream?(signal: AbortSignal, of: "activity" | "keywords"): AsyncIterable<string>;
}

/** One request to X. `acts`: it changes something there, so that a lost answer leaves a doubt. */
export interface XCall {
  readonly account: XAccount;
  readonly method: "get" | "post" | "put" | "delete";
  readonly path: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly acts: boolean;
  /** The body goes as a form. */
  readonly form?: true;
  /** `path` is a whole address, given by X for this one request; what goes there and comes from there is text. */
  readonly whole?: "text";
  readonly text?: string;
  /** What a read is for: some leave room for others. An upload changes nothing that anybody sees. */
  readonly purpose?: "catch-up" | "mark" | "upload";
}

interface BeforeRequest {
  readonly requestOptions: { timeout?: number; signal?: AbortSignal };
}
/** The tokens that the SDK signs with. */
type SdkTokens =
  | string
  | { readonly appKey: string; readonly appSecret: string; readonly accessToken: string; readonly accessSecret: string }
  | { readonly clientId: string; readonly clientSecret?: string };
interface Sdk {
  readonly TwitterApi: new (
    tokens: SdkTokens,
    settings: {
      readonly httpAgent: Agent;
      readonly compression: "identity";
      readonly plugins: readonly { onBeforeRequest(hook: BeforeRequest): void }[];
    },
  ) => XClient & {
    post(url: string, body: Readonly<Record<string, string>>, how: { readonly forceBodyMode: "url" }): Promise<unknown>;
  };
}

const loadSdk = async (): Promise<Sdk> => {
  try {
    return (await import("twitter-api-v2")) as unknown as Sdk;
  } catch {
    throw new BridgeError('the X channel needs its SDK: run "npm install twitter-api-v2".', {
      fault: "unavailable",
      adapter: "x",
      landed: "no",
    });
  }
};

/**
 * Connects to X, or to where its API is for tests: the SDK's base addresses are constants, and an agent that connects
 * elsewhere leaves addresses, signatures and the Host header as they are in production.
 */
export const agentTo = (origin: string | undefined): Agent => {
  const agent = new Agent({ keepAlive: true });
  if (origin !== undefined) {
    const { hostname, port } = new URL(origin);
    agent.createConnection = () => connect(Number(port) || 80, hostname.replace(/^\[|\]$/g, ""));
  }
  return agent;
};

// An address of X's own wants the app's token; one at somebody else's must not see it.
const plainly = {
  fullResponse: true,
  prefix: "",
  forceParseMode: "text",
  headers: { "content-type": "text/plain" },
} as const;

/** How long X may take to answer, in ms. */
const timeoutMs = 10_000;

const tokenUrl = "https://api.x.com/2/oauth2/token";
const grant = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive(),
});
const grantOf = (answer: unknown): Grant => {
  const read = grant.safeParse(answer);
  if (!read.success) throw oddAnswer(false);
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn } = read.data;
  return { accessToken, refreshToken, expiresIn };
};

/** Makes the SDK's clients, each for one request. */
type Maker = (tokens: SdkTokens, signal: AbortSignal, depart: () => void) => Promise<InstanceType<Sdk["TwitterApi"]>>;

const createMaker = (options: XOptions): Maker => {
  const agent = agentTo(options.origin);
  let sdk: Promise<Sdk> | undefined;
  const loaded = (): Promise<Sdk> => {
    sdk ??= loadSdk().catch((error: unknown) => {
      sdk = undefined;
      throw error;
    });
    return sdk;
  };
  return async (tokens, signal, depart) => {
    const { TwitterApi } = await loaded();
    return new TwitterApi(tokens, {
      httpAgent: agent,
      // A connection cut inside a compressed answer never settles in this SDK (1.29.1), and a damaged one throws past it.
      compression: "identity",
      plugins: [
        {
          onBeforeRequest: ({ requestOptions }) => {
            requestOptions.timeout = timeoutMs;
            requestOptions.signal = signal;
            // The SDK writes to the socket right after this hook: nothing slow comes in between.
            depart();
          },
        },
      ],
    });
  };
};

/** Asks X for tokens, for a code or for a refresh token. */
export type Grants = (
  client: Pick<OAuth2, "clientId" | "clientSecret">,
  fields: Readonly<Record<string, string>>,
) => Promise<Grant>;

/** Makes the way to X's tokens. */
export const createGrants = (options: XOptions, made: Maker = createMaker(options)): Grants => {
  return async ({ clientId, clientSecret }, fields) => {
    const secret = clientSecret === undefined ? {} : { clientSecret: await revealed(clientSecret) };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const client = await made({ clientId, ...secret }, signal, () => undefined);
      // The SDK's own ways (1.29.1) send JSON, and X documents a form.
      const asked = client.post(tokenUrl, { ...fields, client_id: clientId }, { forceBodyMode: "url" });
      return grantOf(await orGivenUp(asked, signal));
    } catch (thrown) {
      throw refusedGrant(thrown);
    }
  };
};

/** Makes the one way out to X. Each call is one request: neither this nor the SDK tries again. */
export const createCaller = (options: XOptions): ((call: XCall, kit: Kit) => Promise<XAnswer>) => {
  const made = createMaker(options);
  const grants = createGrants(options, made);
  const tokens = createTokens((oauth2, refreshToken) =>
    grants(oauth2, { grant_type: "refresh_token", refresh_token: refreshToken }),
  );

  /** What an account signs with. */
  const tokensOf = async ({ credentials, ...account }: XAccount, kit: Kit): Promise<SdkTokens> => {
    if ("bearer" in credentials) return revealed(credentials.bearer);
    if ("oauth2" in credentials) return tokens.access({ credentials, ...account }, credentials.oauth2, kit);
    return {
      appKey: await revealed(options.app.consumerKey ?? ""),
      appSecret: (await revealedAll(options.app.consumerSecret))[0] ?? "",
      accessToken: await revealed(credentials.accessToken),
      accessSecret: await revealed(credentials.accessSecret),
    };
  };

  return async (call, kit) => {
    const signal = AbortSignal.any([kit.signal, AbortSignal.timeout(timeoutMs)]);
    let departed = false;
    let signedWith: SdkTokens | undefined;
    const depart = (): void => {
      if (signal.aborted) throw givenUp();
      if (call.acts) kit.depart();
      departed = true;
    };
    const clientOf = async (): Promise<XClient> => {
      if (options.client !== undefined) {
        const client = await options.client(call.account);
        depart();
        return client;
      }
      signedWith = await tokensOf(call.account, { ...kit, signal });
      return made(signedWith, signal, depart);
    };
    const asked = async (): Promise<XAnswer> => {
      const { v2 } = await clientOf();
      const fields = { ...call.fields };
      if (call.whole !== undefined) {
        const how = { ...plainly, enableAuth: new URL(call.path).hostname === "api.x.com" };
        if (call.method === "get") return v2.get(call.path, {}, how);
        return v2.put(call.path, Buffer.from(call.text ?? ""), { ...how, forceBodyMode: "raw" });
      }
      const whole = { fullResponse: true } as const;
      if (call.method === "get" || call.method === "delete") return v2[call.method](call.path, fields as XQuery, whole);
      return v2[call.method](call.path, fields, call.form === true ? { ...whole, forceBodyMode: "form-data" } : whole);
    };
    try {
      return await orGivenUp(asked(), signal);
    } catch (thrown) {
      const fault = faultOf(thrown, { now: kit.now(), inDoubt: call.acts && departed });
      const token = typeof signedWith === "string" && "oauth2" in call.account.credentials ? signedWith : undefined;
      if (fault.fault !== "unauthorized" || token === undefined) throw fault;
      throw tokens.refused(call.account, token, kit.now()) ? staleToken() : fault;
    }
  };
};
