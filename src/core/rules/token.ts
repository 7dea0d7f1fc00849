import type { Seal } from "../contracts/store.ts";
import { type AccountRef, accountName, type Instant } from "../words/ref.ts";

// Five bits a letter, and none that is taken for another.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
const hourMs = 3_600_000;
// 60 bits of chance: no two invites of an account are the same. Hours since 1970: until 2089. Which key: 10 bits. The seal: 128.
const sizes = { chance: 12, hours: 4, key: 2, seal: 26 } as const;
const shape = /\bct-([a-km-np-z2-9]{44})\b/i;

const lettersOf = (bits: bigint, size: number): string =>
  Array.from({ length: size }, (_, n) => alphabet[Number((bits >> BigInt(5 * (size - 1 - n))) & 31n)]).join("");
const bitsOf = (letters: string): bigint =>
  Array.from(letters).reduce((bits, letter) => (bits << 5n) | BigInt(alphabet.indexOf(letter)), 0n);
const bytesOf = (bits: bigint, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, n) => Number((bits >> BigInt(8 * (length - 1 - n))) & 255n));
const bitsIn = (bytes: Uint8Array): bigint => bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);

/** What is sealed: a token is good with the account it was made for, until its hour. */
const sealed = (account: AccountRef, open: string): string => `${accountName(account)} ${open}`;

/** Makes an invite's token of 12 or more random bytes: sealed, and good until the hour that begins after `until`. */
export const makeToken = (
  invite: { readonly account: AccountRef; readonly until: Instant; readonly random: Uint8Array },
  seal: Seal,
): string => {
  const { account, until, random } = invite;
  const chance = Array.from(random.subarray(0, sizes.chance), (byte) => alphabet[byte % 32]).join("");
  const open = chance + lettersOf(BigInt(Math.ceil(until / hourMs)), sizes.hours);
  const { key, mac } = seal.make("token", sealed(account, open));
  // 130 bits hold 128.
  return `ct-${open}${lettersOf(BigInt(key), sizes.key)}${lettersOf(bitsIn(mac), sizes.seal)}`;
};

/** The invite's token that came back with a text, if there is one. A hint, never proof of who speaks. */
export const findToken = (text: string): string | undefined => shape.exec(text)?.[0].toLowerCase();

/** Was this token made here, for this account, and is it still good at that moment? Pure but for the seal. */
export const judgeToken = (
  told: { readonly account: AccountRef; readonly token: string; readonly at: Instant },
  seal: Seal,
): "good" | "expired" | "forged" => {
  const { account, token, at } = told;
  const letters = shape.exec(token)?.[1];
  if (letters === undefined) return "forged";
  const open = letters.slice(0, sizes.chance + sizes.hours);
  const key = letters.slice(open.length, open.length + sizes.key);
  const mac = bitsOf(letters.slice(open.length + sizes.key));
  // Two bits more than a seal has: another token must not pass for this one.
  const whole = mac >> 128n === 0n;
  if (!whole || !seal.holds("token", sealed(account, open), { key: Number(bitsOf(key)), mac: bytesOf(mac, 16) }))
    return "forged";
  return at <= Number(bitsOf(open.slice(sizes.chance))) * hourMs ? "good" : "expired";
};
