/** An answer before it is written. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

const about = "https://api.x.com/2/problems/";
/** A problem of X, as JSON. */
export const problem = (status: number, type: string, title: string, detail: string): Answer => ({
  status,
  body: { title, detail, status, type: type === "about:blank" ? type : about + type },
});

/** What X refuses, by name. */
export type Refusal =
  | "unauthorized"
  | "throttled"
  | "away"
  | "duplicate"
  | "tooLong"
  | "notSummoned"
  | "deleted"
  | "notYours"
  | "badReply"
  | "noMessages"
  | "noRules"
  | "noRoute";

/** X's refusals, in its own sentences where they are known (docs.x.com/x-api/fundamentals/response-codes-and-errors). */
export const refusals: Readonly<Record<Refusal, Answer>> = {
  unauthorized: problem(401, "about:blank", "Unauthorized", "Unauthorized"),
  throttled: problem(429, "about:blank", "Too Many Requests", "Too Many Requests"),
  away: problem(503, "about:blank", "Service Unavailable", "Service Unavailable"),
  duplicate: problem(403, "about:blank", "Forbidden", "You are not allowed to create a Tweet with duplicate content."),
  tooLong: problem(
    400,
    "invalid-request",
    "Invalid Request",
    "Your post text is too long. Its weighted length is over 280 characters.",
  ),
  notSummoned: problem(
    403,
    "about:blank",
    "Forbidden",
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.",
  ),
  deleted: problem(
    403,
    "about:blank",
    "Forbidden",
    "You attempted to reply to a Tweet that is deleted or not visible to you.",
  ),
  notYours: problem(
    403,
    "about:blank",
    "Forbidden",
    "You are not allowed to do this to a post of somebody else's conversation.",
  ),
  badReply: {
    status: 400,
    body: {
      errors: [{ parameters: { "reply.in_reply_to_tweet_id": [] }, message: "Your reply tweet ID is invalid." }],
      title: "Invalid Request",
      detail: "One or more parameters to your request was invalid.",
      type: `${about}invalid-request`,
    },
  },
  noMessages: {
    status: 403,
    body: {
      errors: [{ code: 349, message: "You cannot send messages to this user." }],
      title: "Forbidden",
      detail: "You cannot send messages to this user.",
      type: "about:blank",
      status: 403,
    },
  },
  noRules: problem(409, "about:blank", "Conflict", "You must define rules before connecting to this stream."),
  noRoute: problem(404, "about:blank", "Not Found", "Not Found"),
};

/** X's refusal of a request with something in it that it does not take. */
export const odd = (what: string): Answer =>
  problem(400, "invalid-request", "Invalid Request", `The ${what} is not valid.`);

/** X's way to say that an author is protected or suspended. */
export const notAuthorized = (id: string): Answer => ({
  status: 200,
  body: {
    errors: [
      {
        resource_id: id,
        resource_type: "tweet",
        parameter: "id",
        value: id,
        section: "data",
        title: "Authorization Error",
        detail: `Sorry, you are not authorized to see the Tweet with id: [${id}].`,
        type: `${about}not-authorized-for-resource`,
      },
    ],
  },
});

/** X's way to say "not there" to a lookup: 200, no data, and an error beside it. */
export const notFound = (kind: "tweet" | "user", id: string): Answer => ({
  status: 200,
  body: {
    errors: [
      {
        resource_id: id,
        resource_type: kind,
        parameter: "id",
        value: id,
        title: "Not Found Error",
        detail: `Could not find ${kind} with id: [${id}].`,
        type: `${about}resource-not-found`,
      },
    ],
  },
});

/** X's refusal of files that are not there, not the account's, not ready or not for this. */
export const invalidMedia = (ids: readonly string[]): Answer => ({
  status: 400,
  body: {
    errors: [{ parameters: { "media.media_ids": ids }, message: "Your media IDs are invalid." }],
    title: "Invalid Request",
    detail: "One or more parameters to your request was invalid.",
    type: `${about}invalid-request`,
  },
});
