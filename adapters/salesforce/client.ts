import { BridgeError, type Kit, revealed } from "casethread/adapter";
import pRetry from "p-retry";
import type { z } from "zod";
import type { Budget } from "./budget.ts";
import { fromThrown, isExpired, refuse } from "./faults.ts";
import { theirs } from "./hosts.ts";
import type { Settings } from "./options.ts";
import { createSignIn } from "./session.ts";
import { transportOf } from "./transport.ts";

/** The part of a jsforce Connection that is used here. `jsforce` and `@jsforce/jsforce-node` both fit. */
export interface SalesforceConnection {
  instanceUrl: string;
  accessToken?: string | null | undefined;
  /** The SDK's CometD client. */
  readonly streaming?: { createClient(extensions: object[]): unknown };
  /** What the org said last of its calls of the day. */
  limitInfo?: { readonly apiUsage?: { readonly used: number; readonly limit: number } };
  request(
    request: { method: "GET" | "POST" | "PATCH"; url: string; body?: string; headers?: Record<string, string> },
    options?: object,
  ): PromiseLike<unknown>;
}

interface Sdk {
  readonly Connection: new (config: object) => SalesforceConnection;
}

/** One request, its path relative to the version's root unless it begins with `/services/`. */
interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
}

/** Talks to one org. It owns timeouts, retries and the session; the SDK's own are switched off. */
export interface Client {
  /** A request that changes nothing: tried three times while the org is unavailable. The answer is checked against the shape. */
  read<T>(call: Call, shape: z.ZodType<T>, kit: Kit): Promise<T>;
  /** A request that acts: sent once, and once more only when the session had expired, so that it was refused unread. */
  write<T>(call: Call, shape: z.ZodType<T>, kit: Kit): Promise<T>;
  /** A session for what is no single request; another one than that which was refused. */
  session(kit: Kit, refused?: SalesforceConnection): Promise<SalesforceConnection>;
  /** Where the org's pages are. */
  origin(): string;
}

interface Session {
  readonly connection: Promise<SalesforceConnection>;
  /** Rises with each sign-in, so that of many who meet an expired session one renews it. */
  readonly turn: number;
}

const isMissing = (thrown: unknown, name: string): boolean =>
  thrown instanceof Error &&
  ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"].includes(String((thrown as { code?: unknown }).code)) &&
  thrown.message.includes(name);

// Not literals: a bundler would otherwise insist on both.
const packages: readonly string[] = ["jsforce", "@jsforce/jsforce-node"];

const loadSdk = async (): Promise<Sdk> => {
  for (const name of packages) {
    try {
      const module = (await import(name)) as Partial<Sdk> & { readonly default?: Partial<Sdk> };
      const sdk = module.Connection === undefined ? module.default : module;
      if (sdk?.Connection !== undefined) return sdk as Sdk;
    } catch (thrown) {
      if (!isMissing(thrown, name))
        throw refuse(
          `The package ${name} is installed and cannot be loaded (${String(thrown)}): install it anew.`,
          "unavailable",
        );
    }
  }
  throw refuse(
    "No Salesforce SDK is installed: npm install jsforce (or the smaller @jsforce/jsforce-node).",
    "unavailable",
  );
};

/** Settles with the work, at the latest when the time is over or the signal aborts. What still runs then is left to its own timeout. */
const within = async <T>(work: PromiseLike<T>, ms: number, signal: AbortSignal): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new DOMException("stopped", "AbortError"));
  const timer = setTimeout(() => reject(new DOMException(`no answer in ${ms} ms`, "TimeoutError")), ms);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
};

const shaped = <T>(answer: unknown, shape: z.ZodType<T>): T => {
  const read = shape.safeParse(answer);
  if (read.success) return read.data;
  const where = read.error.issues.map((issue) => issue.path.join(".")).join(", ");
  throw new BridgeError(
    `The org answered in a shape that is not known here (at: ${where}). Is the origin right, and the API version?`,
    {
      fault: "unavailable",
      adapter: "salesforce",
      landed: "unknown",
    },
  );
};

