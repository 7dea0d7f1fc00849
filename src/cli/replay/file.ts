import { createReadStream } from "node:fs";
import { type Options, parse } from "csv-parse";
import { z } from "zod";

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

const header = (names: readonly string[]): readonly string[] => {
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length === 0) return names.map((name) => (name === "" ? "index" : name));
  throw new Error(
    `the file has no column ${missing.join(", ")}: give a CSV with the columns of "Customer Support on Twitter" (${columns.join(", ")})`,
  );
};

const shape = (onSkip: () => void): Options => ({
  bom: true,
  columns: (names: readonly string[]) => [...header(names)],
  // Said outright: guessed, a carriage return inside the first text would end lines from then on.
  record_delimiter: ["\r\n", "\n"],
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  skip_records_with_error: true,
  on_skip: () => {
    onSkip();
    return undefined;
  },
});

/**
 * Reads the tweets of a CSV file. What cannot be read is counted and left out.
 *
 * @throws Error when there is no such file or its columns are others.
 */
export const readTweets = async (path: string): Promise<FileRead> => {
  const tweets = new Map<string, Tweet>();
  const odd = { unreadable: 0, repeated: 0, bareReturns: 0 };
  let last: "read" | "unreadable" | "unclosed" = "read";
  const source = createReadStream(path);
  const lines = source.pipe(
    parse(
      shape(() => {
        last = "unclosed";
      }),
    ),
  );
  source.once("error", (thrown: NodeJS.ErrnoException) =>
    lines.destroy(
      new Error(
        thrown.code === "ENOENT"
          ? `there is no file ${path}`
          : `${path} cannot be read: ${thrown.code ?? "unknown reason"}`,
      ),
    ),
  );
  for await (const record of lines) {
    const read = line.safeParse(record);
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
  const end = last as "read" | "unreadable" | "unclosed";
  const cut = end !== "read";
  return {
    tweets: [...tweets.values()],
    // The line that was cut off is told as such, not as one that cannot be read.
    oddities: { ...odd, unreadable: odd.unreadable - (end === "unreadable" ? 1 : 0), lastLineCut: cut },
  };
};
