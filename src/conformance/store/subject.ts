import type { Lease, SendingMark, Store } from "../../core/contracts/store.ts";
import type { Outcome } from "../../core/words/effect.ts";
import type { Door, EffectKey, Instant } from "../../core/words/ref.ts";
import type { Law } from "../law.ts";

/** What the laws of a store are tried on. */
export interface StoreSubject extends Partial<AsyncDisposable> {
  /** A new connection to the data of this name; the same name finds the same data. */
  open(name: string): Promise<Store>;
  destroy(name: string): Promise<void>;
  now(): Instant;
  /** Lets the store's time pass. */
  advance(ms: number): Promise<void>;
  /** Can two connections share one name? A store in memory has one only. */
  readonly shared: boolean;
  /** Does `working` exclude a second worker on a second connection? */
  readonly exclusive: boolean;
  /** With nobody connected: takes a copy of the data as it is, and answers with a function that puts it back. */
  backup?(name: string): Promise<() => Promise<void>>;
}

/** A store under a law, and a second connection to the same data: the same store again where it cannot be shared. */
export interface Bench {
  readonly name: string;
  readonly store: Store;
  readonly other: Store;
  readonly subject: StoreSubject;
}

/** A law of a store, and what a store must be able to do for it to say anything. */
export interface StoreLaw extends Law<StoreSubject> {
  readonly needs?: "shared" | "exclusive" | "backup";
}

let names = 0;

/** Makes a law that runs on fresh data of its own. */
export const storeLaw = (name: string, run: (bench: Bench) => Promise<void>, needs?: StoreLaw["needs"]): StoreLaw => ({
  name,
  ...(needs === undefined ? {} : { needs }),
  run: async (subject) => {
    names += 1;
    const data = `law-${process.pid}-${names}`;
    const store = await subject.open(data);
    const other = subject.shared ? await subject.open(data) : store;
    try {
      await run({ name: data, store, other, subject });
    } finally {
      await other[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await subject.destroy(data);
    }
  },
});

/** Leases what is due at a door: up to ten lanes, ten acts each, for a minute. */
export const leaseAt = (store: Store, door: Door, each = 10): Promise<readonly Lease[]> =>
  store.lease({ door, lanes: 10, each, forMs: 60_000 });

/** The keys of a run, in order. */
export const keysOf = (lease: Lease | undefined): readonly EffectKey[] =>
  (lease?.run ?? []).map((one) => one.effect.key);

/** Settles effects of a lease in one way. The answer is what became of it. */
export const settleAs = async (
  store: Store,
  lease: Lease,
  outcome: Outcome,
  effects: readonly EffectKey[] = keysOf(lease),
): Promise<"kept" | "lost" | undefined> => {
  const [fate] = await store.settle([{ lease, outcomes: effects.map((effect) => ({ effect, outcome })) }], () =>
    Promise.resolve(),
  );
  return fate;
};

/** A mark with two seconds to send, ten to answer, and thirty of quiet. */
export const markOf = (lease: Lease, effect: EffectKey, more: Partial<SendingMark> = {}): SendingMark => ({
  lease,
  effect,
  windowMs: 2_000,
  quietMs: 30_000,
  timeoutMs: 10_000,
  ...more,
});

/** The first of a list that a law counts on. */
export const one = <T>(list: readonly T[], what: string): T => {
  const [first] = list;
  if (first === undefined) throw new Error(`expected ${what}, saw none`);
  return first;
};
