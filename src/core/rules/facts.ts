import { bare, eachEmail, formsOf, honorific, numbered, reach } from "./marks.ts";
import { type Atom, isCommon, joined, parse, type Parsed, type Token } from "./tokens.ts";

// What a text tells of somebody. Careful: what it tells too much of blocks a brand's own words.

const post = /(?<![\p{L}\p{N}])[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}(?![\p{L}\p{N}])/gu;
const ordinals = /^\d+(?:st|nd|rd|th)$/;
/** A code: letters and digits, and more of them than models, sizes and hours have. */
const isCode = ({ text }: Pick<Token, "text">): boolean =>
  text.length >= 5 &&
  /\p{L}/u.test(text) &&
  text.replaceAll(/\D/g, "").length >= 2 &&
  !/^\p{L}+\d{1,2}$|^\d+\p{L}{1,3}$/u.test(text) &&
  !ordinals.test(text);

const years = /^(?:19|20)\d\d$/;
/** Hours, prices and versions tell of nobody. */
const everyday = /^\d{1,2}(?:[:.h]\d{1,2}){1,3}$|^\d{1,2}:\d\d$/;

const numberFacts = ({ folded, chains }: Parsed, tell: (fact: string) => void): void => {
  for (const chain of chains) {
    const [first] = chain;
    const last = chain.at(-1);
    if (first === undefined || last === undefined || everyday.test(folded.text.slice(first.from, last.to))) continue;
    joined<Atom>(
      chain,
      ({ digits }) => digits,
      { ...reach(folded.text), longest: 24 },
      (text, _from, _to, parts) => {
        const whole = parts === 1 || parts === chain.length;
        if (text.length < (whole ? 4 : 5) || (parts === 1 && years.test(text))) return;
        for (const fact of numbered(text)) tell(fact);
      },
    );
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
const filler: ReadonlySet<string> = new Set(
  "is a an the not so very just no my your from in on at with to still also really too here sorry happy and or but for of us we it that bye please".split(
    " ",
  ),
);

const mayName = /name|called|heiss|llamo|appelle|chiamo|chamo|heet|nombre|nom|naam/;

const nameFacts = ({ folded, tokens }: Parsed, tell: (fact: string) => void): void => {
  const names = mayName.test(folded.text);
  for (const [n, token] of tokens.entries()) {
    if (!token.proper && !names) continue;
    const before = folded.text.slice(Math.max(0, token.from - 24), token.from).replaceAll("’", "'");
    const told = named.test(before) && !filler.has(token.text);
    const next = tokens[n + 1];
    const rest = folded.text.slice(token.to, token.to + 40).split("\n")[0] ?? "";
    const shown =
      token.proper &&
      !filler.has(token.text) &&
      (introduced.test(before) ||
        (presented.test(before) && !isCommon(token.text)) ||
        (signed.test(before) &&
          (nothing.test(rest) || (next?.proper === true && nothing.test(rest.slice(next.to - token.to))))));
    const close =
      next !== undefined && /^ $/.test(folded.text.slice(token.to, next.from)) && /^\p{L}+$/u.test(next.text);
    if (token.proper && close && next.proper) tell(token.text + next.text);
    if (honorific.test(before) && token.proper) tell(`name:${token.text}`);
    if (!/^\p{L}{2,}$/u.test(token.text) || (!told && !shown)) continue;
    tell(token.text);
    if (!close || filler.has(next.text) || (token.proper && !next.proper)) continue;
    tell(next.text);
    tell(token.text + next.text);
  }
};

const streets =
  "street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|close|way|terrace|crescent|square|boulevard|blvd|place|gardens|grove";
const byNumber = new RegExp(`\\b(\\d{1,5}[a-z]?),? ((?:\\p{L}+ ){1,3})(${streets})\\b`, "gu");
const byStreet =
  /\b((?:rue|avenue|boulevard|calle|avenida|plaza|via|viale|piazza|rua|praca|corso) (?:\p{L}+ ){0,3}\p{L}+),? (\d{1,5}[a-z]?)\b|\b(\p{L}+ ?(?:strasse|str\.?|weg|gasse|platz|allee|straat|laan|plein|gracht)) (\d{1,4}[a-z]?)\b/gu;
const same: Readonly<Record<string, readonly string[]>> = {
  street: ["st"],
  st: ["street"],
  road: ["rd"],
  rd: ["road"],
  avenue: ["ave"],
  ave: ["avenue"],
  lane: ["ln"],
  ln: ["lane"],
  drive: ["dr"],
  dr: ["drive"],
  boulevard: ["blvd"],
  blvd: ["boulevard"],
  court: ["ct"],
  ct: ["court"],
};

const addressFacts = ({ folded }: Parsed, tell: (fact: string) => void): void => {
  if (!/\d/.test(folded.text)) return;
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
    if (isCommon(token.text)) continue;
    const forms = formsOf(folded.text.slice(token.from, token.to), token.text);
    if (forms.some((form) => isCommon(form))) continue;
    for (const form of forms) if (form.length >= 3) tell(form);
  }
  if (!/\d/.test(folded.text)) return;
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
  const parsed = parse(
    text.replaceAll(/https?:\/\/\S+|(?<![\p{L}\p{N}._%+-])[@＠][\p{L}\p{N}_]+(?![\p{L}\p{N}_]|\.\p{L})/giu, " "),
  );
  const found = new Set<string>();
  const tell = (fact: string): void => void found.add(fact);
  eachEmail(parsed.folded.text, tell);
  numberFacts(parsed, tell);
  nameFacts(parsed, tell);
  addressFacts(parsed, tell);
  wordFacts(parsed, tell);
  return [...found];
};
