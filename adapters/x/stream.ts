import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Agent, request as ask } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { BridgeError, type Found, type FromChannel, type Kit, type Note } from "casethread/adapter";
import { z } from "zod";
import { rowOf } from "./rows.ts";

/** Opens a stream, and gives it line by line; an empty line is a sign of life. */
export type OpenStream = (signal: AbortSignal) => AsyncIterable<string>;

/** X did not open the stream, or ended it with a word. */
class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const textOf = async (answer: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of answer) if (text.length < 20_000) text += String(chunk);
  return text;
};

// X sends a sign of life every 20 seconds (docs.x.com/x-api/fundamentals/consuming-streaming-data).
const silentMs = 30_000;

/**
 * Opens a stream of X's. Not through the SDK (1.29.1): that one cuts characters in two where two pieces of the stream meet.
 */
export const openAt = (
  agent: Agent,
  bearer: () => Promise<string>,
  path: string,
  quietMs: number = silentMs,
): OpenStream =>
  async function* (signal) {
    const headers = { authorization: `Bearer ${await bearer()}`, "accept-encoding": "identity" };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = ask(`https://api.x.com/2/${path}`, { agent, headers, signal, timeout: quietMs }, resolve);
      sent.on("timeout", () => sent.destroy(new Error("silent")));
      sent.on("error", reject);
      sent.end();
    });
    answer.setEncoding("utf8");
    const { statusCode: status = 0 } = answer;
    if (status !== 200) throw new Refused(status, parsed(await textOf(answer)));
    let rest = "";
    for await (const chunk of answer) {
      const lines = (rest + String(chunk)).split("\r\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  };

const holding = z.object({ by: z.string(), until: z.number() });
// Two connections are the most that X gives an app (docs.x.com/x-api/fundamentals/rate-limits), and one is enough: of all
// processes one listens, and says so anew before its time is over.
const holdMs = 45_000;
const renewMs = 15_000;

/** Takes the stream upon itself, or keeps it. False: another process has it. */
const hold = async (note: Note, by: string, now: number): Promise<boolean> => {
  const before = await note.read();
  const held = holding.safeParse(parsed(before ?? "")).data;
  if (held !== undefined && held.by !== by && held.until > now) return false;
  return note.swap(before, JSON.stringify({ by, until: now + holdMs }));
};

/** Lets go of it, so that another need not wait. */
const release = async (note: Note, by: string): Promise<void> => {
  const held = await note.read();
  if (holding.safeParse(parsed(held ?? "")).data?.by === by) await note.swap(held, JSON.stringify({ by, until: 0 }));
};

/** How long to wait before the n-th try (docs.x.com/x-api/posts/filtered-stream/integrate/handling-disconnections). */
const waitMs = (fault: unknown, tries: number): number => {
  if (!(fault instanceof Refused) && !(fault instanceof BridgeError))
    return tries === 1 ? 0 : Math.min(16_000, (tries - 1) * 250);
  if (fault instanceof Refused && fault.status === 429) return Math.min(960_000, 60_000 * 2 ** (tries - 1));
  return Math.min(320_000, 5_000 * 2 ** (tries - 1));
};

/** What a listener does with a line of the stream. */
export type ReadLine = (line: string) => Found<FromChannel>;

const patience = 8;

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal }).catch(() => undefined);

/**
 * Listens to the stream for good: connects again whenever it ends, as patiently as X asks for. What was told meanwhile the
 * catch-up reads.
 *
 * @throws BridgeError `unauthorized` or `forbidden` when X does not let the app listen: trying again does not help.
 */
export async function* listenTo(
  open: OpenStream,
  read: ReadLine,
  kit: Kit,
  name = "stream",
): AsyncGenerator<Found<FromChannel>> {
  const by = randomUUID();
  const note = kit.note(name);
  try {
    yield* connected(open, read, kit, note, by);
  } finally {
    await release(note, by).catch(() => undefined);
  }
}

async function* connected(
  open: OpenStream,
  read: ReadLine,
  kit: Kit,
  note: Note,
  by: string,
): AsyncGenerator<Found<FromChannel>> {
  let tries = 0;
  while (!kit.signal.aborted) {
    if (!(await hold(note, by, kit.now()))) {
      await sleep(renewMs, kit.signal);
      continue;
    }
    const ended = new AbortController();
    const signal = AbortSignal.any([kit.signal, ended.signal]);
    let heldAt = kit.now();
    let fault: unknown;
    try {
      for await (const line of open(signal)) {
        tries = 0;
        if (kit.now() - heldAt > renewMs) {
          if (!(await hold(note, by, kit.now()))) break;
          heldAt = kit.now();
        }
        if (line === "") continue;
        const word = parsed(line);
        if (typeof word === "object" && word !== null && "errors" in word && !("data" in word))
          throw new Refused(503, word);
        yield read(line);
      }
    } catch (thrown) {
      fault = thrown;
    } finally {
      ended.abort();
    }
    if (kit.signal.aborted) return;
    if (fault instanceof BridgeError && fault.fault !== "unavailable" && fault.fault !== "throttled") throw fault;
    if (fault instanceof Refused && fault.status >= 400 && fault.status < 500 && fault.status !== 429) {
      const row = rowOf(fault.status, fault.body);
      throw new BridgeError(`the stream: ${row.say}`, { fault: row.fault, adapter: "x", landed: "no" });
    }
    tries += 1;
    if (tries === patience) {
      const alarm = `x: the stream of activity could not be opened ${patience} times in a row: look at the network and at app.bearer.`;
      yield { events: [], unread: [], alarms: [alarm] };
    }
    await sleep(waitMs(fault, tries), kit.signal);
  }
}
