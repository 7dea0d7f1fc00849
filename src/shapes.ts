import { kindOf, type Lack } from "./core/contracts/given.ts";

/** Says what is wrong with a value, and what to give instead; nothing, of a `T`. */
export type Shape<T> = ((value: unknown) => readonly Lack[]) & {
  /** Never there: by it the compiler knows the `T`. */
  readonly of?: (value: T) => void;
};
/** What a shape takes. */
export type Of<S> = S extends Shape<infer T> ? T : never;

/** What a value holds, by name; nothing, of what can hold nothing. */
export const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const instead = (give: string, kind: string): readonly Lack[] => [{ path: [], message: `give ${give}, not ${kind}` }];

/** What is told apart at a glance. */
export const kind =
  <T>(give: string, is: (value: unknown) => boolean): Shape<T> =>
  (value) =>
    is(value) ? [] : instead(give, kindOf(value));

/** A text, whatever it says. */
export const textOf = (give: string): Shape<string> => kind(give, (value) => typeof value === "string");

/** A number, also one without an end: some verbs may go on for ever. */
export const numberOf = (give: string): Shape<number> =>
  kind(give, (value) => typeof value === "number" && !Number.isNaN(value));

/** One of a few texts. */
export const oneOf =
  <T extends string>(...all: readonly T[]): Shape<T> =>
  (value) => {
    if (all.some((one) => one === value)) return [];
    return instead(
      all.map((one) => `"${one}"`).join(" or "),
      typeof value === "string" ? "another text" : kindOf(value),
    );
  };

/** What may be left out. */
export const maybe =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value) =>
    value === undefined ? [] : shape(value);

const within = (at: PropertyKey, lacks: readonly Lack[]): readonly Lack[] =>
  lacks.map(({ path, message }) => ({ path: [at, ...path], message }));

/** A list of what is alike. */
export const listOf =
  <T>(give: string, shape: Shape<T>): Shape<readonly T[]> =>
  (value) =>
    Array.isArray(value) ? value.flatMap((one, at) => within(at, shape(one))) : instead(give, kindOf(value));

/** A shape for each name. */
export type Fields = Readonly<Record<string, Shape<never>>>;
type Optional<F> = { [N in keyof F]: undefined extends Of<F[N]> ? N : never }[keyof F];
/** What has these names. */
export type Having<F> = { readonly [N in Exclude<keyof F, Optional<F>>]: Of<F[N]> } & {
  readonly [N in Optional<F>]?: Of<F[N]>;
};

/** Names that may not be left out. */
export const neededIn = (fields: Fields): readonly string[] =>
  Object.keys(fields).filter((name) => (fields[name]?.(undefined) ?? []).length > 0);

/** An object with these names. Others are passed over. */
export const what = <F extends Fields>(fields: F, give?: string): Shape<Having<F>> => {
  const needed = neededIn(fields);
  const names = needed.length > 0 ? needed : Object.keys(fields);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return instead(give ?? `an object with ${names.join(", ")}`, kindOf(value));
    return Object.entries(fields).flatMap(([name, shape]) => within(name, shape(members(value)[name])));
  };
};
