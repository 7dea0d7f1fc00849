import type { Clock } from "casethread/sandbox";
import type { Answer } from "./problems.ts";
import { problem } from "./problems.ts";

/** One of the app's streams (docs.x.com/x-api/activity/introduction, /x-api/posts/filtered-stream/introduction). */
export interface Streams {
  /** Tells all that listen. */
  push(body: string): void;
  /** Opens one more connection, or says why not. */
  open(signal: AbortSignal): ReadableStream<string> | Answer;
  /** Cuts every connection, and lets none be opened for so long. */
  drop(forMs: number): void;
  /** How many listen. */
  listeners(): number;
}

// A sign of life; X sends one at least every 20 seconds.
const aliveMs = 10_000;

/** Makes the stream of an app, to which nobody listens. */
export const createStreams = (clock: Clock, most: number): Streams => {
  const ears = new Set<ReadableStreamDefaultController<string>>();
  let closedUntil = 0;
  const end = (ear: ReadableStreamDefaultController<string>): void => {
    if (ears.delete(ear)) ear.close();
  };
  return {
    push: (body) => {
      for (const ear of ears) ear.enqueue(`${body}\r\n`);
    },
    listeners: () => ears.size,
    drop: (forMs) => {
      closedUntil = clock.now() + forMs;
      for (const ear of ears) end(ear);
    },
    open: (signal) => {
      if (clock.now() < closedUntil) return problem(503, "about:blank", "Service Unavailable", "Service Unavailable");
      if (ears.size >= most) {
        const say = "This stream is currently at the maximum allowed connection limit.";
        return problem(429, "streaming-connection", "ConnectionException", say);
      }
      let alive: NodeJS.Timeout | undefined;
      return new ReadableStream<string>({
        start: (ear) => {
          ears.add(ear);
          ear.enqueue("\r\n");
          alive = setInterval(() => (ears.has(ear) ? ear.enqueue("\r\n") : clearInterval(alive)), aliveMs);
          alive.unref();
          signal.addEventListener("abort", () => end(ear), { once: true });
        },
        cancel: () => clearInterval(alive),
      });
    },
  };
};
