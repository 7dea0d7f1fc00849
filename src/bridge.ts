import { systemClock } from "./core/contracts/clock.ts";
import type { Store } from "./core/contracts/store.ts";
import { untold } from "./core/contracts/telemetry.ts";
import { type Policy, rulebook } from "./core/rules/policy.ts";
import { accountName, type AccountRef, type PostRef } from "./core/words/ref.ts";
import { backfill } from "./engine/backfill.ts";
import { createCrowd } from "./engine/crowd.ts";
import { erase, preserve } from "./engine/erase.ts";
import { explain } from "./engine/explain.ts";
import { createBreaker } from "./engine/breaker.ts";
import { createFaults } from "./engine/faults.ts";
import { handover } from "./engine/handover.ts";
import { health, levelsOf } from "./engine/health.ts";
import { held } from "./engine/held.ts";
import { type House, silent, thrownBy } from "./engine/house.ts";
import { detection } from "./engine/language.ts";
import { check, setup } from "./engine/outside.ts";
import { readLedger } from "./engine/ledger.ts";
import { createPace } from "./engine/pace.ts";
import { safely } from "./engine/log.ts";
import { loadPhones } from "./engine/phones.ts";
import { redeem } from "./engine/redeem.ts";
import { refusal } from "./engine/refusal.ts";
import { pause, resume } from "./engine/silence.ts";
import { talkOf } from "./engine/talk.ts";
import {
  adopt,
  answer,
  confirm,
  dismiss,
  merge,
  mute,
  orderAll,
  orderAt,
  orderDraft,
  resolveParked,
  unmerge,
} from "./engine/verbs.ts";
import type { Watch } from "./engine/watch.ts";
import { ways } from "./engine/ways.ts";
import { createWeb, intakeOf } from "./engine/web.ts";
import { work } from "./engine/work.ts";
import type { Bridge } from "./face.ts";
import { type BridgeOptions, problems } from "./options.ts";
import { checkVerbs } from "./takes.ts";

const postIn = (post: PostRef | undefined): { readonly post?: PostRef } => (post === undefined ? {} : { post });

