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

/** Stands around each call of a contract: it may hinder the call, or what comes of it. */
export type Around = (name: string, run: () => unknown) => Promise<unknown>;

const note: Shape = { plain: [] };
const unit: Shape = { plain: [], opens: { note: ["note", note] } };

/** The shapes of the contracts. */
export const shapes: Readonly<Record<"store" | "channel" | "crm", Shape>> = {
  store: { plain: ["stirred", "troubles", Symbol.asyncDispose], hands: ["unit", unit] },
  channel: { plain: ["accounts", "can", "bucket", "price", "fits", "parts", "url", "parse"], pages: ["since"] },
  crm: { plain: ["url", "parse", "troubles", "listen"], pages: ["since"] },
};

/** A page counts as a call that begins when it is asked for: what is done with it afterwards is counted there. */
async function* paged<T>(pages: AsyncIterable<T>, name: string, around: Around): AsyncIterable<T> {
  const iterator = pages[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = (await around(name, () => iterator.next())) as IteratorResult<T, undefined>;
    if (done === true) return;
    yield value;
  }
}

type Handed = (first: object, ...rest: readonly unknown[]) => unknown;

/** Wraps a contract, so that each call of it goes through `around`. */
export const wrapped = <T extends object>(target: T, name: string, shape: Shape, around: Around): T => {
  const inside = (arg: unknown): unknown => {
    const { hands } = shape;
    if (typeof arg !== "function" || hands === undefined) return arg;
    return (first: object, ...rest: readonly unknown[]) =>
      (arg as Handed)(wrapped(first, hands[0], hands[1], around), ...rest);
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
        return (...args: readonly unknown[]) => wrapped(run(...args) as object, opens[0], opens[1], around);
      }
      if (shape.pages?.includes(key) === true) {
        return (...args: readonly unknown[]) => paged(run(...args) as AsyncIterable<unknown>, label, around);
      }
      return (...args: readonly unknown[]) => around(label, () => run(...args));
    },
  });
};
