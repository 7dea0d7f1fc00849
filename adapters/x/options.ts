import { BridgeError, type UnknownOutcome } from "casethread/adapter";
import { z } from "zod";
import type { XClient } from "./client.ts";

/** A secret, or a function that fetches it: asked anew for each call, so that a rotated one is taken up at once. */
export type Secret = string | (() => string | Promise<string>);

/** What an account signs its calls with: OAuth 1.0a user tokens together with the app's key, or an OAuth 2.0 user token. */
export type XCredentials =
  | { readonly accessToken: Secret; readonly accessSecret: Secret }
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
}

/** What {@link x} is made of. */
export interface XOptions {
  readonly app: {
    /** The app's API key. Needed for OAuth 1.0a. */
    readonly consumerKey?: Secret;
    /** The app's API secret, which X signs deliveries with. While it is rotated: the new one first, then the old. */
    readonly consumerSecret: Secret | readonly Secret[];
  };
  readonly accounts: readonly XAccount[];
  /** Where X's API is, for tests: `http://127.0.0.1:<port>`. Loopback only, because tokens travel there in clear. */
  readonly origin?: string;
  /** An operator's own bounds for words whose outcome is unknown. `afterQuiet` rests on X's index being as fast as `quietMs` says. */
  readonly unknown?: Partial<Pick<UnknownOutcome, "repeat" | "quietMs" | "reads">>;
  /**
   * A catch-up reads private messages in every n-th pass only: X allows 15 such reads in 15 minutes, and looking whether
   * a message landed needs some of them.
   *
   * @default 2
   */
  readonly messagesEvery?: number;
  /**
   * What the customer finds written when she opens an invite's link. Must hold the token.
   *
   * @default "Reference: <token>"
   */
  readonly inviteText?: (token: string) => string;
  /** Makes the SDK's client of an account, instead of the one made here. Called for each request. */
  readonly client?: (account: XAccount) => XClient | Promise<XClient>;
}

const secret = z.union([
  z.string().min(1),
  z.custom<() => string | Promise<string>>((value) => typeof value === "function"),
]);
const fn = z.custom<(...args: never) => unknown>((value) => typeof value === "function");

const shape = z.object({
  app: z.object({ consumerKey: secret.optional(), consumerSecret: z.union([secret, z.array(secret).min(1)]) }),
  accounts: z
    .array(
      z.object({
        id: z.string().regex(/^\d{1,19}$/),
        handle: z
          .string()
          .regex(/^\w{1,15}$/)
          .optional(),
        tier: z.enum(["self-serve", "enterprise"]).optional(),
        credentials: z.record(z.string(), z.unknown()),
      }),
    )
    .min(1),
  origin: z.string().optional(),
  unknown: z
    .object({
      repeat: z.enum(["idempotent", "never", "afterQuiet"]).optional(),
      quietMs: z.number().nonnegative().optional(),
      reads: z.array(z.number().positive()).optional(),
    })
    .optional(),
  messagesEvery: z.number().int().positive().optional(),
  inviteText: fn.optional(),
  client: fn.optional(),
});

const names: Readonly<Record<string, string>> = {
  "app.consumerKey": "X_CONSUMER_KEY",
  "app.consumerSecret": "X_CONSUMER_SECRET",
  id: "X_ACCOUNT_ID",
  handle: "X_ACCOUNT_HANDLE",
  tier: "X_ACCOUNT_TIER",
  accessToken: "X_ACCESS_TOKEN",
  accessSecret: "X_ACCESS_SECRET",
  bearer: "X_BEARER_TOKEN",
  origin: "X_ORIGIN",
};

const suffix = (index: number): string => (index === 0 ? "" : `_${index + 1}`);

const inWords = (path: string): string => {
  const account = /^accounts\.(\d+)\.(?:credentials\.)?(\w+)$/.exec(path);
  const env = account === null ? names[path] : names[account[2] ?? ""] + suffix(Number(account[1]));
  return env === undefined ? path : `${path} (${env})`;
};

