import { systemClock } from "./core/contracts/clock.ts";
import { BridgeError } from "./core/contracts/errors.ts";
import type { LedgerRow, Promised, Store } from "./core/contracts/store.ts";
import { type Policy, rulebook } from "./core/rules/policy.ts";
import type { Pause } from "./core/words/conversation.ts";
import type { Receipt } from "./core/words/effect.ts";
import type { Draft, Entry } from "./core/words/entry.ts";
import {
  accountName,
  type AccountRef,
  type CaseRef,
  type EffectKey,
  type EntryKey,
  type Instant,
  type PersonaRef,
  type PostRef,
  type Why,
} from "./core/words/ref.ts";
import { type Health, health } from "./engine/health.ts";
import { type House, silent, thrownBy } from "./engine/house.ts";
import { createCrowd } from "./engine/crowd.ts";
import { createFaults } from "./engine/faults.ts";
import { detection } from "./engine/language.ts";
import { type BridgeOptions, problems } from "./options.ts";
import { createPace } from "./engine/pace.ts";
import { pause, resume, type Silence } from "./engine/silence.ts";
import { explain } from "./engine/explain.ts";
import { type Talk, talkOf, type Where } from "./engine/talk.ts";
import {
  adopt,
  answer,
  type AnswerState,
  type ByKey,
  confirm,
  merge,
  orderAt,
  orderDraft,
  resolveParked,
  type WantedAnswer,
} from "./engine/verbs.ts";
import { createWeb } from "./engine/web.ts";
import { work, type WorkOptions } from "./engine/work.ts";

