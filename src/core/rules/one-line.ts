// C0, DEL and C1 begin lines and command terminals; the two separators are lines to some who read logs; the others turn
// the direction of reading.
const unseen = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text that stays on its line, whoever wrote it: signs that end one, command a terminal or turn the direction of reading are written out. */
export const oneLine = (text: string): string =>
  text.replace(unseen, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
