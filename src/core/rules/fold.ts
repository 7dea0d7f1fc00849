import lookalike from "unhomoglyph";

/** A text as it reads, however it was written: without case, accents, invisible characters and look-alikes. */
export interface Folded {
  readonly text: string;
  /** Where each of its characters began in the text as it was written; one more for the end. */
  readonly at: readonly number[];
  /** Which of its characters were capitals. */
  readonly capital: readonly boolean[];
}

const known = new Map<string, string>();

/** The plain digit of any script's. Their blocks are runs of ten. */
const digit = (char: string): string => {
  let zero = char.codePointAt(0) ?? 0;
  const of = zero;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && of - zero < 9) zero -= 1;
  return String(of - zero);
};

const plain = (char: string): string => {
  if (/[\p{M}\p{Cf}\ufe00-\ufe0f]/u.test(char)) return "";
  if (/\p{Nd}/u.test(char) && !/\d/.test(char)) return digit(char);
  const like = char > "\u007f" ? lookalike(char) : char;
  // What looks like a digit or a sign and is a letter stays the letter that it is.
  return /^[a-z]+$/i.test(like) ? like.normalize("NFC") : char;
};

const foldChar = (char: string): string => {
  const before = known.get(char);
  if (before !== undefined) return before;
  const folded = Array.from(char.normalize("NFKD"), plain).join("").replaceAll("ß", "ss");
  if (known.size < 20_000) known.set(char, folded);
  return folded;
};

/** Folds a text, and remembers where every character was. */
export const fold = (text: string): Folded => {
  const at: number[] = [];
  const capital: boolean[] = [];
  let out = "";
  let from = 0;
  for (const char of text) {
    const folded = foldChar(char);
    const lower = folded.toLowerCase();
    for (let i = 0; i < lower.length; i++) {
      at.push(from);
      capital.push(folded !== lower);
    }
    out += lower;
    from += char.length;
  }
  at.push(text.length);
  return { text: out, at, capital };
};
