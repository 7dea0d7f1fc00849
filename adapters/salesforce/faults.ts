import { BridgeError, type Fault, type Instant } from "casethread/adapter";
import { name } from "./keys.ts";

/** One error as the org tells it: `statusCode` in results of records, `errorCode` elsewhere. */
export interface OrgError {
  readonly code: string;
  readonly message: string;
}

interface Verdict {
  readonly fault: Fault;
  /** What to do next. */
  readonly next: string;
}

const verdict = (fault: Fault, next: string): Verdict => ({ fault, next });

const again = verdict("unavailable", "It is tried again.");
const wait = verdict("throttled", "It goes on when the org allows; raise the org's API limit if this happens daily.");
const signIn = verdict("unauthorized", "Check the login of the adapter and that its user may use the API.");
const rights = verdict(
  "forbidden",
  "Give the integration user the rights to the objects and fields that the README lists.",
);
const gone = verdict("missing", "The record was deleted or merged in the org, or never was there.");
const content = verdict(
  "invalid",
  "Change the rule, the required field or the picklist in the org, or the adapter's options, then retry.",
);

// Codes: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
const verdicts: Readonly<Record<string, Verdict>> = {
  UNABLE_TO_LOCK_ROW: again,
  SERVER_UNAVAILABLE: again,
  UNKNOWN_EXCEPTION: again,
  QUERY_TIMEOUT: again,
  INTERNAL_ERROR: again,
  INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE: again,
  STORAGE_LIMIT_EXCEEDED: verdict("unavailable", "The org's data storage is full: delete records or buy storage."),
  REQUEST_LIMIT_EXCEEDED: wait,
  LIMIT_EXCEEDED: wait,
  ERROR_HTTP_429: wait,
  INVALID_SESSION_ID: signIn,
  INVALID_AUTH_HEADER: signIn,
  INVALID_LOGIN: signIn,
  ERROR_HTTP_401: signIn,
  invalid_grant: signIn,
  invalid_client: signIn,
  invalid_client_id: signIn,
  unauthorized_client: signIn,
  unsupported_grant_type: signIn,
  INSUFFICIENT_ACCESS: rights,
  INSUFFICIENT_ACCESS_OR_READONLY: rights,
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: rights,
  API_DISABLED_FOR_ORG: rights,
  API_CURRENTLY_DISABLED: rights,
  FUNCTIONALITY_NOT_ENABLED: rights,
  ERROR_HTTP_403: rights,
  ENTITY_IS_DELETED: gone,
  INVALID_CROSS_REFERENCE_KEY: gone,
  MALFORMED_ID: gone,
  NOT_FOUND: gone,
  ERROR_HTTP_404: gone,
  DUPLICATE_VALUE: verdict("taken", "Another record has this key: find it by the key and merge the two."),
  DUPLICATES_DETECTED: verdict(
    "invalid",
    "A duplicate rule of the org objects: let the integration user save duplicates of cases.",
  ),
};

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

// By own property only: an org, or a proxy before it, may call its error "constructor".
const verdictOf = (code: string): Verdict | undefined => (Object.hasOwn(verdicts, code) ? verdicts[code] : undefined);

const judge = (error: OrgError): Verdict => {
  if (/foreign key external id/i.test(error.message)) return gone;
  const known = verdictOf(error.code);
  if (known !== undefined) return known;
  return error.code.startsWith("ERROR_HTTP_5") ? again : content;
};

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
  if (verdictOf(oauth)?.fault === "unauthorized")
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
