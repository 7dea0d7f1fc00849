// 26 characters of a 32-letter alphabet are 130 bits: nobody guesses one, and no word of any language looks like it.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
const shape = /\bct-([a-km-np-z2-9]{26})\b/i;

/** Makes an invite's token from 26 or more random bytes. */
export const makeToken = (random: Uint8Array): string =>
  `ct-${Array.from(random.subarray(0, 26), (byte) => alphabet[byte % 32]).join("")}`;

/** The invite's token that came back with a text, if there is one. A hint, never proof of who speaks. */
export const findToken = (text: string): string | undefined => shape.exec(text)?.[0].toLowerCase();
