// What X can tell: the enum of event types in its OpenAPI document 2.167 (August 2026), and for the older envelope
// docs.x.com/x-api/account-activity/introduction.

/** What becomes of an event: it is read, it is known and says nothing to the brand, or nobody here has heard of its kind. */
export type Standing = "read" | "ignored" | "unknown";

const readKinds =
  /^(?:post\.(?:create|delete|mention\.create|reply\.create|quote\.create|repost\.create)|dm\.(?:received|sent)|profile\.update\.[a-z_]{1,40}|chat\.[a-z_.]{1,60}|oauth\.revoke)$/;

// Whole families where no member could hold words for the brand; single names where a new one might.
const ignoredKinds = /^(?:(?:follow|like|mute|block|spaces|broadcast|news)\.[a-z_.]+|dm\.(?:read|indicate_typing))$/;

/** What becomes of an event of the X Activity API. */
export const standingOf = (kind: string): Standing => {
  if (readKinds.test(kind)) return "read";
  return ignoredKinds.test(kind) ? "ignored" : "unknown";
};

/** Does X tell this only of who named the account in words of their own, or quoted it (docs.x.com/x-api/activity/introduction)? */
export const callsOn = (kind: string): boolean => /^post\.(?:mention|quote)\.create$/.test(kind);

// "users" and "apps" explain the messages beside them. "user_event" is not here: a withdrawal is read before this list is
// asked, and what else it may become is not known.
const knownFields: ReadonlySet<string> = new Set([
  "for_user_id",
  "tweet_create_events",
  "tweet_delete_events",
  "direct_message_events",
  "users",
  "apps",
  "follow_events",
  "unfollow_events",
  "favorite_events",
  "block_events",
  "unblock_events",
  "mute_events",
  "unmute_events",
  "direct_message_indicate_typing_events",
  "direct_message_mark_read_events",
  "user_has_blocked",
  "is_blocked_by",
]);

/** The fields of an older envelope that nobody here has heard of. */
export const unknownFields = (envelope: object): readonly (readonly [string, unknown])[] =>
  Object.entries(envelope).filter(([field]) => !knownFields.has(field));

/** Why an event is kept raw. Holds its kind only if that looks like one: anything else could be somebody's words. */
export const unknownKind = (kind: string): string =>
  /^[a-z_.]{1,60}$/.test(kind) ? `an event of an unknown kind: ${kind}` : "an event of an unknown kind";
