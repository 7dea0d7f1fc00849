import { createHmac, timingSafeEqual } from "node:crypto";
import {
  type AccountRef,
  BridgeError,
  type Delivery,
  type Found,
  type FromChannel,
  parseJson,
} from "casethread/adapter";
import type { z } from "zod";
import { isProfileField, standingOfFeed, unknownKind, unknownMessaging } from "./kinds.ts";
import { controlledOf, openedOf, saidOfMessaging, tappedOf } from "./messenger.ts";
import { goneOfFeed, saidOfFeed, type Told } from "./said.ts";
import { change, enforcement, entry, feed, type FbEnforcement, messaging, whatWasWrong } from "./shapes.ts";

const refusal = (fault: "forged" | "malformed", say: string): BridgeError =>
  new BridgeError(say, { fault, adapter: "facebook", landed: "no" });

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
const digest = (text: string): Buffer => createHmac("sha256", "compared").update(text).digest();

/**
 * Answers Meta's challenge (developers.facebook.com/docs/graph-api/webhooks/getting-started): says back the number, to who
 * knows our verify token. Nothing is signed.
 *
 * @throws BridgeError `malformed` when it is none, `forged` when the token is not ours.
 */
export const handshake = (delivery: Delivery, verifyTokens: readonly string[]): Response => {
  const { searchParams } = delivery.url;
  const challenge = searchParams.get("hub.challenge");
  if (searchParams.get("hub.mode") !== "subscribe" || challenge === null || !/^[\w-]{1,128}$/.test(challenge)) {
    throw refusal("malformed", "no challenge of Meta: it asks with hub.mode=subscribe and a hub.challenge.");
  }
  const given = digest(searchParams.get("hub.verify_token") ?? "");
  if (!verifyTokens.map((token) => same(given, digest(token))).includes(true)) {
    throw refusal("forged", "the verify token is not ours: give Meta's console the one in app.verifyToken.");
  }
  return new Response(challenge, { headers: { "content-type": "text/plain; charset=utf-8" } });
};

/**
 * Is it from Meta? Hex of HMAC-SHA256 over the raw body, by any of the secrets.
 *
 * @throws BridgeError `forged` when it is not.
 */
export const verify = (delivery: Delivery, secrets: readonly string[]): void => {
  const claimed = /^sha256=([0-9a-f]{64})$/.exec(delivery.headers.get("x-hub-signature-256") ?? "")?.[1];
  const given = Buffer.from(claimed ?? "", "hex");
  const matches = secrets.map((secret) => same(given, createHmac("sha256", secret).update(delivery.body).digest()));
  if (!matches.includes(true)) {
    throw refusal(
      "forged",
      "the signature is not Meta's. If Meta did send it: is app.secret that of the app the webhook belongs to, and is the body untouched?",
    );
  }
};

/** What {@link readBody} found, in the making. */
interface Finding {
  readonly events: FromChannel[];
  readonly unread: { readonly reason: string; readonly raw: string }[];
  readonly alarms: string[];
}

/** Keeps an item raw, as a delivery of its own: whoever reads it later finds whose it is. */
type Keep = (reason: string) => void;

const parsed = <T>(shape: z.ZodType<T>, item: unknown, what: string, keep: Keep): T | undefined => {
  const checked = shape.safeParse(item);
  if (checked.success) return checked.data;
  keep(`${what}: ${whatWasWrong(checked.error)}`);
  return undefined;
};

interface Context {
  readonly told: Told;
  /** When Meta sent it, in seconds: what says no hour of its own is taken for as old. */
  readonly sentAt: number | undefined;
  readonly found: Finding;
}

const readFeed = (value: unknown, { told, sentAt, found }: Context, keep: Keep): void => {
  const read = parsed(feed, value, "feed", keep);
  if (read === undefined) return;
  const standing = standingOfFeed(read.item, read.verb);
  if (standing === "ignored") return;
  if (standing === "unknown") return keep(unknownKind(read.item, read.verb));
  const event = goneOfFeed(read, sentAt, told) ?? saidOfFeed(read, sentAt, told);
  if (event === undefined) return keep("feed: it lacks its id");
  found.events.push(event);
};

/** Somebody named the Page elsewhere: in a post or comment of their own. */
const readMention = (value: Readonly<Record<string, unknown>>, context: Context, keep: Keep): void => {
  readFeed(
    { ...value, item: value["item"] ?? (value["comment_id"] === undefined ? "post" : "comment") },
    context,
    keep,
  );
};

const readChange = (item: unknown, context: Context, keep: Keep): void => {
  const read = parsed(change, item, "change", keep);
  if (read === undefined || isProfileField(read.field)) return;
  if (read.field === "feed") return readFeed(read.value, context, keep);
  if (read.field === "mention") return readMention(read.value, context, keep);
  keep(unknownKind(read.field));
};

