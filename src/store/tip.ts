import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";

/**
 * What a file beside the database remembers of it: which one it is, and how many commits it had. A database that knows
 * of fewer was put back from a backup, or lost its end.
 */
export interface Tip {
  read(): { readonly id: string; readonly commits: number } | undefined;
  write(id: string, commits: number): void;
  close(): void;
}

// One line of fixed width, overwritten in place: 60 bytes are one write to one page, never a half-written file.
const width = 60;
const line = /^([0-9a-f-]{36}) (\d+) *\n$/;

/** Opens the file beside the database. It is never synced: it may lag behind, and must never run ahead. */
export const openTip = (file: string): Tip => {
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  return {
    read: () => {
      const [, id, commits] = line.exec(readFileSync(file, "utf8")) ?? [];
      return id === undefined || commits === undefined ? undefined : { id, commits: Number(commits) };
    },
    write: (id, commits) => {
      try {
        writeSync(fd, `${`${id} ${commits}`.padEnd(width - 1)}\n`, 0);
      } catch {
        // The commit stands whether or not this is written down: a tip that lags only notices less.
      }
    },
    close: () => closeSync(fd),
  };
};
