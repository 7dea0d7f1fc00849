import type { Instant, Kit } from "casethread/adapter";
import { z } from "zod";
import type { Client, SalesforceConnection } from "./client.ts";
import { redact } from "./faults.ts";
import type { Settings } from "./options.ts";

/** What is told of. */
export const kinds = ["case", "entry"] as const;
export type Kind = (typeof kinds)[number];

/** Where the stream of each kind stands: the replay id of the newest event whose record was told. */
export type Replay = Readonly<Partial<Record<Kind, number>>>;

/** What was heard since the last time that somebody took it. */
export interface Heard {
  readonly ids: Readonly<Record<Kind, readonly string[]>>;
  readonly replay: Replay;
  /** Something may have gone unheard: everything is to be asked for. */
  readonly sweep: boolean;
}

/** Changes as the org streams them. */
export interface Stream {
  /** Listens until the signal aborts, and rings when something was heard. */
  listen(kit: Kit, ring: () => void): Promise<void>;
  /** From where on; the first time is what counts. */
  resume(replay: Replay): void;
  take(): Heard;
  /** What was taken was not told after all. */
  lost(): void;
  /** A sweep told of a change at this moment: was it heard of? */
  check(id: string, at: Instant, now: Instant): void;
  /** Is it connected, and trusted? */
  live(): boolean;
  troubles(): readonly string[];
}

/** The part of a CometD client that is used. */
interface CometD {
  subscribe(channel: string, listener: (event: unknown) => void): PromiseLike<unknown>;
  disconnect(): unknown;
}

const event = z.object({
  payload: z.looseObject({
    ChangeEventHeader: z.object({
      changeType: z.string(),
      changeOrigin: z.string().default(""),
      recordIds: z.array(z.string()),
    }),
  }),
  event: z.object({ replayId: z.number() }),
});

/** Events have this long to arrive before a sweep that finds what they tell of calls the stream deaf, in ms. */
const graceMs = 30_000;
const slowestMs = 60_000;
/** Only what comes from now on. */
const newOnly = -1;

interface Message {
  readonly channel?: string;
  readonly subscription?: string;
  readonly error?: string;
  ext?: { readonly sfdc?: { readonly failureReason?: string }; readonly [key: string]: unknown };
}

/** Says from where on at each subscription, and hears when the session is over. @see https://faye.jcoglan.com/node/extensions.html */
const extension = (from: (channel: string) => number, refused: () => void) => ({
  outgoing: (message: Message, pass: (message: Message) => void): void => {
    const { channel, subscription } = message;
    if (channel === "/meta/subscribe" && subscription !== undefined)
      message.ext = { ...message.ext, replay: { [subscription]: from(subscription) } };
    pass(message);
  },
  incoming: (message: Message, pass: (message: Message) => void): void => {
    if (`${message.error} ${message.ext?.sfdc?.failureReason}`.includes("401::")) refused();
    pass(message);
  },
});

const paused = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
  });

/**
 * Makes the stream of Change Data Capture over CometD. It tells which records changed, and no more: they are read again,
 * so that an event with gaps is as good as one without. The SDK's streaming falls silent without a word, and the vendor
 * promises no delivery: whatever a sweep finds that was never heard of says that it has.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.change_data_capture.meta/change_data_capture/cdc_subscribe_delivery.htm
 */
