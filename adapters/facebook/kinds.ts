// What a Page's webhooks can tell: developers.facebook.com/docs/graph-api/webhooks/reference/page and
// /docs/messenger-platform/reference/webhook-events, v25.0.

/** What becomes of a thing that is told: it is read, it is known and says nothing to the brand, or nobody here has heard of its kind. */
export type Standing = "read" | "ignored" | "unknown";

/** Items of the feed that hold somebody's words. */
const spoken: ReadonlySet<string> = new Set([
  "comment",
  "post",
  "status",
  "photo",
  "video",
  "link",
  "note",
  "share",
  "album",
]);
const silent: ReadonlySet<string> = new Set(["like", "reaction", "event", "milestone", "offer", "follow", "rating"]);
const verbs: ReadonlySet<string> = new Set(["add", "edit", "edited", "update", "remove", "delete", "hide", "unhide"]);
const idle: ReadonlySet<string> = new Set(["block", "unblock", "mute", "follow"]);

/** What becomes of a change of the feed. */
export const standingOfFeed = (item: string, verb: string): Standing => {
  if (silent.has(item) || idle.has(verb)) return "ignored";
  return spoken.has(item) && verbs.has(verb) ? "read" : "unknown";
};

const fields: ReadonlySet<string> = new Set([
  "about",
  "attire",
  "category",
  "cover",
  "description",
  "email",
  "founded",
  "general_info",
  "hours",
  "live_videos",
  "location",
  "name",
  "phone",
  "picture",
  "ratings",
  "website",
]);

/** Is this change of a Page about its own profile, and nobody's words? */
export const isProfileField = (field: string): boolean => fields.has(field);

const messengerKinds: ReadonlySet<string> = new Set([
  "read",
  "delivery",
  "reaction",
  "optin",
  "account_linking",
  "app_roles",
  "request_thread_control",
  "typing",
]);
const frame: ReadonlySet<string> = new Set(["sender", "recipient", "timestamp", "hop_context", "is_standby"]);

/** The first kind of a Messenger event that nobody here has heard of; undefined when all of it is known to say nothing. */
export const unknownMessaging = (event: object): string | undefined => {
  const kinds = Object.keys(event).filter((name) => !frame.has(name));
  return kinds.length === 0 ? "nothing" : kinds.find((name) => !messengerKinds.has(name));
};

/** Why an item is kept raw. Holds its kind only if that looks like one, in a word or two: anything else could be somebody's words. */
export const unknownKind = (kind: string, verb?: string): string => {
  const named = [kind, ...(verb === undefined ? [] : [verb])];
  const plain =
    named.every((one) => /^[a-z_]{1,40}$/.test(one)) && (verb === undefined || verbs.has(verb) || spoken.has(kind));
  return plain ? `an event of an unknown kind: ${named.join(" ")}` : "an event of an unknown kind";
};
