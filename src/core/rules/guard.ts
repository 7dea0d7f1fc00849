import { emails } from "./marks.ts";
import type { PublicWords, Why } from "../words/ref.ts";

/** Private data in public words: what kind, and how often. Never the words. */
const kinds: readonly (readonly [string, RegExp, ((hit: string) => boolean)?])[] = [
  ["email", emails],
  ["card", /(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)/gu, (hit) => luhn(hit.replace(/\D/g, ""))],
  ["iban", /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/gu],
  ["phone", /(?<![\p{L}\d/])\+?(?:\d[ ().-]{0,2}){8,14}\d(?![\p{L}\d])/gu],
];

const luhn = (digits: string): boolean => {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.at(-1 - i));
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};

/** What the guard found. */
export type Guarded = { readonly words: PublicWords } | { readonly blocked: Why };

/**
 * May these words go on the feed? Blocks e-mail addresses, phone, card and bank account numbers, and whatever was told
 * only in private. Links are not looked into.
 */
export const guard = (text: string, leaked: readonly string[]): Guarded => {
  const outside = text.replace(/https?:\/\/\S+/giu, " ");
  const found = kinds
    .filter(([, shape, holds]) => [...outside.matchAll(shape)].some(([hit]) => holds?.(hit) ?? true))
    .map(([kind]) => kind);
  if (leaked.length > 0) found.push("told-in-private");
  if (found.length === 0) return { words: text as PublicWords };
  return { blocked: { code: "private-data", params: { kinds: found.join(", ") } } };
};

/** The words as they are: where the brand asked the guard only to report, and for the words of a rehearsal. */
export const unguarded = (text: string): PublicWords => text as PublicWords;
