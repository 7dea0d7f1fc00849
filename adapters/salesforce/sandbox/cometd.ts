import type { Json } from "casethread/adapter";
import { defaultNames as n } from "../fields.ts";
import type { Org } from "./org.ts";
import type { Row } from "./schema.ts";

/** A change as it is streamed. */
interface Event {
  readonly replayId: number;
  readonly channel: string;
  readonly payload: Json;
}

interface Listener {
  readonly channels: Set<string>;
  readonly queue: Event[];
  wake: () => void;
}

/** The org's streaming side. */
export interface Cometd {
  /** Answers `/cometd/…`: messages of the Bayeux protocol, by long polling. */
  handle(request: Request, token: string): Promise<Response>;
  /** Looks for changes that have committed, and streams them. */
  flush(): void;
  /** Old events are kept no longer. */
  forget(): void;
  /** Ends every poll under way. */
  release(): void;
}

interface Ground {
  readonly org: Org;
  readonly holds: (token: string) => boolean;
  /** The org's own integration user, and what its program calls itself. */
  readonly user: string;
  readonly client: () => string;
  /** Chance swallows this event, although everybody is connected. */
  readonly swallows: () => boolean;
  /** Chance sends this event without what changed. */
  readonly gap: () => boolean;
  /** Chance sends this event without saying of which record. */
  readonly overflow: () => boolean;
}

interface Message {
  readonly channel?: string;
  readonly id?: string;
  readonly clientId?: string;
  readonly subscription?: string;
  readonly ext?: { readonly replay?: Readonly<Record<string, number>> };
}

const channels: readonly (readonly [string, string])[] = [
  ["Case", "/data/CaseChangeEvent"],
  [n.entry, `/data/${n.entry.replace(/__c$/, "__ChangeEvent")}`],
];
/** A poll without news ends after this long, in ms. */
const pollMs = 1_000;
const denied = { successful: false, error: "401::Authentication invalid", advice: { reconnect: "none" } };

/** Makes the streaming side: Change Data Capture of Case and Social Message, with replay. */
export const createCometd = ({ org, holds, user, client, swallows, gap, overflow }: Ground): Cometd => {
  const listeners = new Map<string, Listener>();
  let log: Event[] = [];
  let forgotten = 0;
  let replayId = 1_000;
  // Nobody pays for a stream that nobody hears.
  let from: Map<string, number> | undefined;

  const header = (id: string, type: string, how: "CREATE" | "UPDATE" | "DELETE"): Row => {
    const last = org.history(id).at(-1);
    const by = last?.by ?? "";
    const origin = by === user ? `com/salesforce/api/rest/62.0;client=${client()}` : "com/salesforce/api/aura/62.0";
    const overflows = overflow();
    const gapped = overflows || gap();
    return {
      entityName: type,
      recordIds: [overflows ? "000000000000000AAA" : id],
      changeType: overflows ? "GAP_OVERFLOW" : `${gapped ? "GAP_" : ""}${how}`,
      changeOrigin: origin,
      commitUser: by,
      commitTimestamp: last?.at ?? 0,
      changedFields: gapped || how !== "UPDATE" ? [] : Object.keys(last?.set ?? {}),
    };
  };

  const flush = (): void => {
    if (from === undefined) return;
    for (const [type, channel] of channels) {
      const seen = from.get(type) ?? 0;
      const gone = new Set(org.binned(type).map(({ id }) => id));
      const changed = [...org.all(type), ...org.binned(type)].filter(({ serial }) => serial > seen);
      for (const { id, serial } of changed.sort((a, b) => a.serial - b.serial)) {
        from.set(type, serial);
        replayId += 3;
        const created = org.history(id).length === 1;
        const how = gone.has(id) ? "DELETE" : created ? "CREATE" : "UPDATE";
        if (swallows()) continue;
        const event = { replayId, channel, payload: { ChangeEventHeader: header(id, type, how) } };
        log.push(event);
        for (const listener of listeners.values()) {
          if (!listener.channels.has(channel)) continue;
          listener.queue.push(event);
          listener.wake();
        }
      }
    }
  };

  const subscribe = (listener: Listener, { subscription = "", ext }: Message): Row => {
    const wanted = ext?.replay?.[subscription] ?? -1;
    const known = channels.some(([, channel]) => channel === subscription);
    if (!known) return { successful: false, error: `403:denied_by_security_policy:create_denied`, subscription };
    if (wanted >= 0 && wanted < forgotten) {
      const error = `400::The replayId {${wanted}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`;
      return { successful: false, error, subscription };
    }
    if (!listener.channels.has(subscription)) {
      listener.channels.add(subscription);
      const missed = wanted === -1 ? [] : log.filter((one) => one.channel === subscription && one.replayId > wanted);
      listener.queue.push(...missed);
    }
    return { successful: true, subscription };
  };

  const connect = async (listener: Listener): Promise<readonly Json[]> => {
    if (listener.queue.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs);
        listener.wake = () => {
          clearTimeout(timer);
          // What the same request changes besides comes along.
          setImmediate(resolve);
        };
      });
    }
    return listener.queue.splice(0).map(({ channel, payload, replayId: id }) => ({
      channel,
      data: { schema: "sandbox", payload, event: { replayId: id } },
    }));
  };

  const answer = async (message: Message, token: string): Promise<readonly Json[]> => {
    const { channel = "", id, clientId = "" } = message;
    const base: Row = { channel, ...(id === undefined ? {} : { id }), ...(clientId === "" ? {} : { clientId }) };
    if (channel === "/meta/handshake") {
      if (!holds(token))
        return [
          {
            ...base,
            ...denied,
            error: "403::Handshake denied",
            ext: { sfdc: { failureReason: "401::Authentication invalid" } },
          },
        ];
      from ??= new Map(channels.map(([type]) => [type, Math.max(0, ...org.all(type).map(({ serial }) => serial))]));
      const fresh = `sandbox-${listeners.size + 1}`;
      listeners.set(fresh, { channels: new Set(), queue: [], wake: () => undefined });
      const advice = { reconnect: "retry", interval: 0, timeout: 110_000 };
      return [
        {
          ...base,
          clientId: fresh,
          version: "1.0",
          supportedConnectionTypes: ["long-polling"],
          successful: true,
          advice,
        },
      ];
    }
    const listener = listeners.get(clientId);
    if (!holds(token)) return [{ ...base, ...denied }];
    if (listener === undefined)
      return [
        { ...base, successful: false, error: "403::Unknown client", advice: { reconnect: "handshake", interval: 0 } },
      ];
    if (channel === "/meta/subscribe") return [{ ...base, ...subscribe(listener, message) }];
    if (channel === "/meta/connect")
      return [...(await connect(listener)), { ...base, successful: holds(token), ...(holds(token) ? {} : denied) }];
    if (channel === "/meta/disconnect") listeners.delete(clientId);
    return [{ ...base, successful: true }];
  };

  return {
    flush,
    forget: () => {
      forgotten = replayId + 1;
      log = [];
    },
    release: () => listeners.forEach((listener) => listener.wake()),
    handle: async (request, token) => {
      const body = (await request.json()) as Message | readonly Message[];
      const messages = Array.isArray(body) ? (body as readonly Message[]) : [body as Message];
      const answers = await Promise.all(messages.map((message) => answer(message, token)));
      return Response.json(answers.flat());
    },
  };
};
