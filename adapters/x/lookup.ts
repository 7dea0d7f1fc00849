import { BridgeError, type Kit } from "casethread/adapter";
import pRetry from "p-retry";
import { z } from "zod";
import type { XAnswer, XCall } from "./client.ts";
import { faultOf, oddAnswer } from "./faults.ts";
import { includes, type Includes } from "./shapes.ts";

// A page of a list, in every spelling.
const listing = z.object({
  data: z.array(z.unknown()).default([]),
  includes: z.unknown().optional(),
  meta: z
    .object({ next_token: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** Calls X once. */
export type Caller = (call: XCall, kit: Kit) => Promise<XAnswer>;

/** One page of a list. */
export interface Listing {
  readonly items: readonly unknown[];
  readonly along: Includes;
  readonly next: string | undefined;
}

const author = "username,name,verified,public_metrics";

type Fields = Readonly<Record<string, string>>;

// Only what is read is asked for: each expanded user costs 0.010 USD, each expanded post 0.005 (pricing, 2026-08). The
// old spelling is what the pages document and what the SDK types; the OpenAPI document says "post.fields".
const postFields: Fields = {
  "tweet.fields":
    "author_id,conversation_id,created_at,entities,in_reply_to_user_id,lang,note_tweet,referenced_tweets,reply_settings,attachments",
};
/** Fields of posts with their authors and pictures. */
export const postsOfOthers: Fields = {
  ...postFields,
  expansions: "author_id,attachments.media_keys",
  "user.fields": author,
  "media.fields": "url,preview_image_url,type",
};
/** Asks for the pictures of posts. */
export const pictures: Fields = {
  expansions: "attachments.media_keys",
  "media.fields": "url,preview_image_url,type",
};
/** Fields of the account's own posts: their author is known. */
export const ownPosts: Fields = postFields;
/** Fields of private messages. */
export const letters: Fields = {
  "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,sender_id,text",
  event_types: "MessageCreate",
  expansions: "sender_id,attachments.media_keys",
  "user.fields": author,
  "media.fields": "url,preview_image_url,type",
};

type Lookup = Omit<XCall, "acts" | "method">;

/** Reads, and reads again when X is away for a moment: three times within two seconds. */
const lookUp = async (ask: Caller, call: Lookup, kit: Kit): Promise<unknown> => {
  try {
    const answer = await pRetry(() => ask({ ...call, method: "get", acts: false }, kit), {
      retries: 2,
      minTimeout: 300,
      maxTimeout: 1_200,
      randomize: true,
      signal: kit.signal,
      shouldRetry: ({ error }) => error instanceof BridgeError && error.fault === "unavailable" && !kit.signal.aborted,
    });
    return answer.data;
  } catch (thrown) {
    throw faultOf(thrown, { now: kit.now(), inDoubt: false });
  }
};

/** Reads what must have a shape. */
export const lookUpAs = async <T>(ask: Caller, call: Lookup, shape: z.ZodType<T>, kit: Kit): Promise<T> => {
  const checked = shape.safeParse(await lookUp(ask, call, kit));
  if (!checked.success) throw oddAnswer(false);
  return checked.data;
};

/** Pages of a list, newest first, as X gives them. */
export async function* pagesOf(
  ask: Caller,
  from: Pick<XCall, "account" | "path" | "purpose"> & { readonly fields: Readonly<Record<string, unknown>> },
  most: number,
  kit: Kit,
): AsyncGenerator<Listing> {
  let next: string | undefined;
  for (let page = 0; page < most; page++) {
    const fields = { ...from.fields, ...(next === undefined ? {} : { pagination_token: next }) };
    const read = await lookUpAs(ask, { ...from, fields }, listing, kit);
    next = read.meta?.next_token;
    yield { items: read.data, along: includes.parse(read.includes), next };
    if (next === undefined) return;
  }
}
