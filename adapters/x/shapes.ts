import { z } from "zod";

// Payloads say "tweet" in some fields and the OpenAPI document of 2026-08 says "post": both are read. Ids are strings of
// digits; a small number is one too, a damaged one is refused.
/** Reads an id. */
export const safeId: z.ZodType<string> = z.union([
  z.string().regex(/^\d{1,20}$/),
  z.int().nonnegative().transform(String),
]);
/** What a field that may be absent, null or odd is worth: nothing. */
const soft = <T extends z.ZodType>(shape: T): z.ZodCatch<z.ZodOptional<T>> => shape.optional().catch(undefined);
// Absent is the rule, and no fault: a default costs nothing, a fault that is caught is made first, with its message.
const list = <T extends z.ZodType>(shape: T): z.ZodCatch<z.ZodDefault<z.ZodArray<T>>> =>
  z.array(shape).default([]).catch([]);

/** Links in a text, and where each leads. */
export interface XLinks {
  readonly urls: readonly { readonly url: string; readonly expanded_url?: string | undefined }[];
}
// Longer than any browser takes: a link stands for what it leads to wherever it is written, so that a text grows by this factor.
const url = z.object({ url: z.string(), expanded_url: soft(z.string().max(4_096)) });
const urls = soft(z.object({ urls: list(url) }));

/** A user. */
export interface XUser {
  readonly id: string;
  readonly username?: string | undefined;
  readonly screen_name?: string | undefined;
  readonly name?: string | undefined;
  readonly verified?: boolean | undefined;
  readonly followers_count?: number | undefined;
  readonly public_metrics?: { readonly followers_count?: number | undefined } | undefined;
  readonly receives_your_dm?: boolean | undefined;
  readonly connection_status: readonly string[];
}
const userFields = z.object({
  id: safeId,
  username: soft(z.string()),
  screen_name: soft(z.string()),
  name: soft(z.string()),
  verified: soft(z.boolean()),
  followers_count: soft(z.number()),
  public_metrics: soft(z.object({ followers_count: soft(z.number()) })),
  receives_your_dm: soft(z.boolean()),
  connection_status: list(z.string()),
});
/** Reads a user; X wraps some of them in `data`. */
export const user: z.ZodType<XUser> = z.union([
  userFields,
  z.object({ data: userFields }).transform(({ data }) => data),
]);

interface Reference {
  readonly type: string;
  readonly id: string;
}
interface Note {
  readonly text: string;
  readonly entities?: (XLinks & Mentions) | undefined;
}
interface Mentions {
  readonly mentions: readonly { readonly id?: string | undefined; readonly username?: string | undefined }[];
}

/** A post as API v2 and the X Activity API tell it. */
export interface XPost {
  readonly id: string;
  readonly author_id: string;
  readonly text: string;
  readonly created_at?: string | undefined;
  readonly conversation_id?: string | undefined;
  readonly in_reply_to_tweet_id?: string | undefined;
  readonly in_reply_to_post_id?: string | undefined;
  readonly edit_history_tweet_ids?: readonly string[] | undefined;
  readonly edit_history_post_ids?: readonly string[] | undefined;
  readonly referenced_tweets?: readonly Reference[] | undefined;
  readonly referenced_posts?: readonly Reference[] | undefined;
  readonly note_tweet?: Note | undefined;
  readonly note_post?: Note | undefined;
  readonly entities?: (XLinks & Mentions) | undefined;
  readonly attachments?: { readonly media_keys: readonly string[] } | undefined;
  readonly lang?: string | undefined;
  readonly reply_settings?: string | undefined;
}

const history = soft(z.array(safeId));
const references = soft(z.array(z.object({ type: z.string(), id: safeId })));
const entities = soft(
  z.object({ urls: list(url), mentions: list(z.object({ id: soft(safeId), username: soft(z.string()) })) }),
);
const note = soft(z.object({ text: z.string(), entities }));

/** Reads a {@link XPost}. */
export const post: z.ZodType<XPost> = z.object({
  id: safeId,
  author_id: safeId,
  text: z.string(),
  created_at: soft(z.string()),
  conversation_id: soft(safeId),
  in_reply_to_tweet_id: soft(safeId),
  in_reply_to_post_id: soft(safeId),
  edit_history_tweet_ids: history,
  edit_history_post_ids: history,
  referenced_tweets: references,
  referenced_posts: references,
  note_tweet: note,
  note_post: note,
  entities,
  attachments: soft(z.object({ media_keys: list(z.string()) })),
  lang: soft(z.string()),
  reply_settings: soft(z.string()),
});

/** What comes along with posts. */
export interface Includes {
  readonly users: readonly XUser[];
  readonly tweets: readonly Quoted[];
  readonly posts: readonly Quoted[];
  readonly media: readonly Media[];
}
interface Quoted {
  readonly id: string;
  readonly author_id?: string | undefined;
}
interface Media {
  readonly media_key: string;
  readonly type: string;
  readonly url?: string | undefined;
  readonly preview_image_url?: string | undefined;
}

const media = z.object({
  media_key: z.string(),
  type: z.string(),
  url: soft(z.string()),
  preview_image_url: soft(z.string()),
});
const quoted = z.object({ id: safeId, author_id: soft(safeId) });
/** Reads what comes along with posts; what cannot be read does not come along. */
export const includes: z.ZodType<Includes> = z
  .object({ users: list(user), tweets: list(quoted), posts: list(quoted), media: list(media) })
  .catch({ users: [], tweets: [], posts: [], media: [] });

interface OldId {
  readonly id_str?: string | undefined;
  readonly id?: string | undefined;
}
type OldFiles = { readonly media: readonly XFile[] } | undefined;
type OldEntities = XLinks & { readonly user_mentions: readonly OldId[] };

