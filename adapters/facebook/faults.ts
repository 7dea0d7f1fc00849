import { BridgeError, type BridgeErrorAbout, type Fault } from "casethread/adapter";
import { z } from "zod";

/** Under which circumstances a request failed. */
export interface Circumstances {
  readonly now: number;
  /** It had left, and would have changed something: without an answer that says otherwise it may have landed. */
  readonly inDoubt: boolean;
  /** When Meta lets calls through again, if its headers say so. */
  readonly regainAt?: number | undefined;
}

/** What an error of Graph means. */
export interface Row {
  readonly fault: Fault;
  /** Refused or failed, and may have landed all the same. */
  readonly doubt?: true;
  readonly again?: "regain" | "hour";
  /** The Page is to be silent. */
  readonly blocks?: true;
  readonly say: string;
}

const away: Row = { fault: "unavailable", doubt: true, say: "Facebook could not answer." };
const throttled: Row = { fault: "throttled", again: "regain", say: "Facebook wants less for now." };
const token: Row = {
  fault: "unauthorized",
  say: "Facebook does not accept the Page's token: a password or a role has changed, or the app was removed. Make a new one.",
};
const permission: Row = {
  fault: "forbidden",
  say: "the app or its user may not do this with the Page. Look at the permissions in the README, and at whether they have Advanced Access.",
};
const closed: Row = {
  fault: "closed",
  say: "the window for messages has closed: 24 hours after her last one, or seven days for people's words where Meta approved Human Agent.",
};
const deaf: Row = {
  fault: "forbidden",
  say: "she cannot be written to: she has blocked the Page, or closed her account.",
};
const missing: Row = {
  fault: "missing",
  say: "the post or the person is not there any more, or hidden from this Page.",
};

// developers.facebook.com/docs/graph-api/guides/error-handling, /docs/graph-api/overview/rate-limiting,
// /documentation/business-messaging/messenger-platform/error-codes (2026-03-18).
const byCode: Readonly<Record<number, Row>> = {
  1: away, 2: away, 199: away, 1200: away,
  // "The messages are all sent successfully, but the endpoint returns an error" (error-codes, 2026-03-18).
  1357046: away,
  4: throttled, 17: throttled, 32: throttled, 613: throttled,
  341: { ...throttled, again: "hour" },
  10: permission,
  27: { fault: "forbidden", say: "the thread cannot be taken: conversation routing is not switched on for the Page." },
  100: { fault: "invalid", say: "Facebook refuses the request as it is." },
  102: token, 190: token,
  368: { fault: "throttled", blocks: true, say: "Meta has blocked the Page for what it takes for spam." },
  506: {
    fault: "taken",
    doubt: true,
    say: "Facebook has these very words already, perhaps from the first try. Look under the post before saying them again.",
  },
  551: deaf,
  10900: { fault: "taken", say: "somebody has answered this comment privately already, and Facebook allows it once." },
  10903: { fault: "forbidden", say: "this comment cannot be answered privately: it is another Page's, or too old." },
  1609005: { fault: "invalid", say: "Facebook refuses a link in the words." },
}; // prettier-ignore

const bySubcode: Readonly<Record<string, Row>> = {
  "10/2018278": closed,
  "10/2018065": closed,
  "10/2018108": deaf,
  "10/2018300": {
    fault: "forbidden",
    say: "another app, or a person in the Page's inbox, has the thread: wait until it is ours again, or take it.",
  },
  "100/33": missing,
  "100/2018001": missing,
  "200/1545041": deaf,
  "200/2018028": { ...permission, say: "Meta has not reviewed the app for writing to people outside its roles." },
};

/** The error in Graph's answer. */
export interface GraphError {
  readonly code?: number | undefined;
  readonly error_subcode?: number | undefined;
  readonly is_transient?: boolean | undefined;
  readonly fbtrace_id?: string | undefined;
}
const graphError: z.ZodType<GraphError> = z.object({
  code: z.number().optional().catch(undefined),
  error_subcode: z.number().optional().catch(undefined),
  is_transient: z.boolean().optional().catch(undefined),
  fbtrace_id: z.string().optional().catch(undefined),
});

