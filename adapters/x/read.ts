import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import {
  type AccountRef,
  accountName,
  BridgeError,
  type Delivery,
  type Found,
  type FromChannel,
  keyOf,
  parseJson,
} from "casethread/adapter";
import { z } from "zod";

import { callsOn, standingOf, unknownFields, unknownKind } from "./kinds.ts";
import { calledNow, renamed } from "./profile.ts";
import { goneOf, saidOfMessage, saidOfOldPost, saidOfPost, type Told } from "./said.ts";
import {
  type Activity,
  activity,
  deletion,
  includes,
  message,
  oldDeletion,
  oldPost,
  post,
  safeId,
  user,
  whatWasWrong,
  type XUser,
} from "./shapes.ts";

/** What {@link readBody} found, in the making. */
interface Finding {
  readonly events: FromChannel[];
  readonly unread: { readonly reason: string; readonly raw: string }[];
  readonly alarms: string[];
}

const refusal = (fault: "forged" | "malformed", say: string): BridgeError =>
  new BridgeError(say, { fault, adapter: "x", landed: "no" });

// Made once for each secret: an HMAC with bare text for a key takes 70 microseconds (Node 24), with this one 10.
const keys = new Map<string, KeyObject>();
const mostKeys = 100;

const keyFor = (secret: string): KeyObject => {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  if (keys.size >= mostKeys) keys.clear();
  const made = createSecretKey(secret, "utf8");
  keys.set(secret, made);
  return made;
};

const hmac = (secret: string, over: Uint8Array | string): Buffer =>
  createHmac("sha256", keyFor(secret)).update(over).digest();

// A handshake signs whatever it is sent with the very key that signs deliveries. No delivery can be written in these
// characters: JSON needs a brace. So nobody gets a body signed here.
const crcToken = /^[A-Za-z0-9+/=_-]{16,128}$/;

/**
 * Answers X's challenge (docs.x.com/x-api/webhooks/introduction).
 *
 * @throws BridgeError `malformed` when it is none.
 */
export const handshake = (delivery: Delivery, secrets: readonly string[]): Response => {
  const token = delivery.url.searchParams.get("crc_token");
  if (token === null || !crcToken.test(token)) {
    throw refusal(
      "malformed",
      "no challenge of X: its crc_token is missing, or could be something else that wants a signature.",
    );
  }
  return Response.json({ response_token: `sha256=${hmac(secrets[0] ?? "", token).toString("base64")}` });
};

/**
 * Is it from X? Base64 of HMAC-SHA256 over the raw body, by any of the secrets.
 *
 * @throws BridgeError `forged` when it is not.
 */
export const verify = (delivery: Delivery, secrets: readonly string[]): void => {
  const claimed = /^sha256=([A-Za-z0-9+/]{43}=)$/.exec(delivery.headers.get("x-twitter-webhooks-signature") ?? "")?.[1];
  const given = Buffer.from(claimed ?? "", "base64");
  const matches = secrets.map((secret) => {
    const due = hmac(secret, delivery.body);
    return given.length === due.length && timingSafeEqual(given, due);
  });
  if (!matches.includes(true)) {
    throw refusal(
      "forged",
      "the signature is not X's. If X did send it: is app.consumerSecret that of the app the webhook belongs to, and is the body untouched?",
    );
  }
};

type Reader = (item: unknown, told: Told, found: Finding) => void;

const keep = (found: Finding, reason: string, item: unknown): void =>
  void found.unread.push({ reason, raw: JSON.stringify(item) });

const unread = (found: Finding, what: string, why: string, item: unknown): void => keep(found, `${what}: ${why}`, item);

const parsed = <T>(
  shape: z.ZodType<T>,
  item: unknown,
  what: string,
  found: Finding,
  raw: unknown = item,
): T | undefined => {
  const checked = shape.safeParse(item);
  if (checked.success) return checked.data;
  unread(found, what, whatWasWrong(checked.error), raw);
  return undefined;
};

