import { type Atom, isCommon, joined, parse, type Parsed, type Token } from "./tokens.ts";

/** What an e-mail address looks like. */
export const emails: RegExp =
  /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/giu;
// However it was disguised. What every address has is looked for first, for it is found or missed in a tenth of the time.
const perhapsEmail = /@|\bat\b/;
const disguised =
  /(?<![\p{L}\p{N}._%+-])([\p{L}\p{N}._%+-]+) ?(?:@|[([{ ]at[)\]} ]) ?([\p{L}\p{N}-]+(?: ?(?:\.|[([{ ]dot[)\]} ]) ?[\p{L}\p{N}-]+){1,6})/gu;

/** A longest fact, in characters, and how many pieces it may have been cut into. Of a very long text no word is put together from many pieces: no network's post is that long. */
const reach = (text: string): { readonly text: string; readonly longest: number; readonly most: number } => ({
  text,
  longest: 32,
  most: text.length > 4_000 ? 4 : 32,
});

/** A place in a text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

type Visit = (mark: string, from: number, to: number) => void;

const bare = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, "");

/** A number as it is compared: whole, without leading zeros, and, if it is long enough for a telephone, by its end, which every way to write it shares. */
const numbered = (digits: string): readonly string[] => {
  const short = digits.replace(/^0+/, "");
  return [
    digits,
    ...(short !== digits && short.length >= 4 ? [short] : []),
    ...(short.length >= 9 ? [`~${short.slice(-8)}`] : []),
  ];
};

const eachEmail = (text: string, visit: Visit): void => {
  if (!perhapsEmail.test(text)) return;
  for (const { 0: hit, 1: local = "", 2: domain = "", index } of text.matchAll(disguised))
    visit(`@${bare(local)}${bare(domain.replaceAll(/\bdot\b/g, ""))}`, index, index + hit.length);
};

const post = /(?<![\p{L}\p{N}])[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}(?![\p{L}\p{N}])/gu;
const ordinals = /^\d+(?:st|nd|rd|th)$/;
/** A code: letters and digits, and more of them than models, sizes and hours have. */
const isCode = ({ text }: Pick<Token, "text">): boolean =>
  text.length >= 5 &&
  /\p{L}/u.test(text) &&
  text.replaceAll(/\D/g, "").length >= 2 &&
  !/^\p{L}+\d{1,2}$|^\d+\p{L}{1,3}$/u.test(text) &&
  !ordinals.test(text);

// ---- what a text tells: careful, for what it tells too much of blocks a brand's own words -----------------------------------

const years = /^(?:19|20)\d\d$/;
/** Hours, prices and versions tell of nobody. */
const everyday = /^\d{1,2}(?:[:.h]\d{1,2}){1,3}$|^\d{1,2}:\d\d$/;

const numberFacts = ({ folded, chains }: Parsed, tell: (fact: string) => void): void => {
  for (const chain of chains) {
    const [first] = chain;
    const last = chain.at(-1);
    if (first === undefined || last === undefined || everyday.test(folded.text.slice(first.from, last.to))) continue;
    joined<Atom>(chain, ({ digits }) => digits, { ...reach(folded.text), longest: 24 }, (text, _from, _to, parts) => {
      const whole = parts === 1 || parts === chain.length;
      if (text.length < (whole ? 4 : 5) || (parts === 1 && years.test(text))) return;
      for (const fact of numbered(text)) tell(fact);
    });
  }
};

