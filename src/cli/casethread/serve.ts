import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Bridge, Log } from "casethread";
import { toNode } from "casethread/node";
import { misunderstood } from "./config.ts";
import type { Shell } from "./shell.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** A line of JSON a message, on standard error. */
export const lineLog = (shell: Shell): Log => {
  const at = (level: (typeof levels)[number]) => (fields: object, message: string) =>
    shell.err(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  return { debug: () => undefined, info: at("info"), warn: at("warn"), error: at("error") };
};

/** A port. */
export const portOf = (text: string): number => {
  const port = Number(text);
  if (Number.isSafeInteger(port) && port >= 0 && port < 65_536) return port;
  throw misunderstood(`--port ${text}: give a number from 0 to 65535`);
};

/** What `serve` may be given. */
export interface ServeFlags {
  readonly port: string;
  readonly host: string;
  readonly json: boolean;
}

/** Takes webhooks and works until it is stopped; then ends what is under way. */
export const serve = async (
  bridge: Bridge,
  shell: Shell,
  paths: readonly string[],
  flags: ServeFlags,
): Promise<number> => {
  const server = createServer(toNode(bridge.fetch));
  server.listen(portOf(flags.port), flags.host);
  try {
    await once(server, "listening");
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw misunderstood(
      `nothing can be served at ${flags.host}:${flags.port} (${code}): name another --port or --host`,
    );
  }
  const { port } = server.address() as AddressInfo;
  const urls = paths.map((path) => `http://${flags.host}:${port}${path}`);
  if (flags.json) shell.out(`${JSON.stringify({ webhooks: urls })}\n`);
  // Accounts are subscribed when their webhook can be tried: what is said before that is not told.
  else shell.out(`${urls.map((url) => `webhooks at ${url}\n`).join("")}an account is heard once the log says so\n`);
  try {
    await bridge.work({ signal: shell.stop });
  } finally {
    server.close();
    server.closeIdleConnections();
  }
  return 0;
};
