import type { Trouble } from "../words/entry.ts";
import type { PublicWords, Why } from "../words/ref.ts";
import { fold } from "./fold.ts";
import { emails, type Span } from "./marks.ts";
import { placesOf } from "./traces.ts";

/** Whose telephone number is this, as the numbering plans say: some person's, a service's that no person has, nobody's? Without a country: an international one. */
export type PhoneBook = (number: string, country: string | undefined) => "person" | "service" | undefined;

/** What the guard looks for by itself, and what a brand adds to it. */
export interface GuardTerms {
  /** Two-letter codes of the countries whose telephone numbers are known without a country code. */
  readonly regions: readonly string[];
  readonly phones: PhoneBook;
  /** What else may not stand in public, by the name that a person is shown. */
  readonly patterns: Readonly<Record<string, RegExp>>;
  /** What is the brand's own: words, numbers and addresses, and whole domains (`@acme.com`). */
  readonly allow: readonly string[];
}

const luhn = (digits: string): boolean => {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.at(-1 - i));
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};

/** Begins and is as long as the cards of the large networks are, and its last digit is right. */
const isCard = (digits: string): boolean =>
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6\d{15,18})$/.test(
    digits,
  ) && luhn(digits);

/** ISO 13616: the first four to the end, letters as numbers, and what is left of it by 97 is one. */
const checksum = (iban: string): boolean => {
  let rest = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
};

/** How far it goes: the words after an account number read as if they were part of it. */
const ibanLength = (hit: string): number | false => {
  for (let end = hit.length; end >= 15; end--) {
    const iban = hit.slice(0, end).replaceAll(" ", "");
    if (hit[end - 1] !== " " && iban.length >= 15 && iban.length <= 34 && checksum(iban)) return end;
  }
  return false;
};

const called =
  /(?:\b(?:call|phone|tel|telephone|mobile|cell|whatsapp|text|ring|telefon|handy|anrufen|rufnummer|telefono|movil|celular|portable|telefone|cellulare|bel)\b\D{0,12}|☎\D{0,3}|📞\D{0,3})$/u;
/** Written as people write telephone numbers: with a gap or a bracket after the first group, and not as a date. */
const phoned = /^\(?0\d{1,5}\)?[ ./-]?\d|^\(\d{2,5}\)|^\d{3}[ .-]\d{3}[ .-]\d{4}$|^\d[ .-]\d{3}[ .-]\d{3}[ .-]\d{4}$/;

/** Is this a telephone number of somebody? By the library's rules where the country is known; else by how it is written. */
const isPhone = (hit: string, before: string, { regions, phones }: GuardTerms): boolean => {
  // Orders and invoices have numbers as well: without a gap, a zero or a word for it a short one may be anything.
  if (/^\d{3,4}[ -]?\d{4,5}$/.test(hit) && !hit.startsWith("0") && !called.test(before)) return false;
  const whole = hit.startsWith("+") ? [undefined] : hit.startsWith("00") ? [undefined] : [...regions];
  const number = hit.startsWith("00") ? `+${hit.slice(2)}` : hit;
  for (const region of whole) {
    const whose = phones(number, region);
    if (whose !== undefined) return whose === "person";
  }
  if (hit.startsWith("+")) return true;
  const digits = hit.replaceAll(/\D/g, "");
  // A number that is free to call in most of the world.
  if (/^1?[ .-]?8(?:00|33|44|55|66|77|88)/.test(digits) || /^0?800/.test(digits)) return false;
  return (digits.length >= 9 && phoned.test(hit)) || called.test(before);
};

const codeWords =
  "code|otp|pin|tan|passcode|password|kennwort|passwort|codigo|codice|wachtwoord|verification|verificacion|bestatigungscode|sicherheitscode";
/** A code that opens something: said to be one, and not the code of a place, an error or a price. */
const codes = new RegExp(
  `(?<!(?:error|zip|postal|post|promo|discount|country|dial|area|status|voucher|coupon|offer|qr|source|dress) )\\b(?:${codeWords})(?:\\b|(?=:))[^\\d\\n]{0,24}?((?:[a-z]-)?\\d{3}[ -]?\\d{1,5})(?!\\d|[ .,-]\\d)`,
  "gu",
);

interface Shape {
  readonly kind: string;
  readonly shape: RegExp;
  /** Is it one after all, and if so, how much of what was found? */
  readonly holds?: (hit: string, before: string, terms: GuardTerms) => boolean | number;
}

