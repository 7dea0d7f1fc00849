import type { Json } from "casethread/adapter";
import { z } from "zod";
import type { SalesforceConnection } from "./client.ts";
import { refuse } from "./faults.ts";
import { defaultNames, type SalesforceNames } from "./fields.ts";

/** A secret, or how to get it when it is needed. */
export type Secret = string | (() => string | Promise<string>);

/** How the adapter signs in. */
export type SalesforceLogin =
  /** A session made elsewhere. Given as a function, it is asked again when the session has expired. */
  | { readonly accessToken: Secret; readonly origin?: string; readonly instanceUrl?: string }
  /** The OAuth client credentials flow of a connected app with a run-as user. */
  | {
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly origin?: string;
      readonly instanceUrl?: string;
    };

/** What `salesforce()` takes. */
export interface SalesforceOptions {
  /** Where the org is: its My Domain address, `https://acme.my.salesforce.com`. May stand in `login` instead. */
  readonly origin?: string;
  readonly login?: SalesforceLogin;
  /**
   * A jsforce connection of your own, signed in, instead of `origin` and `login`. It brings the SDK's own way out, with
   * its proxy and its faults: give it no `refreshFn`, with which it repeats a refused sign-in without end. Given as a
   * function, it is asked for another one when the session has expired.
   */
  readonly connection?: SalesforceConnection | (() => SalesforceConnection | Promise<SalesforceConnection>);
  /**
   * The version of the REST API.
   *
   * @default "62.0"
   */
  readonly version?: string;
  /** Departments by queue: the queue's developer name, its label, or its id. */
  readonly queues?: Readonly<Record<string, string>>;
  /** Other names for the objects and fields that the README asks to create. */
  readonly fields?: Partial<SalesforceNames>;
  /** The Status values to close and to reopen a case with. Found in the org when not given. */
  readonly statuses?: { readonly closed?: string; readonly reopened?: string };
  /** Further fields of every new case: record type, type, business unit. */
  readonly defaults?: Readonly<Record<string, Json>>;
  /**
   * How far back each poll looks again, in ms: at least as long as the org's longest transaction.
   *
   * @default 600_000, the vendor's limit for one call
   */
  readonly overlapMs?: number;
  /**
   * How many acts one write may carry, 1 to 200.
   *
   * @default 100
   */
  readonly batch?: number;
  /**
   * How often the org is asked what is new, in ms: each poll is two API calls.
   *
   * @default 5_000
   */
  readonly pollMs?: number;
  /**
   * How long one request may take, in ms.
   *
   * @default 30_000
   */
  readonly timeoutMs?: number;
}

/** Options checked and completed. */
export interface Settings {
  readonly origin?: string;
  readonly login?: SalesforceLogin;
  readonly connection?: NonNullable<SalesforceOptions["connection"]>;
  readonly version: string;
  readonly queues: Readonly<Record<string, string>>;
  readonly names: SalesforceNames;
  readonly statuses: { readonly closed?: string; readonly reopened?: string };
  readonly defaults: Readonly<Record<string, Json>>;
  readonly overlapMs: number;
  readonly batch: number;
  readonly pollMs: number;
  readonly timeoutMs: number;
}

const loopback = (host: string): boolean => host === "localhost" || host === "[::1]" || host.startsWith("127.");
const address = z.string().refine(
  (text) => {
    const url = URL.parse(text);
    return url !== null && (url.protocol === "https:" || (url.protocol === "http:" && loopback(url.hostname)));
  },
  { error: "must be an https address, such as https://acme.my.salesforce.com (SALESFORCE_ORIGIN)" },
);
const secret = (what: string) =>
  z.custom<Secret>((value) => typeof value === "function" || (typeof value === "string" && value !== ""), {
    error: `is missing: ${what}, or a function that gives it`,
  });
const text = (what: string) => z.string({ error: `is missing: ${what}` }).min(1, `is missing: ${what}`);
const apiName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, "must be an API name");

const places = { origin: address.optional(), instanceUrl: address.optional() };
const byToken = z.strictObject({ ...places, accessToken: secret("an access token (SALESFORCE_ACCESS_TOKEN)") });
const byClient = z.strictObject({
  ...places,
  clientId: text("the connected app's consumer key (SALESFORCE_CLIENT_ID)"),
  clientSecret: secret("the connected app's consumer secret (SALESFORCE_CLIENT_SECRET)"),
});

