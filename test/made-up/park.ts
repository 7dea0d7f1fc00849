import {
  type AccountRef,
  BridgeError,
  type Channel,
  type ChannelAbilities,
  type ChannelTask,
  clue,
  type Kit,
  type Receipt,
  sameWords,
  type Sent,
} from "casethread/adapter";
import { read, refOf, signed } from "./park-read.ts";

/** One thing said in the park: on the meadow (public) or on a bench (private). */
export interface Word {
  readonly id: string;
  /** Whom it was said to or by: which of the brand's accounts. */
  readonly account: string;
  readonly by: string;
  readonly text: string;
  readonly at: number;
  readonly side: "public" | "private";
  readonly under?: string;
  readonly root?: string;
  readonly to?: string;
}

/**
 * What the park does to a call: `lost` performs it and loses the answer, `mute` does neither and says nothing of it,
 * `before` fails without doing it, `busy` throttles, `refuse` does not like the words, `hang` never answers.
 */
export type ParkFault = "lost" | "mute" | "before" | "busy" | "refuse" | "hang";

/** A made-up network: it lives in memory, records every request, and misbehaves on demand. */
export interface Park {
  readonly words: Map<string, Word>;
  readonly requests: { readonly do: string; readonly text: string; readonly at: string; readonly time: number }[];
  /** How often it was asked whether something landed. */
  looks: number;
  readonly faults: ParkFault[];
  /** How long a throttled caller has to wait, in ms. */
  busyMs: number;
  /** What every call waits for before it is answered, if anything. */
  gate: (() => Promise<void>) | undefined;
  /** What a call waits for before it leaves: a worker that stalls. */
  stall: (() => Promise<void>) | undefined;
  /** Is what it does not show proven not to be there? */
  proves: boolean;
  /** So many looks fail. */
  blind: number;
  /** While false the park does not show what was done: a read-back sees nothing. */
  shown: boolean;
  say(by: string, text: string, under?: string, account?: string): Word;
  whisper(by: string, text: string, account?: string): Word;
  /** Somebody of the brand speaks in the park's own app. */
  byHand(text: string, where: { readonly under?: string; readonly to?: string; readonly account?: string }): Word;
  deliver(...words: readonly Word[]): Request;
  /** Deliveries of everything not yet delivered, echoes of our own acts included. */
  pending(): readonly Request[];
}

const kiosk = "kiosk";

/** Makes an empty park. */
export const createPark = (now: () => number): Park => {
  const words = new Map<string, Word>();
  const told = new Set<string>();
  const requests: Park["requests"] = [];
  const faults: ParkFault[] = [];
  const add = ({ account = kiosk, ...word }: Omit<Word, "id" | "at" | "account"> & { account?: string }): Word => {
    const id = String(words.size + 1);
    const parent = word.under === undefined ? undefined : words.get(word.under);
    const root = parent?.root ?? parent?.id;
    const made: Word = { id, account, at: now(), ...word, ...(root === undefined ? {} : { root }) };
    words.set(id, made);
    return made;
  };
  const request = (list: readonly Word[]): Request => signed(JSON.stringify({ words: list }));
  return {
    words,
    requests,
    looks: 0,
    faults,
    busyMs: 50,
    gate: undefined,
    stall: undefined,
    blind: 0,
    proves: false,
    shown: true,
    say: (by, text, under, account = kiosk) =>
      add({ by, text, side: "public", account, ...(under === undefined ? {} : { under }) }),
    whisper: (by, text, account = kiosk) => add({ by, text, side: "private", to: account, account }),
    byHand: (text, where) =>
      add({ by: where.account ?? kiosk, text, side: where.to === undefined ? "public" : "private", ...where }),
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

const accountOf = ({ effect }: ChannelTask): AccountRef => refOf(effect.door.split("/")[1] ?? "");

const receiptOf = (word: Word, proof?: string): Receipt => {
  const account = refOf(word.account);
  return {
    at: word.at,
    ...(word.side === "public"
      ? { post: { account, id: word.id }, url: `https://park.test/${word.id}` }
      : { message: word.id, thread: { account, id: `bench-${word.to}` } }),
    ...(proof === undefined ? {} : { proof }),
  };
};

const failed = (fault: "unavailable" | "forbidden" | "throttled", landed: "no" | "unknown", retryAt?: number) =>
  new BridgeError("the park is not as you wish", {
    fault,
    adapter: "park",
    landed,
    ...(retryAt === undefined ? {} : { retryAt }),
  });

const aborted = async (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

const perform = async (park: Park, task: ChannelTask, kit: Kit): Promise<Receipt> => {
  const { act } = task.effect;
  if (act.do !== "reply" && act.do !== "message") throw failed("forbidden", "no");
  const text = "words" in task ? task.words : "";
  if (kit.signal.aborted) throw failed("unavailable", "no");
  await park.stall?.();
  kit.depart();
  const where = act.do === "reply" ? clue.post(act.under) : clue.persona(act.to);
  park.requests.push({ do: act.do, text, at: where, time: kit.now() });
  const fault = park.faults.shift();
  if (fault === "before") throw failed("unavailable", "no");
  if (fault === "refuse") throw failed("forbidden", "no");
  if (fault === "busy") throw failed("throttled", "no", kit.now() + park.busyMs);
  if (fault === "mute") throw failed("unavailable", "unknown");
  if (fault === "hang") {
    await aborted(kit.signal);
    throw failed("unavailable", "unknown");
  }
  await park.gate?.();
  const account = accountOf(task).id;
  const word = park.byHand(text, act.do === "reply" ? { under: act.under.id, account } : { to: act.to.id, account });
  if (fault === "lost") throw failed("unavailable", "unknown");
  return receiptOf(word);
};

const landed = async (park: Park, task: ChannelTask, sent: Sent): Promise<Receipt | "no" | "unknown"> => {
  park.looks += 1;
  park.blind -= 1;
  if (park.blind >= 0) throw failed("unavailable", "unknown");
  const { act } = task.effect;
  const text = "words" in task ? task.words : "";
  const word = [...park.words.values()].find(
    (one) =>
      park.shown &&
      one.by === accountOf(task).id &&
      Number(one.id) > Number(sent.since ?? 0) &&
      sameWords(one.text, text) &&
      (act.do === "reply" ? one.under === act.under.id : act.do === "message" && one.to === act.to.id),
  );
  if (word !== undefined) return receiptOf(word, "read-back");
  return park.proves ? "no" : "unknown";
};

/** The park as a channel, in the fewest lines that keep the laws. */
export const parkChannel = (
  park: Park,
  options: { readonly can?: Partial<ChannelAbilities>; readonly accounts?: readonly string[] } = {},
): Channel => {
  const accounts = (options.accounts ?? [kiosk]).map((id) => refOf(id));
  return {
    name: "park",
    accounts: () => accounts,
    can: () => ({ ...can, ...options.can }),
    bucket: (ref, act) => `park/${ref.id}/${act}`,
    capacity: async (_ref, _act, kit) => ({ left: 1_000, resetsAt: kit.now() + 60_000 }),
    price: () => ({ usd: 0, source: "the park is free" }),
    fits: (text) => text.length <= 280,
    read,
    url: (of) => new URL(`https://park.test/${of.id}`),
    parse: (url) =>
      url.host === "park.test" ? accounts.map((account) => ({ account, id: url.pathname.slice(1) })) : [],
    perform: (task, kit) => perform(park, task, kit),
    mark: async () => String(park.words.size),
    landed: (task, sent) => landed(park, task, sent),
  };
};
