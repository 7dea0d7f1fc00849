import { randomBytes } from "node:crypto";
import { type AccountRef, askWebhook, BridgeError, compareClocks, type Finding, type Kit } from "casethread/adapter";
import { z } from "zod";
import { type Caller, defaultVersion, fetched } from "./client.ts";
import { lookUpAs } from "./lookup.ts";
import type { FacebookOptions, FacebookPage } from "./options.ts";
import { fields, lackingOf } from "./sweep.ts";
import { ageOf } from "./terms.ts";
import type { Usage } from "./usage.ts";

/** What the channel asks with. */
export interface Means {
  readonly ask: Caller;
  readonly usage: Usage;
  readonly options: FacebookOptions;
  readonly accounts: readonly AccountRef[];
}

// developers.facebook.com/docs/graph-api/reference/debug_token
const token = z.object({
  data: z.object({
    is_valid: z.boolean().catch(false),
    app_id: z.coerce.string().optional(),
    type: z.string().optional(),
    profile_id: z.coerce.string().optional(),
    expires_at: z.number().catch(0),
    data_access_expires_at: z.number().catch(0),
    scopes: z.array(z.string()).catch([]),
  }),
});
// developers.facebook.com/docs/graph-api/reference/app/subscriptions
const subscriptions = z.object({
  data: z
    .array(
      z.object({
        object: z.string(),
        callback_url: z.string().catch(""),
        active: z.boolean().catch(false),
        // Graph lists names, or names with versions.
        fields: z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])).catch([]),
      }),
    )
    .catch([]),
});
const profile = z.object({ data: z.array(z.looseObject({ get_started: z.unknown() })).catch([]) });

/** Permissions without which something that the channel does is refused, by what they are for. */
const permissions: readonly string[] = [
  "pages_manage_metadata",
  "pages_read_engagement",
  "pages_read_user_content",
  "pages_manage_engagement",
];
const forAds: readonly string[] = ["pages_manage_ads", "ads_management"];

const well = (say: string): Finding => ({ as: "well", say });
const note = (say: string): Finding => ({ as: "note", say });
const wrong = (say: string): Finding => ({ as: "wrong", say });
const sentenceOf = (thrown: unknown): string => BridgeError.from(thrown, "facebook").message;
const dayOf = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(0, 10);
const soonMs = 14 * 86_400_000;

/** What is to be said of a Page's token, as Meta tells the app; `good`: the Page can be asked with it. */
interface Held {
  readonly good: boolean;
  readonly found: readonly Finding[];
}
const useless = (say: string): Held => ({ good: false, found: [wrong(say)] });

/** What Meta tells the app of a Page's token. */
const lookAtToken = async (
  ask: Caller,
  account: AccountRef,
  page: FacebookPage,
  kit: Kit,
): Promise<z.infer<typeof token>["data"]> => {
  const [given = ""] = await fetched(`the token of Page ${page.id}`, page.token);
  const question = {
    account,
    path: "debug_token",
    fields: { input_token: given },
    bucket: "pages",
    as: "app",
  } as const;
  return (await lookUpAs(ask, question, token, kit)).data;
};

/** When a token ends, or the right to see people's data with it, in unix seconds: whichever is first. */
const endOf = (seen: z.infer<typeof token>["data"]): number | undefined =>
  [seen.expires_at, seen.data_access_expires_at].filter((one) => one > 0).sort((a, b) => a - b)[0];

const endingSoon = (at: string, ends: number): string =>
  `${at}: its token is good until ${dayOf(ends)}: make a new one before.`;

/** What is to be said of the age of a Page's token: nothing, while it is good for two weeks more. */
export const ageing = async (
  ask: Caller,
  account: AccountRef,
  page: FacebookPage,
  kit: Kit,
): Promise<readonly string[]> => {
  const ends = endOf(await lookAtToken(ask, account, page, kit));
  if (ends === undefined || ends * 1_000 - kit.now() >= soonMs) return [];
  return [`facebook: ${endingSoon(`Page ${page.id}`, ends)}`];
};

const tokenFindings = async (
  { ask, options }: Means,
  account: AccountRef,
  page: FacebookPage,
  kit: Kit,
): Promise<Held> => {
  const seen = await lookAtToken(ask, account, page, kit);
  const at = `Page ${page.id}`;
  if (!seen.is_valid)
    return useless(`${at}: Meta does not take its token any more: a password or a role has changed. Make a new one.`);
  if (seen.app_id !== undefined && seen.app_id !== options.app.id)
    return useless(`${at}: its token is of another app (${seen.app_id}): make one with this app.`);
  if (seen.type !== "PAGE" || (seen.profile_id ?? page.id) !== page.id)
    return useless(`${at}: its token is none of this Page: take the Page's own, derived from a long-lived user token.`);
  const lacking = [...permissions, ...(page.ads === true ? forAds : [])].filter((one) => !seen.scopes.includes(one));
  const ends = endOf(seen);
  const found = [
    ...(lacking.length === 0
      ? [well(`${at}: Meta takes its token, and it has all permissions.`)]
      : [wrong(`${at}: its token lacks ${lacking.join(", ")}: authorise the app again with them.`)]),
    ...(seen.scopes.includes("pages_messaging")
      ? []
      : [note(`${at}: its token lacks pages_messaging: comments are answered, and nobody in private.`)]),
    ...(ends === undefined
      ? []
      : [
          ends * 1_000 - kit.now() < soonMs
            ? wrong(endingSoon(at, ends))
            : note(`${at}: its token is good until ${dayOf(ends)}.`),
        ]),
  ];
  return { good: true, found };
};

