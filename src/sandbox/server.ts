import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type FetchHandler, toNode } from "../node.ts";

/** A server on loopback. */
export interface SandboxServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
}

/** Thrown by a handler to cut the connection without an answer: the other side cannot know whether the act was done. */
export class CutConnection extends Error {
  override readonly name = "CutConnection";
}

/** Serves a fetch function on 127.0.0.1. A handler that throws {@link CutConnection} answers nothing and cuts the socket. */
export const serve = async (
  handler: FetchHandler,
  options: { readonly port?: number } = {},
): Promise<SandboxServer> => {
  const server = createServer((incoming, outgoing) => {
    const guarded: FetchHandler = async (request) => {
      try {
        return await handler(request);
      } catch (thrown) {
        if (thrown instanceof CutConnection) incoming.socket.resetAndDestroy();
        throw thrown;
      }
    };
    toNode(guarded)(incoming, outgoing);
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
};
