import { z } from "zod";

// Payloads say "tweet" in some fields and the OpenAPI document of 2026-08 says "post": both are read. Ids are strings of
// digits; a small number is one too, a damaged one is refused.
const safeId = z.union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative().transform(String)]);
/** What a field that may be absent, null or odd is worth: nothing. */
const soft = <T extends z.ZodType>(shape: T): z.ZodCatch<z.ZodOptional<T>> => shape.optional().catch(undefined);
const list = <T extends z.ZodType>(shape: T): z.ZodCatch<z.ZodArray<T>> => z.array(shape).catch([]);

const url = z.object({ url: z.string(), expanded_url: soft(z.string()) });
const urls = soft(z.object({ urls: list(url) }));

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
/** A user; X wraps some of them in `data`. */
export const user = z.union([z.object({ data: userFields }).transform(({ data }) => data), userFields]);
export type XUser = z.infer<typeof userFields>;

const history = soft(z.array(safeId));
const references = soft(z.array(z.object({ type: z.string(), id: safeId })));
const note = soft(z.object({ text: z.string(), entities: urls }));

/** A post as API v2 and the X Activity API tell it. */
export const post = z.object({
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
  entities: soft(
    z.object({ urls: list(url), mentions: list(z.object({ id: soft(safeId), username: soft(z.string()) })) }),
  ),
  attachments: soft(z.object({ media_keys: list(z.string()) })),
  lang: soft(z.string()),
  reply_settings: soft(z.string()),
});
export type XPost = z.infer<typeof post>;

const media = z.object({
  media_key: z.string(),
  type: z.string(),
  url: soft(z.string()),
  preview_image_url: soft(z.string()),
});
const quoted = z.object({ id: safeId, author_id: soft(safeId) });
/** What comes along with posts. */
export const includes = z
  .object({ users: list(user), tweets: list(quoted), posts: list(quoted), media: list(media) })
  .catch({ users: [], tweets: [], posts: [], media: [] });
export type Includes = z.infer<typeof includes>;

const oldEntities = soft(
  z.object({ urls: list(url), user_mentions: list(z.object({ id_str: soft(safeId), id: soft(safeId) })) }),
);
const oldAuthor = z.object({ id_str: soft(safeId), id: soft(safeId) });
const oldUser = z.object({ ...userFields.shape, id: soft(safeId), id_str: soft(safeId) });
/** A post as the older Account Activity API tells it. */
export const oldPost = z.object({
  id_str: soft(safeId),
  id: soft(safeId),
  text: soft(z.string()),
  full_text: soft(z.string()),
  extended_tweet: soft(z.object({ full_text: z.string(), entities: oldEntities })),
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

/** A private message as both webhooks tell it. */
export const message = z.object({
  type: z.literal("message_create"),
  id: safeId,
  created_timestamp: soft(z.string()),
  message_create: z.object({
    target: z.object({ recipient_id: safeId }),
    sender_id: safeId,
    message_data: z.object({ text: z.string(), entities: urls }),
  }),
});

/** A private message as API v2 tells it. */
export const dmEvent = z.object({
  id: safeId,
  event_type: z.literal("MessageCreate"),
  text: z.string().default(""),
  sender_id: safeId,
  dm_conversation_id: z.string(),
  created_at: soft(z.string()),
  entities: urls,
});

/** A post that was deleted: X Activity API, and the older one. */
export const deletion = z.object({ id: safeId, author_id: safeId });
export const oldDeletion = z.object({
  status: z.object({ id: safeId, user_id: safeId }),
  timestamp_ms: soft(z.string()),
});

/** One delivery of the X Activity API. */
export const activity = z.object({
  event_uuid: soft(z.string()),
  event_type: z.string(),
  filter: z.object({ user_id: soft(safeId) }),
  payload: z.record(z.string(), z.unknown()),
  includes: z.unknown().optional(),
});
export type Activity = z.infer<typeof activity>;

/** Page of a list, in every spelling. */
export const listing = z.object({
  data: z.array(z.unknown()).default([]),
  includes: z.unknown().optional(),
  meta: soft(z.object({ next_token: soft(z.string()) })),
  errors: soft(z.array(z.unknown())),
});

/** What was wrong with a shape: places and kinds, never a value. */
export const whatWasWrong = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map(({ path, code }) => `${path.join(".") || "it"}: ${code}`)
    .join(", ");
