// Letters that look like a Latin one, after it: from Unicode's confusables (UTS #39), those of one letter that have no plain form of
// their own. A whole library of them would be loaded by whoever loads this one.
const alike =
  "aɑαаΑАᎪꓮ bƄЬᏏꞴΒВᏴꓐ cᴄϲⲥсꮯϹⲤСᏟꓚ dԁᏧꓒᎠꓓ eꬲеҽΕЕᎬꓰ fꬵꞙẝքꞘϜꓝ gɡᶃƍցԌᏀᏳꓖ hһհᏂΗⲎНᎻꓧ iıɪɩιιͺіꙇӏꭵᎥ jϳјꞲͿЈᎫꓙ kΚⲔКᏦꓗ lƖǀΙⲒІӀꓲⳐᏞꓡ mΜϺⲘМᎷꓟ nոռΝⲚꓠ oᴏᴑꬽοσⲟоօΟⲞОՕꓳ pρϱⲣрΡⲢРᏢꓑ qԛգզ rꭇꭈᴦⲅгꮁƦᎡᏒꓣ sꜱƽѕꮪЅՏᏕᏚꓢ tΤⲦТᎢꓔ uꞟᴜꭎꭒʋυսՍꓴ vᴠνѵꮩѴᏙꓦ wɯᴡѡԝաꮃԜᎳᏔꓪ xхꞳΧⲬХꓫ yɣᶌʏỿꭚγуүΥϒⲨУҮᎩᎽꓬ zᴢꮓΖᏃꓜ";

const lookalikes: ReadonlyMap<string, string> = new Map(
  alike
    .split(" ")
    // Which case it was written in says nothing: where a capital looks like one, its small form is taken for the same.
    .flatMap(([latin = "", ...others]) => others.map((other) => [other.toLowerCase(), latin] as const))
    .reverse(),
);

/** A text as it reads, however it was written: without case, accents, invisible characters and look-alikes. */
export interface Folded {
  readonly text: string;
  /** Where each of its characters began in the text as it was written; one more for the end. */
  readonly at: readonly number[];
  /** Which of its characters were capitals. */
  readonly capital: readonly boolean[];
}

const known = new Map<string, Char>();

/** The plain digit of any script's. Their blocks are runs of ten. */
const digit = (char: string): string => {
  let zero = char.codePointAt(0) ?? 0;
  const of = zero;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && of - zero < 9) zero -= 1;
  return String(of - zero);
};

/** White letters on black, which have no plain form of their own: in circles and in squares. */
const onBlack = [0x1_f1_50, 0x1_f1_70];
const letterOnBlack = (char: string): string | undefined => {
  const code = char.codePointAt(0) ?? 0;
  const first = onBlack.find((from) => code >= from && code < from + 26);
  return first === undefined ? undefined : String.fromCodePoint(0x41 + code - first);
};

const plain = (char: string): string => {
  const letter = letterOnBlack(char);
  if (letter !== undefined) return letter;
  if (/[\p{M}\p{Cf}\ufe00-\ufe0f]/u.test(char)) return "";
  if (/\p{Nd}/u.test(char) && !/\d/.test(char)) return digit(char);
  return char;
};

interface Char {
  readonly text: string;
  readonly capital: boolean;
}

const foldChar = (char: string): Char => {
  const before = known.get(char);
  if (before !== undefined) return before;
  const read = Array.from(char.normalize("NFKD"), plain).join("").replaceAll("ß", "ss");
  const lower = read.toLowerCase();
  const text = Array.from(lower, (one) => lookalikes.get(one) ?? one).join("");
  const folded = { text, capital: read !== lower };
  if (known.size < 20_000) known.set(char, folded);
  return folded;
};

const ascii = /^[\u0020-\u007e\n\r\t]*$/;

/** Most of what is said: every character stays where it is. */
const foldPlain = (written: string): Folded => {
  const text = written.toLowerCase();
  const at: number[] = [];
  const capital: boolean[] = [];
  for (let i = 0; i < text.length; i++) {
    at.push(i);
    capital.push(text.charCodeAt(i) !== written.charCodeAt(i));
  }
  at.push(text.length);
  return { text, at, capital };
};

/** Folds a text, and remembers where every character was. */
export const fold = (written: string): Folded => {
  if (ascii.test(written)) return foldPlain(written);
  const at: number[] = [];
  const capital: boolean[] = [];
  let out = "";
  let from = 0;
  for (const char of written) {
    const folded = foldChar(char);
    for (let i = 0; i < folded.text.length; i++) {
      at.push(from);
      capital.push(folded.capital);
    }
    out += folded.text;
    from += char.length;
  }
  at.push(written.length);
  return { text: out, at, capital };
};
