/** One figure, beside its floor of the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the same machine does, in the same run, without what casethread adds. */
  readonly floor: number | null;
  /** Of value to floor: the median over the rounds, each of which measured both. */
  readonly ratio: number | null;
  /** What was promised. A figure that only gives another one its scale has no target. */
  readonly target: string | null;
  readonly holds: boolean;
}

/** Tells how far a bench has come. */
export type OnProgress = (done: number, all: number) => void;

/** What is promised of a figure: of its value, or of its ratio to the floor. */
export interface Target {
  readonly of: "value" | "ratio";
  readonly is: "at least" | "at most";
  readonly bound: number;
}

/** The middle one, or the mean of the middle two. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
};

/** What each side came to in one round. */
export type Round<Side extends string> = Readonly<Record<Side, number>>;

/**
 * Measures several sides in turn, over and over, so that a noisy moment of the machine hits all of them. The order turns
 * with each round. The first round warms up and does not count, unless it is the only one.
 */
export const inRounds = async <Side extends string>(
  count: number,
  sides: Readonly<Record<Side, () => Promise<number> | number>>,
  onProgress?: OnProgress,
): Promise<readonly Round<Side>[]> => {
  const names = Object.keys(sides) as Side[];
  const rounds: Round<Side>[] = [];
  const all = count === 1 ? 1 : count + 1;
  for (let at = 0; at < all; at++) {
    const round: Partial<Record<Side, number>> = {};
    for (const name of at % 2 === 0 ? names : names.toReversed()) {
      round[name] = await sides[name]();
      onProgress?.(at * names.length + Object.keys(round).length, all * names.length);
    }
    rounds.push(round as Round<Side>);
  }
  return rounds.slice(all - count);
};

const holds = (target: Target, value: number, ratio: number | null): boolean => {
  const measured = target.of === "value" ? value : (ratio ?? NaN);
  return target.is === "at least" ? measured >= target.bound : measured <= target.bound;
};

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Makes a figure of what was measured. */
export const figureOf = (
  what: Pick<Figure, "name" | "unit"> & { readonly target?: Target },
  measured: readonly { readonly value: number; readonly floor?: number }[],
): Figure => {
  const { name, unit, target } = what;
  const value = median(measured.map((one) => one.value));
  const floors = measured.flatMap(({ floor }) => floor ?? []);
  const ratios = measured.flatMap((one) => (one.floor === undefined ? [] : one.value / one.floor));
  const ratio = ratios.length === 0 ? null : median(ratios);
  return {
    name,
    value: rounded(value),
    unit,
    floor: floors.length === 0 ? null : rounded(median(floors)),
    ratio: ratio === null ? null : rounded(ratio),
    target: target === undefined ? null : `${target.of} ${target.is} ${target.bound}`,
    holds: target === undefined || holds(target, value, ratio),
  };
};

const shown = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

/** A figure as people read it. */
export const figureText = ({ name, value, unit, floor, ratio, target, holds: held }: Figure): string => {
  const beside = floor === null ? "" : `, floor ${shown(floor)}`;
  const times = ratio === null ? "" : `, ratio ${ratio.toFixed(2)}`;
  const verdict = target === null ? "" : `; ${held ? "holds" : "missed"}: ${target}`;
  return `${name.padEnd(22)} ${shown(value)} ${unit}${beside}${times}${verdict}`;
};
