import { Agent } from "node:https";
import { connect } from "node:net";
import { BridgeError, givenUp, type Kit, orGivenUp, revealed, revealedAll } from "casethread/adapter";
import { faultOf } from "./faults.ts";
import type { XAccount, XOptions } from "./options.ts";

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
}

/** What a request asks in its query. */
export type XQuery = Record<string, string | number | boolean | undefined>;
/** Asks for the whole answer, its headers included. */
export interface XWhole {
  readonly fullResponse: true;
}

/** The part of twitter-api-v2's client that this adapter uses: a `TwitterApi` is one. */
export interface XClient {
  readonly v2: {
    get(url: string, query: XQuery, args: XWhole): Promise<XAnswer>;
    post(url: string, body: Record<string, unknown>, args: XWhole): Promise<XAnswer>;
    put(url: string, body: Record<string, unknown>, args: XWhole): Promise<XAnswer>;
    delete(url: string, query: XQuery, args: XWhole): Promise<XAnswer>;
  };
}

/** One request to X. `acts`: it changes something there, so that a lost answer leaves a doubt. */
export interface XCall {
  readonly account: XAccount;
  readonly method: "get" | "post" | "put" | "delete";
  readonly path: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly acts: boolean;
}

interface BeforeRequest {
  readonly requestOptions: { timeout?: number; signal?: AbortSignal };
}
interface Sdk {
  readonly TwitterApi: new (
    tokens: string | { appKey: string; appSecret: string; accessToken: string; accessSecret: string },
    settings: {
      readonly httpAgent: Agent;
      readonly compression: "identity";
      readonly plugins: readonly { onBeforeRequest(hook: BeforeRequest): void }[];
    },
  ) => XClient;
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

// The SDK's base addresses are constants. An agent that connects elsewhere leaves addresses, signatures and the Host
// header as they are in production.
const agentTo = (origin: string | undefined): Agent => {
  const agent = new Agent({ keepAlive: true });
  if (origin !== undefined) {
    const { hostname, port } = new URL(origin);
    agent.createConnection = () => connect(Number(port) || 80, hostname.replace(/^\[|\]$/g, ""));
  }
  return agent;
};

/** How long X may take to answer, in ms. */
const timeoutMs = 10_000;

/** Makes the one way out to X. Each call is one request: neither this nor the SDK tries again. */
export const createCaller = (options: XOptions): ((call: XCall, kit: Kit) => Promise<XAnswer>) => {
  const agent = agentTo(options.origin);
  let sdk: Promise<Sdk> | undefined;
  const loaded = (): Promise<Sdk> => {
    sdk ??= loadSdk().catch((error: unknown) => {
      sdk = undefined;
      throw error;
    });
    return sdk;
  };

  const clientOf = async (account: XAccount, signal: AbortSignal, depart: () => void): Promise<XClient> => {
    if (options.client !== undefined) {
      const client = await options.client(account);
      depart();
      return client;
    }
    const { TwitterApi } = await loaded();
    const { credentials } = account;
    const tokens =
      "bearer" in credentials
        ? await revealed(credentials.bearer)
        : {
            appKey: await revealed(options.app.consumerKey ?? ""),
            appSecret: (await revealedAll(options.app.consumerSecret))[0] ?? "",
            accessToken: await revealed(credentials.accessToken),
            accessSecret: await revealed(credentials.accessSecret),
          };
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

  return async (call, kit) => {
    const signal = AbortSignal.any([kit.signal, AbortSignal.timeout(timeoutMs)]);
    let departed = false;
    const depart = (): void => {
      if (signal.aborted) throw givenUp();
      if (call.acts) kit.depart();
      departed = true;
    };
    const asked = async (): Promise<XAnswer> => {
      const { v2 } = await clientOf(call.account, signal, depart);
      const fields = { ...call.fields };
      const whole = { fullResponse: true } as const;
      if (call.method === "get" || call.method === "delete") return v2[call.method](call.path, fields as XQuery, whole);
      return v2[call.method](call.path, fields, whole);
    };
    try {
      return await orGivenUp(asked(), signal);
    } catch (thrown) {
      throw faultOf(thrown, { now: kit.now(), inDoubt: call.acts && departed });
    }
  };
};
