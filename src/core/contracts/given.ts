import { BridgeError } from "./errors.ts";

/** What is wrong with a value, and where in it. */
export interface Lack {
  readonly path: readonly PropertyKey[];
  /** What to give instead: "give a text". */
  readonly message: string;
}

/** The refusal of a verb, in a sentence that says what to give. */
export const lacking = (adapter: string, verb: string, lacks: readonly Lack[]): BridgeError => {
  const told = lacks.map(({ path, message }) => [...path.map(String), message].join(": "));
  return new BridgeError(`${verb}: ${told.join("; ")}`, { fault: "invalid", adapter, landed: "no" });
};

const kinds: ReadonlyMap<string, string> = new Map([
  ["Undefined", "nothing"],
  ["Null", "null"],
  ["String", "a text"],
  ["Array", "a list"],
  ["Date", "a Date"],
  ["Promise", "a promise"],
]);

/** What kind of thing a value is, for a sentence: never the value, which may be somebody's words. */
export const kindOf = (value: unknown): string => {
  const known = kinds.get(Object.prototype.toString.call(value).slice(8, -1));
  if (known !== undefined) return known;
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};
