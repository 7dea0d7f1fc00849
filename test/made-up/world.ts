import {
  type AnswerState,
  type Bridge,
  type BridgeOptions,
  createBridge,
  type Log,
  type Store,
  type Talk,
} from "casethread";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { createDesk, type Desk, deskCrm } from "./desk.ts";
import { createPark, type Park, parkChannel, type Word } from "./park.ts";

/** A park, a desk and a bridge between them. */
export interface World extends AsyncDisposable {
  readonly park: Park;
  readonly desk: Desk;
  readonly bridge: Bridge;
  readonly store: Store;
  readonly clock: SandboxClock;
  readonly logs: { readonly level: string; readonly fields: object; readonly message: string }[];
  /** Delivers what the park has to tell, works until nothing is due, and again, until nothing changes any more. */
  settle(): Promise<void>;
  /** Settles all that becomes due within so many ms; the time between passes at once. */
  pass(ms: number): Promise<void>;
  /** Somebody says something on the meadow, and the bridge is told. */
  post(by: string, text: string, under?: string): Promise<Word>;
  /** Somebody who was invited, or not, speaks on a bench, and the bridge is told. */
  whisper(by: string, text: string): Promise<Word>;
  /** The conversation about a post. */
  talk(post: Word): Promise<Talk>;
  /** An answer from code, with a key of its own if none is given. */
  answer(post: Word, text: string, side?: "public" | "private", key?: string): Promise<AnswerState>;
  /** What the brand said. */
  said(): readonly Word[];
}

/** What a world is made of, beside what a bridge is made of. */
export type WorldOptions = Partial<BridgeOptions> & {
  /** @default the machine's, which may be put forward */
  readonly clock?: SandboxClock;
  readonly channel?: Parameters<typeof parkChannel>[1];
};

/** Begins a world. Words for closing are switched on; everything else is as the house decides. */
export const createWorld = (options: WorldOptions = {}): World => {
  const clock = options.clock ?? createClock();
  return bridgeBetween(createPark(clock.now), createDesk(clock.now, { lawful: true }), { ...options, clock });
};

/** A new bridge between a park and a desk that stand already. */
export const bridgeBetween = (park: Park, desk: Desk, options: WorldOptions = {}): World => {
  const { clock = createClock(), channel, ...rest } = options;
  const store = options.store ?? sqlite({ file: ":memory:", durable: false, clock });
  const logs: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void logs.push({ level, fields, message });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const bridge = createBridge({
    channels: [parkChannel(park, channel)],
    crm: deskCrm(desk),
    policy: { words: { closing: ({ greeting }) => `Glad it is sorted, ${greeting}.` } },
    log,
    ...rest,
    clock,
    store,
  });
  let answers = 0;
  const settle = async (): Promise<void> => {
    for (let calm = 0; calm < 2;) {
      const before = park.words.size + desk.writes.length;
      for (const request of park.pending()) await bridge.fetch(request);
      await bridge.work({ until: "idle" });
      calm = park.words.size + desk.writes.length === before ? calm + 1 : 0;
    }
  };
  const told = async (word: Word): Promise<Word> => {
    const { status } = await bridge.fetch(park.deliver(word));
    if (status !== 200) throw new Error(`a delivery was answered ${status}`);
    return word;
  };
  const urlOf = (post: Word): string => `https://park.test/${post.id}`;

  return {
    park,
    desk,
    bridge,
    store,
    clock,
    logs,
    settle,
    pass: async (ms) => {
      const end = clock.now() + ms;
      for (;;) {
        await settle();
        const next = await store.nextDue();
        if (next === undefined || next > end || clock.now() >= end) break;
        // What is due and was left alone waits for a CRM that is away, which is looked for after a while.
        await clock.advance(Math.min(end, next > clock.now() ? next : clock.now() + 5_000) - clock.now());
      }
      await clock.advance(Math.max(0, end - clock.now()));
    },
    post: (by, text, under) => told(park.say(by, text, under)),
    whisper: (by, text) => told(park.whisper(by, text)),
    talk: async (post) => {
      const found = await bridge.conversation({ url: urlOf(post) });
      if (found === undefined) throw new Error(`no conversation about ${post.id}`);
      return found;
    },
    answer: (post, text, side = "public", key = `answer-${(answers += 1)}`) =>
      bridge.answer({ url: urlOf(post), key, text, side }),
    said: () => [...park.words.values()].filter((word) => word.by === word.account),
    [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose](),
  };
};
