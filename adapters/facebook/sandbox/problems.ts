/** What Graph answers: a status and a body. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

let traces = 0;
const no = (status: number, code: number, message: string, subcode?: number): Answer => ({
  status,
  body: {
    error: {
      message,
      type: "OAuthException",
      code,
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
      fbtrace_id: `A${(++traces).toString(36).padStart(10, "0")}`,
    },
  },
});

/** The refusals of Graph that the sandbox speaks, with the codes that Meta documents. */
export const refusals: {
  parameter(what: string): Answer;
  readonly missing: () => Answer;
  readonly token: () => Answer;
  readonly permission: () => Answer;
  readonly throttled: () => Answer;
  readonly blocked: () => Answer;
  readonly duplicate: () => Answer;
  readonly replied: () => Answer;
  readonly notRepliable: () => Answer;
  readonly closed: () => Answer;
  readonly notOwner: () => Answer;
  readonly noPerson: () => Answer;
  readonly away: () => Answer;
  readonly html: () => Answer;
} = {
  parameter: (what) => no(400, 100, `(#100) ${what}`),
  missing: () =>
    no(
      400,
      100,
      "Unsupported request. Object with this ID does not exist, cannot be loaded due to missing permissions",
      33,
    ),
  token: () => no(401, 190, "Error validating access token: The session has been invalidated", 460),
  permission: () => no(403, 200, "(#200) Permissions error"),
  throttled: () => no(400, 32, "(#32) Page request limit reached"),
  blocked: () => no(400, 368, "The action attempted has been deemed abusive or is otherwise disallowed"),
  duplicate: () => no(400, 506, "Duplicate status message"),
  replied: () => no(400, 10_900, "Activity already replied to"),
  notRepliable: () => no(400, 10_903, "This user can't reply to this activity"),
  closed: () => no(400, 10, "(#10) This message is sent outside of allowed window.", 2_018_278),
  notOwner: () => no(403, 10, "(#10) Cannot send messages: another app is controlling this thread now.", 2_018_300),
  noPerson: () => no(400, 100, "(#100) No matching user found", 2_018_001),
  away: () => no(500, 2, "An unexpected error has occurred. Please retry your request later."),
  html: () => ({ status: 502, body: "<html><body><h1>502 Bad Gateway</h1></body></html>" }),
};
