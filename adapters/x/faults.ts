import { BridgeError, type BridgeErrorAbout } from "casethread/adapter";
import { z } from "zod";
import { problemsOf, type Row, rowOf, segment } from "./rows.ts";

/** Under which circumstances a request failed. */
export interface Circumstances {
  readonly now: number;
  /** It had left, and would have changed something: without an answer that says otherwise it may have landed. */
  readonly inDoubt: boolean;
}

const limit = z.object({ remaining: z.number(), reset: z.number() });
const sdkError = z.object({
  type: z.enum(["request", "partial-response", "response"]),
  code: z.number().optional(),
  data: z.unknown().optional(),
  rateLimit: z
    .object({ ...limit.shape, day: limit.optional(), userDay: limit.optional() })
    .optional()
    .catch(undefined),
});
/** What went wrong inside, without the SDK's error itself: that one holds the request with its Authorization header. */
interface CleanCause {
  readonly name: string;
  readonly status?: number;
  readonly code?: string | number;
  readonly problem?: string;
  /** The account or the app is locked: see {@link isBlocked}. */
  readonly blocks?: true;
}

const retryAtOf = (row: Row, sdk: z.infer<typeof sdkError>, now: number): number | undefined => {
  if (row.again === "hour") return now + 3_600_000;
  const spent = [sdk.rateLimit, sdk.rateLimit?.day, sdk.rateLimit?.userDay]
    .filter((one) => one?.remaining === 0)
    .map((one) => one?.reset ?? 0);
  const reset = spent.length > 0 ? Math.max(...spent) : sdk.rateLimit?.reset;
  // Without headers: X's windows are 15 minutes long.
  return row.again === "reset"
    ? reset === undefined
      ? now + 900_000
      : Math.max(reset * 1_000, now + 1_000)
    : undefined;
};

const made = (row: Row, doubt: boolean, cause: CleanCause, retryAt?: number): BridgeError => {
  const about: BridgeErrorAbout = { fault: row.fault, adapter: "x", landed: doubt ? "unknown" : "no", cause };
  return new BridgeError(row.say, retryAt === undefined ? about : { ...about, retryAt });
};

const innerOf = (thrown: unknown): unknown =>
  typeof thrown === "object" && thrown !== null && "requestError" in thrown ? thrown.requestError : thrown;

/** Did the connection fail before anything could be written? */
const neverConnected = (error: unknown): boolean => {
  if (typeof error !== "object" || error === null) return false;
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(neverConnected);
  const { syscall, code } = error as { syscall?: unknown; code?: unknown };
  if (syscall === "connect" || syscall === "getaddrinfo") return true;
  return typeof code === "string" && /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code);
};

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Anything the SDK throws, as the one error of this library. Pure but for what it is handed. */
export const faultOf = (thrown: unknown, { now, inDoubt }: Circumstances): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  const name = thrown instanceof Error ? thrown.constructor.name : typeof thrown;
  const parsed = sdkError.safeParse(thrown);
  if (parsed.success && parsed.data.type === "response" && parsed.data.code !== undefined) {
    const { code: status, data } = parsed.data;
    const row = rowOf(status, data);
    const [first] = problemsOf(data);
    const type = segment(first?.type);
    const cause: CleanCause = {
      name,
      status,
      ...(first?.code === undefined ? {} : { code: first.code }),
      ...(/^[a-z][a-z0-9-]{2,40}$/.test(type) ? { problem: type } : {}),
      ...(row.blocks === true ? { blocks: true } : {}),
    };
    return made(row, row.doubt === true && inDoubt, cause, retryAtOf(row, parsed.data, now));
  }
  if (parsed.success && parsed.data.type === "partial-response") {
    return made({ fault: "unavailable", say: "X's answer broke off or could not be read." }, inDoubt, { name });
  }
  const inner = innerOf(thrown);
  const code = text((inner as { code?: unknown } | null | undefined)?.code);
  const cause = { name, ...(code === undefined ? {} : { code }) };
  if (neverConnected(inner)) {
    return made(
      { fault: "unavailable", say: "X cannot be reached from here. Look at the network and at api.x.com." },
      false,
      cause,
    );
  }
  const say = inDoubt ? "the connection to X ended without an answer." : "the request to X did not come to an answer.";
  return made({ fault: "unavailable", say }, inDoubt, cause);
};

/** Has X locked or suspended the account or the app? Then nothing else may be tried. */
export const isBlocked = (error: unknown): boolean =>
  error instanceof BridgeError &&
  typeof error.cause === "object" &&
  error.cause !== null &&
  Reflect.get(error.cause, "blocks") === true;

/** X answered "yes" in a shape that is not known. */
export const oddAnswer = (inDoubt: boolean): BridgeError =>
  made(
    { fault: "unavailable", say: "X answered in a shape this version does not know. Look for a newer one." },
    inDoubt,
    {
      name: "OddAnswer",
    },
  );

/** X did not take an access token that another may replace. Nothing was done. */
export const staleToken = (): BridgeError =>
  made(
    { fault: "unavailable", say: "X did not take the access token any more: the next call fetches another." },
    false,
    {
      name: "StaleToken",
    },
  );

const refusedRow: Row = {
  fault: "unauthorized",
  say: "X does not accept the account's refresh token: it was used elsewhere, or access was withdrawn. Authorise the account again.",
};

/** What went wrong while a token was refreshed. Nothing was acted yet. */
export const refusedGrant = (thrown: unknown): BridgeError => {
  const parsed = sdkError.safeParse(thrown).data;
  // X answers 400 to a token that was used before, and 401 to an app it does not know (RFC 6749, 5.2).
  const refused = parsed?.type === "response" && (parsed.code === 400 || parsed.code === 401);
  if (!refused) return faultOf(thrown, { now: Date.now(), inDoubt: false });
  const { error } = z.object({ error: z.string() }).safeParse(parsed.data).data ?? { error: "" };
  const client: Row = {
    fault: "unauthorized",
    say: "X does not know the app that asks for a token. Look at clientId and clientSecret.",
  };
  const row = /client/.test(error) ? client : refusedRow;
  return made(row, false, { name: "RefusedGrant", status: parsed.code ?? 0 });
};