/** Makes the client of an org. Nothing is loaded and nobody called before the first request. */
export const createClient = (settings: Settings, budget: Budget): Client => {
  const { login, timeoutMs, version } = settings;
  let session: Session | undefined;
  let signIn: ReturnType<typeof createSignIn> | undefined;
  const handed = settings.connection;
  let origin = (typeof handed === "object" ? handed.instanceUrl : undefined) ?? settings.origin ?? "";

  const tried = async <T>(work: () => Promise<T>, signal: AbortSignal, kit: Kit): Promise<T> => {
    try {
      return await pRetry(work, {
        retries: 2,
        minTimeout: 200,
        factor: 3,
        randomize: true,
        signal,
        shouldRetry: ({ error }) => error instanceof BridgeError && error.fault === "unavailable",
      });
    } catch (thrown) {
      throw fromThrown(thrown, kit.now());
    }
  };

  const open = async (kit: Kit): Promise<SalesforceConnection> => {
    if (typeof handed === "function") {
      const connection = await handed();
      origin = connection.instanceUrl;
      return connection;
    }
    if (login === undefined) {
      const message =
        "The session of the connection that was handed in has expired: sign in again and hand in a new one.";
      throw refuse(message, "unauthorized");
    }
    const sdk = await loadSdk();
    const loginUrl = login.origin ?? settings.origin ?? origin;
    const connect = (instanceUrl: string, accessToken: string): SalesforceConnection =>
      // Without loginUrl and version the SDK would take login.salesforce.com and 50.0.
      new sdk.Connection({ loginUrl, instanceUrl, version, accessToken, callOptions: { client: "casethread" } });
    if ("accessToken" in login) return connect(origin, await revealed(login.accessToken));
    signIn ??= createSignIn(login, loginUrl);
    const asking = signIn;
    // Not the caller's signal: others wait for this session too.
    const signal = AbortSignal.timeout(timeoutMs);
    const grant = await tried(() => asking(signal, kit), signal, kit);
    origin = login.instanceUrl ?? at(grant.instanceUrl, loginUrl) ?? origin;
    return connect(origin, grant.accessToken);
  };

  /** Where a session goes next is the answer's word: it must lead to the org. */
  const at = (told: string | undefined, loginUrl: string): string | undefined => {
    if (told === undefined || theirs(told, loginUrl) !== undefined) return told;
    throw refuse(
      "The sign-in was answered with an address that is none of Salesforce's; nothing was sent there. Look at the origin; if the address is right, name it as login.instanceUrl.",
    );
  };

  const begin = (turn: number, connection: Promise<SalesforceConnection>): Session => {
    const opening = { connection, turn };
    session = opening;
    connection.catch(() => {
      if (session === opening) session = undefined;
    });
    return opening;
  };
  const current = (kit: Kit): Session =>
    session ?? begin(0, typeof handed === "object" ? Promise.resolve(handed) : open(kit));
  const renewed = (expired: Session, kit: Kit): Session =>
    session !== undefined && session.turn > expired.turn ? session : begin(expired.turn + 1, open(kit));

  const once = async (opened: Session, call: Call, kit: Kit, depart: () => void): Promise<unknown> => {
    const connection = await within(opened.connection, timeoutMs, kit.signal);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const request = {
      method: call.method,
      url: call.path.startsWith("/services/") ? call.path : `/services/data/v${version}${call.path}`,
      headers: { "content-type": "application/json", accept: "application/json" },
      ...(body === undefined ? {} : { body }),
    };
    depart();
    // A connection that was handed in keeps its own way out: its proxy may be there.
    const options =
      handed !== undefined
        ? { retry: { maxRetries: 0 }, timeout: timeoutMs }
        : { transport: transportOf(AbortSignal.any([kit.signal, AbortSignal.timeout(timeoutMs)])) };
    try {
      return await within(connection.request(request, options), timeoutMs, kit.signal);
    } finally {
      await budget.note(connection.limitInfo?.apiUsage, kit);
    }
  };

  const ask = async (call: Call, kit: Kit, depart: () => void): Promise<unknown> => {
    let sent = false;
    try {
      kit.signal.throwIfAborted();
      const first = current(kit);
      const leave = (): void => {
        depart();
        sent = true;
      };
      try {
        return await once(first, call, kit, leave);
      } catch (thrown) {
        if (!isExpired(thrown)) throw thrown;
        sent = false;
        return await once(renewed(first, kit), call, kit, leave);
      }
    } catch (thrown) {
      const fault = fromThrown(thrown, kit.now());
      if (sent || fault.landed === "no") throw fault;
      throw refuse(
        "The request was not sent: its time was over before the sign-in was. It is tried again; if it stays so, raise timeoutMs.",
        fault.fault,
      );
    }
  };

  return {
    read: async (call, shape, kit) =>
      shaped(await tried(() => ask(call, kit, () => undefined), kit.signal, kit), shape),
    write: async (call, shape, kit) => shaped(await ask(call, kit, () => kit.depart()), shape),
    session: async (kit, refused) => {
      const opened = current(kit);
      const connection = await within(opened.connection, timeoutMs, kit.signal);
      return connection === refused ? within(renewed(opened, kit).connection, timeoutMs, kit.signal) : connection;
    },
    origin: () => origin,
  };
};
