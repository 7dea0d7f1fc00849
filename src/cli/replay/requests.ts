import type { SeenRequest } from "casethread/x/sandbox";
import { z } from "zod";

const writing = z.object({ text: z.string(), reply: z.object({ in_reply_to_tweet_id: z.string() }).optional() });
const problem = z.object({ detail: z.string() });

/**
 * Does this answer prove that the words did not land? What was throttled, refused or not let in did not. A cut connection
 * and a fault of the server prove nothing, and who is told of a duplicate is told that they are there.
 */
const proves = ({ status, answer }: SeenRequest): boolean => {
  if (status === undefined || status < 400 || status >= 500) return false;
  return !/duplicate/i.test(problem.safeParse(answer).data?.detail ?? "");
};

/** Requests for public words: a second one for the same words in the same place needs a proof that the first did not land. */
export const auditRequests = (requests: readonly SeenRequest[]): readonly string[] => {
  const before = new Map<string, { readonly count: number; readonly open: boolean }>();
  const broken: string[] = [];
  for (const request of requests) {
    if (request.method !== "POST" || request.path !== "/2/tweets") continue;
    const body = writing.safeParse(request.body);
    if (!body.success) {
      broken.push("a request for public words could not be read");
      continue;
    }
    const under = body.data.reply?.in_reply_to_tweet_id ?? "";
    const place = JSON.stringify([request.account, under, body.data.text]);
    const known = before.get(place) ?? { count: 0, open: false };
    if (known.open) broken.push(`request ${known.count + 1} for the same words under post ${under}`);
    before.set(place, { count: known.count + 1, open: known.open || !proves(request) });
  }
  return broken;
};
