import { createReadStream } from "node:fs";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import type { BridgeError } from "casethread";
import { refuse } from "../demo/refuse.ts";
import { recordsOf } from "./records.ts";

/** One tweet of the file. */
export interface Tweet {
  readonly id: string;
  readonly author: string;
  /** Said to a brand. A brand's own words are not. */
  readonly inbound: boolean;
  /** With its signs unescaped and its lines ended by line feeds. */
  readonly text: string;
  /** The tweet it answers, whether the file has it or not. */
  readonly parent?: string;
}

/** What was odd in a file, and was lived with. */
export interface FileOddities {
  /** Lines that are no tweet: too few columns, no id, no words. The last one, where it was cut, is told apart. */
  readonly unreadable: number;
  /** The same tweet again: its first line counts. */
  readonly repeated: number;
  /** Tweets with a carriage return that ends no line; each is played as a line feed. */
  readonly bareReturns: number;
  readonly lastLineCut: boolean;
  /** Quotes that nothing closes. What they swallowed is left out; the reading goes on with the next tweet. */
  readonly unclosed: readonly Unclosed[];
}

/** A quote that is opened and never closed. */
export interface Unclosed {
  /** Where in the file it is opened; the header is line 1. */
  readonly line: number;
  /** How many lines could not be read because of it. */
  readonly lines: number;
}

/** What a file holds. */
export interface FileRead {
  readonly tweets: readonly Tweet[];
  readonly oddities: FileOddities;
}

const columns = ["tweet_id", "author_id", "inbound", "text", "in_response_to_tweet_id"] as const;

// A table that was once read with gaps in a column of numbers writes "3.0".
const id = z
  .string()
  .trim()
  .regex(/^\d+(?:\.0+)?$/)
  .transform((text) => text.replace(/\.0+$/, ""));
const line = z.object({
  tweet_id: id,
  author_id: z.string().trim().min(1),
  inbound: z
    .string()
    .trim()
    .regex(/^(?:true|false)$/i)
    .transform((text) => text.toLowerCase() === "true"),
  text: z.string().refine((text) => text.trim() !== ""),
  in_response_to_tweet_id: z.union([z.literal("").transform(() => undefined), id]),
});

const signs: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">" };
const typed = (text: string): string =>
  text.replace(/&(amp|lt|gt);/g, (sign, name: string) => signs[name] ?? sign).replace(/\r\n?/g, "\n");

type Column = (typeof columns)[number];
/** Where each column stands. */
type Header = Readonly<Record<Column, number>>;

const wanted = `give --replay a CSV with the columns of "Customer Support on Twitter" (${columns.join(", ")})`;

const headerOf = (names: readonly string[]): Header => {
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length > 0) throw refuse(`the file has no column ${missing.join(", ")}: ${wanted}`, "invalid");
  return Object.fromEntries(columns.map((name) => [name, names.indexOf(name)])) as Header;
};

/** The fields of one record; none where its quotes make no sense. */
const fieldsOf = (record: string): readonly string[] => {
  try {
    const rows: readonly (readonly string[])[] = parse(record, {
      // Said outright: guessed, a carriage return inside a text would end lines.
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
      relax_quotes: true,
    });
    return rows.length === 1 ? (rows[0] ?? []) : [];
  } catch {
    return [];
  }
};

/** Does a tweet of the file begin on this line? Asked where a quote is open: of what stands before the words, all must fit. */
const beginsTweet =
  (header: Header) =>
  (text: string): boolean => {
    const before = columns.filter((name) => header[name] < header.text);
    const fields = text.split(",").map((field) => field.replace(/^"(.*)"$/, "$1"));
    return (
      before.includes("tweet_id") &&
      before.length > 1 &&
      fields.length > header.text &&
      before.every((name) => line.shape[name].safeParse(fields[header[name]]).success)
    );
  };

/** What is said of a file that cannot be opened. */
export const unopened = (path: string, { code = "unknown reason" }: NodeJS.ErrnoException): BridgeError => {
  if (code === "ENOENT") return refuse(`there is no file ${path}: ${wanted}`, "invalid");
  if (code === "EISDIR") return refuse(`${path} is a folder: name a file in it, and ${wanted}`, "invalid");
  if (code === "EACCES") return refuse(`${path} may not be read by this user: change its permissions`, "invalid");
  return refuse(`${path} cannot be read (${code}): ${wanted}`, "invalid");
};

/**
 * Reads the tweets of a CSV file. What cannot be read is counted and left out.
 *
 * @throws BridgeError `invalid` when there is no such file, it is empty, or its columns are others.
 */
export const readTweets = async (path: string): Promise<FileRead> => {
  const tweets = new Map<string, Tweet>();
  const unclosed: Unclosed[] = [];
  const odd = { unreadable: 0, repeated: 0, bareReturns: 0 };
  let last: "read" | "unreadable" | "unclosed" = "read";
  let header: Header | undefined;
  let begins: (text: string) => boolean = () => false;
  const source = createReadStream(path, { encoding: "utf8" });
  const opened = new Promise<never>((_, reject) => {
    source.once("error", (thrown: NodeJS.ErrnoException) => reject(unopened(path, thrown)));
  });
  opened.catch(() => undefined);
  const records = recordsOf(source, (text) => begins(text));
  for (;;) {
    const next = await Promise.race([records.next(), opened]);
    if (next.done === true) break;
    const record = next.value;
    if (record.open !== undefined) {
      last = "unclosed";
      // A tweet that was cut at the end of the file is told as such; all else that a quote swallowed is told of its own.
      if (!record.atEnd || record.lines > 1) unclosed.push({ line: record.open, lines: record.lines });
      continue;
    }
    const fields = fieldsOf(record.text);
    if (header === undefined) {
      header = headerOf(fields);
      begins = beginsTweet(header);
      continue;
    }
    const at = header;
    const read = line.safeParse(Object.fromEntries(columns.map((name) => [name, fields[at[name]]])));
    last = read.success ? "read" : "unreadable";
    if (!read.success) {
      odd.unreadable++;
      continue;
    }
    const { tweet_id, author_id, inbound, text, in_response_to_tweet_id: parent } = read.data;
    if (/\r(?!\n)/.test(text)) odd.bareReturns++;
    if (tweets.has(tweet_id)) odd.repeated++;
    else {
      const tweet = { id: tweet_id, author: author_id, inbound, text: typed(text) };
      tweets.set(tweet_id, parent === undefined ? tweet : { ...tweet, parent });
    }
  }
  if (header === undefined) throw refuse(`${path} is empty: ${wanted}`, "invalid");
  return {
    tweets: [...tweets.values()],
    // The line that was cut off is told as such, not as one that cannot be read.
    oddities: {
      ...odd,
      unreadable: odd.unreadable - (last === "unreadable" ? 1 : 0),
      lastLineCut: last !== "read",
      unclosed,
    },
  };
};
