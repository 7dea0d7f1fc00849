// Only a number this long can be an id that a double cannot hold; strings are left alone by the reviver anyway.
const bigNumber = /[:[,]\s*-?\d{16}/;

interface Source {
  readonly source?: string;
}

/**
 * Parses JSON without damage to ids: a whole number beyond 2^53 comes out as a string of its digits.
 *
 * @throws SyntaxError when it is no JSON.
 */
export const parseJson = (text: string): unknown => {
  if (!bigNumber.test(text)) return JSON.parse(text);
  // `context.source` is the number as it was written: Node 21 and later.
  const keep = (_key: string, value: unknown, context?: Source): unknown =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? context?.source
      : value;
  return JSON.parse(text, keep);
};
