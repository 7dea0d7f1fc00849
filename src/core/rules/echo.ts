// Networks rewrite what they are given: links are made of bare domains, shortened or appended; handles are put before an
// answer; spaces are folded, marks composed.
// A name has at most 63 letters between its dots (RFC 1035, 2.3.4); without a bound a long post takes seconds.
const link = /https?:\/\/\S+|(?<![\p{L}\p{N}-])(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,63}(?:\/\S*)?/giu;

const plain = (text: string): string =>
  text
    .normalize("NFC")
    .replace(link, "")
    .replace(/^(?:\s*@\w+)+/u, "")
    .replace(/[\s\u200b-\u200f\u2060\ufeff]+/gu, " ")
    .trim();

/** Does it hold a link, or what a network would make one? */
export const hasLink = (text: string): boolean => text.match(link) !== null;

/** Could a network show the one text as the other? Compares without links, leading handles, invisible characters and the width of spaces. */
export const sameWords = (a: string, b: string): boolean => {
  const [left, right] = [plain(a), plain(b)];
  // Nothing but links on both sides: then the links are the words.
  return left === right && (left !== "" || a.trim() === b.trim());
};