const hashOf = async (policy: Policy): Promise<string> => {
  // Of an advisor what it is asked by: it may be an object with clients in it.
  const advisors = Object.entries(policy.advisors ?? {}).map(([name, { ask, about, withinMs, otherwise }]) => [
    name,
    ask,
    about,
    withinMs,
    otherwise,
  ]);
  const text = JSON.stringify({ ...policy, advisors }, (_, value: unknown) =>
    typeof value === "function" || value instanceof RegExp ? String(value) : value,
  );
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
    throw refusal("invalid", `createBridge: ${wrong.join("; ")}`);
  }
  const { channels, crm, policy = {}, perform = "all" } = options;
  const closing = new AbortController();
  let watch: Watch | undefined;
  let working: Promise<unknown> = Promise.resolve();
  let unwatch = (): void => undefined;
  const log = safely(options.log ?? silent);
  // One store, however many tries it takes to begin.
  let own: Store | undefined;

  const build = async (): Promise<{ readonly house: House; readonly web: Bridge["fetch"] }> => {
    own ??= options.store ?? (await import("./store/sqlite.ts")).sqlite();
    const store = own;
    const clock = options.clock ?? systemClock;
    await store.migrate();
    const alarms: string[] = [];
    const rules = rulebook(policy, { crm: crm.name, phones: await loadPhones(), ...(await detection(policy)) });
    const house: House = {
      store,
      channels: new Map(channels.map((channel) => [channel.name, channel])),
      crm,
      rules,
      policy: await hashOf(policy),
      clock,
      roll: () => Math.random(),
      log,
      telemetry: options.telemetry ?? untold,
      crowd: createCrowd({ store, clock, rules, log, alarms }),
      perform: (account: AccountRef) =>
        typeof perform === "string" ? perform : (perform[accountName(account)] ?? "all"),
      pace: createPace(store, clock),
      breaker: createBreaker(store, clock, Math.random),
      faults: createFaults(clock.now),
      alarms,
      alert: options.alert ?? (() => {}),
      intake: intakeOf(options.intake),
    };
    await raise(house);
    unwatch = house.telemetry.levels(() => levelsOf(house));
    return {
      house,
      web: createWeb(house),
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

  return checkVerbs({
    fetch: async (request) => {
      try {
        return await (await ready()).web(request);
      } catch (thrown) {
        const { message } = thrownBy(thrown, "bridge");
        log.error({}, `the bridge could not start: ${message}`);
        return new Response("not ready\n", { status: 503, headers: { "retry-after": "10" } });
      }
    },
    work: async (how = {}) => {
      const signal = how.signal === undefined ? closing.signal : AbortSignal.any([how.signal, closing.signal]);
      const run = work(await house(), { ...how, signal }, (begun) => {
        watch = begun;
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
    ways: async (wanted) => ways(await house(), wanted),
    answer: async (wanted) => answer(await house(), wanted),
    assign: async (wanted) => orderAt(await house(), wanted, { order: "assign", to: wanted.to }),
    route: async (wanted) => orderAt(await house(), wanted, { order: "route", to: wanted.to }),
    open: async (wanted) => orderAll(await house(), wanted, { order: "open" }),
    ignore: async (wanted) => orderAll(await house(), wanted, { order: "ignore" }),
    mute: async (wanted) => mute(await house(), wanted),
    claim: async (wanted) => orderAt(await house(), wanted, { order: "claim", claim: wanted.claim ?? true }),
    redeem: async (wanted) => redeem(await house(), wanted),
    unmerge: async (wanted) => unmerge(await house(), wanted),
    resolve: async (wanted) => orderAt(await house(), wanted, { order: "resolve" }),
    merge: async (wanted) => merge(await house(), wanted),
    split: async (wanted) => orderAt(await house(), wanted, { order: "split", from: wanted.from }),
    confirm: async (wanted) => confirm(await house(), wanted),
    part: async (wanted) => orderAt(await house(), wanted, { order: "part", persona: wanted.persona }),
    hide: async (wanted) =>
      orderAt(await house(), wanted, {
        order: "hide",
        hidden: wanted.hidden ?? true,
        ...(wanted.because === undefined ? {} : { because: wanted.because }),
        ...postIn(wanted.which),
      }),
    like: async (wanted) => orderAt(await house(), wanted, { order: "like", ...postIn(wanted.which) }),
    retract: async (wanted) => orderAt(await house(), wanted, { order: "retract", entry: wanted.entry }),
    control: async (wanted) => orderAt(await house(), wanted, { order: "control", take: wanted.take }),
    release: async (wanted) => orderDraft(await house(), wanted, "release"),
    withdraw: async (wanted) => orderDraft(await house(), wanted, "withdraw"),
    adopt: async (wanted) => adopt(await house(), wanted),
    erase: async (wanted) => erase(await house(), wanted),
    preserve: async (wanted) => preserve(await house(), wanted),
    pause: async (wanted) => pause(await house(), wanted),
    resume: async (id) => resume(await house(), id),
    parked: async () => (await house()).store.parked(),
    retry: async (effect) => resolveParked(await house(), effect, "retry"),
    drop: async (effect) => resolveParked(await house(), effect, "drop"),
    landed: async (effect, receipt) => {
      const home = await house();
      await resolveParked(home, effect, { done: { at: home.clock.now(), ...receipt } });
    },
    held: async () => held(await house()),
    unread: async () => (await house()).store.unread(),
    dismiss: async (id) => dismiss(await house(), id),
    check: async (wanted = {}) => check(await house(), wanted),
    setup: async (adapter, wanted = {}) => setup(await house(), adapter, wanted),
    backfill: async (wanted) => backfill(await house(), wanted),
    handover: async () => handover(await house()),
    health: async () => health(await house(), watch),
    ledger: (from = {}) => readLedger(house, from),
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await working;
      unwatch();
      if (built !== undefined) await (await built).house.store[Symbol.asyncDispose]();
    },
  });
};
