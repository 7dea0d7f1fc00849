import type { Fault } from "casethread/adapter";
import { z } from "zod";

/** A problem, as X tells it: of the older API or of the newer one. */
export interface Problem {
  readonly type?: string | undefined;
  readonly title?: string | undefined;
  readonly detail?: string | undefined;
  readonly code?: number | undefined;
  readonly message?: string | undefined;
}
const problem: z.ZodType<Problem> = z.object({
  type: z.string().optional().catch(undefined),
  title: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  code: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});

/** What an answer of X means. */
export interface Row {
  readonly fault: Fault;
  /** Refused, and may have landed all the same: X says "duplicate" to a first try as well. */
  readonly doubt?: true;
  readonly again?: "reset" | "hour";
  /** The account is to be silent. */
  readonly blocks?: true;
  readonly say: string;
}

const summoned: Row = {
  fault: "forbidden",
  say: "X lets this app answer only authors who mentioned or quoted the account. Ask her to, answer in the X app, or apply for enterprise access.",
};
const duplicate: Row = {
  fault: "taken",
  doubt: true,
  say: "X has these very words already, perhaps from the first try. Look at the account's timeline before saying them again.",
};
const suspended: Row = {
  fault: "forbidden",
  blocks: true,
  say: "the account or the app is suspended or locked. Sign in on x.com and follow what X asks for.",
};
const theirs: Row = { fault: "missing", say: "X has suspended the person's account: nothing reaches them." };
const restricted: Row = {
  fault: "forbidden",
  say: "the author restricts who may answer. Nothing can be said in this thread.",
};
const noMessages: Row = {
  fault: "forbidden",
  say: "she does not accept messages from this account. Ask her in public to write first.",
};
const unseen: Row = {
  fault: "missing",
  say: "the post or the person is not there any more, or hidden from this account.",
};
const tooLong: Row = { fault: "invalid", say: "the words are too long for X. Shorten them." };
const capped: Row = {
  fault: "throttled",
  say: "the app's credits or its monthly cap are used up. Raise the limit in X's console; waiting does not help.",
};
const throttled: Row = { fault: "throttled", again: "reset", say: "X wants less for now." };
const token: Row = {
  fault: "unauthorized",
  say: "X does not accept the account's token. Authorise the account again.",
};
const permission: Row = {
  fault: "unauthorized",
  say: "the app may not do this. Give it read, write and direct message permission, then authorise the account again.",
};
const clock: Row = {
  fault: "unauthorized",
  say: "this machine's clock is wrong, and X takes no signature of another hour. Set the clock.",
};
const limited: Row = { fault: "forbidden", say: "X has limited what may be done with this post." };
const media: Row = { fault: "invalid", say: "X does not take the picture or file. Look at its kind and size." };
const link: Row = { fault: "invalid", say: "X does not take a link in the words." };
const crc: Row = {
  fault: "invalid",
  say: "the address did not answer X's challenge: is the bridge up and mounted there, with this app's consumer secret?",
};
const rule: Row = { fault: "invalid", say: "X does not take a rule of the stream. Look at its words and length." };
const fields: Row = { fault: "forbidden", say: "X does not show the app what was asked for." };
const away: Row = { fault: "unavailable", doubt: true, say: "X could not answer." };

// Numeric codes of the older API, seen inside answers of the newer one.
const byCode: Readonly<Record<number, Row>> = {
  17: unseen, 34: unseen, 50: unseen, 144: unseen, 179: unseen, 385: unseen, 421: unseen, 422: unseen,
  32: token, 89: token, 99: token, 215: token, 135: clock,
  63: theirs, 64: suspended, 326: suspended, 416: suspended,
  93: permission, 220: permission, 261: permission,
  88: throttled, 130: away, 131: away, 151: duplicate, 187: duplicate,
  150: noMessages, 214: noMessages, 349: noMessages, 476: noMessages, 425: limited, 433: restricted,
  186: tooLong, 354: tooLong, 44: link, 407: link, 323: media, 324: media, 325: media, 386: media,
  185: { fault: "throttled", again: "hour", say: "the account's posts of the day are used up." },
  226: { fault: "forbidden", blocks: true, say: "X takes the account for a robot out of control. Stop, and sign in on x.com." },
  355: { fault: "taken", say: "the account is subscribed already." },
  415: { fault: "invalid", say: "X does not know the address it should come back to: enter it in the app's settings at X." },
}; // prettier-ignore