/** http on this machine, or nothing: an origin from a setting must not carry tokens across a network in clear. */
const isLoopback = (origin: string): boolean => {
  const url = URL.parse(origin);
  return url !== null && url.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
};

const faultsOfCredentials = (options: XOptions): string[] =>
  options.accounts.flatMap((account, index) => {
    if (options.client !== undefined) return [];
    const given: Partial<Record<string, unknown>> = account.credentials;
    const lacks = (name: string): boolean => !secret.safeParse(given[name]).success;
    if (!lacks("bearer")) return [];
    const at = `accounts.${index}.credentials`;
    const missing = ["accessToken", "accessSecret"]
      .filter(lacks)
      .map((name) => `${inWords(`${at}.${name}`)} is missing`);
    if (options.app.consumerKey === undefined) missing.push(`${inWords("app.consumerKey")} is missing`);
    return missing;
  });

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), value);

const faultsOf = (options: XOptions): string[] => {
  const checked = shape.safeParse(options);
  if (!checked.success) {
    return checked.error.issues.map(({ path }) => {
      const name = inWords(path.join("."));
      return valueAt(options, path) === undefined ? `${name} is missing` : `${name} is not valid`;
    });
  }
  const ids = options.accounts.map(({ id }) => id);
  return [
    ...faultsOfCredentials(options),
    ...(new Set(ids).size < ids.length ? ["accounts: two have the same id"] : []),
    ...(options.origin === undefined || isLoopback(options.origin)
      ? []
      : [`${inWords("origin")} must be http://127.0.0.1:<port>: leave it out to talk to X itself`]),
    ...(options.inviteText !== undefined && !options.inviteText("ct-token").includes("ct-token")
      ? ["inviteText must hold the token it is given"]
      : []),
  ];
};

/**
 * Checks all options at once.
 *
 * @throws BridgeError `invalid`, naming everything that is missing or wrong, and holding no secret.
 */
export const checkOptions = (options: XOptions): XOptions => {
  const faults = [...new Set(faultsOf(options))];
  if (faults.length === 0) return options;
  throw new BridgeError(`x() cannot start: ${faults.join("; ")}. In brackets: the name x.fromEnv reads.`, {
    fault: "invalid",
    adapter: "x",
    landed: "no",
  });
};

/**
 * Makes options of an environment: X_CONSUMER_KEY, X_CONSUMER_SECRET (comma-separated while it is rotated) and, for each
 * account, X_ACCOUNT_ID with X_ACCESS_TOKEN and X_ACCESS_SECRET, or X_BEARER_TOKEN; X_ACCOUNT_HANDLE and X_ACCOUNT_TIER if
 * wanted. Further accounts carry _2, _3 and so on behind each name.
 *
 * @throws BridgeError `invalid`, naming everything that is missing.
 */
export const optionsFromEnv = (env: Readonly<Record<string, string | undefined>>): XOptions => {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const has = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
    value === undefined ? {} : ({ [key]: value } as Record<K, string>);
  const account = (index: number): Record<string, unknown> => {
    const of = (name: string): string | undefined => read(name + suffix(index));
    const bearer = of("X_BEARER_TOKEN");
    return {
      ...has("id", of("X_ACCOUNT_ID")),
      ...has("handle", of("X_ACCOUNT_HANDLE")),
      ...has("tier", of("X_ACCOUNT_TIER")),
      credentials:
        bearer === undefined
          ? { ...has("accessToken", of("X_ACCESS_TOKEN")), ...has("accessSecret", of("X_ACCESS_SECRET")) }
          : { bearer },
    };
  };
  const accounts = [account(0)];
  while (read(`X_ACCOUNT_ID${suffix(accounts.length)}`) !== undefined) accounts.push(account(accounts.length));
  const secrets = read("X_CONSUMER_SECRET")
    ?.split(",")
    .map((one) => one.trim());
  const made: unknown = {
    app: {
      ...has("consumerKey", read("X_CONSUMER_KEY")),
      ...(secrets === undefined ? {} : { consumerSecret: secrets }),
    },
    accounts,
    ...has("origin", read("X_ORIGIN")),
  };
  return checkOptions(made as XOptions);
};
