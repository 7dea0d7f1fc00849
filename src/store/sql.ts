import type { Instant } from "../core/words/ref.ts";
import type { Ring } from "./ring.ts";

/** What a database takes and gives. */
export type Value = string | number | null | Uint8Array;

/** Statements inside one transaction. `?` stands for a value. Asynchronous, so that one set of rules serves a database in the process and one across the network. */
export interface Sql {
  all<Row>(text: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  one<Row>(text: string, ...values: readonly Value[]): Promise<Row | undefined>;
  /** How many rows were changed. */
  run(text: string, ...values: readonly Value[]): Promise<number>;
}

/** One transaction, or one savepoint of a shared one. */
export interface Tx {
  readonly sql: Sql;
  /** The store's time when this transaction began: leases and alarms are measured by it, never by a worker's own clock. */
  readonly now: Instant;
  readonly ring: Ring;
  /** Says that something may have become due: waiting workers are told once this is committed. */
  stir(): void;
}

/** What a store stands on: transactions, a lock for its worker, and word of what others committed. */
export interface Ground extends AsyncDisposable {
  readonly name: string;
  readonly open: () => Promise<void>;
  readonly read: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly write: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  working(): Promise<AsyncDisposable>;
  /** Is the right to work one store's alone, so that whoever gets it knows that the former worker is dead? */
  readonly alone: boolean;
  stirred(signal: AbortSignal): Promise<void>;
}

/** A named value of the store itself. */
export const meta = {
  read: async (tx: Tx, name: string): Promise<string | undefined> =>
    (await tx.sql.one<{ value: string }>("SELECT value FROM meta WHERE name = ?", name))?.value,
  write: async (tx: Tx, name: string, value: string): Promise<void> => {
    await tx.sql.run(
      "INSERT INTO meta(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
      name,
      value,
    );
  },
  clear: async (tx: Tx, name: string): Promise<void> => {
    await tx.sql.run("DELETE FROM meta WHERE name = ?", name);
  },
};
