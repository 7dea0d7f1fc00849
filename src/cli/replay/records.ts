/** A record of a CSV file, as it stands there. */
export interface CsvRecord {
  /** Without the end of its last line. */
  readonly text: string;
  /** How many lines it takes. */
  readonly lines: number;
  /** Set when a quote of it is never closed: the line where that quote is opened. The first line of a file is 1. */
  readonly open?: number;
  /** Did the file end with it? */
  readonly atEnd: boolean;
}

/**
 * Is a quote open at the end of this line, when one was or was not at its beginning? As csv-parse reads relaxed quotes: only
 * the first sign of a field opens one, "" stands for a quote, and any other quote closes.
 */
const openAfter = (line: string, open: boolean): boolean => {
  let quoted = open;
  let first = !open;
  for (let at = 0; at < line.length; at++) {
    const sign = line[at];
    if (quoted) {
      if (sign !== '"') continue;
      if (line[at + 1] === '"') at++;
      else quoted = false;
    } else if (sign === '"' && first) quoted = true;
    first = !quoted && sign === ",";
  }
  return quoted;
};

/** The lines of a text that comes in pieces; only line feeds end one. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/**
 * Cuts a CSV text into records. Where a quote is open and a line comes with which, by `begins`, another record begins, the
 * quote is one that nothing closes: its record ends there, and that line is read as what it is.
 */
export async function* recordsOf(
  pieces: AsyncIterable<string>,
  begins: (line: string) => boolean,
): AsyncGenerator<CsvRecord, void, undefined> {
  let held: string[] = [];
  let opened = 0;
  let open = false;
  let at = 0;
  const taken = (more: Pick<CsvRecord, "atEnd" | "open">): CsvRecord => {
    const record = { text: held.join("\n").replace(/\r$/, ""), lines: held.length, ...more };
    held = [];
    open = false;
    return record;
  };
  for await (const raw of linesOf(pieces)) {
    at++;
    const line = at === 1 ? raw.replace(/^\uFEFF/, "") : raw;
    if (open && begins(line)) yield taken({ open: opened, atEnd: false });
    if (!open && line.trim() === "") continue;
    const was = open;
    // A line's own end is not of it: a quote before a carriage return closes the last field.
    open = openAfter(line.replace(/\r$/, ""), open);
    if (open && !was) opened = at;
    held.push(line);
    if (!open) yield taken({ atEnd: false });
  }
  if (held.length > 0) yield taken({ open: opened, atEnd: true });
}
