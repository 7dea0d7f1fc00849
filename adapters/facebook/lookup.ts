import { type AccountRef, BridgeError, type Kit } from "casethread/adapter";
import pRetry from "p-retry";
import type { z } from "zod";
import type { Caller, FbCall } from "./client.ts";
import { oddAnswer } from "./faults.ts";
import { listing } from "./shapes.ts";

/** What is read. */
export type Question = Omit<FbCall, "method" | "acts">;

/** Reads what must have a shape, and reads again when Facebook is away for a moment: three times within two seconds. */
export const lookUpAs = async <T>(ask: Caller, question: Question, shape: z.ZodType<T>, kit: Kit): Promise<T> => {
  const answer = await pRetry(() => ask({ ...question, method: "GET", acts: false }, kit), {
    retries: 2,
    minTimeout: 300,
    maxTimeout: 1_200,
    randomize: true,
    signal: kit.signal,
    shouldRetry: ({ error }) => error instanceof BridgeError && error.fault === "unavailable" && !kit.signal.aborted,
  }).catch((thrown: unknown) => {
    throw BridgeError.from(thrown, "facebook");
  });
  const checked = shape.safeParse(answer);
  if (!checked.success) throw oddAnswer(false);
  return checked.data;
};

/** Pages of a list, as Graph gives them. The way on is an opaque word of Graph's, put into a request of our own. */
export async function* pagesOf(
  ask: Caller,
  question: Question,
  most: number,
  kit: Kit,
): AsyncGenerator<{ readonly items: readonly unknown[]; readonly more: boolean }> {
  let after: string | undefined;
  for (let page = 0; page < most; page++) {
    const fields = { ...question.fields, ...(after === undefined ? {} : { after }) };
    const read = await lookUpAs(ask, { ...question, fields }, listing, kit);
    after = read.after;
    yield { items: read.data, more: after !== undefined };
    if (after === undefined) return;
  }
}

/** Fields of comments, with their authors. */
export const commentFields = "id,message,from,created_time,parent{id},attachment{type,url}";
/** Fields of posts on the feed. */
export const postFields = "id,message,from,created_time,updated_time,permalink_url,full_picture";
/** Fields of private messages. */
export const letterFields =
  "id,message,from,to,created_time,attachments{mime_type,size,image_data{url},video_data{url},file_url}";

/** Where the private threads of a Page are. */
export const threadsOf = (account: AccountRef): string => `${account.id}/conversations`;
