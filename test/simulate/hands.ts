import type { Channel, Clock, Crm, Log, Store } from "casethread";
import type { Around } from "../crash/wrap.ts";
import { shapes, wrapped } from "../crash/wrap.ts";
import { mostLeases, type Notes } from "./seen.ts";
import type { Owner, Timeline } from "./time.ts";
import type { Blow, Moment, World } from "./world.ts";

/** What a process that was killed meets at its next step: nothing, ever. A promise of its own, or a shared one would keep every world alive. */
export const never = (): Promise<never> => new Promise(() => undefined);

/** Waits for as long as a process stands still, and for ever once it was killed. */
export const standing = async (owner: Owner, timeline: Timeline): Promise<void> => {
  while (!owner.dead && owner.frozenUntil > timeline.now()) {
    await timeline.outside(() => timeline.sleep(owner.frozenUntil - timeline.now()));
  }
  if (owner.dead) await never();
};

/** One worker, over all its lives. */
export interface Hand {
  readonly number: number;
  /** The life it lives now. */
  owner: Owner;
  /** Calls to the network that are under way. */
  underWay: number;
  /** Acts that it has asked to be marked, and whose ends it has not kept. */
  readonly marked: Set<string>;
  /** A network has answered an act, and that is not written down yet. */
  answered: boolean;
  /** Its clock, which may be wrong. */
  readonly clock: Clock;
  /** One step: it may be stopped or killed here. `at` names those that matter most. */
  gate(at?: Moment): Promise<void>;
  /** A step inside a transaction: the store may fail it there. */
  trip(): void;
  /** Kills it: called when its life ends. */
  died: () => void;
}

/** After how long a clock that stood still is set right, in ms. */
const rightedMs = 10_000;

/** Makes the hand of a worker, with all the blows that it will take. `reached` hears of the moments that matter most. */
export const createHand = (
  { number, world, timeline, notes }: { number: number; world: World; timeline: Timeline; notes: Notes },
  reached: (at: Moment, owner: Owner) => void,
): Hand => {
  const mine = world.blows.filter(({ worker }) => worker === number);
  const blows = new Map<string, Blow>(mine.map((blow) => [`${blow.at} ${blow.step}`, blow]));
  const counts = new Map<Blow["at"], number>();
  const count = (at: Blow["at"]): Blow | undefined => {
    counts.set(at, (counts.get(at) ?? 0) + 1);
    return blows.get(`${at} ${counts.get(at)}`);
  };
  let failing = false;
  const jumps = world.jumps.filter(({ worker }) => worker === number);
  const began = timeline.now();
  const jumped = new Set<object>();
  let stale = 0;
  const skew = (): number => {
    const over = jumps.filter(({ atMs }) => timeline.now() - began >= atMs);
    for (const jump of over.filter((one) => !jumped.has(one))) {
      jumped.add(jump);
      notes.tally["a clock was moved"] += 1;
    }
    return over.reduce((sum, { byMs }) => sum + byMs, stale);
  };
  const fallBehind = (ms: number): void => {
    stale -= ms;
    notes.tally["a clock was moved"] += 1;
    timeline.outside(() => void timeline.sleep(ms + rightedMs).then(() => (stale += ms)));
  };
  const hand: Hand = {
    number,
    owner: { frozenUntil: 0, slept: 0, dead: false },
    underWay: 0,
    marked: new Set(),
    answered: false,
    clock: {
      now: () => timeline.now() + skew(),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true || ms <= 0) return resolve();
          const wake = (): void => {
            clearTimeout(timer);
            signal?.removeEventListener("abort", wake);
            resolve();
          };
          const timer = setTimeout(wake, ms);
          signal?.addEventListener("abort", wake, { once: true });
        }),
    },
    gate: async (at?: Moment) => {
      const { owner } = hand;
      const blow = count("step") ?? (at === undefined ? undefined : count(at));
      if (blow !== undefined) for (const act of hand.marked) notes.struck.add(act);
      if (blow?.as === "crash") {
        if (hand.underWay > 0) notes.tally["crash with a call under way"] += 1;
        owner.dead = true;
        hand.died();
      }
      if (blow?.as === "stop" || blow?.as === "sleep" || blow?.as === "stale") {
        owner.frozenUntil = timeline.now() + blow.forMs;
        if (blow.as === "sleep") owner.slept += blow.forMs;
        if (blow.as === "stale") fallBehind(blow.forMs);
      }
      if (at !== undefined && !owner.dead) reached(at, owner);
      if (blow?.as === "fail") failing = true;
      await standing(owner, timeline);
    },
    trip: () => {
      if (!failing) return;
      failing = false;
      for (const act of hand.marked) notes.struck.add(act);
      notes.tally["a unit failed half-way"] += 1;
      throw new Error("the store failed half-way");
    },
    died: () => undefined,
  };
  return hand;
};

