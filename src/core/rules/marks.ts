// Numbers of four digits and more, e-mail addresses: what identifies. Shorter numbers and plain words are everywhere.
/** What an e-mail address looks like. */
export const emails: RegExp =
  /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/giu;
// What every address has, and handles have not: looked for first, for it is found or missed in a tenth of the time.
const perhapsEmail = /@[^\s@]+\./u;
const numbers = /\d(?:[ ().-]{0,2}\d){3,}/gu;

/** The facts in a text that could give a person away, normalised: however they were spaced or written, the same fact has the same mark. */
export const marks = (text: string): readonly string[] => {
  const found = new Set<string>();
  if (perhapsEmail.test(text)) for (const [hit] of text.matchAll(emails)) found.add(hit.toLowerCase());
  for (const [hit] of text.replace(/https?:\/\/\S+/giu, " ").matchAll(numbers)) {
    found.add(hit.replace(/\D/g, ""));
    // "44871 (2 parcels)" tells 44871 as well.
    for (const [run] of hit.matchAll(/\d{4,}/g)) found.add(run);
  }
  return [...found];
};