/** Public posts on the one side, cases on the other. Disposing of it stops its work and closes its store. */
export interface Bridge extends AsyncDisposable {
  /** Takes webhooks, each at `/<adapter name>`. Answers 200 only after the store has confirmed that all of it is kept. Mount it before any body parser. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Performs what was promised, and asks networks and CRM what is new, until the signal stops it.
   *
   * @throws BridgeError `taken` when another process works the same embedded store.
   */
  work(options?: WorkOptions): Promise<void>;
  /** Resolves when every promised act has ended or waits for a person. Somebody must be working. */
  settled(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /** A conversation from either end, with all that was said and why all that happened did. */
  conversation(where: Where): Promise<Talk | undefined>;
  /** Tells the trail of a conversation as a person would. */
  explain(talk: Talk): string;

  /**
   * Says something to the customer, by default in private. What may not leave yet waits as a draft, with what holds it.
   * `media`: files to go along, which the network fetches itself; where it takes a file only by itself they follow the
   * words, as answers of their own.
   *
   * @throws BridgeError `missing` when no conversation is known there, `invalid` without words or file or with a file that
   * the network does not take, `taken` when the key is that of an answer in another conversation.
   */
  answer(wanted: WantedAnswer): Promise<AnswerState>;
  /** Gives the case to a queue or person of the CRM, by their name there. */
  assign(wanted: Where & ByKey & { readonly to: string }): Promise<void>;
  /** Gives the matter to a department. */
  route(wanted: Where & ByKey & { readonly to: string }): Promise<void>;
  /** Opens a case for a conversation that was only watched or ignored, with all of its entries. */
  open(wanted: Where & ByKey): Promise<void>;
  ignore(wanted: Where & ByKey): Promise<void>;
  /** Closes the case. */
  resolve(wanted: Where & ByKey): Promise<void>;
  /** Merges another conversation into this one: its entries move, its case is closed. */
  merge(wanted: Where & ByKey & { readonly with: Where }): Promise<void>;
  /** Moves an entry and all after it to a conversation and case of their own. */
  split(wanted: Where & ByKey & { readonly from: EntryKey }): Promise<void>;
  /** Says that who brought this conversation's invite is the customer: the claiming conversation is merged into the one it claims. `part` undoes it. */
  confirm(wanted: Where & ByKey): Promise<void>;
  /** Says that one of the conversation's personas is somebody else after all: their words go to a case of their own. */
  part(wanted: Where & ByKey & { readonly persona: PersonaRef }): Promise<void>;
  /** Hides a post, by default the customer's newest, or shows it again. */
  hide(wanted: Where & ByKey & { readonly which?: PostRef; readonly hidden?: boolean }): Promise<void>;
  /** Likes a post, by default the customer's newest. */
  like(wanted: Where & ByKey & { readonly which?: PostRef }): Promise<void>;
  /** Takes back what the brand said in public. */
  retract(wanted: Where & ByKey & { readonly entry: EntryKey }): Promise<void>;
  /** Takes the private thread from another app or from the network's own inbox, or lets it go. */
  control(wanted: Where & ByKey & { readonly take: boolean }): Promise<void>;
  /** Lets a held draft go, where what holds it can be released by a person. */
  release(wanted: ByKey & { readonly draft: EntryKey }): Promise<AnswerState>;
  /** Takes back an answer that has not left yet. */
  withdraw(wanted: ByKey & { readonly draft: EntryKey }): Promise<AnswerState>;
  /** Links an open case with the post it is about, and speaks to nobody. */
  adopt(
    wanted: ByKey & { readonly case: CaseRef; readonly post: PostRef; readonly persona: PersonaRef },
  ): Promise<void>;

  /** Silences accounts, sides or kinds of words. When it returns, nothing more leaves. */
  pause(wanted: Silence): Promise<Pause>;
  /** Lifts a pause. What waited through it never leaves by itself: people's words then ask for a yes, see `held`. */
  resume(id: string): Promise<void>;

  /** Acts that wait for a person, each with why. */
  parked(): Promise<readonly (Promised & { readonly why: Why })[]>;
  /** Sends a parked act again: for words that may have gone out, only after a person has looked. */
  retry(effect: EffectKey): Promise<void>;
  drop(effect: EffectKey): Promise<void>;
  /** Says that a parked act is there after all. */
  landed(effect: EffectKey, receipt: Omit<Receipt, "at"> & { readonly at?: Instant }): Promise<void>;
  /** Drafts that wait, each with what holds it. */
  held(): Promise<readonly { readonly draft: Draft; readonly entry: Entry }[]>;
  /** Genuine items that could not be read, kept raw. */
  unread(): Promise<
    readonly { readonly id: string; readonly at: Instant; readonly reason: string; readonly raw: string }[]
  >;
  health(): Promise<Health>;
  /** The ledger from a position on: ordered, without gaps, and without anybody's words. */
  ledger(from?: { readonly after?: string; readonly limit?: number }): Promise<readonly LedgerRow[]>;
}

const postIn = (post: PostRef | undefined): { readonly post?: PostRef } => (post === undefined ? {} : { post });

const hashOf = async (policy: Policy): Promise<string> => {
  const text = JSON.stringify(policy, (_, value: unknown) => (typeof value === "function" ? String(value) : value));
  const digest = await globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest).subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** Where an account's reach was raised from nothing, the cases it rehearsed are planned after all. Words never are. */
const raise = async (house: House): Promise<void> => {
  for (const channel of house.channels.values()) {
    for (const account of channel.accounts()) {
      const reach = house.perform(account);
      const name = `perform/${accountName(account)}`;
      const before = await house.store.unit((unit) => unit.note(name).read());
      if (before === reach) continue;
      if (before === "none") await house.store.unrehearse(account);
      await house.store.unit((unit) => unit.note(name).swap(before, reach));
    }
  }
};

/**
 * Makes a bridge.
 *
 * @throws BridgeError `invalid`, listing everything that is wrong with the options at once.
 */
export const createBridge = (options: BridgeOptions): Bridge => {
  const wrong = problems(options);
  if (wrong.length > 0) {
    throw new BridgeError(`createBridge: ${wrong.join("; ")}`, { fault: "invalid", adapter: "bridge", landed: "no" });
  }
  const { channels, crm, policy = {}, perform = "all" } = options;
  const closing = new AbortController();
  let answered: ReadonlyMap<string, Instant> = new Map();
  let working: Promise<unknown> = Promise.resolve();
  // One store, however many tries it takes to begin.
  let own: Store | undefined;

  const build = async (): Promise<{ readonly house: House; readonly web: Bridge["fetch"] }> => {
    own ??= options.store ?? (await import("./store/sqlite.ts")).sqlite();
    const store = own;
    const clock = options.clock ?? systemClock;
    await store.migrate();
    const alarms: string[] = [];
    const rules = rulebook(policy, { crm: crm.name, ...(await detection(policy)) });
    const log = options.log ?? silent;
    const house: House = {
      store,
      channels: new Map(channels.map((channel) => [channel.name, channel])),
      crm,
      rules,
      policy: await hashOf(policy),
      clock,
      roll: () => Math.random(),
      log,
      crowd: createCrowd({ store, clock, rules, log, alarms }),
      perform: (account: AccountRef) =>
        typeof perform === "string" ? perform : (perform[accountName(account)] ?? "all"),
      pace: createPace(store, clock),
      faults: createFaults(clock.now),
      alarms,
    };
    await raise(house);
    return {
      house,
      web: createWeb(house, { maxBytes: 4 * 1024 * 1024, maxPending: 1_000, basePath: "", ...options.intake }),
    };
  };
  let built: ReturnType<typeof build> | undefined;
  const ready = (): ReturnType<typeof build> => {
    built ??= build().catch((thrown: unknown) => {
      // A full disk or a held lock may pass: the next call tries anew, and all that wait for it share that one.
      built = undefined;
      throw thrown;
    });
    return built;
  };
  const house = async (): Promise<House> => (await ready()).house;

  return {
    fetch: async (request) => {
      try {
        return await (await ready()).web(request);
      } catch (thrown) {
        const { message } = thrownBy(thrown, "bridge");
        (options.log ?? silent).error({}, `the bridge could not start: ${message}`);
        return new Response("not ready\n", { status: 503, headers: { "retry-after": "10" } });
      }
    },
    work: async (how = {}) => {
      const signal = how.signal === undefined ? closing.signal : AbortSignal.any([how.signal, closing.signal]);
      const run = work(await house(), { ...how, signal }, (watch) => {
        answered = watch.answered;
      });
      working = Promise.allSettled([working, run]);
      await run;
    },
    settled: async ({ signal } = {}) => {
      const { store, clock } = await house();
      for (;;) {
        const { lanes } = await store.census();
        if (signal?.aborted === true || lanes.every(({ due, waiting }) => due + waiting === 0)) return;
        await clock.sleep(25, signal);
      }
    },
    conversation: async (where) => talkOf(await house(), where),
    explain,
    answer: async (wanted) => answer(await house(), wanted),
    assign: async (wanted) => orderAt(await house(), wanted, { order: "assign", to: wanted.to }),
    route: async (wanted) => orderAt(await house(), wanted, { order: "route", to: wanted.to }),
    open: async (wanted) => orderAt(await house(), wanted, { order: "open" }),
    ignore: async (wanted) => orderAt(await house(), wanted, { order: "ignore" }),
    resolve: async (wanted) => orderAt(await house(), wanted, { order: "resolve" }),
    merge: async (wanted) => merge(await house(), wanted),
    split: async (wanted) => orderAt(await house(), wanted, { order: "split", from: wanted.from }),
    confirm: async (wanted) => confirm(await house(), wanted),
    part: async (wanted) => orderAt(await house(), wanted, { order: "part", persona: wanted.persona }),
    hide: async (wanted) =>
      orderAt(await house(), wanted, { order: "hide", hidden: wanted.hidden ?? true, ...postIn(wanted.which) }),
    like: async (wanted) => orderAt(await house(), wanted, { order: "like", ...postIn(wanted.which) }),
    retract: async (wanted) => orderAt(await house(), wanted, { order: "retract", entry: wanted.entry }),
    control: async (wanted) => orderAt(await house(), wanted, { order: "control", take: wanted.take }),
    release: async (wanted) => orderDraft(await house(), wanted, "release"),
    withdraw: async (wanted) => orderDraft(await house(), wanted, "withdraw"),
    adopt: async (wanted) => adopt(await house(), wanted),
    pause: async (wanted) => pause(await house(), wanted),
    resume: async (id) => resume(await house(), id),
    parked: async () => (await house()).store.parked(),
    retry: async (effect) => resolveParked(await house(), effect, "retry"),
    drop: async (effect) => resolveParked(await house(), effect, "drop"),
    landed: async (effect, receipt) => {
      const home = await house();
      await resolveParked(home, effect, { done: { at: home.clock.now(), ...receipt } });
    },
    held: async () => (await house()).store.held(),
    unread: async () => (await house()).store.unread(),
    health: async () => health(await house(), answered),
    ledger: async ({ after, limit = 100 } = {}) => {
      if (after !== undefined && !/^\d+$/.test(after)) {
        const say = `ledger: "${after.slice(0, 40)}" is no position; pass the position of a row it gave`;
        throw new BridgeError(say, { fault: "invalid", adapter: "bridge", landed: "no" });
      }
      return (await house()).store.ledger(after, limit);
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await working;
      if (built !== undefined) await (await built).house.store[Symbol.asyncDispose]();
    },
  };
};
