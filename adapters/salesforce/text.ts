import type { Entry } from "casethread/adapter";

// Half of a surrogate pair, or a NUL, makes the whole request unreadable over there.
const clean = (text: string): string => text.toWellFormed().replaceAll("\0", "");

/** Cuts a text to what a field holds, in UTF-16 units as the org counts them, and shows that it was cut. */
export const cut = (text: string, most: number, mark = "…"): string => {
  const whole = clean(text);
  if (whole.length <= most) return whole;
  const kept = whole.slice(0, most - mark.length);
  // Never end on half of a pair.
  return (/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept) + mark;
};

/** Cuts a text into a field of one line. */
export const line = (text: string, most: number): string => cut(text.replace(/\s+/g, " ").trim(), most);

/** Cuts a long text and says how much of it is missing. */
export const long = (text: string, most: number): string =>
  cut(text, most, ` … [cut here: ${text.length} characters in all]`);

/** The words, and where what came along with them is. */
export const withMedia = (text: string, media: Entry["media"] = []): string =>
  [text, ...media.map(({ kind, url }) => `[${kind}] ${url}`)].filter((one) => one !== "").join("\n");

/** How many bytes a text takes in UTF-8. */
export const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Cuts a long text to so many bytes of UTF-8, and says how much of it is missing. */
export const longBytes = (text: string, most: number): string => {
  const whole = clean(text);
  if (bytesOf(whole) <= most) return whole;
  const mark = ` … [cut here: ${text.length} characters in all]`;
  const kept = Buffer.from(whole).subarray(0, most - bytesOf(mark));
  // Never end within a character: what is left of one decodes to a replacement.
  return new TextDecoder().decode(kept, { stream: true }) + mark;
};
