import type { SeenRequest } from "casethread/x/sandbox";
import { z } from "zod";
import { placeOf } from "./lookout.ts";

const writing = z.object({ text: z.string(), reply: z.object({ in_reply_to_tweet_id: z.string() }).optional() });
const problem = z.object({ detail: z.string() });

const callsDuplicate = ({ status, answer }: SeenRequest): boolean =>
  status === 403 && /duplicate/i.test(problem.safeParse(answer).data?.detail ?? "");

/**
 * Does this answer prove that the words did not land? What was throttled, refused or not let in did not. A cut connection
 * and a fault of the server prove nothing, and who is told of a duplicate is told that they are there.
 */
const proves = (request: SeenRequest): boolean => {
  const { status } = request;
  return status !== undefined && status >= 400 && status < 500 && !callsDuplicate(request);
};

/** Where words were asked for. The same as `placeOf` says of the post that comes of it. */
const placeAsked = (request: SeenRequest): string | undefined => {
  const body = writing.safeParse(request.body);
  if (request.method !== "POST" || request.path !== "/2/tweets" || !body.success) return undefined;
  return placeOf(request.account ?? "", body.data.reply?.in_reply_to_tweet_id, body.data.text);
};

/** How often X called words a duplicate, by place. */
export const duplicatesOf = (requests: readonly SeenRequest[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const request of requests) {
    const place = callsDuplicate(request) ? placeAsked(request) : undefined;
    if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
};

/**
 * Requests for public words: a second one for the same words in the same place needs a proof that the first did not land.
 * Where several answers of the file are due in one place, each that left has a first request of its own: `left` says how
 * many did, by place.
 */
export const auditRequests = (
  requests: readonly SeenRequest[],
  left: ReadonlyMap<string, number> = new Map(),
): readonly string[] => {
  const before = new Map<string, { readonly count: number; readonly open: number }>();
  const broken: string[] = [];
  for (const request of requests) {
    if (request.method !== "POST" || request.path !== "/2/tweets") continue;
    const place = placeAsked(request);
    if (place === undefined) {
      broken.push("a request for public words could not be read");
      continue;
    }
    const known = before.get(place) ?? { count: 0, open: 0 };
    if (known.open >= (left.get(place) ?? 1)) {
      const under = writing.safeParse(request.body).data?.reply?.in_reply_to_tweet_id ?? "";
      broken.push(`request ${known.count + 1} for the same words under post ${under}`);
    }
    before.set(place, { count: known.count + 1, open: known.open + (proves(request) ? 0 : 1) });
  }
  return broken;
};
