/** What an e-mail address looks like. */
export const emails: RegExp =
  /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/giu;
// However it was disguised. What every address has is looked for first, for it is found or missed in a tenth of the time.
const perhapsEmail = /@|\bat\b/;
const disguised =
  /(?<![\p{L}\p{N}._%+-])([\p{L}\p{N}._%+-]+) ?(?:@|[([{ ]at[)\]} ]) ?([\p{L}\p{N}-]+(?: ?(?:\.|[([{ ]dot[)\]} ]) ?[\p{L}\p{N}-]+){1,6})/gu;

/** A longest fact, in characters, and how many pieces it may have been cut into. Of a very long text no word is put together from many pieces: no network's post is that long. */
export const reach = (text: string): { readonly text: string; readonly longest: number; readonly most: number } => ({
  text,
  longest: 32,
  most: text.length > 4_000 ? 4 : 32,
});

/** A place in a text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Takes a fact that a text may tell, and where it stands in the folded text. */
export type Visit = (mark: string, from: number, to: number) => void;

/** Without everything that is no letter and no digit. */
export const bare = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, "");

/** A number as it is compared: whole, without leading zeros, and, if it is long enough for a telephone, by its end, which every way to write it shares. */
export const numbered = (digits: string): readonly string[] => {
  const short = digits.replace(/^0+/, "");
  return [
    digits,
    ...(short !== digits && short.length >= 4 ? [short] : []),
    ...(short.length >= 9 ? [`~${short.slice(-8)}`] : []),
  ];
};

/** Says every e-mail address in a text, however it was disguised. */
export const eachEmail = (text: string, visit: Visit): void => {
  if (!perhapsEmail.test(text)) return;
  for (const { 0: hit, 1: local = "", 2: domain = "", index } of text.matchAll(disguised))
    visit(`@${bare(local)}${bare(domain.replaceAll(/\bdot\b/g, ""))}`, index, index + hit.length);
};

/** Before a name, when somebody is spoken to or of. */
export const honorific: RegExp =
  /\b(?:mr|mrs|ms|miss|dr|herr|frau|senor|senora|sr|sra|mme|madame|monsieur|signor|signora|sig|dhr|mevr)\.? $/u;
/** Forms of a word: without what was joined to it by an apostrophe. */
export const formsOf = (written: string, text: string): readonly string[] => {
  const [head = "", tail = ""] = written.split(/['’ʼ]/u);
  if (tail === "") return [text];
  return head.length <= 2 ? [text, tail] : tail.length <= 2 ? [text, head] : [text, head, tail];
};
