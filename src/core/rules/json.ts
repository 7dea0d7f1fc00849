// Only a number this long can be an id that a double cannot hold; strings are left alone by the reviver anyway.
const bigNumber = /[:[,]\s*-?\d{16}/;

interface Source {
  readonly source?: string;
}

// X's own deliveries are some twelve levels deep. Reading and writing what is deeper by thousands overflows the stack.
const deepest = 100;

// A string need not end: a pattern that never fails never goes back, and so takes no longer than the text is long.
const signs = /"(?:[^"\\]+|\\.)*"?|[[\]{}]/gs;

const opensMore = (text: string, most: number): boolean => {
  let opened = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if ((sign === 0x5b || sign === 0x7b) && ++opened > most) return true;
  }
  return false;
};

const tooDeep = (text: string): boolean => {
  // Most deliveries open fewer brackets than that in all, in words or not.
  if (!opensMore(text, deepest)) return false;
  let depth = 0;
  for (const [sign] of text.matchAll(signs)) {
    if (sign === "[" || sign === "{") depth += 1;
    else if (sign === "]" || sign === "}") depth -= 1;
    if (depth > deepest) return true;
  }
  return false;
};

/**
 * Parses JSON without damage to ids: a whole number beyond 2^53 comes out as a string of its digits.
 *
 * @throws SyntaxError when it is no JSON, or none that anybody would send: nested deeper than 100 levels.
 */
export const parseJson = (text: string): unknown => {
  if (tooDeep(text)) throw new SyntaxError("nested too deep");
  if (!bigNumber.test(text)) return JSON.parse(text);
  // `context.source` is the number as it was written: Node 21 and later.
  const keep = (_key: string, value: unknown, context?: Source): unknown =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? context?.source
      : value;
  return JSON.parse(text, keep);
};