const usersIn = (listed: unknown): ReadonlyMap<string, XUser> => {
  const all = z.record(z.string(), z.unknown()).safeParse(listed);
  const users = Object.values(all.success ? all.data : {}).map((one) => user.safeParse(one));
  return new Map(users.flatMap(({ data }) => (data === undefined ? [] : [[data.id, data]])));
};

const readMessages = (items: readonly unknown[], users: unknown, told: Told, found: Finding): void => {
  const known = usersIn(users);
  for (const item of items) {
    const letter = parsed(message, item, "private message", found);
    if (letter === undefined) continue;
    const said = saidOfMessage(letter, known, told);
    if (said === undefined) unread(found, "private message", "neither from the account nor to it", item);
    else found.events.push(said);
  }
};

const readPost = (event: Activity, told: Told, found: Finding, raw: unknown): void => {
  const read = parsed(post, event.payload, event.event_type, found, raw);
  if (read === undefined) return;
  found.events.push(saidOfPost(read, includes.parse(event.includes), told, callsOn(event.event_type)));
};

const readProfile = (event: Activity, told: Told, found: Finding): void => {
  const about = event.filter.user_id ?? told.account.id;
  // X's own example of this event lacks the uuid; what it says is then what tells it from another.
  const uuid = event.event_uuid ?? createHash("sha256").update(JSON.stringify(event.payload)).digest("hex");
  const profile = renamed(event);
  if (profile.handle !== undefined && profile.handle !== "" && event.event_type === "profile.update.handle")
    found.alarms.push(calledNow(about, profile.handle));
  found.events.push({
    as: "profiled",
    key: keyOf.event(accountName(told.account), event.event_type, uuid),
    at: told.now,
    source: told.source,
    persona: { account: told.account, space: "user", id: about },
    profile,
  });
};

const readActivity = (event: Activity, told: Told, found: Finding, raw: unknown): void => {
  const type = event.event_type;
  if (type === "post.delete") {
    const gone = parsed(deletion, event.payload, type, found, raw);
    if (gone !== undefined) found.events.push(goneOf(gone.id, told));
  } else if (type.startsWith("post.")) readPost(event, told, found, raw);
  else if (type === "dm.received" || type === "dm.sent") {
    const items = parsed(
      z.object({ direct_message_events: z.array(z.unknown()).min(1), users: z.unknown().optional() }),
      event.payload,
      type,
      found,
      raw,
    );
    if (items !== undefined) readMessages(items.direct_message_events, items.users, told, found);
  } else if (type.startsWith("profile.update.")) readProfile(event, told, found);
  else if (type.startsWith("chat.")) {
    found.alarms.push(
      `x: account ${told.account.id} has encrypted chats, which are not read here: look into the X app and answer there.`,
    );
  }
};

const revoked = (id: string): string => `x: account ${id} withdrew this app's access: authorise it again on x.com.`;
const stranger = (id: string): string =>
  `x: deliveries come for account ${id}, which is not among the accounts given to x(): add it, or end its subscription at X.`;

const readEnvelope = (whole: unknown, told: (id: string) => Told | undefined, found: Finding): void => {
  const event = parsed(activity, whole, "activity", found);
  if (event === undefined) return;
  const { event_type: type } = event;
  const standing = standingOf(type);
  if (standing === "ignored") return;
  const id = event.filter.user_id;
  if (type === "oauth.revoke") {
    const who = z.object({ user_id: safeId }).safeParse(event.payload).data?.user_id ?? id ?? "unknown";
    return void found.alarms.push(revoked(who));
  }
  const account = id === undefined ? undefined : told(id);
  // Not kept raw: it would be somebody's private words, on an account nobody here asked to hear.
  if (id !== undefined && account === undefined) return void found.alarms.push(stranger(id));
  if (standing === "unknown") return keep(found, unknownKind(type), whole);
  if (account === undefined) return unread(found, type, "names no account", whole);
  readActivity(event, account, found, whole);
};

