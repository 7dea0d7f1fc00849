import type { FacebookClient } from "../client.ts";
import type { GraphAnswer, GraphRequest } from "./types.ts";

/** What the SDK throws, in its own shape: `url` and `data` hold the token, as there. */
class FacebookRequestError extends Error {
  override readonly name = "FacebookRequestError";
  readonly status: number | null;
  readonly response: unknown;
  readonly headers: unknown;
  readonly method: string;
  readonly url: string;
  readonly data: unknown;
  constructor(about: { answer: GraphAnswer | undefined; method: string; url: string; data: unknown }) {
    super("the request failed");
    this.status = about.answer?.status ?? null;
    this.response = errorIn(about.answer?.body);
    this.headers = about.answer?.headers;
    this.method = about.method;
    this.url = about.url;
    this.data = about.data;
  }
}

const errorIn = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "error" in body ? body.error : body;

/** A client without a socket, that answers and fails as the SDK's does. */
export const inProcess = (graph: (request: GraphRequest) => Promise<GraphAnswer>): FacebookClient => ({
  call: async (method, url, params) => {
    const { pathname, searchParams } = new URL(url);
    const query = Object.fromEntries(searchParams);
    const body = method === "POST" ? { body: JSON.parse(JSON.stringify(params)) as unknown } : {};
    let answer: GraphAnswer;
    try {
      answer = await graph({ method, path: pathname, query, ...body });
    } catch {
      // Of a connection that failed the SDK tells nothing.
      throw new FacebookRequestError({ answer: undefined, method, url, data: params });
    }
    if (typeof answer.body === "string") throw new SyntaxError("Unexpected token '<' in JSON at position 0");
    if (answer.status >= 400) throw new FacebookRequestError({ answer, method, url, data: params });
    return { ...(answer.body as object), headers: answer.headers };
  },
});
