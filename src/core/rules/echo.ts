// Networks rewrite what they are given: links are shortened or appended, spaces folded, marks composed.
const plain = (text: string): string =>
  text
    .normalize("NFC")
    .replace(/https?:\/\/\S+/giu, "")
    .replace(/[\s\u200b-\u200f\u2060\ufeff]+/gu, " ")
    .trim();

/** Could a network show the one text as the other? Compares without links, invisible characters and the width of spaces. */
export const sameWords = (a: string, b: string): boolean => plain(a) === plain(b);
