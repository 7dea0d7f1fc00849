/** Does a text fit, counted the network's way? */
type Fits = (text: string) => boolean;

const sentences = new Intl.Segmenter("en", { granularity: "sentence" });
const letters = new Intl.Segmenter("en", { granularity: "grapheme" });
const piecesOf = (text: string, by: Intl.Segmenter): readonly string[] =>
  Array.from(by.segment(text), ({ segment }) => segment);

/** How much of a list, from its beginning, fits together with what goes before it. */
const fill = (before: string, pieces: readonly string[], fits: Fits): number => {
  let taken = 0;
  let text = before;
  for (const piece of pieces) {
    text += piece;
    if (!fits(text.trim())) break;
    taken++;
  }
  return taken;
};

/** Ever smaller pieces of a text: what does not fit as a sentence is cut between words, and a word that does not fit anywhere. */
const finer: readonly ((piece: string) => readonly string[])[] = [
  (text) => piecesOf(text, sentences),
  (sentence) => sentence.match(/\s*\S+\s*$|\s*\S+/gu) ?? [sentence],
  (word) => piecesOf(word, letters),
];

const packed = (text: string, fits: Fits): readonly string[] => {
  const parts: string[] = [];
  let part = "";
  const close = (): void => {
    if (part.trim() !== "") parts.push(part.trim());
    part = "";
  };
  const add = (piece: string, grain: number): void => {
    const cut = finer[grain];
    if (cut === undefined) return;
    let rest = cut(piece);
    while (rest.length > 0) {
      const taken = fill(part, rest, fits);
      part += rest.slice(0, taken).join("");
      rest = rest.slice(taken);
      const [next] = rest;
      if (next === undefined) return;
      // A sentence that fits into a part of its own is not cut.
      if (part !== "" && fits(next.trim())) close();
      else if (grain + 1 < finer.length) {
        add(next, grain + 1);
        rest = rest.slice(1);
      } else if (part === "") return;
      else close();
    }
  };
  add(text, 0);
  close();
  return parts;
};

/** More than a person reads, and a sign that the words were meant for another place. */
const most = 25;

/**
 * A text in as many parts as a network needs, each with its number behind it: "(1/3)". Cut between sentences; a sentence
 * that fits nowhere between words; a word that fits nowhere between letters. A text that fits is left as it is, and so is
 * one that would need more than 25 parts: the network itself then says that it is too long. Pure.
 */
export const partsOf = (text: string, fits: (part: string) => boolean): readonly string[] => {
  if (fits(text)) return [text];
  const reserve = ` (${most}/${most})`;
  const parts = packed(text, (part) => fits(part + reserve));
  const whole = parts.length > 1 && parts.length <= most;
  return whole ? parts.map((part, at) => `${part} (${at + 1}/${parts.length})`) : [text];
};
