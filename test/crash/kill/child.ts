import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createBridge, type Log } from "casethread";
import { toNode } from "casethread/node";
import { postgres } from "casethread/postgres";
import { salesforce } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { x, type XOptions } from "casethread/x";
import { Pool, type PoolConfig } from "pg";
// Loaded before the process is told to begin, so that what is killed is a bridge at work and no loader.
import "jsforce";
import "libphonenumber-js/max";
import "twitter-api-v2";

/** What a bridge that is to be killed is told. */
export interface Orders {
  /** Where the store is: a file beside it, or PostgreSQL. */
  readonly keep: { readonly file: string } | { readonly postgres: PoolConfig };
  readonly port: number;
  readonly x: XOptions;
  readonly salesforce: {
    readonly origin: string;
    readonly login: { readonly clientId: string; readonly clientSecret: string };
  };
  /** The quiet period, in ms: longer than the sandbox's index lags. */
  readonly quietMs: number;
}

const stderr = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
const silent = (): void => {};
const log: Log = { debug: silent, info: silent, warn: silent, error: stderr("error") };

const begin = async (orders: Orders): Promise<void> => {
  const { keep, port, quietMs } = orders;
  const channel = x({
    ...orders.x,
    messagesEvery: 1,
    unknown: { quietMs, reads: [quietMs, 2 * quietMs] },
  });
  const bridge = createBridge({
    // Deliveries that X gave up are caught up with soon, not within a minute.
    channels: [{ ...channel, pollMs: 2_000 }],
    crm: salesforce({ ...orders.salesforce, pollMs: 250, overlapMs: 30_000 }),
    policy: { words: { closing: ({ greeting }) => `Glad we could sort it out, ${greeting}.` } },
    // What a killed process has written is in the system's memory, synced or not: only a lost machine tells them apart.
    store:
      "file" in keep
        ? sqlite({ file: keep.file, durable: false })
        : postgres({ pool: new Pool({ ...keep.postgres, max: 8 }) }),
    log,
  });
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  const server = createServer(toNode(bridge.fetch));
  server.listen(port, "127.0.0.1");
  // A database that is away when it starts is waited for, as whoever runs it would.
  while (!stop.signal.aborted) {
    try {
      await bridge.work({ signal: stop.signal });
    } catch (thrown) {
      if ("file" in keep) throw thrown;
      await delay(500);
    }
  }
  await bridge[Symbol.asyncDispose]();
  process.exit(0);
};

process.on("message", (orders) => {
  begin(orders as Orders).catch((thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
