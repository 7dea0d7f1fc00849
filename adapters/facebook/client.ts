import { createHmac } from "node:crypto";
import {
  type AccountRef,
  BridgeError,
  givenUp,
  type Kit,
  orGivenUp,
  revealedAll,
  type Secret,
} from "casethread/adapter";
import { block, blocked, blockedUntil } from "./breaker.ts";
import { failureOf } from "./faults.ts";
import type { FacebookOptions, FacebookPage } from "./options.ts";
import type { Bucket, Usage } from "./usage.ts";

/** The part of facebook-nodejs-business-sdk's client that this adapter uses: a `FacebookAdsApi` is one. */
export interface FacebookClient {
  /** `url` is whole. Of a GET or DELETE it holds all parameters, of a POST none. */
  call(method: "GET" | "POST" | "DELETE", url: string, params: Record<string, unknown>): Promise<unknown>;
  /** Lets answers carry their headers: without them nothing is known of usage. */
  setShowHeader?(flag: boolean): unknown;
}

/** One request to Graph. `acts`: it changes something there, so that a lost answer leaves a doubt. */
export interface FbCall {
  readonly account: AccountRef;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly acts: boolean;
  readonly bucket: Bucket;
  /** As the app itself: its webhook, and what it may do with a token. */
  readonly as?: "app";
}

/** What is asked as the app takes its id as well as its secret. */
const appTokenOf = (id: string | undefined, secret: string): string => {
  if (id !== undefined) return `${id}|${secret}`;
  const say = "app.id (FACEBOOK_APP_ID) is not given: give it, for what belongs to the app itself is asked with it.";
  throw new BridgeError(say, { fault: "invalid", adapter: "facebook", landed: "no" });
};

/** Calls Graph once. */
export type Caller = (call: FbCall, kit: Kit) => Promise<unknown>;

interface Sdk {
  readonly FacebookAdsApi: new (token: string, locale: string, crashLog: boolean) => FacebookClient;
}

const loadSdk = async (): Promise<Sdk> => {
  try {
    // It is CommonJS: its names may stand on the default export only.
    const loaded: unknown = await import("facebook-nodejs-business-sdk");
    const { FacebookAdsApi = (loaded as { readonly default?: Partial<Sdk> }).default?.FacebookAdsApi } =
      loaded as Partial<Sdk>;
    if (FacebookAdsApi !== undefined) return { FacebookAdsApi };
  } catch {
    // Told below.
  }
  const say = 'the Facebook channel needs its SDK: run "npm install facebook-nodejs-business-sdk".';
  throw new BridgeError(say, { fault: "unavailable", adapter: "facebook", landed: "no" });
};

/** @internal Whose Page is none of the options'. */
export const stranger = (what: string): BridgeError =>
  new BridgeError(`facebook() was asked about ${what}: add the Page to its options.`, {
    fault: "invalid",
    adapter: "facebook",
    landed: "no",
  });

/** How long Graph may take to answer, in ms. The SDK has no limit of its own. */
const timeoutMs = 10_000;
/** @internal The version of Graph that is spoken unless another is asked for. */
export const defaultVersion = "v25.0";

const encoded = (fields: Readonly<Record<string, unknown>>): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    query.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return query.toString();
};

/** @internal Secrets as they are now. Whatever a vault says that refuses one may hold what it guards: it is not passed on. */
export const fetched = async (name: string, secrets: Secret | readonly Secret[]): Promise<readonly string[]> => {
  try {
    return await revealedAll(secrets);
  } catch {
    const say = `${name} could not be fetched: look at where it comes from.`;
    throw new BridgeError(say, { fault: "unavailable", adapter: "facebook", landed: "no" });
  }
};

/** Meta takes a call with a proof only from who has the app's secret as well as the token (developers.facebook.com/docs/graph-api/guides/secure-requests). */
const proofOf = (secret: string, token: string): string => createHmac("sha256", secret).update(token).digest("hex");

/** Is asked before a call leaves: usage, and blocks. */
const mayLeave = async (call: FbCall, usage: Usage, kit: Kit): Promise<void> => {
  const { account, bucket, acts } = call;
  const closed = usage.closedUntil(account, bucket, acts, kit.now());
  if (closed !== undefined) {
    throw new BridgeError("the Page has used most of its calls: acts are spaced out, or wait until Meta lets them.", {
      fault: "throttled",
      adapter: "facebook",
      landed: "no",
      retryAt: closed,
    });
  }
  const until = acts ? await blockedUntil(account, kit) : undefined;
  if (until !== undefined) throw blocked(until);
};

/** Makes the one way out to Graph. Each call is one request, with the token of its own Page: neither this nor the SDK tries again. */
export const createCaller = (options: FacebookOptions, usage: Usage): Caller => {
  const base = `${options.origin ?? "https://graph.facebook.com"}/${options.version ?? defaultVersion}`;
  const pages = new Map<string, FacebookPage>(options.pages.map((page) => [page.id, page]));
  let sdk: Promise<Sdk> | undefined;
  const loaded = (): Promise<Sdk> => {
    sdk ??= loadSdk().catch((error: unknown) => {
      sdk = undefined;
      throw error;
    });
    return sdk;
  };
  const clientOf = async (page: FacebookPage, accessToken: string): Promise<FacebookClient> => {
    if (options.client !== undefined) return options.client(page, accessToken);
    const { FacebookAdsApi } = await loaded();
    // Its crash reporter would listen to every error of the process, and tell them to Meta.
    return new FacebookAdsApi(accessToken, "en_US", false);
  };

  return async (call, kit) => {
    const page = pages.get(call.account.id);
    if (page === undefined) throw stranger(`Page ${call.account.id}`);
    const signal = AbortSignal.any([kit.signal, AbortSignal.timeout(timeoutMs)]);
    let departed = false;
    const asked = async (): Promise<unknown> => {
      await mayLeave(call, usage, kit);
      const [secret = ""] = await fetched("app.secret", options.app.secret);
      const [accessToken = ""] =
        call.as === "app"
          ? [appTokenOf(options.app.id, secret)]
          : await fetched(`the token of Page ${page.id}`, page.token);
      const client = await clientOf(page, accessToken);
      client.setShowHeader?.(true);
      const keys = { access_token: accessToken, appsecret_proof: proofOf(secret, accessToken) };
      const fields = { ...call.fields, ...keys };
      // Of a POST the token travels in the body: addresses are what proxies and errors write down.
      const url = `${base}/${call.path}`;
      if (signal.aborted) throw givenUp();
      if (call.acts) {
        kit.depart();
        usage.acted(call.account, call.bucket, kit.now());
      }
      departed = true;
      return call.method === "POST"
        ? client.call(call.method, url, fields)
        : client.call(call.method, `${url}?${encoded(fields)}`, {});
    };
    try {
      const answer = await orGivenUp(asked(), signal);
      usage.note(call.account, headersOf(answer), kit.now());
      return answer;
    } catch (thrown) {
      usage.note(call.account, headersOf(thrown), kit.now());
      const now = kit.now();
      const regainAt = usage.regainAt(call.account, call.bucket, now);
      const how = { now, inDoubt: call.acts && departed, regainAt };
      const { error, row } = failureOf(thrown, how);
      if (row?.blocks === true) throw blocked(await block(call.account, kit));
      throw error;
    }
  };
};

const headersOf = (answer: unknown): unknown =>
  typeof answer === "object" && answer !== null ? (Reflect.get(answer, "headers") as unknown) : undefined;
