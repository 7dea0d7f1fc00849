import type { LedgerKind, LedgerRow } from "../core/contracts/ledger.ts";
import type { ConversationKey, Instant } from "../core/words/ref.ts";
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

/** A statement that changes rows, with its values. */
export type Write = readonly [text: string, ...values: readonly Value[]];

/** One transaction, or one savepoint of a shared one. */
export interface Tx {
  readonly sql: Sql;
  /** The store's time when this transaction began: leases and alarms are measured by it, never by a worker's own clock. */
  readonly now: Instant;
  readonly ring: Ring;
  /** When it was last noticed that the store had come back from the past: what happened before may be told again, and have been answered already. */
  readonly back: Instant | undefined;
  /**
   * Takes hold of names until the transaction ends, in one order for all who do: clues, events. Where one writer writes
   * at a time there is nothing to hold. True: it had to be asked for, so whatever was read before is to be read again.
   */
  hold(names: readonly string[]): Promise<boolean>;
  /** What ends a SELECT of rows that are to be held until the transaction ends: waiting for them, or passing by those that others hold. */
  readonly rows: { readonly held: string; readonly free: string };
  /** May one statement be made of several that change rows? */
  readonly joins: boolean;
  /** Persons as they were read here, by name: whoever writes them writes over that, or is run again. */
  readonly seen: Map<string, string | undefined>;
  /** Reads what nobody changes while this transaction is under way: once for all calls that share it. */
  once<T>(name: string, read: () => Promise<T>): Promise<T>;
  /** Says that something may have become due: waiting workers are told once this is committed. */
  stir(): void;
}

/** What a store stands on: transactions, a lock for its worker, and word of what others committed. */
export interface Ground extends AsyncDisposable {
  readonly name: string;
  readonly open: () => Promise<void>;
  readonly read: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly write: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** A write while no other is under way. */
  readonly quiet: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly ledger: Ledger;
  /** Who works here. New with every start, and when the store came back from the past: a turn of a lane may come back as well. */
  owner(): string;
  working(): Promise<AsyncDisposable>;
  /** What is wrong for now with what it does by itself, in sentences. */
  troubles?(): readonly string[];
  /** Is the right to work one store's alone, so that whoever gets it knows that the former worker is dead? */
  readonly alone: boolean;
  /** May any number of processes work it at once? */
  readonly shared?: true;
  stirred(signal: AbortSignal): Promise<void>;
}

/** How a store tells its ledger. */
export interface Ledger {
  /** Without `kinds`: of all. */
  after(
    read: Ground["read"],
    position: string | undefined,
    limit: number,
    kinds: readonly LedgerKind[] | undefined,
  ): Promise<readonly LedgerRow[]>;
  of(tx: Tx, conversation: ConversationKey): Promise<readonly LedgerRow[]>;
}

/** Somebody else wrote meanwhile what this work had read: it is to be run again. Where one writer writes at a time it cannot be. */
export class Raced extends Error {
  override readonly name = "Raced";
}

/** Where one writer writes at a time. */
export const single: Pick<Tx, "hold" | "joins" | "once" | "rows"> = {
  hold: () => Promise.resolve(false),
  // Calls that share a transaction may be each other's news, and nothing is nearer.
  once: (_name, read) => read(),
  rows: { held: "", free: "" },
  joins: false,
};

/** A list in pieces, each for one statement: statements are prepared by their text, so the number of their lengths is bounded. */
export const portions = <T>(all: readonly T[], most = 8): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, n) => all.slice(n * most, (n + 1) * most));

/** Writes of which none needs another, each to rows of its own: across a network they travel together. The answer is how many rows each has changed. */
export const writeAll = async ({ sql, joins }: Tx, writes: readonly Write[]): Promise<readonly number[]> => {
  const changed: number[] = [];
  if (!joins) for (const write of writes) changed.push(await sql.run(...write));
  else
    for (const some of portions(writes)) {
      const parts = some.map(([text], n) => `w${n} AS (${text} RETURNING 1)`).join(", ");
      const counts = some.map((_, n) => `(SELECT count(*) FROM w${n}) AS w${n}`).join(", ");
      const values = some.flatMap(([, ...of]) => of);
      const row = await sql.one<Record<string, number>>(`WITH ${parts} SELECT ${counts}`, ...values);
      changed.push(...some.map((_, n) => row?.[`w${n}`] ?? 0));
    }
  return changed;
};

type Statements = Pick<Tx, "sql">;

/** A named value of the store itself. */
export const meta = {
  read: async (tx: Statements, name: string): Promise<string | undefined> =>
    (await tx.sql.one<{ value: string }>("SELECT value FROM meta WHERE name = ?", name))?.value,
  write: async (tx: Statements, name: string, value: string): Promise<void> => {
    await tx.sql.run(
      "INSERT INTO meta(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
      name,
      value,
    );
  },
  clear: async (tx: Statements, name: string): Promise<void> => {
    await tx.sql.run("DELETE FROM meta WHERE name = ?", name);
  },
};
