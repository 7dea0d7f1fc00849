import { createHmac, timingSafeEqual } from "node:crypto";
import {
  type AccountRef,
  BridgeError,
  type Channel,
  type ChannelAbilities,
  type ChannelTask,
  clue,
  type Delivery,
  findToken,
  type Found,
  type FromChannel,
  type Kit,
  keyOf,
  type PostRef,
  type Receipt,
  sameWords,
  type Said,
  type Sent,
} from "casethread/adapter";
import { z } from "zod";

/** One thing said in the park: on the meadow (public) or on a bench (private). */
export interface Word {
  readonly id: string;
  readonly by: string;
  readonly text: string;
  readonly at: number;
  readonly side: "public" | "private";
  readonly under?: string;
  readonly root?: string;
  readonly to?: string;
}

const wordShape = z.object({
  account: z.string(),
  id: z.string(),
  by: z.string(),
  text: z.string(),
  at: z.number(),
  side: z.enum(["public", "private"]),
  under: z.string().optional(),
  root: z.string().optional(),
  to: z.string().optional(),
});
const bodyShape = z.object({ words: z.array(z.unknown()) });

/** What the park does to a call: `lost` performs it and loses the answer, `before` fails without doing it, `busy` throttles. */
export type ParkFault = "lost" | "before" | "busy" | "refuse";

/** A made-up network: it lives in memory, records every request, and misbehaves on demand. */
export interface Park {
  readonly words: Map<string, Word>;
  readonly requests: { readonly do: string; readonly text: string; readonly at: string; readonly time: number }[];
  readonly faults: ParkFault[];
  say(by: string, text: string, under?: string): Word;
  whisper(by: string, text: string): Word;
  /** Somebody of the brand speaks in the park's own app. */
  byHand(text: string, where: { readonly under?: string; readonly to?: string }): Word;
  deliver(...words: readonly Word[]): Request;
  /** Deliveries of everything not yet delivered, echoes of our own acts included. */
  pending(): readonly Request[];
}

const secret = "the-park-keepers-secret";
const account: AccountRef = { channel: "park", id: "kiosk" };
const sign = (body: Uint8Array | string): string => createHmac("sha256", secret).update(body).digest("hex");

export const createPark = (now: () => number): Park => {
  const words = new Map<string, Word>();
  const told = new Set<string>();
  const requests: Park["requests"] = [];
  const faults: ParkFault[] = [];
  const add = (word: Omit<Word, "id" | "at">): Word => {
    const id = String(words.size + 1);
    const parent = word.under === undefined ? undefined : words.get(word.under);
    const root = parent?.root ?? parent?.id;
    const made: Word = { id, at: now(), ...word, ...(root === undefined ? {} : { root }) };
    words.set(id, made);
    return made;
  };
  const request = (list: readonly Word[]): Request => {
    const body = JSON.stringify({ words: list.map((word) => ({ account: account.id, ...word })) });
    return new Request("http://bridge.test/park", { method: "POST", body, headers: { "x-park-signature": sign(body) } });
  };
  return {
    words,
    requests,
    faults,
    say: (by, text, under) => add({ by, text, side: "public", ...(under === undefined ? {} : { under }) }),
    whisper: (by, text) => add({ by, text, side: "private", to: account.id }),
    byHand: (text, where) => add({ by: account.id, text, side: where.to === undefined ? "public" : "private", ...where }),
    deliver: (...list) => {
      for (const word of list) told.add(word.id);
      return request(list);
    },
    pending: () => {
      const left = [...words.values()].filter((word) => !told.has(word.id));
      for (const word of left) told.add(word.id);
      return left.map((word) => request([word]));
    },
  };
};

const person = (id: string) => ({ account, space: "visitor", id });
const postRef = (id: string): PostRef => ({ account, id });

const saidOf = (raw: z.infer<typeof wordShape>): Said => {
  const entry = keyOf.entry(account, raw.side === "public" ? "post" : "whisper", raw.id);
  const ours = raw.by === account.id;
  const token = findToken(raw.text);
  return {
    as: "said",
    key: keyOf.said(entry, 1),
    entry,
    at: raw.at,
    source: "webhook",
    by: person(raw.by),
    actor: ours ? { kind: "brand", id: account.id } : { kind: "customer", persona: person(raw.by) },
    side: raw.side,
    text: raw.text,
    version: 1,
    profile: { handle: raw.by, name: `Name of ${raw.by}` },
    summons: true,
    ...(token === undefined ? {} : { token }),
    ...(raw.side === "public"
      ? {
          post: postRef(raw.id),
          root: postRef(raw.root ?? raw.id),
          url: `https://park.test/${raw.id}`,
          ...(raw.under === undefined ? {} : { parent: postRef(raw.under) }),
        }
      : {
          thread: { account, id: `bench-${ours ? raw.to : raw.by}` },
          message: raw.id,
          ...(ours && raw.to !== undefined ? { to: person(raw.to) } : {}),
        }),
  };
};