// After these a name is told: as it stands, or only where it has a capital.
const named =
  /(?:\bname(?:'?s| is|:)|\b(?:is|am|are|i'm|be) called|\bich heisse|\bheisse|\bme llamo|\bje m'?appelle|\bmi chiamo|\bchamo[- ]me|\bme chamo|\bik heet|\bnombre(?: es|:)|\bnom(?: est|:)|\bnome(?: e|:)|\bnaam(?: is|:))[ :]{0,2}$/u;
const introduced = /(?:\bi'?m|\bi am|\bich bin|\bsoy|\bje suis|\bsou|\bik ben) $/u;
const presented = /(?:\bthis is|\bit'?s|\bhier ist|\bc'?est|\bsono|\bhere'?s) $/u;
const signed =
  /(?:\bregards|\bcheers|\bthanks|\bthank you|\bsincerely|\bgrusse|\bgruss|\bsaludos|\bcordialement|\bsaluti|\babracos?|\bgroet(?:en|jes)?|[-–—~])[,.! \n]{0,3}$/u;
const nothing = /^[ .!]*$/u;
const honorific = /\b(?:mr|mrs|ms|miss|dr|herr|frau|senor|senora|sr|sra|mme|madame|monsieur|signor|signora|sig|dhr|mevr)\.? $/u;
const filler: ReadonlySet<string> = new Set(
  "is a an the not so very just no my your from in on at with to still also really too here sorry happy and or but for of us we it that bye please".split(" "),
);

const nameFacts = ({ folded, tokens }: Parsed, tell: (fact: string) => void): void => {
  for (const [n, token] of tokens.entries()) {
    const before = folded.text.slice(Math.max(0, token.from - 24), token.from).replaceAll("’", "'");
    const told = named.test(before) && !filler.has(token.text);
    const next = tokens[n + 1];
    const rest = folded.text.slice(token.to, token.to + 40).split("\n")[0] ?? "";
    const shown =
      token.proper &&
      !filler.has(token.text) &&
      (introduced.test(before) ||
        (presented.test(before) && !isCommon(token.text)) ||
        (signed.test(before) && (nothing.test(rest) || (next?.proper === true && nothing.test(rest.slice(next.to - token.to))))));
    const close = next !== undefined && /^ $/.test(folded.text.slice(token.to, next.from)) && /^\p{L}+$/u.test(next.text);
    if (token.proper && close && next.proper) tell(token.text + next.text);
    if (honorific.test(before) && token.proper) tell(`name:${token.text}`);
    if (!/^\p{L}{2,}$/u.test(token.text) || (!told && !shown)) continue;
    tell(token.text);
    if (!close || filler.has(next.text) || (token.proper && !next.proper)) continue;
    tell(next.text);
    tell(token.text + next.text);
  }
};

const streets = "street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|close|way|terrace|crescent|square|boulevard|blvd|place|gardens|grove";
const byNumber = new RegExp(`\\b(\\d{1,5}[a-z]?),? ((?:\\p{L}+ ){1,3})(${streets})\\b`, "gu");
const byStreet =
  /\b((?:rue|avenue|boulevard|calle|avenida|plaza|via|viale|piazza|rua|praca|corso) (?:\p{L}+ ){0,3}\p{L}+),? (\d{1,5}[a-z]?)\b|\b(\p{L}+ ?(?:strasse|str\.?|weg|gasse|platz|allee|straat|laan|plein|gracht)) (\d{1,4}[a-z]?)\b/gu;
const same: Readonly<Record<string, readonly string[]>> = {
  street: ["st"], st: ["street"], road: ["rd"], rd: ["road"], avenue: ["ave"], ave: ["avenue"], lane: ["ln"], ln: ["lane"],
  drive: ["dr"], dr: ["drive"], boulevard: ["blvd"], blvd: ["boulevard"], court: ["ct"], ct: ["court"],
};

const addressFacts = ({ folded }: Parsed, tell: (fact: string) => void): void => {
  for (const [, number = "", name = "", kind = ""] of folded.text.matchAll(byNumber))
    for (const form of [kind, ...(same[kind] ?? [])]) {
      tell(bare(name) + form);
      tell(number + bare(name) + form);
    }
  for (const [, name, number, oneWord, its] of folded.text.matchAll(byStreet)) {
    const street = bare(name ?? oneWord ?? "");
    for (const form of new Set([street, street.replace(/strasse$/, "str"), street.replace(/str$/, "strasse")])) {
      if (form.length > 6) tell(form);
      tell(form + (number ?? its ?? ""));
    }
  }
};

const grouped = /(?<![\p{L}\p{N}-])[a-z\d]{1,12}(?:-[a-z\d]{1,12}){1,6}(?![\p{L}\p{N}-])/gu;

/** Forms of a word: without what was joined to it by an apostrophe. */
const formsOf = (written: string, text: string): readonly string[] => {
  const [head = "", tail = ""] = written.split(/['’ʼ]/u);
  if (tail === "") return [text];
  return head.length <= 2 ? [text, tail] : tail.length <= 2 ? [text, head] : [text, head, tail];
};

const wordFacts = ({ folded, tokens }: Parsed, tell: (fact: string) => void): void => {
  for (const token of tokens) {
    if (isCode(token)) tell(token.text);
    // A name that somebody goes by where theirs was taken.
    const [, called = ""] = /^(\p{L}{5,})\d{1,4}$/u.exec(token.text) ?? [];
    if (called !== "" && !isCommon(called)) {
      tell(token.text);
      tell(called);
    }
    if (!/^\p{L}{3,}$/u.test(token.text)) continue;
    const forms = formsOf(folded.text.slice(token.from, token.to), token.text);
    if (forms.some((form) => isCommon(form))) continue;
    for (const form of forms) if (form.length >= 3) tell(form);
  }
  for (const [hit] of folded.text.matchAll(post)) tell(bare(hit));
  // A code in groups: all of it, and each end of it.
  for (const [hit] of folded.text.matchAll(grouped)) {
    const groups = hit.split("-");
    for (const code of [groups.join(""), groups.slice(1).join(""), groups.slice(0, -1).join("")])
      if (isCode({ text: code })) tell(code);
  }
};

/**
 * The facts that a text tells of somebody: numbers of four digits and more, addresses of every kind, names, codes, and words
 * that few people use. Normal forms: however a fact is spaced, written or disguised, it is the same.
 */
export const facts = (text: string): readonly string[] => {
  // What stands behind a link was not told: its path would be full of facts that nobody knows of. Whom she calls by a handle
  // is named in public as well.
  const parsed = parse(text.replaceAll(/https?:\/\/\S+|(?<![\p{L}\p{N}._%+-])[@＠][\p{L}\p{N}_]+(?![\p{L}\p{N}_]|\.\p{L})/giu, " "));
  const found = new Set<string>();
  const tell = (fact: string): void => void found.add(fact);
  eachEmail(parsed.folded.text, tell);
  numberFacts(parsed, tell);
  nameFacts(parsed, tell);
  addressFacts(parsed, tell);
  wordFacts(parsed, tell);
  return [...found];
};

// ---- what a text may give away: greedy, for each is compared with what was told ----------------------------------------------

/** Digits that look like letters, as letters. */
const unleet = (text: string): readonly string[] =>
  /\p{L}/u.test(text) && /[013457]/.test(text) && /\p{L}[013457]+\p{L}|^[013457]\p{L}|\p{L}[013457]$/u.test(text)
    ? ["i", "l"].map((one) =>
        text
          .replaceAll("0", "o")
          .replaceAll("1", one)
          .replaceAll("3", "e")
          .replaceAll("4", "a")
          .replaceAll("5", "s")
          .replaceAll("7", "t"),
      )
    : [];

const numberTraces = ({ folded, chains }: Parsed, visit: Visit): void => {
  const within = { ...reach(folded.text), longest: 24 };
  for (const chain of chains)
    joined(chain, ({ digits }) => digits, within, (text, from, to) => {
      if (text.length >= 4) for (const mark of numbered(text)) visit(mark, from, to);
    });
};

const humps = ({ capital }: Parsed["folded"], token: Token): readonly (readonly [number, number])[] => {
  const starts = [token.from];
  for (let i = token.from + 1; i < token.to; i++) if (capital[i] === true && capital[i - 1] === false) starts.push(i);
  return starts.length === 1 ? [] : starts.map((from, n) => [from, starts[n + 1] ?? token.to] as const);
};

const wordTraces = (parsed: Parsed, visit: Visit): void => {
  const { folded, tokens } = parsed;
  for (const token of tokens) {
    for (const form of formsOf(folded.text.slice(token.from, token.to), token.text)) visit(form, token.from, token.to);
    for (const [from, to] of humps(folded, token)) visit(bare(folded.text.slice(from, to)), from, to);
    if (honorific.test(folded.text.slice(Math.max(0, token.from - 12), token.from))) visit(`name:${token.text}`, token.from, token.to);
  }
  const within = reach(folded.text);
  joined(tokens, (token) => token.text, within, (text, from, to, parts) => {
    if (text.length < 3) return;
    visit(text, from, to);
    if (parts === 1 || within.most > 4) for (const form of unleet(text)) visit(form, from, to);
  });
};

/** A piece of a text that may be a piece of a fact. */
interface Piece extends Span {
  readonly text: string;
}

/** What a fact may be cut into: a word, letters that stand apart, a number. */
const pieces = ({ folded, tokens, chains }: Parsed): readonly Piece[] => {
  const found: Piece[] = [];
  const within = { ...reach(folded.text), longest: 16 };
  joined(tokens, (token) => token.text, within, (text, from, to, parts) => {
    if (parts === 1 || parts === text.length) found.push({ text, from, to });
  });
  for (const chain of chains)
    joined(chain, ({ digits }) => digits, within, (text, from, to) => void found.push({ text, from, to }));
  return found;
};

/** How many pieces of a text are put together with those of another: more than two posts of any network have. */
const mostPieces = 150;

const acrossTraces = (before: readonly string[], now: Parsed, visit: Visit): void => {
  if (before.length === 0) return;
  const ends = pieces(now).slice(0, mostPieces);
  for (const earlier of before) {
    for (const { text: start } of pieces(parse(earlier)).slice(-mostPieces))
      for (const { text: end, from, to } of ends) {
        const whole = start + end;
        if (whole.length < 4 || whole.length > 24) continue;
        // Two words that everybody uses are no two halves of a word that nobody does, unless they are short.
        if (start.length > 4 && end.length > 4 && isCommon(start) && isCommon(end)) continue;
        for (const mark of /^\d+$/.test(whole) ? numbered(whole) : [whole]) visit(mark, from, to);
      }
  }
};

const walk = (text: string, before: readonly string[], visit: Visit): Parsed => {
  const parsed = parse(text);
  eachEmail(parsed.folded.text, visit);
  numberTraces(parsed, visit);
  wordTraces(parsed, visit);
  acrossTraces(before, parsed, visit);
  return parsed;
};

/** Everything that a text may give away, alone or together with what was said just before it. */
export const traces = (text: string, before: readonly string[] = []): readonly string[] => {
  const found = new Set<string>();
  walk(text, before, (mark) => void found.add(mark));
  return [...found];
};

/** Where in a text these facts stand, as closely as can be told. */
export const placesOf = (text: string, given: ReadonlySet<string>, before: readonly string[] = []): readonly Span[] => {
  const spans = new Map<string, Span>();
  const { folded } = walk(text, before, (mark, from, to) => {
    if (given.has(mark)) spans.set(`${from}-${to}`, { from, to });
  });
  const all = [...spans.values()].sort((a, b) => a.to - a.from - (b.to - b.from));
  // Of two that hold one another the closer one says more.
  const close = all.filter((one, n) => !all.slice(0, n).some(({ from, to }) => from >= one.from && to <= one.to));
  return close
    .sort((a, b) => a.from - b.from)
    .map(({ from, to }) => ({ from: folded.at[from] ?? 0, to: folded.at[to] ?? text.length }));
};
