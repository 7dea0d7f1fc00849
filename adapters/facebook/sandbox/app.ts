import { z } from "zod";
import { fields } from "../sweep.ts";
import { type Answer, refusals } from "./problems.ts";
import type { Webhook } from "./webhook.ts";
import type { FbPageSide, World } from "./world.ts";

/** A request that is asked as the app itself, read. */
interface AppAsked {
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What belongs to the app: its webhook, and what it may know of tokens. */
export type AppSide = (asked: AppAsked) => Promise<Answer>;

const registering = z.object({
  object: z.literal("page"),
  callback_url: z.url(),
  verify_token: z.string().min(1),
  fields: z.string().min(1),
});

const ok = (body: object): Answer => ({ status: 200, body });
const granted = [
  "pages_show_list",
  "pages_manage_metadata",
  "pages_read_engagement",
  "pages_read_user_content",
  "pages_manage_engagement",
  "pages_messaging",
  "business_management",
];

/** Makes it (developers.facebook.com/docs/graph-api/reference/app/subscriptions, /debug_token). */
export const createAppSide = (
  app: { readonly id: string; readonly verifyToken: string },
  pages: readonly (FbPageSide & { readonly lacks: readonly string[] })[],
  webhook: Webhook,
): AppSide => {
  let heard: readonly string[] = fields;
  const tokenOf = (given: string | undefined): Answer => {
    const page = pages.find(({ token }) => token === given);
    if (page === undefined)
      return ok({ data: { is_valid: false, scopes: [], error: { code: 190, message: "invalid" } } });
    const { id, lacks, ads, messaging } = page;
    const scopes = [...granted, ...(ads ? ["pages_manage_ads", "ads_management"] : [])];
    return ok({
      data: {
        app_id: app.id,
        type: "PAGE",
        application: "sandbox",
        profile_id: id,
        is_valid: true,
        expires_at: 0,
        data_access_expires_at: 0,
        scopes: scopes.filter((one) => !lacks.includes(one) && (messaging || one !== "pages_messaging")),
      },
    });
  };
  const register = async (body: unknown): Promise<Answer> => {
    const read = registering.safeParse(body).data;
    if (read === undefined) return refusals.parameter("object, callback_url, verify_token and fields are required");
    try {
      if (read.verify_token !== app.verifyToken) throw new Error("another verify token");
      await webhook.connect(read.callback_url);
    } catch {
      return refusals.parameter("The URL couldn't be validated. Callback verification failed");
    }
    heard = read.fields.split(",");
    return ok({ success: true });
  };
  const subscriptions = (): Answer => {
    const url = webhook.address();
    const one = {
      object: "page",
      callback_url: url,
      active: true,
      fields: heard.map((name) => ({ name, version: "v25.0" })),
    };
    return ok({ data: url === undefined ? [] : [one] });
  };
  return async ({ method, path, query, body }) => {
    if (path === "debug_token" && method === "GET") return tokenOf(query["input_token"]);
    if (path === `${app.id}/subscriptions` && method === "GET") return subscriptions();
    if (path === `${app.id}/subscriptions` && method === "POST") return register(body);
    return refusals.permission();
  };
};

/** A Page's profile in Messenger, as far as its Get Started button (developers.facebook.com/docs/messenger-platform/reference/messenger-profile-api). */
export const profileOf = (
  { by, method, body }: { readonly by: FbPageSide; readonly method: string; readonly body: unknown },
  { buttons }: World,
): Answer => {
  if (method === "GET")
    return ok({ data: buttons.has(by.id) ? [{ get_started: { payload: buttons.get(by.id) } }] : [] });
  const read = z.object({ get_started: z.object({ payload: z.string().min(1).max(1_000) }) }).safeParse(body).data;
  if (read === undefined) return refusals.parameter("get_started requires a payload");
  buttons.set(by.id, read.get_started.payload);
  return ok({ result: "success" });
};
