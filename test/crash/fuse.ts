import type { Around } from "./wrap.ts";

/** Where a play goes wrong: at one call of a contract, once (`error`), or from then on for that process (`crash`). */
export interface Fault {
  /** The number of the call, from 1; a number that is never reached lets the play go well. */
  readonly at: number;
  /** Or the first call of this name. */
  readonly named?: string;
  readonly when: "before" | "after";
  readonly mode: "error" | "crash";
}

/** Counts the calls of all contracts, and fails one of them. */
export interface Fuse extends Fault {
  /** How many calls were counted so far, over all lives. */
  count: number;
  /** Calls that have begun and not ended. */
  underWay: number;
  /** Which process is alive: one more with each start. */
  life: number;
  /** The call at which it blew. */
  blown: string | undefined;
  /** The process that died of it. */
  dead: number | undefined;
  /** The names of all calls. */
  readonly seen: Set<string>;
}

/** Makes a fuse. */
export const createFuse = (fault: Fault): Fuse => ({
  ...fault,
  count: 0,
  underWay: 0,
  life: 0,
  blown: undefined,
  dead: undefined,
  seen: new Set(),
});

class Blown extends Error {
  override readonly name = "Blown";
}

interface Call {
  readonly fuse: Fuse;
  readonly name: string;
  readonly number: number;
  readonly life: number;
}

const burn = ({ fuse, name, number, life }: Call, when: Fault["when"]): void => {
  if (fuse.dead === life) throw new Blown(`dead since ${fuse.blown}`);
  if (fuse.blown !== undefined || (number !== fuse.at && name !== fuse.named) || when !== fuse.when) return;
  fuse.blown = `${when} call ${number}, ${name}`;
  if (fuse.mode === "crash") fuse.dead = life;
  throw new Blown(fuse.blown);
};

const begin = (fuse: Fuse, name: string, life: number): Call => {
  fuse.count += 1;
  fuse.seen.add(name);
  return { fuse, name, number: fuse.count, life };
};

const called = async (call: Call, run: () => unknown): Promise<unknown> => {
  call.fuse.underWay += 1;
  try {
    burn(call, "before");
    const result = await run();
    burn(call, "after");
    return result;
  } finally {
    call.fuse.underWay -= 1;
  }
};

/** Counts each call of the process that is alive now, and blows where it is to blow. */
export const around = (fuse: Fuse, life: number = fuse.life): Around => {
  return (name, run) => called(begin(fuse, name, life), run);
};
