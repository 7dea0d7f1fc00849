/**
 * Puts a fetch function behind node:http.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { BridgeError } from "./core/contracts/errors.ts";
import { kindOf } from "./core/contracts/given.ts";

/** A web-standard request handler, such as `bridge.fetch`. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** What Express and its kin add to a request: a body they have read already. */
interface MaybeParsed extends IncomingMessage {
  readonly originalUrl?: string;
  readonly body?: unknown;
}

const requestOf = (incoming: MaybeParsed, signal: AbortSignal): Request => {
  const url = new URL(incoming.originalUrl ?? incoming.url ?? "/", `http://${incoming.headers.host ?? "localhost"}`);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) headers.append(name, one);
  }
  const method = incoming.method ?? "GET";
  const bare = method === "GET" || method === "HEAD";
  return new Request(url, {
    method,
    headers,
    signal,
    ...(bare ? {} : { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" }),
  });
};

/**
 * Makes a node:http listener of a fetch function: `createServer(toNode(bridge.fetch))`, or `app.use(toNode(bridge.fetch))`
 * in front of any body parser.
 *
 * @throws BridgeError `invalid` when it is no function: the bridge itself, say.
 */
export const toNode = (handler: FetchHandler): ((incoming: IncomingMessage, outgoing: ServerResponse) => void) => {
  if (typeof handler !== "function")
    throw new BridgeError(`toNode: give a fetch function, such as bridge.fetch, not ${kindOf(handler)}`, {
      fault: "invalid",
      adapter: "node",
      landed: "no",
    });
  return (incoming, outgoing) => {
    const gone = new AbortController();
    // Whoever was answered is not gone: an abort costs an error with its stack.
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    let request: Request;
    try {
      request = requestOf(incoming, gone.signal);
    } catch {
      // "GET //", a Host that is no host, TRACE: thrown from a listener, any of them would end the process.
      outgoing.writeHead(400, { connection: "close" }).end("no request that could be understood\n");
      return;
    }
    // A stream that somebody has drained looks like an empty body here; reading it once more makes it "used", which the
    // bridge answers with a sentence that says what to mount where.
    if (incoming.readableDidRead && request.body !== null) void request.arrayBuffer().catch(() => undefined);
    handler(request)
      .catch(() => new Response("the handler failed", { status: 500 }))
      .then(async (response) => {
        outgoing.writeHead(response.status, [...response.headers].flat());
        if (response.body === null) outgoing.end();
        else Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]).pipe(outgoing);
      })
      .catch(() => outgoing.destroy());
  };
};
