import { BridgeError, faultOfBounds, isLoopback, isSecret, type OwnBounds, type Secret } from "casethread/adapter";
import { z } from "zod";
import type { XOptions } from "./options.ts";

const secret = z.custom<Secret>(isSecret);
const secrets = z.union([secret, z.array(secret).min(1)]);
const fn = z.custom<(...args: never) => unknown>((value) => typeof value === "function");

const shape = z.strictObject({
  app: z.strictObject({ consumerKey: secret.optional(), consumerSecret: secrets, bearer: secret.optional() }),
  accounts: z
    .array(
      z.strictObject({
        id: z.string().regex(/^\d{1,19}$/),
        handle: z
          .string()
          .regex(/^\w{1,15}$/)
          .optional(),
        tier: z.enum(["self-serve", "enterprise"]).optional(),
        credentials: z.record(z.string(), z.unknown()),
        keywords: z
          .array(z.string().regex(/^[^"\n]{2,100}$/))
          .min(1)
          .optional(),
      }),
    )
    .min(1),
  webhook: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+$/)
    .optional(),
  stream: z.boolean().optional(),
  origin: z.string().optional(),
  unknown: z.custom<OwnBounds>((value) => faultOfBounds(value) === undefined).optional(),
  messagesEvery: z.number().int().positive().optional(),
  budgetUsdPerDay: z.number().positive().optional(),
  prices: z.record(z.string(), z.number().nonnegative()).optional(),
  inviteText: fn.optional(),
  client: fn.optional(),
});

const oauth2Shape = z.object({
  clientId: z.string().min(1),
  clientSecret: secret.optional(),
  refreshToken: secret,
  key: secrets,
});

const names: Readonly<Record<string, string>> = {
  "app.consumerKey": "X_CONSUMER_KEY",
  "app.consumerSecret": "X_CONSUMER_SECRET",
  id: "X_ACCOUNT_ID",
  handle: "X_ACCOUNT_HANDLE",
  tier: "X_ACCOUNT_TIER",
  accessToken: "X_ACCESS_TOKEN",
  accessSecret: "X_ACCESS_SECRET",
  "oauth2.clientId": "X_CLIENT_ID",
  "oauth2.clientSecret": "X_CLIENT_SECRET",
  "oauth2.refreshToken": "X_REFRESH_TOKEN",
  "oauth2.key": "X_TOKEN_KEY",
  "app.bearer": "X_APP_BEARER_TOKEN",
  bearer: "X_BEARER_TOKEN",
  webhook: "X_WEBHOOK_URL",
  stream: "X_STREAM",
  origin: "X_ORIGIN",
};

/** The app's, and so the same for all accounts. */
const shared: ReadonlySet<string> = new Set(["oauth2.clientId", "oauth2.clientSecret", "oauth2.key"]);

const suffix = (index: number): string => (index === 0 ? "" : `_${index + 1}`);

const inWords = (path: string): string => {
  const account = /^accounts\.(\d+)\.(?:credentials\.)?([\w.]+)$/.exec(path);
  const name = account?.[2] ?? path;
  const env = names[name];
  const index = shared.has(name) ? 0 : Number(account?.[1] ?? 0);
  return env === undefined ? path : `${path} (${env}${suffix(index)})`;
};

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), value);

const rules: readonly (readonly [RegExp, string])[] = [
  [/^accounts\.\d+\.id$/, "it must be the numeric user id, in digits as a string, not the handle"],
  [/^accounts\.\d+\.handle$/, "it must be the handle without its @"],
  [/^accounts\.\d+\.keywords\.\d+$/, "it must be a word or a phrase of 2 to 100 letters, without quotation marks"],
  [/^accounts\.\d+\.tier$/, 'it must be "self-serve" or "enterprise"'],
];

const faultAt = (options: unknown, path: readonly PropertyKey[]): string => {
  const name = inWords(path.join("."));
  const value = valueAt(options, path);
  if (value === undefined || value === null) return `${name} is missing`;
  if (value === "" || (Array.isArray(value) && value.length === 0)) return `${name} is empty`;
  const rule = rules.find(([at]) => at.test(path.join(".")))?.[1];
  const why = rule ?? (path[0] === "unknown" ? faultOfBounds(value) : undefined);
  return why === undefined ? `${name} is not valid` : `${name} is not valid: ${why}`;
};

// What is missing as a whole is checked as if it were there and empty: then each thing it should hold is named.
const opened = (options: unknown): object => {
  const given = typeof options === "object" && options !== null ? options : {};
  const listed = valueAt(given, ["accounts"]) ?? [];
  const accounts = Array.isArray(listed) && listed.length === 0 ? [{}] : listed;
  const filled: unknown = Array.isArray(accounts)
    ? accounts.map((one: unknown) => (typeof one === "object" && one !== null ? { credentials: {}, ...one } : one))
    : accounts;
  return { ...given, app: valueAt(given, ["app"]) ?? {}, accounts: filled };
};

const flags: Readonly<Record<string, boolean>> = { true: true, false: false };

const faultsOfCredentials = (options: object): string[] => {
  const accounts = valueAt(options, ["accounts"]);
  if (valueAt(options, ["client"]) !== undefined || !Array.isArray(accounts)) return [];
  const lacks = (path: readonly PropertyKey[]): boolean => !secret.safeParse(valueAt(options, path)).success;
  return accounts.flatMap((_account, index) => {
    const at = ["accounts", index, "credentials"];
    const oauth2 = [...at, "oauth2"];
    if (valueAt(options, oauth2) !== undefined) {
      const holds = oauth2Shape.safeParse(valueAt(options, oauth2) ?? {});
      return (holds.error?.issues ?? []).map(({ path }) => faultAt(options, [...oauth2, ...path]));
    }
    const bearer = [...at, "bearer"];
    if (!lacks(bearer)) return [];
    if (valueAt(options, bearer) !== undefined) return [faultAt(options, bearer)];
    return [
      [...at, "accessToken"],
      [...at, "accessSecret"],
      ["app", "consumerKey"],
    ]
      .filter(lacks)
      .map((path) => faultAt(options, path));
  });
};