// The last segment of a problem's address: X moved them from api.twitter.com to api.x.com
// (docs.x.com/x-api/fundamentals/response-codes-and-errors).
const byProblem: Readonly<Record<string, Row>> = {
  "resource-not-found": unseen,
  "not-authorized-for-resource": unseen,
  "usage-capped": capped,
  credits: capped,
  "rate-limit-exceeded": throttled,
  "duplicate-rules": { fault: "taken", say: "the stream has this rule already." },
  "rule-cap": { fault: "invalid", say: "the app's stream takes no more rules. Remove one at X." },
  "invalid-rules": rule,
  "streaming-connection": {
    fault: "unavailable",
    say: "another connection holds the app's stream. End the other listener; this one tries again.",
  },
  "operational-disconnect": away,
  "client-disconnected": away,
  "internal-error": away,
  "resource-unavailable": away,
  "field-hydration-failure": away,
  "disallowed-resource": fields,
  "field-unauthorized": fields,
  "not-authorized-for-field": fields,
  "client-forbidden": permission,
  "unsupported-authentication": permission,
  "oauth1-permissions": permission,
};

// What X tells apart by its sentence alone.
const bySentence: readonly (readonly [RegExp, Row])[] = [
  [/duplicate content|already said that/iu, duplicate],
  [/have not been mentioned|otherwise engaged by the author|not allowed because you/iu, summoned],
  [/account is (?:temporarily )?(?:suspended|locked)/iu, suspended],
  [/deleted or not visible|reply tweet id is invalid/iu, unseen],
  [/who can reply|conversation.*restrict|restrict.*repl/iu, restricted],
  [/cannot send messages|not following you|not verified to send/iu, noMessages],
  [/too long|over .*character/iu, tooLong],
  // Registering a webhook (docs.x.com/x-api/webhooks/introduction).
  [/CrcValidationFailed/u, crc],
  [/UrlValidationFailed/u, { fault: "invalid", say: "X takes only an https address without a port for a webhook." }],
  [/DuplicateUrlFailed/u, { fault: "taken", say: "the address is registered already." }],
  [/WebhookLimitExceeded/u, { fault: "invalid", say: "the app has as many webhooks as X allows: remove one." }],
  [/WebhookIdInvalid/u, { fault: "missing", say: "there is no such webhook: register the address." }],
  [/credit|monthly.*cap|usage cap/iu, capped],
];

const byStatus = (status: number): Row => {
  if (status === 429 || status === 420) return throttled;
  if (status === 401) return token;
  if (status === 402) return capped;
  if (status === 404 || status === 410) return unseen;
  if (status === 403) return { fault: "forbidden", say: "X does not allow it. Look at the post in the X app." };
  if (status === 409) return { fault: "taken", doubt: true, say: "it is there already." };
  if (status === 408 || status >= 500) return away;
  return { fault: "invalid", say: "X refuses the request as it is." };
};

/** The problems in an answer's body, however it tells them. */
export const problemsOf = (data: unknown): readonly Problem[] => {
  const own = problem.safeParse(data);
  const listed = z.object({ errors: z.array(problem.catch({})) }).safeParse(data);
  return [...(listed.success ? listed.data.errors : []), ...(own.success ? [own.data] : [])];
};

/** The name of a problem: the last part of its address. */
export const segment = (type: string | undefined): string => type?.split("/").at(-1) ?? "";

/** What an answer of X means, by status and body. Pure. */
export const rowOf = (status: number, data: unknown): Row => {
  // What is over capacity or throttled is so whatever the body says.
  if (status >= 500) return away;
  for (const said of problemsOf(data)) {
    const sentence = `${said.title ?? ""} ${said.detail ?? ""} ${said.message ?? ""}`;
    const row =
      (said.code === undefined ? undefined : byCode[said.code]) ??
      bySentence.find(([shape]) => shape.test(sentence))?.[1] ??
      byProblem[segment(said.type)];
    if (row !== undefined) return row;
  }
  return byStatus(status);
};
