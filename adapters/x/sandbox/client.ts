import type { RateLimit, XAnswer, XClient, XQuery } from "../client.ts";
import type { Answer } from "./problems.ts";

/** One call of an account, as the network reads it. */
export interface Calling {
  readonly account: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** What the network says to it. Rejects when the connection is cut. */
export interface Called {
  readonly answer: Answer;
  readonly headers: Readonly<Record<string, string>>;
  /** A file in place of the answer's body. */
  readonly text?: string;
}

/** What the SDK throws, in the fields that its users read. */
class SandboxApiError extends Error {
  override readonly name = "ApiResponseError";
  readonly type: "request" | "response";
  readonly code: number | undefined;
  readonly data: unknown;
  readonly rateLimit: RateLimit | undefined;
  constructor(about: Pick<SandboxApiError, "type"> & Partial<Pick<SandboxApiError, "code" | "data" | "rateLimit">>) {
    super(about.type === "request" ? "Request failed." : `Request failed with code ${about.code}`);
    this.type = about.type;
    this.code = about.code;
    this.data = about.data;
    this.rateLimit = about.rateLimit;
  }
}

const limitOf = (headers: Called["headers"]): RateLimit | undefined => {
  const of = (name: string): number => Number(headers[`x-rate-limit-${name}`]);
  return "x-rate-limit-reset" in headers
    ? { limit: of("limit"), remaining: of("remaining"), reset: of("reset") }
    : undefined;
};

/** What went over the wire is nobody's object any more. */
const wired = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));
/** A form's body: of a file in it what base64 makes of it. */
const formed = (body: unknown): unknown =>
  Object.fromEntries(
    Object.entries(Object(body) as object).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
    ]),
  );

/** An account's client that asks the network without a socket, and fails as the SDK does. */
export const inProcess = (
  account: string,
  ask: (call: Calling) => Promise<Called>,
  stream: NonNullable<XClient["stream"]>,
): XClient => {
  const call = async (method: string, path: string, query: XQuery, body?: unknown): Promise<XAnswer> => {
    const asked = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    );
    let called: Called;
    try {
      const search = new URLSearchParams(asked);
      const at = path.startsWith("https:") ? new URL(path).pathname : `/2/${path}`;
      called = await ask({ account, method, path: at, query: search, body: wired(body) });
    } catch {
      throw new SandboxApiError({ type: "request" });
    }
    const { status, body: data } = wired(called.answer);
    const rateLimit = limitOf(called.headers);
    if (status >= 400) throw new SandboxApiError({ type: "response", code: status, data, rateLimit });
    return { data: called.text ?? data, rateLimit };
  };
  return {
    stream,
    v2: {
      get: (path, query) => call("GET", path, query),
      delete: (path, query) => call("DELETE", path, query),
      post: (path, body, how) => call("POST", path, {}, how.forceBodyMode === undefined ? body : formed(body)),
      put: (path, body) => call("PUT", path, {}, body instanceof Uint8Array ? Buffer.from(body).toString() : body),
    },
  };
};