const ofTheApp: readonly string[] = ["webhook", "stream"];

const faultsOf = (given: XOptions): string[] => {
  const options = opened(given);
  const issues = shape.safeParse(options).error?.issues ?? [];
  const ids = z.array(z.object({ id: z.string() })).safeParse(valueAt(options, ["accounts"])).data ?? [];
  const { origin, inviteText } = { ...given };
  return [
    ...issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => `${[...issue.path, key].join(".")}: there is no such option, leave it out`)
        : [faultAt(options, issue.path)],
    ),
    ...faultsOfCredentials(options),
    ...(new Set(ids.map(({ id }) => id)).size < ids.length ? ["accounts: two have the same id, leave one out"] : []),
    ...(valueAt(options, ["app", "bearer"]) === undefined ? ofTheApp : [])
      .filter((name) => valueAt(options, [name]) !== undefined && valueAt(options, [name]) !== false)
      .map((name) => `${inWords(name)} needs ${inWords("app.bearer")} as well: it belongs to the app itself`),
    ...(typeof origin !== "string" || isLoopback(origin)
      ? []
      : [`${inWords("origin")} must be http://127.0.0.1:<port>: leave it out to talk to X itself`]),
    ...(typeof inviteText === "function" && !inviteText("ct-token").includes("ct-token")
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
  const othersWillDo = faults.some((fault) => /credentials\.access\w+ .*is (?:missing|empty)$/.test(fault))
    ? " An account with oauth2 (X_REFRESH_TOKEN) or a bearer (X_BEARER_TOKEN) needs neither accessToken, accessSecret nor consumerKey."
    : "";
  throw new BridgeError(
    `x() cannot start: ${faults.join("; ")}. In brackets: the name x.fromEnv reads.${othersWillDo}`,
    {
      fault: "invalid",
      adapter: "x",
      landed: "no",
    },
  );
};

/**
 * Makes options of an environment: X_CONSUMER_KEY, X_CONSUMER_SECRET (comma-separated while it is rotated) and, for each
 * account, X_ACCOUNT_ID with X_ACCESS_TOKEN and X_ACCESS_SECRET, with X_REFRESH_TOKEN (and X_CLIENT_ID, X_CLIENT_SECRET, X_TOKEN_KEY
 * for all of them), or with X_BEARER_TOKEN; X_ACCOUNT_HANDLE, X_ACCOUNT_TIER and X_APP_BEARER_TOKEN if wanted. Further accounts carry _2, _3 and so on behind each name. What an environment cannot hold comes second, and wins.
 *
 * @throws BridgeError `invalid`, naming everything that is missing.
 */
export const optionsFromEnv = (
  env: Readonly<Record<string, string | undefined>>,
  more: Partial<XOptions> = {},
): XOptions => {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const has = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
    value === undefined ? {} : ({ [key]: value } as Record<K, string>);
  const account = (index: number): Record<string, unknown> => {
    const of = (name: string): string | undefined => read(name + suffix(index));
    const bearer = of("X_BEARER_TOKEN");
    const refreshToken = of("X_REFRESH_TOKEN");
    const key = read("X_TOKEN_KEY")
      ?.split(",")
      .map((one) => one.trim());
    const oauth2 = {
      ...has("clientId", read("X_CLIENT_ID")),
      ...has("clientSecret", read("X_CLIENT_SECRET")),
      ...has("refreshToken", refreshToken),
      ...(key === undefined ? {} : { key }),
    };
    return {
      ...has("id", of("X_ACCOUNT_ID")),
      ...has("handle", of("X_ACCOUNT_HANDLE")),
      ...has("tier", of("X_ACCOUNT_TIER")),
      credentials:
        refreshToken !== undefined
          ? { oauth2 }
          : bearer === undefined
            ? { ...has("accessToken", of("X_ACCESS_TOKEN")), ...has("accessSecret", of("X_ACCESS_SECRET")) }
            : { bearer },
    };
  };
  const accounts = [account(0)];
  // Any of its names announces an account: one that lacks its id is a fault to be told, not an account to be left out.
  const announced = (index: number): boolean =>
    ["X_ACCOUNT_ID", "X_ACCESS_TOKEN", "X_ACCESS_SECRET", "X_REFRESH_TOKEN", "X_BEARER_TOKEN"].some(
      (name) => read(name + suffix(index)) !== undefined,
    );
  while (announced(accounts.length)) accounts.push(account(accounts.length));
  const consumerSecret = read("X_CONSUMER_SECRET")
    ?.split(",")
    .map((one) => one.trim());
  const made: unknown = {
    app: {
      ...has("consumerKey", read("X_CONSUMER_KEY")),
      ...(consumerSecret === undefined ? {} : { consumerSecret }),
      ...has("bearer", read("X_APP_BEARER_TOKEN")),
    },
    accounts,
    ...has("webhook", read("X_WEBHOOK_URL")),
    ...(read("X_STREAM") === undefined ? {} : { stream: flags[read("X_STREAM") ?? ""] ?? read("X_STREAM") }),
    ...has("origin", read("X_ORIGIN")),
    ...more,
  };
  return checkOptions(made as XOptions);
};
