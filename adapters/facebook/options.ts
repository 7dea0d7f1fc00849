import { BridgeError, faultOfBounds, isLoopback, isSecret, type OwnBounds, type Secret } from "casethread/adapter";
import { z } from "zod";
import type { FacebookClient } from "./client.ts";

/** One Page that the brand speaks as. */
export interface FacebookPage {
  /** The Page's id, in digits. */
  readonly id: string;
  /**
   * The Page's username, for its m.me links: Meta's pages show links with it
   * (developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/m-me-links, 2026-03-23).
   *
   * @default the id, which m.me leads on as well, though no page of Meta's says so
   */
  readonly username?: string;
  /** A Page token, derived from a long-lived user token: it does not expire, and dies when that user's password or role changes. */
  readonly token: Secret;
  /**
   * Has Meta approved the app's Human Agent feature? Then what a person wrote may be sent until seven days after the
   * customer's last message, instead of one (developers.facebook.com/docs/messenger-platform/policy/policy-overview).
   *
   * @default false
   */
  readonly humanAgent?: boolean;
  /**
   * Is the catch-up to read comments under advertisements too? The app needs `pages_manage_ads` and `ads_management`, and the
   * token's user the task ADVERTISE (developers.facebook.com/docs/graph-api/reference/page/ads_posts). Deliveries tell of
   * them in any case.
   *
   * @default false
   */
  readonly ads?: boolean;
}

/** What {@link facebook} is made of. */
export interface FacebookOptions {
  readonly app: {
    /** The app's id. Needed to tell who has a thread, and to see that the app is still subscribed. */
    readonly id?: string;
    /** The app's secret, which Meta signs deliveries with. While it is rotated: the new one first, then the old. */
    readonly secret: Secret | readonly Secret[];
    /** Any text of one's own, given to Meta's console as well: Meta shows it when it asks whether the webhook is ours. */
    readonly verifyToken: Secret | readonly Secret[];
  };
  readonly pages: readonly FacebookPage[];
  /**
   * The version of Graph. The catch-up raises an alarm 90 days before Meta ends it.
   *
   * @default "v25.0", which Meta serves until 2028-07-29
   */
  readonly version?: string;
  /** Where Graph is, for tests: `http://127.0.0.1:<port>`. Loopback only, because tokens travel there in clear. */
  readonly origin?: string;
  /** An operator's own bounds for words whose outcome is unknown. `afterQuiet` rests on Graph showing an act as fast as `quietMs` says. */
  readonly unknown?: OwnBounds;
  /**
   * What stands before the machine's own words in a private thread: several laws want a robot to say that it is one. Up to
   * 200 characters; empty: nothing.
   *
   * @default "Automated message:"
   */
  readonly disclosure?: string;
  /** How often the feed and the threads are read for what no delivery told, in ms. @default 2 minutes */
  readonly pollMs?: number;
  /**
   * Is a Page whose subscription Meta has ended, as it does when a webhook fails for an hour, subscribed again?
   *
   * @default true
   */
  readonly subscribe?: boolean;
  /** Makes the SDK's client of a Page, instead of the one made here. Called for each request, with the Page's token. */
  readonly client?: (page: FacebookPage, token: string) => FacebookClient | Promise<FacebookClient>;
}

const secret = z.custom<Secret>(isSecret);
const secrets = z.union([secret, z.array(secret).min(1)]);

const shape = z.strictObject({
  app: z.strictObject({
    id: z.string().regex(/^\d+$/).optional(),
    secret: secrets,
    verifyToken: secrets,
  }),
  pages: z
    .array(
      z.strictObject({
        id: z.string().regex(/^\d{1,25}$/),
        token: secret,
        username: z
          .string()
          .regex(/^[\w.]{1,50}$/)
          .optional(),
        humanAgent: z.boolean().optional(),
        ads: z.boolean().optional(),
      }),
    )
    .min(1),
  version: z
    .string()
    .regex(/^v\d{2}\.\d$/)
    .optional(),
  origin: z.string().optional(),
  unknown: z.custom<OwnBounds>((value) => faultOfBounds(value) === undefined).optional(),
  disclosure: z.string().max(200).optional(),
  pollMs: z.number().positive().optional(),
  subscribe: z.boolean().optional(),
  client: z.custom<() => unknown>((value) => typeof value === "function").optional(),
});

const names: Readonly<Record<string, string>> = {
  "app.id": "FACEBOOK_APP_ID",
  "app.secret": "FACEBOOK_APP_SECRET",
  "app.verifyToken": "FACEBOOK_VERIFY_TOKEN",
  version: "FACEBOOK_GRAPH_VERSION",
  origin: "FACEBOOK_ORIGIN",
  id: "FACEBOOK_PAGE_ID",
  token: "FACEBOOK_PAGE_TOKEN",
  username: "FACEBOOK_PAGE_USERNAME",
  humanAgent: "FACEBOOK_HUMAN_AGENT",
  ads: "FACEBOOK_ADS",
};
const wanted: Readonly<Record<string, string>> = {
  "app.id": "it must be the app's id, in digits",
  version: 'it must look like "v25.0"',
  disclosure: "it must be a text of at most 200 characters",
  id: "it must be the Page's id, in digits as a string, not its name",
};

