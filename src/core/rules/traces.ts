import { bare, eachEmail, formsOf, honorific, numbered, reach, type Span, type Visit } from "./marks.ts";
import { isCommon, joined, parse, type Parsed, type Token } from "./tokens.ts";

// What a text may give away. Greedy: each is compared with what was told.

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
    joined(
      chain,
      ({ digits }) => digits,
      within,
      (text, from, to) => {
        if (text.length >= 4) for (const mark of numbered(text)) visit(mark, from, to);
      },
    );
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
    if (honorific.test(folded.text.slice(Math.max(0, token.from - 12), token.from)))
      visit(`name:${token.text}`, token.from, token.to);
  }
  const within = reach(folded.text);
  joined(
    tokens,
    (token) => token.text,
    within,
    (text, from, to, parts) => {
      if (text.length < 3) return;
      visit(text, from, to);
      if (parts === 1 || within.most > 4) for (const form of unleet(text)) visit(form, from, to);
    },
  );
};

/** A piece of a text that may be a piece of a fact. */
interface Piece extends Span {
  readonly text: string;
}

/** What a fact may be cut into: a word, letters that stand apart, a number. */
const pieces = ({ folded, tokens, chains }: Parsed): readonly Piece[] => {
  const found: Piece[] = [];
  const within = { ...reach(folded.text), longest: 16 };
  joined(
    tokens,
    (token) => token.text,
    within,
    (text, from, to, parts) => {
      if (parts === 1 || parts === text.length) found.push({ text, from, to });
    },
  );
  for (const chain of chains)
    joined(
      chain,
      ({ digits }) => digits,
      within,
      (text, from, to) => void found.push({ text, from, to }),
    );
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
  // A number is no other for being written over two lines.
  const parsed = parse(text.replaceAll("\n", " "));
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
