import type { Fault } from "casethread/adapter";

/** What a code of the org means. */
export interface Meaning {
  readonly fault: Fault;
  /** What to do next. */
  readonly next: string;
}

const again: Meaning = { fault: "unavailable", next: "It is tried again." };
const wait: Meaning = {
  fault: "throttled",
  next: "It goes on when the org allows; raise the org's API limit if this happens daily.",
};
const signIn: Meaning = {
  fault: "unauthorized",
  next: "Check the login of the adapter and that its user may use the API.",
};
const rights: Meaning = {
  fault: "forbidden",
  next: "Give the integration user the permission set Casethread Integration, and the licence that it asks for; then retry.",
};
const full: Meaning = {
  fault: "forbidden",
  next: "The org's data storage is full: delete records or buy storage, then retry.",
};
const gone: Meaning = {
  fault: "missing",
  next: "The record was deleted, archived or merged in the org, or never was there: open the matter anew, or drop the act.",
};
const taken: Meaning = {
  fault: "taken",
  next: "Another record has this key, and it is not found by it: find it in the org and merge the two, then retry.",
};
const locked: Meaning = {
  fault: "forbidden",
  next: "An approval process holds the record: finish it, or let the integration user edit locked records; then retry.",
};
/** Whatever is not named here: what the org objects to stays until somebody changes it. */
const content: Meaning = {
  fault: "invalid",
  next: "Change the rule, the required field or the picklist in the org, or the adapter's options, then retry.",
};
/** A reference to what is not there, whatever the code. */
export const noReference: Meaning = gone;

const meanings: readonly (readonly [Meaning, readonly string[]])[] = [
  [
    again,
    [
      "ALL_OR_NONE_OPERATION_ROLLED_BACK",
      "ALREADY_IN_PROCESS",
      // The vendor: "because of a system problem", while API_DISABLED_FOR_ORG is the org's own doing.
      "API_CURRENTLY_DISABLED",
      "CLEAN_SERVICE_ERROR",
      "COLLISION_DETECTED",
      "DATACLOUDADDRESS_SERVER_ERROR",
      "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
      "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
      "INTERNAL_ERROR",
      "MATCH_RUNTIME_ERROR",
      "MATCH_SERVICE_ERROR",
      "MATCH_SERVICE_TIMED_OUT",
      "MATCH_SERVICE_UNAVAILABLE_ERROR",
      "ORG_IN_MAINTENANCE",
      "ORG_LOCKED",
      "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE",
      "PLATFORM_EVENT_PUBLISH_FAILED",
      "PROCESSING_HALTED",
      "QUERY_TIMEOUT",
      "RECORD_IN_USE_BY_WORKFLOW",
      "REQUEST_RUNNING_TOO_LONG",
      "SERVER_UNAVAILABLE",
      "TERRITORY_REALIGN_IN_PROGRESS",
      "TOO_MANY_APEX_REQUESTS",
      "UNABLE_TO_LOCK_ROW",
      "UNKNOWN_EXCEPTION",
      "XCLEAN_DJ_MATCH_RETRIABLE_ERROR",
    ],
  ],
  [wait, ["ERROR_HTTP_429", "LIMIT_EXCEEDED", "REQUEST_LIMIT_EXCEEDED"]],
  [
    signIn,
    [
      "ERROR_HTTP_401",
      "INVALID_ACCESS_TOKEN",
      "INVALID_AUTH_HEADER",
      "INVALID_LOGIN",
      "INVALID_REFRESH_TOKEN",
      "INVALID_SESSION_ID",
      "NO_ACCESS_TOKEN",
      "NO_ACCESS_TOKEN_FROM_REFRESH",
      "NO_REFRESH_TOKEN",
      "invalid_client",
      "invalid_client_id",
      "invalid_grant",
      "unauthorized_client",
      "unsupported_grant_type",
    ],
  ],
  [
    rights,
    [
      "API_DISABLED_FOR_ORG",
      "ERROR_HTTP_403",
      "FUNCTIONALITY_NOT_ENABLED",
      "INSUFFICIENT_ACCESS",
      "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
      "INSUFFICIENT_ACCESS_OR_READONLY",
      "INVALID_READ_ONLY_USER_DML",
      "LICENSE_LIMIT_EXCEEDED",
      "PACKAGE_LICENSE_REQUIRED",
      "PORTAL_NO_ACCESS",
      "REL_FIELD_BAD_ACCESSIBILITY",
      "REQUIRED_FEATURE_MISSING",
      "TRANSFER_REQUIRES_READ",
    ],
  ],
  // Either says that the org's data storage is used up: the one of a record, the other of a call.
  [full, ["EXCEEDED_QUOTA", "STORAGE_LIMIT_EXCEEDED"]],
  [locked, ["ENTITY_IS_LOCKED"]],
  [
    gone,
    [
      "ENTITY_IS_ARCHIVED",
      "ENTITY_IS_DELETED",
      "ERROR_HTTP_404",
      "INVALID_CROSS_REFERENCE_KEY",
      "ITEM_NOT_FOUND",
      "MALFORMED_ID",
      "MISSING_RECORD",
      "NOT_FOUND",
      "RECORD_NOT_FOUND",
      "UNAVAILABLE_REF",
    ],
  ],
  [taken, ["DUPLICATE_EXTERNAL_ID", "DUPLICATE_VALUE"]],
  [
    {
      fault: "taken",
      next: "A duplicate rule of the org objects: let the integration user save duplicates of this object, or merge the records that it names; then retry.",
    },
    ["DUPLICATES_DETECTED"],
  ],
];

// A map, not an object: an org, or a proxy before it, may call its error "constructor".
const byCode: ReadonlyMap<string, Meaning> = new Map(
  meanings.flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)),
);

/** The codes that mean something of their own. */
export const knownCodes: ReadonlySet<string> = new Set(byCode.keys());

/** What a code means. https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm */
export const meaningOf = (code: string): Meaning =>
  byCode.get(code) ?? (code.startsWith("ERROR_HTTP_5") ? again : content);

/** What is done about it: tried again, looked up by our key, or parked until a person has seen to it. */
export type Treatment = "retried" | "looked up" | "parked";

export const treatmentOf = (code: string): Treatment => {
  const { fault } = meaningOf(code);
  if (fault === "taken") return "looked up";
  return fault === "unavailable" || fault === "throttled" || fault === "unauthorized" ? "retried" : "parked";
};
