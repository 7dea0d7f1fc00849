import { BridgeError, type Kit } from "casethread/adapter";
import { z } from "zod";
import { type Caller, lookUpAs, pagesOf } from "./lookup.ts";
import type { XAccount, XOptions } from "./options.ts";

/** A webhook of the app. X delivers to one that is not valid nothing at all. */
export interface XWebhook {
  readonly id: string;
  readonly url: string;
  readonly valid: boolean;
}

/** One kind of event that X tells of one account. */
export interface XSubscription {
  readonly id: string;
  readonly event: string;
  readonly account?: string;
  /** Where X delivers it. Without one it is told on the app's stream only. */
  readonly webhook?: string;
  readonly tag?: string;
}

/** What an account is subscribed to, for everything to be heard. That access was withdrawn X tells without. */
export const eventTypes: readonly string[] = [
  "post.create",
  "post.delete",
  "post.mention.create",
  "post.reply.create",
  "post.quote.create",
  "dm.received",
  "dm.sent",
  "chat.received",
  "profile.update.screenname",
  "profile.update.handle",
];

/** The app itself, as whom webhooks and streams are asked for. */
export const appOf = (options: XOptions): XAccount => {
  const { bearer } = options.app;
  if (bearer !== undefined) return { id: "app", credentials: { bearer } };
  throw new BridgeError(
    "app.bearer (X_APP_BEARER_TOKEN) is missing: give it, for webhooks and streams belong to the app itself.",
    {
      fault: "invalid",
      adapter: "x",
      landed: "no",
    },
  );
};

const webhook = z.object({ id: z.string(), url: z.string(), valid: z.boolean().catch(false) });
const webhooks = z.object({ data: z.array(webhook).default([]) });
const created = z.object({ data: webhook });
const subscription = z.object({
  subscription_id: z.string(),
  event_type: z.string(),
  filter: z.object({ user_id: z.string().optional() }).catch({}),
  webhook_id: z.string().optional(),
  tag: z.string().optional(),
});

/** All webhooks of the app (docs.x.com/x-api/webhooks/introduction). */
export const webhooksOf = async (ask: Caller, app: XAccount, kit: Kit): Promise<readonly XWebhook[]> =>
  (await lookUpAs(ask, { account: app, path: "webhooks" }, webhooks, kit)).data;

/** Registers an address, or finds it registered. */
export const registerAt = async (ask: Caller, app: XAccount, url: string, kit: Kit): Promise<XWebhook> => {
  const known = (await webhooksOf(ask, app, kit)).find((one) => one.url === url);
  if (known !== undefined) return known;
  const { data } = await ask({ account: app, method: "post", path: "webhooks", fields: { url }, acts: false }, kit);
  return created.parse(data).data;
};

/** Lets X ask a webhook anew whether it is ours. */
export const revalidateAt = async (ask: Caller, app: XAccount, id: string, kit: Kit): Promise<void> => {
  await ask({ account: app, method: "put", path: `webhooks/${id}`, acts: false }, kit);
};

// 1,500 subscriptions are the most that a self-serve app has (docs.x.com/x-api/activity/introduction).
const mostPages = 15;

/** All subscriptions of the app. */
export const subscriptionsOf = async (ask: Caller, app: XAccount, kit: Kit): Promise<readonly XSubscription[]> => {
  const found: XSubscription[] = [];
  const from = { account: app, path: "activity/subscriptions", fields: { max_results: 1_000 } };
  for await (const { items } of pagesOf(ask, from, mostPages, kit)) {
    for (const item of items) {
      const read = subscription.safeParse(item).data;
      if (read === undefined) continue;
      const { subscription_id: id, event_type: event, filter, webhook_id: hook, tag } = read;
      found.push({
        id,
        event,
        ...(filter.user_id === undefined ? {} : { account: filter.user_id }),
        ...(hook === undefined ? {} : { webhook: hook }),
        ...(tag === undefined ? {} : { tag }),
      });
    }
  }
  return found;
};

/** Subscribes accounts to all that is missing, or comes to another address of ours. The answer: what that was. */
export const subscribeAt = async (
  ask: Caller,
  about: { readonly app: XAccount; readonly accounts: readonly XAccount[]; readonly webhook: string | undefined },
  kit: Kit,
): Promise<readonly { readonly account: string; readonly event: string }[]> => {
  const { app, accounts, webhook: hook } = about;
  const there = await subscriptionsOf(ask, app, kit);
  const missing = accounts.flatMap((account) =>
    eventTypes
      .map((event) => ({
        account,
        event,
        known: there.filter((one) => one.account === account.id && one.event === event),
      }))
      .filter(({ known }) => !known.some((one) => hook === undefined || one.webhook === hook)),
  );
  for (const { account, event, known } of missing) {
    const tag = `casethread ${event}`;
    // Without one X tells it on the app's stream only.
    const fields = { tag, ...(hook === undefined ? {} : { webhook_id: hook }) };
    // What another tool has delivered to itself is left alone.
    const ours = known.find((one) => one.webhook === undefined || one.tag === tag);
    const call =
      ours === undefined
        ? // As the account itself: X tells of private events only to whom the account has let in.
          {
            account,
            method: "post" as const,
            path: "activity/subscriptions",
            fields: { event_type: event, filter: { user_id: account.id }, ...fields },
          }
        : { account: app, method: "put" as const, path: `activity/subscriptions/${ours.id}`, fields };
    await ask({ ...call, acts: false }, kit);
  }
  return missing.map(({ account, event }) => ({ account: account.id, event }));
};
