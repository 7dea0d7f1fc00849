import type { Json } from "casethread/adapter";
import { z } from "zod";
import type { SalesforceConnection } from "./client.ts";
import { refuse } from "./faults.ts";
import type { OnDuty } from "./duty.ts";
import { defaultNames, type FieldName, fields as shapes, type SalesforceNames } from "./fields.ts";
import { address, flawsOf, loginFrom, type SalesforceLogin } from "./login.ts";
import type { Making } from "./records.ts";

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
  /**
   * For an org that will not take the package: what is said is written as comments on the case, for colleagues only, and a
   * comment that somebody with a licence marks Public is an answer, on the side that `[public]` or `[private]` before it
   * names, or that the policy has for answers. Of fields, only the key on Case must be there; other fields of Case are
   * written where `fields` names them. Comments hold 4,000 bytes, and cannot be streamed.
   *
   * @default false
   */
  readonly comments?: boolean;
  /**
   * The country that most customers call from, as it is dialled: `"49"`. A phone number that one of them gives is looked up
   * among contacts with it and without.
   *
   * @default numbers are looked up as they are given
   */
  readonly countryCode?: string;
  /**
   * How it is known whether an assignee is at work. When a customer speaks and the case is somebody's who is not, it goes
   * back to its department's queue: by Omni-Channel `"presence"`, by the case's business `"hours"`, or by asking you.
   *
   * @default nobody is asked: cases stay with their assignees
   */
  readonly onDuty?: OnDuty;
  /** The Status values to close and to reopen a case with. Found in the org when not given. */
  readonly statuses?: { readonly closed?: string; readonly reopened?: string };
  /** Further fields of every new case: record type, type, business unit. */
  readonly defaults?: Readonly<Record<string, Json>>;
  /**
   * May the org's assignment rules choose the owner of a new case? `true` for the active rule, or a rule's id. Cases are
   * then made apart from all else: whatever else is written says FALSE, or rules would take cases from their agents.
   *
   * @default false: the department's queue
   */
  readonly assignment?: boolean | string;
  /**
   * Does an entitlement process count from `SlaStartDate`? It is set to when the customer spoke. The field exists only
   * where entitlement management is switched on.
   *
   * @default false
   */
  readonly entitlements?: boolean;
  /**
   * How far back each poll looks again, in ms: at least as long as the org's longest transaction.
   *
   * @default 600_000, the vendor's limit for one call
   */
  readonly overlapMs?: number;
  /**
   * How many acts one write may carry, 1 to 1,000. One request holds 200 records of a kind; what is more goes in the next.
   *
   * @default 600
   */
  readonly batch?: number;
  /**
   * How long after one write has begun the next waits to fill up, in ms. Longer spares API calls, and shows words later.
   *
   * @default 0
   */
  readonly gatherMs?: number;
  /**
   * How often the org is asked what is new, in ms: each poll is one API call.
   *
   * @default 5_000; 60_000 while changes are streamed
   */
  readonly pollMs?: number;
  /**
   * Are changes streamed (Change Data Capture of Case and Social Message, over CometD)? Polling goes on beside it, as the
   * watch over a stream that may fall silent.
   *
   * @default false
   */
  readonly stream?: boolean;
  /**
   * The share of the org's daily API calls that is the bridge's, above 0 up to 1. Near it batches wait longer and polling
   * slows down; `bridge.health()` says so.
   *
   * @default 0.5
   */
  readonly callShare?: number;
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
  readonly comments: boolean;
  /** Fields of ours that the org does not have. */
  readonly lacks: ReadonlySet<string>;
  readonly countryCode?: string;
  readonly onDuty?: OnDuty;
  readonly statuses: { readonly closed?: string; readonly reopened?: string };
  readonly making: Making;
  /** What `Sforce-Auto-Assign` says where cases are made. */
  readonly assignment: string;
  readonly overlapMs: number;
  readonly batch: number;
  readonly gatherMs: number;
  readonly pollMs: number;
  readonly stream: boolean;
  readonly callShare: number;
  readonly timeoutMs: number;
}

