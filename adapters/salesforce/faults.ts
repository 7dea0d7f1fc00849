import { BridgeError, type Fault, type Instant } from "casethread/adapter";
import { type Meaning, meaningOf, noReference } from "./codes.ts";
import { missingMark } from "./fields.ts";
import { name } from "./keys.ts";

/** One error as the org tells it: `statusCode` in results of records, `errorCode` elsewhere. */
export interface OrgError {
  readonly code: string;
  readonly message: string;
  /** The fields it is about. */
  readonly fields?: readonly string[];
  /** The records that a duplicate rule found to be the same. */
  readonly matches?: readonly string[];
}

// Never met: the request was not even sent.
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const secrets: readonly RegExp[] = [
  /00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]+/g,
  /Bearer\s+\S+/gi,
  /\b(?:access_token|refresh_token|client_secret|assertion|sid|password)=[^&\s"]+/gi,
];

/** A message fit for a log: no token, no words that somebody wrote, not longer than 300 characters. */
export const redact = (message: string): string => {
  let told = message.replace(/(data value too large: ).*?( \(max length)/s, "$1…$2");
  for (const secret of secrets) told = told.replace(secret, "[removed]");
  return told.length > 300 ? `${told.slice(0, 299)}…` : told;
};

const judge = (error: OrgError): Meaning =>
  /foreign key external id/i.test(error.message) || error.message.includes(missingMark)
    ? noReference
    : meaningOf(error.code);

/** An error of one record, or of a request that the org answered. What the org refused did not land. */
export const fromOrg = (error: OrgError, now: Instant, landed: "no" | "unknown" = "no"): BridgeError => {
  const { fault, next } = judge(error);
  // A page of HTML or a proxy's prose says nothing that its status does not.
  const said = error.code.startsWith("ERROR_HTTP_") ? "" : `: ${redact(error.message)}`;
  // The daily limit is a rolling 24 hours; the limit of long requests at once passes within a minute.
  const pause = error.message.includes("TotalRequests") ? 15 * 60_000 : 30_000;
  return new BridgeError(`Salesforce says ${error.code}${said}${/[.!?]$/.test(said) ? "" : "."} ${next}`, {
    fault,
    adapter: name,
    landed,
    ...(fault === "throttled" ? { retryAt: now + pause } : {}),
    cause: { code: error.code },
  });
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;

/** The errors in what the org answered, whichever of its two shapes they have. */
export const orgErrors = (body: unknown): readonly OrgError[] =>
  (Array.isArray(body) ? body : [body]).flatMap((one: unknown) => {
    const code = text(field(one, "errorCode")) || text(field(one, "statusCode"));
    return code === "" ? [] : [{ code, message: text(field(one, "message")) }];
  });

/** Whether the org says that our session is over. */
export const isExpired = (thrown: unknown): boolean =>
  ["INVALID_SESSION_ID", "ERROR_HTTP_401"].includes(text(field(thrown, "errorCode")));

/**
 * Anything that the SDK throws, as the one error. A request that the org answered with a refusal did not land; one that
 * it answered with a server error, or not at all, may have.
 */
export const fromThrown = (thrown: unknown, now: Instant): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  const code = text(field(thrown, "errorCode"));
  if (code !== "") {
    const first = orgErrors(field(thrown, "data"))[0];
    const error =
      code === "MULTIPLE_API_ERRORS" && first !== undefined ? first : { code, message: text(field(thrown, "message")) };
    const vague =
      error.code.startsWith("ERROR_HTTP_5") ||
      error.code === "SERVER_UNAVAILABLE" ||
      error.code === "UNKNOWN_EXCEPTION";
    return fromOrg(error, now, vague ? "unknown" : "no");
  }
  const oauth = text(field(thrown, "name"));
  if (meaningOf(oauth).fault === "unauthorized")
    return fromOrg({ code: oauth, message: text(field(thrown, "message")) }, now);
  if (oauth.startsWith("ERROR_HTTP_"))
    return fromOrg({ code: oauth, message: "" }, now, oauth < "ERROR_HTTP_5" ? "no" : "unknown");
  const network =
    text(field(field(thrown, "cause"), "code")) || text(field(thrown, "code")) || oauth || "unknown error";
  const never = unsent.has(network);
  return new BridgeError(
    `The org did not answer (${redact(network)}). ${never ? "Check the origin and the network." : "It may have done what was asked; it is asked again under the same key."}`,
    { fault: "unavailable", adapter: name, landed: never ? "no" : "unknown", cause: { code: redact(network) } },
  );
};

/** Our own sentence about a setting or a name that does not fit. */
export const refuse = (message: string, fault: Fault = "invalid"): BridgeError =>
  new BridgeError(message, { fault, adapter: name, landed: "no" });
