import { BridgeError } from "../core/contracts/errors.ts";

/** The format of everything this version writes. It rises when a stored value changes its shape. */
export const format = 1;

/** A value as it is stored: the text of `{ format, value }`. */
export type Stored<T> = string & { readonly _: T };

/** Makes the stored text of a value. */
export const wrap = <T>(value: T): Stored<T> => JSON.stringify({ format, value }) as Stored<T>;

/**
 * A stored value.
 *
 * @throws BridgeError `malformed` when a newer version of this library wrote it.
 */
export const unwrap = <T>(text: Stored<T>): T => {
  const stored = JSON.parse(text) as { readonly format: number; readonly value: T };
  if (stored.format > format) {
    throw new BridgeError(
      `a stored value has format ${stored.format}, and this version of casethread reads up to ${format}: update casethread`,
      { fault: "malformed", adapter: "store", landed: "no" },
    );
  }
  return stored.value;
};