export const createStream = (client: Client, { names }: Settings): Stream => {
  const channels: Readonly<Record<Kind, string>> = {
    case: "/data/CaseChangeEvent",
    entry: `/data/${names.entry.replace(/__c$/, "__ChangeEvent")}`,
  };
  const kindOf = (channel: string): Kind => (channel === channels.case ? "case" : "entry");
  const ids: Readonly<Record<Kind, Set<string>>> = { case: new Set(), entry: new Set() };
  const seen: Partial<Record<Kind, number>> = {};
  const spoke = new Map<string, Instant>();
  const resumed = Promise.withResolvers<void>();
  let sweep = false;
  let since: Instant | undefined;
  let deaf = false;
  let reason: string | undefined;
  let restart = (): void => undefined;
  let known = false;

  const hear = (kind: Kind, told: unknown, now: Instant): boolean => {
    const read = event.safeParse(told);
    if (!read.success) {
      sweep = true;
      return true;
    }
    const { changeType, changeOrigin, recordIds } = read.data.payload.ChangeEventHeader;
    const { replayId } = read.data.event;
    // A renewed subscription begins where the first one did.
    if (replayId <= (seen[kind] ?? newOnly)) return false;
    seen[kind] = replayId;
    deaf = false;
    for (const id of recordIds) spoke.set(id, now);
    for (const [id, at] of spoke) if (at < now - 20 * graceMs) spoke.delete(id);
    // Our own writes come back too.
    if (/;client=casethread\b/.test(changeOrigin)) return false;
    // An overflow, or a change of so many that none is named: cdc_gap_events and "500*".
    if (changeType === "GAP_OVERFLOW" || recordIds.some((id) => id.includes("*"))) sweep = true;
    else for (const id of recordIds) ids[kind].add(id);
    return true;
  };

  /** One connection, until it breaks, and why it did. */
  const connect = async (
    connection: SalesforceConnection,
    kit: Kit,
    ring: () => void,
  ): Promise<"refused" | "ended"> => {
    const over = Promise.withResolvers<"refused" | "ended">();
    const from = (channel: string): number => seen[kindOf(channel)] ?? newOnly;
    const cometd = connection.streaming?.createClient([extension(from, () => over.resolve("refused"))]) as CometD;
    const stop = (): void => over.resolve("ended");
    restart = stop;
    kit.signal.addEventListener("abort", stop, { once: true });
    try {
      // What happened before it is connected, and after the last that is known, is asked for once it is.
      const gaps = kinds.some((kind) => seen[kind] === undefined);
      const subscribed = Promise.all(
        kinds.map((kind) =>
          cometd.subscribe(channels[kind], (told) => {
            if (hear(kind, told, kit.now())) ring();
          }),
        ),
      ).then(
        () => {
          since = kit.now();
          reason = undefined;
          sweep ||= gaps;
          if (sweep) ring();
        },
        (thrown: unknown) => {
          reason = redact(String((thrown as { message?: unknown }).message ?? thrown));
          // Retained for three days, or the org was restored: what is told from now on, and a sweep for the rest.
          if (/replayId/i.test(reason)) for (const kind of kinds) delete seen[kind];
          over.resolve("ended");
        },
      );
      const how = await over.promise;
      await Promise.race([subscribed, paused(0, kit.signal)]);
      return how;
    } finally {
      since = undefined;
      kit.signal.removeEventListener("abort", stop);
      cometd.disconnect();
    }
  };

  return {
    resume: (replay) => {
      if (known) return;
      known = true;
      Object.assign(seen, replay);
      resumed.resolve();
    },
    take: () => {
      const heard = { ids: { case: [...ids.case], entry: [...ids.entry] }, replay: { ...seen }, sweep };
      for (const kind of kinds) ids[kind].clear();
      sweep = false;
      return heard;
    },
    lost: () => {
      sweep = true;
    },
    check: (id, at, now) => {
      if (since === undefined || at <= since || at > now - graceMs || spoke.has(id)) return;
      deaf = true;
      restart();
    },
    live: () => since !== undefined && !deaf,
    troubles: () => {
      if (deaf)
        return [
          "Salesforce: the stream of changes is connected and tells nothing; what it missed was found by asking, which goes on every few seconds",
        ];
      return reason === undefined
        ? []
        : [
            `Salesforce: changes are not streamed (${reason}): select Case and Social Message for Change Data Capture in Setup; until then they are asked for`,
          ];
    },
    listen: async (kit, ring) => {
      const { signal } = kit;
      const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([resumed.promise, aborted]);
      let refused: SalesforceConnection | undefined;
      for (let wait = 1_000; !signal.aborted; wait = Math.min(2 * wait, slowestMs)) {
        try {
          const connection = await client.session(kit, refused);
          if (connection.streaming === undefined) {
            reason = "the connection that was handed in has no streaming";
            return;
          }
          const began = kit.now();
          refused = (await connect(connection, kit, ring)) === "refused" ? connection : undefined;
          if (kit.now() - began > slowestMs) wait = 500;
        } catch (thrown) {
          reason = redact(thrown instanceof Error ? thrown.message : String(thrown));
        }
        await paused(wait, signal);
      }
    },
  };
};
