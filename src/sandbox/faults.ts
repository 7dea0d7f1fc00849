/** A source of chance that gives the same answers for the same seed. */
export type Chance = () => number;

/** Makes a seeded source of numbers in [0, 1): mulberry32, enough for scheduling faults and nothing else. */
export const createChance = (seed: number): Chance => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Faults that a test orders from a sandbox server. */
export interface Faults<Kind extends string> {
  /** The next `times` chances for this fault are taken. */
  inject(kind: Kind, times?: number): void;
  /** From now on this fault happens with this probability. */
  rate(kind: Kind, probability: number): void;
  clear(): void;
  /** Asked by the server at the place where the fault would happen. */
  strikes(kind: Kind): boolean;
  /** How often each fault struck. */
  readonly struck: ReadonlyMap<Kind, number>;
}

/** Makes a board of faults under a seed. */
export const createFaults = <Kind extends string>(chance: Chance): Faults<Kind> => {
  const ordered = new Map<Kind, number>();
  const rates = new Map<Kind, number>();
  const struck = new Map<Kind, number>();
  return {
    struck,
    inject: (kind, times = 1) => void ordered.set(kind, (ordered.get(kind) ?? 0) + times),
    rate: (kind, probability) => void rates.set(kind, probability),
    clear: () => {
      ordered.clear();
      rates.clear();
    },
    strikes: (kind) => {
      const left = ordered.get(kind) ?? 0;
      const hit = left > 0 || chance() < (rates.get(kind) ?? 0);
      if (left > 0) ordered.set(kind, left - 1);
      if (hit) struck.set(kind, (struck.get(kind) ?? 0) + 1);
      return hit;
    },
  };
};