const enforced: Readonly<Record<FbEnforcement["policy_enforcement"]["action"], string>> = {
  block: "has blocked the Page in Messenger for breaking its policies: look into its quality tab",
  warning: "warns the Page that it breaks Messenger's policies: look into its quality tab before it is blocked",
  unblock: "lets the Page speak in Messenger again",
};

const readMessaging = (item: unknown, standby: boolean, { told, sentAt, found }: Context, keep: Keep): void => {
  const meta = enforcement.safeParse(item).data;
  if (meta !== undefined) {
    const when = new Date(meta.timestamp ?? told.now).toISOString();
    return void found.alarms.push(
      `facebook: Meta ${enforced[meta.policy_enforcement.action]} (Page ${told.account.id}, ${when}).`,
    );
  }
  const read = parsed(messaging, item, "messaging", keep);
  if (read === undefined) return;
  const at = read.timestamp ?? (sentAt === undefined ? undefined : sentAt * 1_000);
  const event = { ...read, ...(at === undefined ? {} : { timestamp: at }) };
  const { sender, recipient } = event;
  if (sender.id !== told.account.id && recipient.id !== told.account.id) {
    return keep("messaging: neither from the Page nor to it");
  }
  // One item may tell several things: a first message through an invite is a word, and an opening.
  const events = [
    openedOf(event, told),
    saidOfMessaging(event, standby, told),
    tappedOf(event, standby, told),
    controlledOf(event, told),
  ].filter((one) => one !== undefined);
  // An opening or a change of hands is known again by its hour: without one each telling would count anew.
  if (at === undefined && events.some(({ as }) => as !== "said")) return keep("messaging: it lacks its hour");
  found.events.push(...events);
  if (events.length > 0 || event.postback !== undefined || event.referral !== undefined) return;
  const unknown = unknownMessaging(item as object);
  if (unknown !== undefined) keep(unknownKind(unknown));
};

const stranger = (id: string): string =>
  `facebook: deliveries come for Page ${id}, which is not among those given to facebook(): add it, or end its subscription.`;

const listOf = (whole: object, name: string): readonly unknown[] => {
  const list: unknown = Reflect.get(whole, name);
  return Array.isArray(list) ? list : list === undefined ? [] : [list];
};

const readEntry = (whole: unknown, tell: (id: string) => Told | undefined, found: Finding): void => {
  const alone =
    (raw: unknown): Keep =>
    (reason) =>
      void found.unread.push({ reason, raw: JSON.stringify({ object: "page", entry: [raw] }) });
  const read = parsed(entry, whole, "entry", alone(whole));
  if (read === undefined || typeof whole !== "object" || whole === null) return;
  const told = tell(read.id);
  // Not kept raw: it would be strangers' words, on a Page nobody here asked to hear.
  if (told === undefined) return void found.alarms.push(stranger(read.id));
  // Graph tells seconds here, Messenger ms.
  const time = read.time === undefined ? undefined : read.time > 1e11 ? Math.floor(read.time / 1_000) : read.time;
  const context: Context = { told, sentAt: time, found };
  const each = (name: string, one: (item: unknown, keep: Keep) => void): void => {
    for (const item of listOf(whole, name)) one(item, alone({ ...read, [name]: [item] }));
  };
  each("changes", (item, keep) => readChange(item, context, keep));
  each("messaging", (item, keep) => readMessaging(item, false, context, keep));
  each("standby", (item, keep) => readMessaging(item, true, context, keep));
};

/** Reads the body of a genuine delivery: every item of every entry, each for the Page that it names. Pure. */
export const readBody = (
  body: Uint8Array,
  about: { readonly accounts: readonly AccountRef[]; readonly app: string | undefined; readonly now: number },
): Found<FromChannel> => {
  const { accounts, app, now } = about;
  const text = new TextDecoder().decode(body);
  const ours = new Set(accounts.map(({ id }) => id));
  const known = new Map(
    accounts.map((account) => [account.id, { account, source: "webhook", now, ours, app } satisfies Told]),
  );
  const found: Finding = { events: [], unread: [], alarms: [] };
  const whole = (reason: string): Found<FromChannel> => ({ events: [], unread: [{ reason, raw: text }], alarms: [] });
  let read: unknown;
  try {
    read = parseJson(text);
  } catch {
    return whole("delivery: no JSON");
  }
  if (typeof read !== "object" || read === null) return whole("delivery: no object");
  if (!("object" in read) || read.object !== "page" || !("entry" in read) || !Array.isArray(read.entry)) {
    return whole("delivery: not of a Page");
  }
  for (const one of read.entry as readonly unknown[]) readEntry(one, (id) => known.get(id), found);
  return { ...found, alarms: [...new Set(found.alarms)] };
};
