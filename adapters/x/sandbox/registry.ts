import type { Clock } from "casethread/sandbox";
import { z } from "zod";
import { type Answer, odd, problem, refusals } from "./problems.ts";
import type { Webhook } from "./webhook.ts";

/** A request of the app, or of one of its accounts, about webhooks and subscriptions. */
export interface Registering {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** The account that asks; none for the app itself. */
  readonly by: string | undefined;
}

/** What the app has registered at X (docs.x.com/x-api/webhooks/introduction, /x-api/activity/introduction). */
export interface Registry {
  /** Answers a request, or says that it is about something else. */
  answer(asked: Registering): Promise<Answer | undefined>;
  /** Does X tell this of this account? */
  hears(account: string, type: string): boolean;
  /** Subscribes all accounts to everything at once. */
  hearAll(url: string): void;
  /** X has ended them: the webhook is not valid any more, and nobody is subscribed. */
  lapse(): void;
}

const id = z.string().regex(/^[0-9]{1,19}$/);
const wanted = z.object({ url: z.string().min(1).max(200) });
const subscribing = z.strictObject({
  event_type: z.string().regex(/^[a-z_.]+$/),
  filter: z.strictObject({ user_id: id }),
  tag: z.string().max(200).optional(),
  webhook_id: id.optional(),
});
const replaying = z.strictObject({
  webhook_id: id,
  from_date: z.string().regex(/^\d{12}$/),
  to_date: z.string().regex(/^\d{12}$/),
});

interface Hook {
  readonly id: string;
  readonly url: string;
  readonly valid: boolean;
  readonly created_at: string;
}
interface Subscription {
  readonly subscription_id: string;
  readonly event_type: string;
  readonly filter: { readonly user_id: string };
  readonly created_at: string;
  readonly updated_at: string;
  readonly webhook_id?: string | undefined;
  readonly tag?: string | undefined;
}

/** Makes the registry of one app. */
export const createRegistry = (
  webhook: Webhook,
  clock: Clock,
  replay: (from: number, to: number) => void,
): Registry => {
  let hooks: readonly Hook[] = [];
  let subscriptions: readonly Subscription[] = [];
  let all = false;
  let next = 7_000_000;
  const nextId = (): string => String(++next);
  const at = (): string => new Date(clock.now()).toISOString();
  const ok = (body: object): Answer => ({ status: 200, body });
  const failed = (what: string): Answer => problem(400, "invalid-request", what, what);

  const register = async (body: unknown): Promise<Answer> => {
    const read = wanted.safeParse(body).data;
    if (read === undefined) return odd("url");
    if (hooks.some(({ url }) => url === read.url)) return failed("DuplicateUrlFailed");
    if (hooks.length >= 5) return failed("WebhookLimitExceeded");
    try {
      await webhook.connect(read.url);
    } catch {
      return failed("CrcValidationFailed");
    }
    const hook: Hook = { id: nextId(), url: read.url, valid: true, created_at: at() };
    hooks = [...hooks, hook];
    return ok({ data: hook });
  };
  const revalidate = async (hook: Hook): Promise<Answer> => {
    try {
      await webhook.connect(hook.url);
      hooks = hooks.map((one) => (one.id === hook.id ? { ...one, valid: true } : one));
      return ok({ data: { valid: true } });
    } catch {
      return failed("CrcValidationFailed");
    }
  };
  const subscribe = (body: unknown, by: string | undefined): Answer => {
    const read = subscribing.safeParse(body).data;
    if (read === undefined) return odd("filter");
    const secret = /^(?:dm|chat|post\.(?:mention|reply|quote))/.test(read.event_type);
    if (secret && by !== read.filter.user_id) return refusals.notYours;
    const made: Subscription = { subscription_id: nextId(), ...read, created_at: at(), updated_at: at() };
    subscriptions = [...subscriptions, made];
    return ok({ data: { subscription: made } });
  };
  const update = (about: string, body: unknown, by: string | undefined): Answer => {
    const read = subscribing.pick({ tag: true, webhook_id: true }).safeParse(body).data;
    const found = subscriptions.find(({ subscription_id: one }) => one === about);
    if (read === undefined || found === undefined) return odd("subscription_id");
    if (by !== undefined && by !== found.filter.user_id) return refusals.notYours;
    const made: Subscription = { ...found, ...read, updated_at: at() };
    subscriptions = subscriptions.map((one) => (one === found ? made : one));
    return ok({ data: { subscription: made } });
  };
  const dateOf = (text: string): number =>
    Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:00Z"));

  return {
    answer: async ({ method, path, body, by }) => {
      const [, about, what] = /^\/2\/(webhooks|activity\/subscriptions)(?:\/(\w+))?$/.exec(path) ?? [];
      if (about === undefined) return undefined;
      if (about === "activity/subscriptions") {
        if (method === "POST") return subscribe(body, by);
        if (method === "PUT") return update(what ?? "", body, by);
        return ok(subscriptions.length === 0 ? {} : { data: subscriptions });
      }
      if (what === "replay") {
        const read = replaying.safeParse(body).data;
        if (read === undefined) return odd("from_date");
        if (!hooks.some((hook) => hook.id === read.webhook_id)) return failed("WebhookIdInvalid");
        replay(dateOf(read.from_date), dateOf(read.to_date) + 59_999);
        return ok({ data: { job_id: nextId(), created_at: at() } });
      }
      if (method === "GET") return ok({ data: hooks, meta: { result_count: hooks.length } });
      if (method === "POST") return register(body);
      const hook = hooks.find((one) => one.id === what);
      if (hook === undefined) return failed("WebhookIdInvalid");
      if (method === "PUT") return revalidate(hook);
      hooks = hooks.filter((one) => one !== hook);
      return ok({ data: { deleted: true } });
    },
    hears: (account, type) =>
      all || subscriptions.some((one) => one.event_type === type && one.filter.user_id === account),
    hearAll: (url) => {
      all = true;
      if (!hooks.some((one) => one.url === url))
        hooks = [...hooks, { id: nextId(), url, valid: true, created_at: at() }];
    },
    lapse: () => {
      all = false;
      subscriptions = [];
      hooks = hooks.map((one) => ({ ...one, valid: false }));
      webhook.disconnect();
    },
  };
};