const read = async (delivery: Delivery): Promise<Found<FromChannel>> => {
  const given = Buffer.from(delivery.headers.get("x-park-signature") ?? "");
  const right = Buffer.from(sign(delivery.body));
  if (given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new BridgeError("the signature is not the park's", { fault: "forged", adapter: "park", landed: "no" });
  }
  let body: z.infer<typeof bodyShape>;
  try {
    body = bodyShape.parse(JSON.parse(new TextDecoder().decode(delivery.body)));
  } catch {
    return { events: [], unread: [{ reason: "no list of words", raw: new TextDecoder().decode(delivery.body) }], alarms: [] };
  }
  const events: FromChannel[] = [];
  const unread: { reason: string; raw: string }[] = [];
  for (const item of body.words) {
    const word = wordShape.safeParse(item);
    if (word.success) events.push(saidOf(word.data));
    else unread.push({ reason: "not a word", raw: JSON.stringify(item) });
  }
  return { events, unread, alarms: [] };
};

const can: ChannelAbilities = {
  reply: { summonedOnly: false },
  privateReply: false,
  message: { withinMs: 30 * 86_400_000, first: false },
  invite: true,
  hide: false,
  retract: false,
  control: false,
  look: false,
  unknown: {
    reply: { repeat: "never", quietMs: 40, reads: [30, 30], source: "the park's own word" },
    message: { repeat: "never", quietMs: 40, reads: [30, 30], source: "the park's own word" },
  },
};

/** The park as a channel, in the fewest lines that keep the laws. */
export const parkChannel = (park: Park, options: { readonly can?: Partial<ChannelAbilities> } = {}): Channel => {
  const ours = (task: ChannelTask, since: string | undefined): Word | undefined => {
    const { act } = task.effect;
    const words = "words" in task ? task.words : "";
    return [...park.words.values()].find(
      (word) =>
        word.by === account.id &&
        Number(word.id) > Number(since ?? 0) &&
        sameWords(word.text, words) &&
        (act.do === "reply" ? word.under === act.under.id : act.do === "message" && word.to === act.to.id),
    );
  };
  const receipt = (word: Word, proof?: string): Receipt => ({
    at: word.at,
    ...(word.side === "public"
      ? { post: postRef(word.id), url: `https://park.test/${word.id}` }
      : { message: word.id, thread: { account, id: `bench-${word.to}` } }),
    ...(proof === undefined ? {} : { proof }),
  });
  const perform = async (task: ChannelTask, kit: Kit): Promise<Receipt> => {
    const { act } = task.effect;
    if (act.do !== "reply" && act.do !== "message") {
      throw new BridgeError(`the park cannot ${act.do}`, { fault: "forbidden", adapter: "park", landed: "no" });
    }
    const words = "words" in task ? task.words : "";
    kit.depart();
    const where = act.do === "reply" ? clue.post(act.under) : clue.persona(act.to);
    park.requests.push({ do: act.do, text: words, at: where, time: kit.now() });
    const fault = park.faults.shift();
    if (fault === "before") throw new BridgeError("the park is closed", { fault: "unavailable", adapter: "park", landed: "no" });
    if (fault === "refuse") throw new BridgeError("not on the meadow", { fault: "forbidden", adapter: "park", landed: "no" });
    if (fault === "busy") {
      throw new BridgeError("too many", { fault: "throttled", adapter: "park", landed: "no", retryAt: kit.now() + 50 });
    }
    const word = park.byHand(words, act.do === "reply" ? { under: act.under.id } : { to: act.to.id });
    if (fault === "lost") throw new BridgeError("no answer", { fault: "unavailable", adapter: "park", landed: "unknown" });
    return receipt(word);
  };
  return {
    name: "park",
    accounts: () => [account],
    can: () => ({ ...can, ...options.can }),
    bucket: (ref, act) => `park/${ref.id}/${act}`,
    capacity: async (_ref, _act, kit) => ({ left: 1_000, resetsAt: kit.now() + 60_000 }),
    price: () => ({ usd: 0, source: "the park is free" }),
    fits: (text) => text.length <= 280,
    read,
    url: (of) => new URL(`https://park.test/${of.id}`),
    parse: (url) => (url.host === "park.test" ? [postRef(url.pathname.slice(1))] : []),
    perform,
    mark: async () => String(park.words.size),
    landed: async (task: ChannelTask, sent: Sent) => {
      const word = ours(task, sent.since);
      return word === undefined ? "unknown" : receipt(word, "read-back");
    },
  };
};
