import * as fc from "fast-check";

type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };
type Holder = Tree[] | { [key: string]: Tree };

/** One change to a body: of its structure, or of its bytes. `at` and `with` pick a place whatever the size. */
type Step =
  | { readonly how: "put" | "twice"; readonly at: number; readonly text: string }
  | { readonly how: "drop" | "wrap" | "many"; readonly at: number }
  | { readonly how: "rename"; readonly at: number; readonly name: string }
  | { readonly how: "swap"; readonly at: number; readonly with: number }
  | { readonly how: "cut" | "flip"; readonly at: number; readonly with: number }
  | { readonly how: "insert"; readonly at: number; readonly bytes: readonly number[] };

const deep = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

/** JSON that somebody might write to do harm, as text: much of it no value could be written back as. */
const hostileJson: readonly string[] = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1.5",
  "1e308",
  "1e400",
  "-1e400",
  "9007199254740993",
  "9".repeat(400),
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udc00\\ud800x"',
  '"%00/|\\n\\u2028"',
  '"Infinity"',
  '"NaN"',
  '"0x10"',
  '"-271821-04-20T00:00:00Z"',
  '"+275760-09-13T00:00:00Z"',
  '"99999999999999"',
  `"${"9".repeat(30)}"`,
  '"-5"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"hasOwnProperty"',
  '"oauth.revoke"',
  '"\\ufeff{}"',
  "{}",
  "[]",
  "[[]]",
  "[null]",
  '{"length":9}',
  '{"toString":1,"valueOf":1}',
  '{"toJSON":1}',
  '{"then":{}}',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"id":"1","id":[]}',
  `"${"a".repeat(9_000)}"`,
  `"${" ".repeat(9_000)}"`,
  `"${"@a.1 ".repeat(1_500)}"`,
  `"${"1 (".repeat(2_000)}"`,
  `"${'\\"'.repeat(4_500)}`,
  deep("[", "]", 9_000),
  `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`,
];

const names = ["__proto__", "constructor", "prototype", "toString", "then", "", "\ud800", "ID", "a".repeat(2_000)];
const nasty = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0], [0xef, 0xbb, 0xbf], [0x22]];

const at = fc.nat(1_000_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      how: fc.constantFrom("put", "twice"),
      at,
      text: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...hostileJson) },
        { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
      ),
    }),
  },
  { weight: 4, arbitrary: fc.record({ how: fc.constantFrom("drop", "wrap", "many"), at }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant("rename"), at, name: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant("swap"), at, with: at }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constantFrom("cut", "flip"), at, with: at }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant("insert"), at, bytes: fc.constantFrom(...nasty) }) },
);

/** What was made of which genuine body. */
export interface Mutation {
  readonly of: number;
  readonly steps: readonly Step[];
}

/** Draws what is to be done to which of so many bodies. */
export const mutation = (bodies: number): fc.Arbitrary<Mutation> =>
  fc.record({ of: fc.nat(bodies - 1), steps: fc.array(step, { minLength: 1, maxLength: 4 }) });

// A string that stands for raw JSON until all is written out: no value could carry 1e400, or a key twice.
const stand = (n: number): string => `\u0001raw ${n}\u0001`;
const stands = /"\\u0001raw (\d+)\\u0001"/g;

const places = (tree: Tree, found: (readonly [Holder, string])[] = []): (readonly [Holder, string])[] => {
  if (typeof tree !== "object" || tree === null) return found;
  for (const key of Object.keys(tree)) {
    found.push([tree, key]);
    places((tree as { [key: string]: Tree })[key] as Tree, found);
  }
  return found;
};

const set = (holder: Holder, key: string, value: Tree): void =>
  void Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });

const change = (tree: { [key: string]: Tree }, one: Step, raw: string[]): void => {
  const all = places(tree);
  const place = all[one.at % all.length];
  if (place === undefined) return;
  const [holder, key] = place;
  const value = (holder as { [key: string]: Tree })[key] as Tree;
  const put = (text: string): void => set(holder, key, stand(raw.push(text) - 1));
  switch (one.how) {
    case "put":
      return put(one.text);
    case "twice":
      if (Array.isArray(holder)) return put(`${one.text},${JSON.stringify(value)}`);
      return put(`${one.text},${JSON.stringify(key)}:${JSON.stringify(value)}`);
    case "drop":
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      return;
    case "wrap":
      return set(holder, key, one.at % 2 === 0 ? [value] : { data: value });
    case "many":
      return set(
        holder,
        key,
        Array.from({ length: 8 }, () => value),
      );
    case "rename":
      if (Array.isArray(holder)) return;
      delete holder[key];
      return set(holder, one.name, value);
    case "swap": {
      const [other, name] = all[one.with % all.length] ?? place;
      // A copy: put inside itself it would be a ring.
      set(holder, key, structuredClone((other as { [key: string]: Tree })[name] as Tree));
      return;
    }
    case "cut":
    case "flip":
    case "insert":
  }
};

const bite = (bytes: Uint8Array, one: Step): Uint8Array => {
  const from = one.at % (bytes.length + 1);
  const head = bytes.subarray(0, from);
  switch (one.how) {
    case "cut":
      return one.with % 2 === 0 ? head : Buffer.concat([head, bytes.subarray(from + 3)]);
    case "flip":
      return Uint8Array.from(bytes).fill((bytes[from] ?? 0) ^ (1 << (one.with % 8)), from, from + 1);
    case "insert":
      return Buffer.concat([head, Uint8Array.from(one.bytes), bytes.subarray(from)]);
    case "put":
    case "twice":
    case "drop":
    case "wrap":
    case "many":
    case "rename":
    case "swap":
      return bytes;
  }
};

/** The mutant of a genuine body, which is JSON. */
export const mutantOf = (genuine: string, steps: readonly Step[]): Uint8Array => {
  // Within something, so that the whole can be put in another's place as well.
  const tree = { whole: JSON.parse(genuine) as Tree };
  const raw: string[] = [];
  for (const one of steps) change(tree, one, raw);
  // Twice, for a raw text may hold the stand-in of an earlier one.
  let text = JSON.stringify(tree.whole) ?? "";
  for (let pass = 0; pass < 2; pass += 1) text = text.replace(stands, (_, n: string) => raw[Number(n)] ?? "");
  return steps.reduce(bite, new TextEncoder().encode(text));
};
