/** Where a play goes wrong: at one call of a contract, once (`error`), or from then on for that process (`crash`). */
export interface Fault {
  /** The number of the call, from 1; a number that is never reached lets the play go well. */
  readonly at: number;
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
  if (fuse.blown !== undefined || number !== fuse.at || when !== fuse.when) return;
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

/** A page counts as a call that begins when it is asked for: what is done with it afterwards is counted there. */
async function* paged<T>(pages: AsyncIterable<T>, fuse: Fuse, name: string, life: number): AsyncIterable<T> {
  const iterator = pages[Symbol.asyncIterator]();
  for (;;) {
    const next = await called(begin(fuse, name, life), () => iterator.next());
    const { done, value } = next as IteratorResult<T, undefined>;
    if (done === true) return;
    yield value;
  }
}

/** What is special about a contract. Everything else on it is a call that ends some time. */
export interface Shape {
  /** What answers at once, and is let through. */
  readonly plain: readonly (string | symbol)[];
  /** What answers page by page. */
  readonly pages?: readonly string[];
  /** What answers at once with a contract of its own: its name and its shape. */
  readonly opens?: Readonly<Record<string, readonly [string, Shape]>>;
  /** What the work is handed that some calls take. */
  readonly hands?: readonly [string, Shape];
}

type Handed = (first: object, ...rest: readonly unknown[]) => unknown;

/** Wraps a contract for the process that is alive now, so that the fuse counts each call of it. */
export const fused = <T extends object>(
  target: T,
  name: string,
  shape: Shape,
  fuse: Fuse,
  life: number = fuse.life,
): T => {
  const inside = (arg: unknown): unknown => {
    const { hands } = shape;
    if (typeof arg !== "function" || hands === undefined) return arg;
    return (first: object, ...rest: readonly unknown[]) =>
      (arg as Handed)(fused(first, hands[0], hands[1], fuse, life), ...rest);
  };
  return new Proxy(target, {
    get: (object, property) => {
      const value: unknown = Reflect.get(object, property);
      if (typeof value !== "function" || shape.plain.includes(property)) return value;
      const key = String(property);
      const label = `${name}.${key}`;
      const run = (...args: readonly unknown[]): unknown => Reflect.apply(value, object, args.map(inside));
      const opens = shape.opens?.[key];
      if (opens !== undefined) {
        return (...args: readonly unknown[]) => fused(run(...args) as object, opens[0], opens[1], fuse, life);
      }
      if (shape.pages?.includes(key) === true) {
        return (...args: readonly unknown[]) => paged(run(...args) as AsyncIterable<unknown>, fuse, label, life);
      }
      return (...args: readonly unknown[]) => called(begin(fuse, label, life), () => run(...args));
    },
  });
};
