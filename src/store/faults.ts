import { BridgeError } from "../core/contracts/errors.ts";

interface SqliteError extends Error {
  readonly code: "ERR_SQLITE_ERROR";
  readonly errcode: number;
}

const isSqliteError = (thrown: unknown): thrown is SqliteError =>
  thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number";

/** The primary result code (https://www.sqlite.org/rescode.html); the extended ones carry it in their lowest byte. */
const codeOf = (thrown: unknown): number => (isSqliteError(thrown) ? thrown.errcode & 0xff : 0);

const BUSY = 5;
/** The sync of the log, or of its folder, failed: everything was written, and nobody knows whether it will be there after a power cut. */
const unsynced: ReadonlySet<number> = new Set([1034, 1290]);

const advice: Readonly<Record<number, string>> = {
  [BUSY]: "another process holds the file's write lock: give it time, or see what holds it",
  8: "the file is read-only: give this process the right to write it and its folder",
  10: "the disk failed or refused: look at it before anything else",
  11: "the file is damaged: put a backup in its place",
  13: "the disk is full: make room",
  14: "the file cannot be opened: does its folder exist, and may this process write there?",
  26: "the file is not a database: name another one",
};

/** Is it only that somebody else is writing? */
export const isBusy = (thrown: unknown): boolean => codeOf(thrown) === BUSY;

/** What the database threw, as an error with a way on. */
export const translate = (thrown: unknown): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  const code = codeOf(thrown);
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const landed = isSqliteError(thrown) && unsynced.has(thrown.errcode) ? "unknown" : "no";
  return new BridgeError(
    `${advice[code] ?? "the database refused a statement: report it to the authors of casethread"} (${said})`,
    {
      fault: "unavailable",
      adapter: "sqlite",
      landed,
      cause: thrown,
    },
  );
};
