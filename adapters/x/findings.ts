import { randomBytes } from "node:crypto";
import { askWebhook, BridgeError, compareClocks, type Finding, type Kit, revealedAll } from "casethread/adapter";
import { z } from "zod";
import type { RateLimit, XAnswer } from "./client.ts";
import type { Caller } from "./lookup.ts";
import type { XAccount, XOptions } from "./options.ts";
import { handshake } from "./read.ts";
import { appOf, eventTypes, subscriptionsOf, webhooksOf, type XWebhook } from "./webhooks.ts";

const me = z.object({ data: z.object({ id: z.string(), username: z.string() }) });

const well = (say: string): Finding => ({ as: "well", say });
const note = (say: string): Finding => ({ as: "note", say });
const wrong = (say: string): Finding => ({ as: "wrong", say });

const sentenceOf = (thrown: unknown): string => BridgeError.from(thrown, "x").message;

const full = "read-write-directmessages";

/** What OAuth 1.0a tokens may do stands in a header of every answer; answers to others carry none. */
const accessOf = (id: string, { headers }: XAnswer): readonly Finding[] => {
  const level = headers?.["x-access-level"];
  if (typeof level !== "string" || level === full || !/^[a-z-]{1,40}$/.test(level)) return [];
  return [
    wrong(
      `account ${id}: its token may only ${level}: give the app read, write and direct message permission, then authorise the account again.`,
    ),
  ];
};

const roomOf = (id: string, what: string, limit: RateLimit | undefined): readonly Finding[] => {
  if (limit === undefined) return [];
  const until = new Date(limit.reset * 1_000).toISOString().slice(11, 16);
  const say = `account ${id}: ${limit.remaining} of ${limit.limit} ${what} are left until ${until} UTC`;
  return [limit.remaining === 0 ? wrong(`${say}: wait, or see what else uses the app.`) : note(`${say}.`)];
};

/** Is the account the one its credentials are of, and what may they do? */
const accountFindings = async (ask: Caller, account: XAccount, kit: Kit): Promise<readonly Finding[]> => {
  const call = { account, acts: false, method: "get" } as const;
  try {
    const known = await ask({ ...call, path: "users/me" }, kit);
    const { id, username } = me.parse(known.data).data;
    if (id !== account.id)
      return [wrong(`account ${account.id} is given the credentials of account ${id}: exchange them.`)];
    const access = accessOf(id, known);
    // Reading private messages takes a permission of its own, which an app often lacks.
    const letters = await ask({ ...call, path: "dm_events", fields: { max_results: 1 } }, kit);
    const renamed = account.handle !== undefined && account.handle.toLowerCase() !== username.toLowerCase();
    return [
      ...(renamed ? [wrong(`account ${id} is called @${username} now: change its handle.`)] : []),
      ...access,
      ...(access.length > 0 ? [] : [well(`account ${id}: X takes its credentials, and shows it private messages.`)]),
      ...roomOf(id, "reads of private messages", letters.rateLimit),
    ];
  } catch (thrown) {
    return [wrong(`account ${account.id}: ${sentenceOf(thrown)}`)];
  }
};

const hookFindings = (hooks: readonly XWebhook[], url: string | undefined): readonly Finding[] => {
  const ours = url === undefined ? hooks : hooks.filter((one) => one.url === url);
  if (ours.length === 0)
    return [wrong(`no webhook is registered${url === undefined ? "" : ` at ${url}`}: register it.`)];
  return ours.map((hook) =>
    hook.valid
      ? well(`X delivers to ${hook.url}.`)
      : wrong(
          `X sends the webhook ${hook.url} nothing any more: look why it failed its challenge, then revalidate it.`,
        ),
  );
};

/** Are the webhook and the subscriptions there, as X knows them? */
const appFindings = async (
  ask: Caller,
  options: XOptions,
  url: string | undefined,
  kit: Kit,
): Promise<readonly Finding[]> => {
  if (options.app.bearer === undefined)
    return [wrong("without app.bearer (X_APP_BEARER_TOKEN) nobody can look whether deliveries still come.")];
  try {
    const app = appOf(options);
    const [hooks, subscribed] = [await webhooksOf(ask, app, kit), await subscriptionsOf(ask, app, kit)];
    // What comes to another address is not heard here.
    const ours = url === undefined ? undefined : hooks.find((hook) => hook.url === url)?.id;
    // Who only listens to the stream needs no webhook.
    const streams = options.stream === true && url === undefined && hooks.length === 0;
    return [
      ...(streams ? [note("no webhook is registered: the stream is listened to.")] : hookFindings(hooks, url)),
      ...options.accounts.map(({ id }) => {
        const missing = eventTypes.filter(
          (event) =>
            !subscribed.some(
              (one) => one.account === id && one.event === event && (ours === undefined || one.webhook === ours),
            ),
        );
        return missing.length === 0
          ? well(`account ${id} is subscribed to all that is read.`)
          : wrong(
              `account ${id} is not subscribed to ${missing.join(", ")}: subscribe it, or no delivery tells of it.`,
            );
      }),
    ];
  } catch (thrown) {
    return [wrong(`the app: ${sentenceOf(thrown)}`)];
  }
};

/** Does the webhook sign X's challenge, asked from here? */
const webhookFinding = async (options: XOptions, url: string, kit: Kit): Promise<Finding> => {
  try {
    const token = randomBytes(16).toString("base64url");
    const { status, body } = await askWebhook("x", url, { crc_token: token }, kit);
    const asked = new URL(url);
    asked.searchParams.set("crc_token", token);
    const delivery = { method: "GET", url: asked, headers: new Headers(), body: new Uint8Array() };
    const right = await handshake(delivery, await revealedAll(options.app.consumerSecret)).text();
    return status === 200 && body === right
      ? well(`${url} answers X's challenge, asked from here.`)
      : wrong(
          `${url} does not answer X's challenge (HTTP ${status}): is the bridge mounted there, with this app's consumer secret?`,
        );
  } catch (thrown) {
    return wrong(sentenceOf(thrown));
  }
};

/** Looks at everything at X that has to be so. At most two cents an account. */
export const findingsOf = async (
  ask: Caller,
  options: XOptions,
  url: string | undefined,
  kit: Kit,
): Promise<readonly Finding[]> => {
  const each = await Promise.all(options.accounts.map((account) => accountFindings(ask, account, kit)));
  const reached =
    url === undefined
      ? note("whether the webhook answers was not looked at: its address is not given (X_WEBHOOK_URL).")
      : await webhookFinding(options, url, kit);
  return [
    ...each.flat(),
    ...(await appFindings(ask, options, url, kit)),
    reached,
    await compareClocks("X", options.origin ?? "https://api.x.com", kit),
  ];
};