/** A post as the older Account Activity API tells it. */
export interface XOldPost extends OldId {
  readonly text?: string | undefined;
  readonly full_text?: string | undefined;
  readonly extended_tweet?:
    | { readonly full_text: string; readonly entities?: OldEntities | undefined; readonly extended_entities?: OldFiles }
    | undefined;
  readonly extended_entities?: OldFiles;
  readonly created_at?: string | undefined;
  readonly user: OldId & Omit<XUser, "id">;
  readonly in_reply_to_status_id_str?: string | null | undefined;
  readonly quoted_status_id_str?: string | undefined;
  readonly quoted_status?: { readonly user: OldId } | undefined;
  readonly retweeted_status?: { readonly id_str?: string | undefined } | undefined;
  readonly edit_history?: { readonly edit_tweet_ids: readonly string[] } | undefined;
  readonly entities?: OldEntities | undefined;
  readonly lang?: string | undefined;
}

const oldEntities = soft(
  z.object({ urls: list(url), user_mentions: list(z.object({ id_str: soft(safeId), id: soft(safeId) })) }),
);
const oldFiles = soft(z.object({ media: list(z.object({ media_url_https: z.string(), type: z.string() })) }));
const oldAuthor = z.object({ id_str: soft(safeId), id: soft(safeId) });
const oldUser = z.object({ ...userFields.shape, id: soft(safeId), id_str: soft(safeId) });
/** Reads a {@link XOldPost}. */
export const oldPost: z.ZodType<XOldPost> = z.object({
  id_str: soft(safeId),
  id: soft(safeId),
  text: soft(z.string()),
  full_text: soft(z.string()),
  extended_tweet: soft(z.object({ full_text: z.string(), entities: oldEntities, extended_entities: oldFiles })),
  extended_entities: oldFiles,
  created_at: soft(z.string()),
  user: oldUser,
  in_reply_to_status_id_str: soft(safeId.nullable()),
  quoted_status_id_str: soft(safeId),
  quoted_status: soft(z.object({ user: oldAuthor })),
  retweeted_status: soft(z.object({ id_str: soft(safeId) })),
  edit_history: soft(z.object({ edit_tweet_ids: list(safeId) })),
  entities: oldEntities,
  lang: soft(z.string()),
});

/** A picture or video that goes along with a private message: to be fetched by who is signed in. */
export interface XFile {
  readonly media_url_https: string;
  readonly type: string;
}
const file = z.object({ media_url_https: z.string(), type: z.string() });

/** A private message as both webhooks tell it. */
export interface XMessage {
  readonly type: "message_create";
  readonly id: string;
  readonly created_timestamp?: string | undefined;
  readonly message_create: {
    readonly target: { readonly recipient_id: string };
    readonly sender_id: string;
    readonly message_data: {
      readonly text: string;
      readonly entities?: XLinks | undefined;
      readonly attachment?: { readonly media: XFile } | undefined;
    };
  };
}

/** Reads a {@link XMessage}. */
export const message: z.ZodType<XMessage> = z.object({
  type: z.literal("message_create"),
  id: safeId,
  created_timestamp: soft(z.string()),
  message_create: z.object({
    target: z.object({ recipient_id: safeId }),
    sender_id: safeId,
    message_data: z.object({ text: z.string(), entities: urls, attachment: soft(z.object({ media: file })) }),
  }),
});

/** A private message as API v2 tells it. */
export interface XDmEvent {
  readonly id: string;
  readonly event_type: "MessageCreate";
  readonly text: string;
  readonly sender_id: string;
  readonly dm_conversation_id: string;
  readonly created_at?: string | undefined;
  readonly entities?: XLinks | undefined;
  readonly attachments?: { readonly media_keys: readonly string[] } | undefined;
}

/** Reads a {@link XDmEvent}. */
export const dmEvent: z.ZodType<XDmEvent> = z.object({
  id: safeId,
  event_type: z.literal("MessageCreate"),
  text: z.string().default(""),
  sender_id: safeId,
  dm_conversation_id: z.string(),
  created_at: soft(z.string()),
  entities: urls,
  attachments: soft(z.object({ media_keys: list(z.string()) })),
});

/** A post that was deleted, as the X Activity API tells it. */
export interface XDeletion {
  readonly id: string;
  readonly author_id: string;
}

/** Reads a {@link XDeletion}. */
export const deletion: z.ZodType<XDeletion> = z.object({ id: safeId, author_id: safeId });

/** A post that was deleted, as the older API tells it. */
export interface XOldDeletion {
  readonly status: { readonly id: string; readonly user_id: string };
  readonly timestamp_ms?: string | undefined;
}

/** Reads a {@link XOldDeletion}. */
export const oldDeletion: z.ZodType<XOldDeletion> = z.object({
  status: z.object({ id: safeId, user_id: safeId }),
  timestamp_ms: soft(z.string()),
});

/** One delivery of the X Activity API. */
export interface Activity {
  readonly event_uuid?: string | undefined;
  readonly event_type: string;
  readonly filter: { readonly user_id?: string | undefined };
  readonly payload: Readonly<Record<string, unknown>>;
  readonly includes?: unknown;
}

/** Reads an {@link Activity}. */
export const activity: z.ZodType<Activity> = z.object({
  // It becomes part of a key.
  event_uuid: soft(z.string().max(100)),
  event_type: z.string(),
  filter: z.object({ user_id: soft(safeId) }),
  payload: z.record(z.string(), z.unknown()),
  includes: z.unknown().optional(),
});

/** What was wrong with a shape: places and kinds, never a value. */
export const whatWasWrong = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map(({ path, code }) => `${path.join(".") || "it"}: ${code}`)
    .join(", ");