const apiName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, "must be an API name");

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
  comments: z.boolean().default(false),
  countryCode: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a country\'s calling code, such as "49"')
    .optional(),
  onDuty: z
    .custom<OnDuty>((value) => value === "presence" || value === "hours" || typeof value === "function", {
      error: 'must be "presence", "hours", or a function',
    })
    .optional(),
  statuses: z.strictObject({ closed: z.string().optional(), reopened: z.string().optional() }).default({}),
  defaults: z.record(apiName, z.json()).default({}),
  assignment: z
    .union([z.boolean(), z.string().regex(/^01Q\w{12}(?:\w{3})?$/, "must be true, or the id of an assignment rule")])
    .default(false),
  entitlements: z.boolean().default(false),
  overlapMs: z.int().min(0).default(600_000),
  batch: z.int().min(1).max(1_000).default(600),
  gatherMs: z.int().min(0).max(600_000).default(0),
  pollMs: z.int().min(1).optional(),
  stream: z.boolean().default(false),
  callShare: z.number().gt(0).max(1).default(0.5),
  timeoutMs: z.int().min(1).default(30_000),
});

/** What an org without the package has not: all but the case's key, and what is named. */
const absent = (given: Partial<SalesforceNames>): readonly string[] =>
  (Object.keys(shapes) as FieldName[])
    .filter((field) => shapes[field].on === "case" && field !== "caseKey" && given[field] === undefined)
    .map((field) => defaultNames[field]);

const problems = (error: z.ZodError, under = ""): readonly string[] =>
  error.issues.flatMap((issue) => {
    const at = (...more: readonly string[]): string =>
      [under, ...issue.path.map(String), ...more].filter(Boolean).join(".");
    return issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => `${at(key)}: there is no such option, leave it out`)
      : [`${at()} ${issue.message}`];
  });

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
        "login is missing: { clientId, clientSecret }, { clientId, username, privateKey }, { clientId, refreshToken } or { accessToken } (SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET, or SALESFORCE_ACCESS_TOKEN)",
      );
    } else {
      const flaws = flawsOf(login);
      if (flaws !== undefined) wrong.push(...problems(flaws, "login"));
    }
    if ((options.origin ?? login?.origin ?? login?.instanceUrl) === undefined) {
      wrong.push("origin is missing: the org's My Domain address (SALESFORCE_ORIGIN)");
    }
  }
  if (options.comments === true && options.stream === true)
    wrong.push("comments cannot be streamed: leave out stream, or deploy the package and leave out comments");
  if (!parsed.success || wrong.length > 0) throw refuse(`salesforce() cannot start: ${wrong.join("; ")}.`);
  const {
    fields,
    login: _unchecked,
    origin = login?.instanceUrl ?? login?.origin,
    connection,
    onDuty,
    countryCode,
    statuses,
    defaults,
    assignment,
    entitlements,
    pollMs = parsed.data.stream ? 60_000 : 5_000,
    ...rest
  } = parsed.data;
  return {
    ...rest,
    ...(origin === undefined ? {} : { origin: new URL(origin).origin }),
    ...(login === undefined ? {} : { login }),
    ...(connection === undefined ? {} : { connection }),
    ...(onDuty === undefined ? {} : { onDuty }),
    ...(countryCode === undefined ? {} : { countryCode }),
    pollMs,
    lacks: new Set(parsed.data.comments ? absent(fields) : []),
    making: { defaults, entitlements, assignment: assignment !== false },
    assignment: typeof assignment === "string" ? assignment : assignment ? "TRUE" : "FALSE",
    names: { ...defaultNames, ...(fields as Partial<SalesforceNames>) },
    statuses: {
      ...(statuses.closed === undefined ? {} : { closed: statuses.closed }),
      ...(statuses.reopened === undefined ? {} : { reopened: statuses.reopened }),
    },
  };
};

/**
 * Options from an environment: SALESFORCE_ORIGIN; _ACCESS_TOKEN, or _CLIENT_ID with _CLIENT_SECRET, with _USERNAME and
 * _PRIVATE_KEY, or with _REFRESH_TOKEN and _TOKEN_KEY (comma-separated while it is rotated); _VERSION.
 */
export const optionsFrom = (env: Readonly<Record<string, string | undefined>>): SalesforceOptions => {
  const given = (key: string): string | undefined => env[`SALESFORCE_${key}`] || undefined;
  const origin = given("ORIGIN");
  const version = given("VERSION");
  return {
    login: loginFrom(given),
    ...(origin === undefined ? {} : { origin }),
    ...(version === undefined ? {} : { version }),
  };
};