/** What stands behind the names of a further Page's variables. */
export const suffix = (index: number): string => (index === 0 ? "" : `_${index + 1}`);

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), value);

const faultAt = (options: unknown, path: readonly PropertyKey[]): string => {
  const dotted = path.join(".");
  const page = /^pages\.(\d+)\.(\w+)$/.exec(dotted);
  const key = page?.[2] ?? dotted;
  const env = names[key];
  const name = env === undefined ? dotted : `${dotted} (${env}${suffix(Number(page?.[1] ?? 0))})`;
  const value = valueAt(options, path);
  if (value === undefined || value === null) return `${name} is missing`;
  if (value === "" || (Array.isArray(value) && value.length === 0)) return `${name} is empty`;
  const why = wanted[key] ?? (key === "unknown" ? faultOfBounds(value) : undefined);
  return why === undefined ? `${name} is not valid` : `${name} is not valid: ${why}`;
};

// What is missing as a whole is checked as if it were there and empty: then each thing it should hold is named.
const opened = (options: unknown): object => {
  const given = typeof options === "object" && options !== null ? options : {};
  const pages = valueAt(given, ["pages"]) ?? [];
  return {
    ...given,
    app: valueAt(given, ["app"]) ?? {},
    pages: Array.isArray(pages) && pages.length === 0 ? [{}] : pages,
  };
};

const faultsOf = (given: FacebookOptions): readonly string[] => {
  const options = opened(given);
  const issues = shape.safeParse(options).error?.issues ?? [];
  const ids = z.array(z.object({ id: z.string() })).safeParse(valueAt(options, ["pages"])).data ?? [];
  const origin = valueAt(options, ["origin"]);
  return [
    ...issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => `${[...issue.path, key].join(".")}: there is no such option, leave it out`)
        : [faultAt(options, issue.path)],
    ),
    ...(new Set(ids.map(({ id }) => id)).size < ids.length ? ["pages: two have the same id, leave one out"] : []),
    ...(typeof origin !== "string" || isLoopback(origin)
      ? []
      : ["origin (FACEBOOK_ORIGIN) must be http://127.0.0.1:<port>: leave it out to talk to Facebook itself"]),
  ];
};

/**
 * Checks all options at once.
 *
 * @throws BridgeError `invalid`, naming everything that is missing or wrong, and holding no secret.
 */
export const checkOptions = (options: FacebookOptions): FacebookOptions => {
  const faults = [...new Set(faultsOf(options))];
  if (faults.length === 0) return options;
  throw new BridgeError(
    `facebook() cannot start: ${faults.join("; ")}. In brackets: the name facebook.fromEnv reads.`,
    { fault: "invalid", adapter: "facebook", landed: "no" },
  );
};

/**
 * Makes options of an environment; see {@link FacebookAdapter.fromEnv}. What an environment cannot hold comes second, and wins.
 *
 * @throws BridgeError `invalid`, naming everything that is missing.
 */
export const optionsFromEnv = (
  env: Readonly<Record<string, string | undefined>>,
  more: Partial<FacebookOptions> = {},
): FacebookOptions => {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const has = (key: string, value: unknown): Record<string, unknown> => (value === undefined ? {} : { [key]: value });
  const listed = (name: string): readonly string[] | undefined =>
    read(name)
      ?.split(",")
      .map((one) => one.trim());
  const flags: Readonly<Record<string, boolean>> = { true: true, false: false };
  const page = (index: number): Record<string, unknown> => {
    const flag = (name: string): unknown => {
      const text = read(`${name}${suffix(index)}`);
      return text === undefined ? undefined : (flags[text] ?? text);
    };
    return {
      ...has("id", read(`FACEBOOK_PAGE_ID${suffix(index)}`)),
      ...has("token", read(`FACEBOOK_PAGE_TOKEN${suffix(index)}`)),
      ...has("username", read(`FACEBOOK_PAGE_USERNAME${suffix(index)}`)),
      ...has("humanAgent", flag("FACEBOOK_HUMAN_AGENT")),
      ...has("ads", flag("FACEBOOK_ADS")),
    };
  };
  const pages = [page(0)];
  // Any of its names announces a Page: one that lacks its id is a fault to be told, not a Page to be left out.
  while (Object.keys(page(pages.length)).length > 0) pages.push(page(pages.length));
  const made: unknown = {
    app: {
      ...has("id", read("FACEBOOK_APP_ID")),
      ...has("secret", listed("FACEBOOK_APP_SECRET")),
      ...has("verifyToken", listed("FACEBOOK_VERIFY_TOKEN")),
    },
    pages,
    ...has("version", read("FACEBOOK_GRAPH_VERSION")),
    ...has("origin", read("FACEBOOK_ORIGIN")),
    ...more,
  };
  return checkOptions(made as FacebookOptions);
};
