/** Throws at one call of a contract, before or after it: once (`error`), or from then on, as a process that died would (`crash`). */
export interface Fuse {
  readonly at: number;
  readonly when: "before" | "after";
  readonly mode: "error" | "crash";
  /** How many calls were counted so far. */
  count: number;
  /** The call at which it blew. */
  blown: string | undefined;
}

export const createFuse = (at: number, when: Fuse["when"], mode: Fuse["mode"]): Fuse => ({ at, when, mode, count: 0, blown: undefined });

class Blown extends Error {
  override readonly name = "Blown";
}

const dead = (fuse: Fuse): boolean => fuse.blown !== undefined && fuse.mode === "crash";

const burn = (fuse: Fuse, name: string, when: Fuse["when"], number: number): void => {
  if (dead(fuse)) throw new Blown(`dead since ${fuse.blown}`);
  if (fuse.blown === undefined && number === fuse.at && when === fuse.when) {
    fuse.blown = `${when} call ${number}: ${name}`;
    throw new Blown(fuse.blown);
  }
};

async function* iterated<T>(pages: AsyncIterable<T>, fuse: Fuse, name: string): AsyncIterable<T> {
  for await (const page of pages) {
    fuse.count += 1;
    const number = fuse.count;
    burn(fuse, `${name}.page`, "before", number);
    yield page;
    burn(fuse, `${name}.page`, "after", number);
  }
}

const called = async (fuse: Fuse, name: string, call: () => Promise<unknown>): Promise<unknown> => {
  fuse.count += 1;
  const number = fuse.count;
  burn(fuse, name, "before", number);
  const result = await call();
  burn(fuse, name, "after", number);
  return result;
};

/** What a contract's method is. */
export type Kinds<T> = Partial<Record<keyof T, "call" | "pages">>;

/** Wraps the named methods of a contract, so that the fuse counts each call. `inside` wraps what a unit's work is handed. */
export const fused = <T extends object>(target: T, name: string, kinds: Kinds<T>, fuse: Fuse, inside?: (value: object) => object): T =>
  new Proxy(target, {
    get(object, property, receiver) {
      const value: unknown = Reflect.get(object, property, receiver);
      const kind = kinds[property as keyof T];
      if (typeof value !== "function" || kind === undefined) return value;
      const label = `${name}.${String(property)}`;
      return (...args: unknown[]): unknown => {
        const wrapped = inside === undefined ? args : args.map((arg) => (typeof arg === "function" ? handing(arg as Handed, inside) : arg));
        const run = (): unknown => Reflect.apply(value, object, wrapped);
        if (kind === "pages") return iterated(run() as AsyncIterable<unknown>, fuse, label);
        return called(fuse, label, async () => run());
      };
    },
  });

type Handed = (first: object, ...rest: unknown[]) => unknown;
const handing =
  (work: Handed, inside: (value: object) => object): Handed =>
  (first, ...rest) =>
    work(inside(first), ...rest);