const byStatus = (status: number): Row => {
  if (status === 429) return throttled;
  if (status === 401) return token;
  if (status === 403) return permission;
  if (status === 404 || status === 410) return missing;
  if (status === 408 || status >= 500) return away;
  return { fault: "invalid", say: "Facebook refuses the request as it is." };
};

/** What an answer of Graph means, by status and its error. Pure. */
const rowOf = (status: number, error: GraphError): Row => {
  const { code, error_subcode: sub, is_transient: transient } = error;
  const known = code === undefined ? undefined : (bySubcode[`${code}/${sub}`] ?? byCode[code]);
  // Meta answers 500 to what it refuses as well; what it names is what it means.
  if (known !== undefined && !(transient === true && known.fault === "invalid")) return known;
  if (transient === true) return away;
  if (code !== undefined && code >= 80_000 && code < 80_100) return throttled;
  if (code !== undefined && code >= 200 && code <= 299) return permission;
  return byStatus(status);
};

// The SDK's own error, which it does not export. Its `url` and `data` hold the token: nothing else of it is looked at.
const sdkError = z.object({
  name: z.literal("FacebookRequestError"),
  status: z.number().nullish().catch(undefined),
  response: graphError.optional().catch(undefined),
});

/** What went wrong inside, without the SDK's error itself. */
interface CleanCause {
  readonly name: string;
  readonly status?: number;
  readonly code?: number;
  readonly subcode?: number;
  /** What Meta's support asks for. */
  readonly trace?: string;
}

const retryAtOf = (row: Row, { now, regainAt }: Circumstances): number | undefined => {
  if (row.again === "hour") return Math.max(now + 3_600_000, regainAt ?? 0);
  // Without a word of Meta's: a quarter of the hour that its limits roll over.
  return row.again === "regain" ? (regainAt ?? now + 900_000) : undefined;
};

const made = (row: Row, doubt: boolean, cause: CleanCause, retryAt?: number): BridgeError => {
  const about: BridgeErrorAbout = { fault: row.fault, adapter: "facebook", landed: doubt ? "unknown" : "no", cause };
  return new BridgeError(row.say, retryAt === undefined ? about : { ...about, retryAt });
};

/** A failure, and the row of the table that it came from. */
export interface Failure {
  readonly error: BridgeError;
  readonly row?: Row;
  readonly code?: number;
}

/** Anything the SDK throws, as the one error of this library. Pure but for what it is handed. */
export const failureOf = (thrown: unknown, how: Circumstances): Failure => {
  if (thrown instanceof BridgeError) return { error: thrown };
  const name = thrown instanceof Error ? thrown.constructor.name : typeof thrown;
  const parsed = sdkError.safeParse(
    // Its fields are its own, whatever class it is of.
    typeof thrown === "object" && thrown !== null
      ? { ...thrown, name: Reflect.get(thrown, "name") as unknown }
      : thrown,
  ).data;
  const { status } = parsed ?? {};
  if (parsed !== undefined && typeof status === "number") {
    const said = parsed.response ?? {};
    const row = rowOf(status, said);
    const { code, error_subcode: subcode, fbtrace_id: trace } = said;
    const cause: CleanCause = {
      name: "FacebookRequestError",
      status,
      ...(code === undefined ? {} : { code }),
      ...(subcode === undefined ? {} : { subcode }),
      ...(trace !== undefined && /^[\w-]{1,40}$/.test(trace) ? { trace } : {}),
    };
    const error = made(row, row.doubt === true && how.inDoubt, cause, retryAtOf(row, how));
    return { error, row, ...(code === undefined ? {} : { code }) };
  }
  // The SDK (24.0.1) drops why a connection failed, and stumbles over answers that are no JSON: nothing is known but that
  // it had left, or not.
  const say = how.inDoubt
    ? "the connection to Facebook ended without an answer that could be read."
    : "the request to Facebook did not come to an answer.";
  return { error: made({ fault: "unavailable", say }, how.inDoubt, { name }) };
};

/** Facebook answered "yes" in a shape that is not known. */
export const oddAnswer = (inDoubt: boolean): BridgeError =>
  made(
    { fault: "unavailable", say: "Facebook answered in a shape this version does not know. Look for a newer one." },
    inDoubt,
    { name: "OddAnswer" },
  );