/** What of a worker's life its contracts go through. */
export interface Contracts {
  readonly store: Store;
  readonly channel: Channel;
  readonly crm: Crm;
  readonly log: Log;
}

const inUnit = /^(?:unit|note)\./;

/** Two that meet in a database are run again: nobody is told. */
const hasMet = (thrown: unknown): boolean => {
  if (!(thrown instanceof Error)) return false;
  const code = (thrown.cause as { readonly code?: string } | undefined)?.code;
  return /others kept/.test(thrown.message) || ["40P01", "40001", "55P03", "23505"].includes(code ?? "");
};

/** The contracts as a worker has them: each step of each may be its last. */
export const contractsOf = (hand: Hand, raw: Omit<Contracts, "log">, notes: Notes, clock: () => number): Contracts => {
  const { tally } = notes;
  const around: Around = async (name, run) => {
    if (inUnit.test(name)) {
      // The first call of a unit has gone well, so that half of it stands: what is done about that is the question.
      const done = await run();
      hand.trip();
      return done;
    }
    const marks = name === "store.sending";
    const ends = name === "store.settle" && hand.answered;
    if (ends) hand.answered = false;
    await hand.gate(marks ? "permitted" : ends ? "answered" : undefined);
    const { owner } = hand;
    const [asked, free] = [clock(), owner.frozenUntil <= clock()];
    let value: unknown;
    try {
      value = await run();
    } catch (thrown) {
      // Who stood still meanwhile is told so by right.
      const stood = !free || owner.frozenUntil > asked;
      if (name.startsWith("store.") && !stood && hasMet(thrown)) notes.met.push(`${name}: ${String(thrown)}`);
      throw thrown;
    }
    await hand.gate(marks ? "marked" : undefined);
    return value;
  };
  const lease: Store["lease"] = async (wanted) => {
    const leases = await raw.store.lease(wanted);
    for (const { run } of leases) {
      const key = run[0]?.effect.key ?? "";
      const times = (notes.leased.get(key) ?? 0) + 1;
      notes.leased.set(key, times);
      // Time stands still for whoever spins without waiting for anything: an error makes it wait, and the laws say what it was.
      if (times > mostLeases) throw new Error("handed out again and again");
    }
    tally["takeover in sending"] += leases.filter(({ run }) => run[0]?.state === "sending").length;
    return leases;
  };
  const sending: Store["sending"] = (marks) => {
    for (const { effect } of marks) hand.marked.add(effect);
    return raw.store.sending(marks);
  };
  const settle: Store["settle"] = async (settled, also) => {
    const became = await raw.store.settle(settled, also);
    for (const { outcomes } of settled) for (const { effect } of outcomes) hand.marked.delete(effect);
    return became;
  };
  const own: Readonly<Record<string | symbol, unknown>> = { lease, sending, settle };
  const store = new Proxy(raw.store, {
    get: (target, name) => own[name] ?? (Reflect.get(target, name) as unknown),
  });
  const watched = (_fields: object, message: string): void => {
    if (message.startsWith("a lease was lost")) tally["a lost lease brought a receipt"] += 1;
    if (message.includes("send window was over")) tally["window over before the call left"] += 1;
  };
  return {
    store: wrapped(store, "store", shapes.store, around),
    channel: wrapped(raw.channel, "channel", shapes.channel, around),
    crm: wrapped(raw.crm, "crm", shapes.crm, around),
    log: { debug: watched, info: watched, warn: watched, error: watched },
  };
};
