import { z } from "zod";

// Deliveries of 2016 write ids as numbers, those of 2025 as strings: both are read. A number that a double cannot hold comes
// out of the parser as its digits.
const id = z.union([z.string().regex(/^\d{1,25}(?:_\d{1,25}){0,2}$/), z.int().nonnegative().transform(String)]);
/** What a field that may be absent, null or odd is worth: nothing. */
const soft = <T extends z.ZodType>(shape: T): z.ZodCatch<z.ZodOptional<T>> => shape.optional().catch(undefined);

/** The last second that is taken for a moment, in 2100: what is told of a later one is no time. */
export const lastSecond = 4_102_444_800;
/** A moment in ms. */
const moment = z
  .number()
  .positive()
  .max(lastSecond * 1_000)
  .transform(Math.floor);

// "m_" or "mid.", and letters of base64url: some 150 signs. What could not be a name is kept raw, for it would be part of a key.
const mid = z.string().regex(/^[\w.:$=+-]{1,300}$/);

/** Somebody, as Facebook names them. */
export interface FbPerson {
  readonly id: string;
  readonly name?: string | undefined;
}
const person = z.object({ id, name: soft(z.string()) });

/** What changed on a Page's feed (developers.facebook.com/docs/graph-api/webhooks/reference/page). */
export interface FbFeed {
  readonly item: string;
  readonly verb: string;
  readonly from?: FbPerson | undefined;
  readonly sender_id?: string | undefined;
  readonly sender_name?: string | undefined;
  readonly comment_id?: string | undefined;
  readonly post_id?: string | undefined;
  readonly parent_id?: string | undefined;
  readonly message?: string | undefined;
  readonly created_time?: number | undefined;
  readonly edited_time?: number | string | undefined;
  readonly photo?: string | undefined;
  readonly video?: string | undefined;
  readonly link?: string | undefined;
  readonly photos: readonly string[];
  readonly post?: { readonly permalink_url?: string | undefined } | undefined;
}
/** Reads a {@link FbFeed}. */
export const feed: z.ZodType<FbFeed> = z.object({
  item: z.string(),
  verb: z.string(),
  from: soft(person),
  sender_id: soft(id),
  sender_name: soft(z.string()),
  comment_id: soft(id),
  post_id: soft(id),
  parent_id: soft(id),
  message: soft(z.string()),
  created_time: soft(z.number()),
  edited_time: soft(z.union([z.number(), z.string()])),
  photo: soft(z.string()),
  video: soft(z.string()),
  link: soft(z.string()),
  photos: z.array(z.string()).catch([]),
  post: soft(z.object({ permalink_url: soft(z.string()) })),
});

interface Referral {
  readonly ref?: string | undefined;
}
const referral = z.object({ ref: soft(z.string()) });

/** What came through Messenger (developers.facebook.com/docs/messenger-platform/reference/webhook-events). */
export interface FbMessaging {
  readonly sender: FbPerson;
  readonly recipient: FbPerson;
  readonly timestamp?: number | undefined;
  readonly message?: FbMessage | undefined;
  readonly postback?:
    | {
        readonly mid?: string | undefined;
        readonly title?: string | undefined;
        readonly payload?: string | undefined;
        readonly referral?: Referral | undefined;
      }
    | undefined;
  readonly referral?: Referral | undefined;
  readonly pass_thread_control?: Handover | undefined;
  readonly take_thread_control?: Handover | undefined;
}
/** A message in it. */
export interface FbMessage {
  readonly mid: string;
  readonly text?: string | undefined;
  readonly is_echo?: boolean | undefined;
  readonly metadata?: string | undefined;
  readonly attachments: readonly Attachment[];
  readonly referral?: Referral | undefined;
}
interface Attachment {
  readonly type: string;
  readonly payload?: { readonly url?: string | undefined } | undefined;
}
interface Handover {
  readonly new_owner_app_id?: string | undefined;
  readonly previous_owner_app_id?: string | undefined;
}
const handover = z.object({ new_owner_app_id: soft(id), previous_owner_app_id: soft(id) });
const message = z.object({
  mid,
  text: soft(z.string()),
  is_echo: soft(z.boolean()),
  metadata: soft(z.string()),
  attachments: z.array(z.object({ type: z.string(), payload: soft(z.object({ url: soft(z.string()) })) })).catch([]),
  referral: soft(referral),
});
/** Reads a {@link FbMessaging}. */
export const messaging: z.ZodType<FbMessaging> = z.object({
  sender: person,
  recipient: person,
  timestamp: soft(moment),
  message: message.optional(),
  postback: soft(
    z.object({ mid: soft(mid), title: soft(z.string()), payload: soft(z.string()), referral: soft(referral) }),
  ),
  referral: soft(referral),
  pass_thread_control: soft(handover),
  take_thread_control: soft(handover),
});