const readOldPost: Reader = (item, told, found) => {
  const read = parsed(oldPost, item, "tweet_create_events", found);
  if (read === undefined) return;
  const said = saidOfOldPost(read, told);
  if (said === undefined) unread(found, "tweet_create_events", "lacks an id, an author or words", item);
  else found.events.push(said);
};

const readOldDeletion: Reader = (item, told, found) => {
  const gone = parsed(oldDeletion, item, "tweet_delete_events", found);
  if (gone !== undefined) found.events.push(goneOf(gone.status.id, told, gone.timestamp_ms));
};

const oldEnvelope = z.object({
  for_user_id: z.string().regex(/^\d{1,20}$/),
  tweet_create_events: z.array(z.unknown()).default([]),
  tweet_delete_events: z.array(z.unknown()).default([]),
  direct_message_events: z.array(z.unknown()).default([]),
  users: z.unknown().optional(),
});

const readOld = (whole: object, told: (id: string) => Told | undefined, found: Finding): void => {
  const read = parsed(oldEnvelope, whole, "account activity", found);
  if (read === undefined) return;
  const account = told(read.for_user_id);
  if (account === undefined) return void found.alarms.push(stranger(read.for_user_id));
  for (const item of read.tweet_create_events) readOldPost(item, account, found);
  for (const item of read.tweet_delete_events) readOldDeletion(item, account, found);
  readMessages(read.direct_message_events, read.users, account, found);
  for (const [field, value] of unknownFields(whole)) {
    // Each as a delivery of its own, so that whoever reads it later finds whose it is.
    for (const item of Array.isArray(value) ? value : [value]) {
      const alone = Array.isArray(value) ? [item] : item;
      keep(found, unknownKind(field), { for_user_id: read.for_user_id, [field]: alone });
    }
  }
};

const oldRevoke = z.object({
  user_event: z.object({ revoke: z.object({ source: z.object({ user_id: safeId }) }) }),
});
const replayed = z.object({ replay_job_status: z.object({ job_state: z.string() }) });

const readWhole = (whole: unknown, told: (id: string) => Told | undefined, found: Finding): void => {
  if (Array.isArray(whole)) {
    for (const one of whole) readWhole(one, told, found);
    return;
  }
  if (typeof whole !== "object" || whole === null) return unread(found, "delivery", "no object", whole);
  if ("data" in whole) {
    const { data } = whole;
    for (const one of Array.isArray(data) ? data : [data]) readEnvelope(one, told, found);
    return;
  }
  const revoke = oldRevoke.safeParse(whole);
  if (revoke.success) return void found.alarms.push(revoked(revoke.data.user_event.revoke.source.user_id));
  const replay = replayed.safeParse(whole);
  if (replay.success) {
    if (replay.data.replay_job_status.job_state !== "Complete") {
      found.alarms.push("x: a replay of lost deliveries did not complete: ask X for it again.");
    }
    return;
  }
  if ("for_user_id" in whole) return readOld(whole, told, found);
  unread(found, "delivery", "neither of the two known envelopes", whole);
};

const utf8 = new TextDecoder();

/** Reads the body of a genuine delivery: every item of it, each for the account that it names. Pure. */
export const readBody = (
  body: Uint8Array,
  accounts: readonly AccountRef[],
  now: number,
  source: Told["source"] = "webhook",
): Found<FromChannel> => {
  const found: Finding = { events: [], unread: [], alarms: [] };
  const text = utf8.decode(body);
  const ours = new Set(accounts.map(({ id }) => id));
  const known = new Map(accounts.map((account) => [account.id, { account, source, now, ours } satisfies Told]));
  let whole: unknown;
  try {
    whole = parseJson(text);
  } catch {
    return { events: [], unread: [{ reason: "delivery: no JSON", raw: text }], alarms: [] };
  }
  readWhole(whole, (id) => known.get(id), found);
  return { ...found, alarms: [...new Set(found.alarms)] };
};