const shapes: readonly Shape[] = [
  { kind: "email", shape: emails },
  {
    kind: "card",
    shape: /(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)/gu,
    holds: (hit) => isCard(hit.replaceAll(/\D/g, "")),
  },
  {
    kind: "iban",
    shape: /(?<![\p{L}\d])[a-z]{2}\d{2}(?: ?[a-z\d]){11,30}(?![\p{L}\d])/gu,
    holds: (hit) => ibanLength(hit),
  },
  { kind: "phone", shape: /(?<![\p{L}\d/#.,$€£-])\+?\(?\d(?:[ ().-]{0,2}\d){6,14}(?![\p{L}\d%€£])/gu, holds: isPhone },
  { kind: "code", shape: codes },
];

const overlaps = (one: Span, other: Span): boolean => one.from < other.to && other.from < one.to;

/** What stands in the text that nobody should say in public, whoever says it. */
export const secretsIn = (text: string, terms: GuardTerms): readonly Trouble[] => {
  const found: Trouble[] = [];
  const allowed = allowedIn(terms);
  const { text: folded, at } = fold(text.replaceAll(/https?:\/\/\S+/giu, (link) => " ".repeat(link.length)));
  const place = (from: number, to: number): Span => ({ from: at[from] ?? 0, to: at[to] ?? text.length });
  // What everything that is looked for has, and most words have not.
  const some = /[\d@]/.test(folded) ? shapes : [];
  for (const { kind, shape, holds } of some)
    for (const { 0: hit, index } of folded.matchAll(shape)) {
      const much = holds?.(hit, folded.slice(Math.max(0, index - 32), index), terms) ?? true;
      if (much === false || allowed(hit)) continue;
      const span = place(index, index + (much === true ? hit.length : much));
      if (!found.some((other) => overlaps(other, span))) found.push({ kind, ...span });
    }
  for (const [kind, pattern] of Object.entries(terms.patterns)) {
    const all = new RegExp(pattern.source, [...new Set(`${pattern.flags}g`)].join("").replace("y", ""));
    for (const { 0: hit, index } of text.matchAll(all))
      if (hit !== "" && !allowed(fold(hit).text)) found.push({ kind, from: index, to: index + hit.length });
  }
  return found.sort((a, b) => a.from - b.from);
};

const plain = (text: string): string => fold(text).text.replaceAll(/[^\p{L}\p{N}@]/gu, "");

/** Is this, folded, the brand's own? */
const allowedIn = ({ allow }: GuardTerms): ((hit: string) => boolean) => {
  if (allow.length === 0) return () => false;
  const own = new Set(allow.map(plain));
  const domains = [...own].filter((one) => one.startsWith("@"));
  return (hit) => own.has(plain(hit)) || domains.some((domain) => plain(hit).endsWith(domain));
};

/** What a guard knows besides the words. */
export interface GuardScene {
  /** Which facts in the words were told to us only in private. */
  readonly leaked: readonly string[];
  readonly terms: GuardTerms;
  /** What was said in public just before: a fact may be cut in two. */
  readonly before?: readonly string[];
}

/** What the guard found. */
export type Guarded = { readonly words: PublicWords } | { readonly blocked: Why; readonly trouble: readonly Trouble[] };

/**
 * May these words go on the feed? Blocks e-mail addresses, telephone, card and bank account numbers, codes, what the brand
 * forbids, and whatever was told only in private.
 */
export const guard = (text: string, { leaked, terms, before = [] }: GuardScene): Guarded => {
  const allowed = new Set(terms.allow.map(plain));
  const given = new Set(leaked.filter((mark) => !allowed.has(mark)));
  const told = given.size === 0 ? [] : placesOf(text, given, before);
  const trouble: readonly Trouble[] = [
    ...secretsIn(text, terms),
    ...told.map((span) => ({ kind: "told-in-private", ...span })),
  ];
  if (trouble.length === 0) return { words: text as PublicWords };
  const kinds = [...new Set(trouble.map(({ kind }) => kind))];
  return { blocked: { code: "private-data", params: { kinds: kinds.join(", ") } }, trouble };
};

/** The words as they are: where the brand asked the guard only to report, and for the words of a rehearsal. */
export const unguarded = (text: string): PublicWords => text as PublicWords;

/** Words of a customer as the CRM is shown them: what is to be masked as dots, and its last two signs. */
export const masked = (text: string, terms: GuardTerms, kinds: readonly string[]): string => {
  if (kinds.length === 0) return text;
  let out = "";
  let done = 0;
  for (const { kind, from, to } of secretsIn(text, terms)) {
    if (!kinds.includes(kind)) continue;
    out += `${text.slice(done, from)}••••${text.slice(to - 2, to)}`;
    done = to;
  }
  return out + text.slice(done);
};