const shape = z.strictObject({
  origin: address.optional(),
  login: z.unknown().optional(),
  connection: z
    .custom<NonNullable<SalesforceOptions["connection"]>>(
      (value) =>
        typeof value === "function" || typeof (value as Partial<SalesforceConnection> | null)?.request === "function",
      "must be a jsforce Connection, or a function that gives one",
    )
    .optional(),
  version: z
    .string()
    .regex(/^\d{2,3}\.0$/, 'must look like "62.0" (SALESFORCE_VERSION)')
    .default("62.0"),
  queues: z.record(z.string(), z.string().min(1)).default({}),
  fields: z
    .partialRecord(z.enum(Object.keys(defaultNames) as [keyof SalesforceNames, ...(keyof SalesforceNames)[]]), apiName)
    .default({}),
  statuses: z.strictObject({ closed: z.string().optional(), reopened: z.string().optional() }).default({}),
  defaults: z.record(apiName, z.json()).default({}),
  overlapMs: z.int().min(0).default(600_000),
  // One sObject Collections call holds 200 records: resources_composite_sobjects_collections_upsert.htm
  batch: z.int().min(1).max(200).default(100),
  pollMs: z.int().min(1).default(5_000),
  timeoutMs: z.int().min(1).default(30_000),
});

const problems = (error: z.ZodError, under = ""): readonly string[] =>
  error.issues.map((issue) => `${[under, ...issue.path.map(String)].filter(Boolean).join(".")} ${issue.message}`);

/**
 * Checks all options at once.
 *
 * @throws BridgeError `invalid`, naming each option that is missing or does not fit.
 */
export const settle = (options: SalesforceOptions): Settings => {
  const wrong: string[] = [];
  const parsed = shape.safeParse(options);
  if (!parsed.success) wrong.push(...problems(parsed.error));
  const { login } = options;
  if (options.connection === undefined) {
    if (login === undefined) {
      wrong.push(
        "login is missing: { clientId, clientSecret } or { accessToken } (SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET, or SALESFORCE_ACCESS_TOKEN)",
      );
    } else {
      const checked = ("accessToken" in login ? byToken : byClient).safeParse(login);
      if (!checked.success) wrong.push(...problems(checked.error, "login"));
    }
    if ((options.origin ?? login?.origin ?? login?.instanceUrl) === undefined) {
      wrong.push("origin is missing: the org's My Domain address (SALESFORCE_ORIGIN)");
    }
  }
  if (!parsed.success || wrong.length > 0) throw refuse(`salesforce() cannot start: ${wrong.join("; ")}.`);
  const {
    fields,
    login: _unchecked,
    origin = login?.instanceUrl ?? login?.origin,
    connection,
    statuses,
    ...rest
  } = parsed.data;
  return {
    ...rest,
    ...(origin === undefined ? {} : { origin: new URL(origin).origin }),
    ...(login === undefined ? {} : { login }),
    ...(connection === undefined ? {} : { connection }),
    names: { ...defaultNames, ...(fields as Partial<SalesforceNames>) },
    statuses: {
      ...(statuses.closed === undefined ? {} : { closed: statuses.closed }),
      ...(statuses.reopened === undefined ? {} : { reopened: statuses.reopened }),
    },
  };
};

/** Options from an environment: SALESFORCE_ORIGIN, _CLIENT_ID and _CLIENT_SECRET or _ACCESS_TOKEN, _VERSION. */
export const optionsFrom = (env: Readonly<Record<string, string | undefined>>): SalesforceOptions => {
  const given = (key: string): string | undefined => env[`SALESFORCE_${key}`] || undefined;
  const accessToken = given("ACCESS_TOKEN");
  const origin = given("ORIGIN");
  const version = given("VERSION");
  return {
    login:
      accessToken === undefined
        ? { clientId: given("CLIENT_ID") ?? "", clientSecret: given("CLIENT_SECRET") ?? "" }
        : { accessToken },
    ...(origin === undefined ? {} : { origin }),
    ...(version === undefined ? {} : { version }),
  };
};