/**
 * Has the Page a Get Started button? Without one Messenger does not tell who opens an invite in a new thread. Undefined:
 * the app has nothing to do with the Page's messages.
 */
export const hasButton = async (ask: Caller, account: AccountRef, kit: Kit): Promise<boolean | undefined> => {
  const path = `${account.id}/messenger_profile`;
  const question = { account, path, fields: { fields: "get_started" }, bucket: "messenger" } as const;
  try {
    const { data } = await lookUpAs(ask, question, profile, kit);
    return data.some((one) => one.get_started !== undefined);
  } catch (thrown) {
    if (BridgeError.from(thrown, "facebook").fault === "forbidden") return undefined;
    throw thrown;
  }
};

/** Where Meta delivers what happens on Pages, and of what: none where it was never told. */
export const webhookOf = async (
  ask: Caller,
  account: AccountRef,
  app: string | undefined,
  kit: Kit,
): Promise<{ readonly url: string; readonly active: boolean; readonly lacking: readonly string[] } | undefined> => {
  const question = { account, path: `${app ?? "app"}/subscriptions`, bucket: "pages", as: "app" } as const;
  const { data } = await lookUpAs(ask, question, subscriptions, kit);
  const found = data.find(({ object }) => object === "page");
  if (found === undefined) return undefined;
  return {
    url: found.callback_url,
    active: found.active,
    lacking: fields.filter((field) => !found.fields.includes(field)),
  };
};

const pageFindings = async (
  means: Means,
  account: AccountRef,
  page: FacebookPage,
  kit: Kit,
): Promise<readonly Finding[]> => {
  const { ask, options, usage } = means;
  const at = `Page ${page.id}`;
  try {
    const { good, found } = await tokenFindings(means, account, page, kit);
    if (!good) return found;
    const { lacking } = await lackingOf(ask, account, options.app.id ?? "", kit);
    const button = await hasButton(ask, account, kit);
    const left = usage.capacity(account, "pages", kit.now()).left;
    return [
      ...found,
      lacking.length === 0
        ? well(`${at} is subscribed to all that is read.`)
        : wrong(`${at} is not subscribed to ${lacking.join(", ")}: subscribe it, or no delivery tells of it.`),
      ...(button === false
        ? [wrong(`${at} has no Get Started button: set one, or Messenger does not tell who opens an invite.`)]
        : []),
      left === 0
        ? wrong(`${at} has used up its calls: wait, or see what else uses the app.`)
        : note(`${at}: ${left} % of its calls are left before the channel waits.`),
    ];
  } catch (thrown) {
    return [wrong(`${at}: ${sentenceOf(thrown)}`)];
  }
};

const deliveryFinding = async (
  { ask, options, accounts }: Means,
  url: string | undefined,
  kit: Kit,
): Promise<readonly Finding[]> => {
  const [first] = accounts;
  if (first === undefined) return [];
  try {
    const hook = await webhookOf(ask, first, options.app.id, kit);
    if (hook === undefined) return [wrong("the app has no webhook for Pages: register one.")];
    if (url !== undefined && hook.url !== url)
      return [wrong(`Meta delivers to ${hook.url}, and not to ${url}: register the webhook again.`)];
    if (!hook.active || hook.lacking.length > 0)
      return [wrong(`the app's webhook lacks ${hook.lacking.join(", ") || "being active"}: register it again.`)];
    return [well(`Meta delivers to ${hook.url}.`)];
  } catch (thrown) {
    return [wrong(`the app: ${sentenceOf(thrown)}`)];
  }
};

/** Does the webhook answer Meta's challenge, asked from here? */
const webhookFinding = async ({ app }: FacebookOptions, url: string, kit: Kit): Promise<Finding> => {
  try {
    const challenge = String(randomBytes(4).readUInt32BE());
    const [verifyToken = ""] = await fetched("app.verifyToken", app.verifyToken);
    const query = { "hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verifyToken };
    const { status, body } = await askWebhook("facebook", url, query, kit);
    return status === 200 && body === challenge
      ? well(`${url} answers Meta's challenge, asked from here.`)
      : wrong(
          `${url} does not answer Meta's challenge (HTTP ${status}): is the bridge mounted there, with this app's verify token?`,
        );
  } catch (thrown) {
    return wrong(sentenceOf(thrown));
  }
};

/** Looks at everything at Meta that has to be so. */
export const findingsOf = async (means: Means, url: string | undefined, kit: Kit): Promise<readonly Finding[]> => {
  const { options, accounts } = means;
  if (options.app.id === undefined)
    return [
      wrong(
        "app.id (FACEBOOK_APP_ID) is not given: give it, for tokens, webhook and subscriptions cannot be looked at without it.",
      ),
    ];
  const each = await Promise.all(
    accounts.flatMap((account) => {
      const page = options.pages.find(({ id }) => id === account.id);
      return page === undefined ? [] : [pageFindings(means, account, page, kit)];
    }),
  );
  const age = ageOf(options.version ?? defaultVersion, kit.now());
  return [
    ...each.flat(),
    ...(await deliveryFinding(means, url, kit)),
    url === undefined
      ? note(
          "whether the webhook answers was not looked at: the bridge's address is not given (at, --at https://bridge.example).",
        )
      : await webhookFinding(options, url, kit),
    ...(age === undefined ? [] : [wrong(age.replace(/^facebook: /, ""))]),
    await compareClocks("Facebook", options.origin ?? "https://graph.facebook.com", kit),
  ];
};