/** Meta has blocked a Page in Messenger, warns it, or lets it speak again (developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks/webhook-events/messaging_policy_enforcement). */
export interface FbEnforcement {
  readonly timestamp?: number | undefined;
  readonly policy_enforcement: { readonly action: "block" | "warning" | "unblock" };
}
/** Reads a {@link FbEnforcement}. Its reason is left out: it may quote what somebody said. */
export const enforcement: z.ZodType<FbEnforcement> = z.object({
  timestamp: soft(moment),
  policy_enforcement: z.object({ action: z.enum(["block", "warning", "unblock"]) }),
});

/** A change under an entry. */
export interface FbChange {
  readonly field: string;
  readonly value: Readonly<Record<string, unknown>>;
}
/** Reads a {@link FbChange}. */
export const change: z.ZodType<FbChange> = z.object({ field: z.string(), value: z.record(z.string(), z.unknown()) });

/** One Page in a delivery. */
export interface FbEntry {
  readonly id: string;
  readonly time?: number | undefined;
}
/** Reads a {@link FbEntry}: everything else in it is a list, item by item. */
export const entry: z.ZodType<FbEntry> = z.object({ id, time: soft(moment) });

/** A comment or post as Graph gives it. */
export interface FbNode {
  readonly id: string;
  readonly from?: FbPerson | undefined;
  readonly message?: string | undefined;
  readonly created_time?: string | undefined;
  readonly updated_time?: string | undefined;
  readonly permalink_url?: string | undefined;
  readonly parent?: { readonly id: string } | undefined;
  readonly attachment?: { readonly type?: string | undefined; readonly url?: string | undefined } | undefined;
  readonly full_picture?: string | undefined;
  readonly is_hidden?: boolean | undefined;
}
/** Reads a {@link FbNode}. */
export const node: z.ZodType<FbNode> = z.object({
  id,
  from: soft(person),
  message: soft(z.string()),
  created_time: soft(z.string()),
  updated_time: soft(z.string()),
  permalink_url: soft(z.string()),
  parent: soft(z.object({ id })),
  attachment: soft(z.object({ type: soft(z.string()), url: soft(z.string()) })),
  full_picture: soft(z.string()),
  is_hidden: soft(z.boolean()),
});

/** A message as Graph gives it. */
export interface FbLetter {
  readonly id: string;
  readonly from: FbPerson;
  readonly to: readonly FbPerson[];
  readonly message: string;
  readonly created_time?: string | undefined;
  readonly attachments: readonly FbFile[];
}
/** A file that came with it. */
export interface FbFile {
  readonly mime_type?: string | undefined;
  readonly size?: number | undefined;
  readonly url: string;
}
const located = soft(z.object({ url: z.string() }));
const files = z
  .object({
    data: z.array(
      z.object({
        mime_type: soft(z.string()),
        size: soft(z.number()),
        image_data: located,
        video_data: located,
        file_url: soft(z.string()),
      }),
    ),
  })
  .transform(({ data }) =>
    data.flatMap(({ image_data: image, video_data: video, file_url: file, ...rest }) => {
      const url = image?.url ?? video?.url ?? file;
      return url === undefined ? [] : [{ ...rest, url }];
    }),
  );
const people = z.object({ data: z.array(person) }).transform(({ data }) => data);
/** Reads a {@link FbLetter}. */
export const letter: z.ZodType<FbLetter> = z.object({
  id: mid,
  from: person,
  to: people.catch([]),
  message: z.string().default(""),
  created_time: soft(z.string()),
  attachments: files.catch([]),
});

/** A page of a list. `after` goes on from it; Graph's own `paging.next` is not read: it holds the token, and a host. */
export interface FbPage {
  readonly data: readonly unknown[];
  readonly after?: string | undefined;
}
/** Reads a page of a list. */
export const listing: z.ZodType<FbPage> = z
  .object({
    data: z.array(z.unknown()),
    paging: soft(z.object({ next: soft(z.string()), cursors: soft(z.object({ after: soft(z.string()) })) })),
  })
  .transform(({ data, paging }) => ({
    data,
    ...(paging?.next === undefined || paging.cursors?.after === undefined ? {} : { after: paging.cursors.after }),
  }));

/** A private thread as Graph gives it. */
export interface FbConversation {
  readonly id: string;
  readonly updated_time?: string | undefined;
  readonly participants: readonly FbPerson[];
  readonly messages: readonly unknown[];
}
/** Reads a {@link FbConversation}. */
export const conversation: z.ZodType<FbConversation> = z.object({
  id: z.string(),
  updated_time: soft(z.string()),
  participants: people.catch([]),
  messages: z
    .object({ data: z.array(z.unknown()) })
    .transform(({ data }) => data)
    .catch([]),
});

/** What was wrong with a shape: places and kinds, never a value. */
export const whatWasWrong = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map(({ path, code }) => `${path.join(".") || "it"}: ${code}`)
    .join(", ");
