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

/** A statement that changes rows, with its values. One that says what it returns calls it `n`. */
export type Write = readonly [text: string, ...values: readonly (Value | Told)[]];

/** What another write tells: it goes before this one. */
export interface Told {
  readonly by: Write;
}

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
  /**
   * Rows by one of many keys. The statement looks for them `IN (*)`, behind its other values, and says as `asked` which one
   * a row is of. Across a network all that is asked for in one moment travels together.
   */
  ask<Row>(text: string, key: string, ...values: readonly number[]): Promise<readonly Row[]>;
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
export const single = (sql: Sql): Pick<Tx, "ask" | "hold" | "joins" | "once" | "rows"> => ({
  ask: (text, key, ...values) => sql.all(text.replace("*", "?"), ...values, key),
  hold: () => Promise.resolve(false),
  // Calls that share a transaction may be each other's news, and nothing is nearer.
  once: (_name, read) => read(),
  rows: { held: "", free: "" },
  joins: false,
});

/** A list in pieces, each for one statement: statements are prepared by their text, so the number of their lengths is bounded. */
export const portions = <T>(all: readonly T[], most = 8): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, n) => all.slice(n * most, (n + 1) * most));

/** The same of keys that are looked for, each piece filled up with its last to 1, 2, 4, 8, 16 or 32. */
export const keyed = (
  keys: readonly string[],
): readonly { readonly among: string; readonly keys: readonly string[] }[] =>
  portions(keys, 32).map((some) => {
    const full = 2 ** Math.ceil(Math.log2(some.length));
    const padded = Array.from({ length: full }, (_, n) => some[n] ?? some.at(-1) ?? "");
    return { among: padded.map(() => "?").join(", "), keys: padded };
  });

const isTold = (value: Value | Told): value is Told => typeof value === "object" && value !== null && "by" in value;
const tells = (text: string): boolean => text.includes(" RETURNING ");

/** Writes as one statement. What one of them tells another is looked up inside it. */
const joined = (
  writes: readonly Write[],
  told: ReadonlyMap<Write, number>,
): { readonly text: string; readonly values: readonly Value[] } => {
  const all: Value[] = [];
  const parts = writes.map(([text, ...values], at) => {
    let n = 0;
    const filled = text.replaceAll("?", () => {
      const value = values[n++] ?? null;
      const by = isTold(value) ? writes.indexOf(value.by) : -1;
      if (by !== -1) return `(SELECT n FROM w${by})`;
      all.push(isTold(value) ? (told.get(value.by) ?? null) : value);
      return "?";
    });
    return `w${at} AS (${tells(text) ? filled : `${filled} RETURNING 1 AS n`})`;
  });
  const sums = parts.map((_, at) => `(SELECT CAST(sum(n) AS BIGINT) FROM w${at}) AS w${at}`);
  return { text: `WITH ${parts.join(", ")} SELECT ${sums.join(", ")}`, values: all };
};

/**
 * Writes, each to rows of its own, of which none needs more of another than what that tells: across a network they travel
 * together. The answer is what each tells, or else how many rows it has changed.
 */
export const writeAll = async (
  { sql, joins }: Pick<Tx, "sql" | "joins">,
  writes: readonly Write[],
): Promise<readonly number[]> => {
  const told = new Map<Write, number>();
  const byItself = async ([text, ...of]: Write): Promise<number> => {
    const values = of.map((value) => (isTold(value) ? (told.get(value.by) ?? null) : value));
    return tells(text) ? ((await sql.one<{ n: number }>(text, ...values))?.n ?? 0) : sql.run(text, ...values);
  };
  for (const some of portions(writes, joins ? 8 : 1)) {
    const [only, more] = some;
    if (only !== undefined && more === undefined) {
      told.set(only, await byItself(only));
      continue;
    }
    const { text, values } = joined(some, told);
    const row = await sql.one<Record<string, number | null>>(text, ...values);
    for (const [at, write] of some.entries()) told.set(write, row?.[`w${at}`] ?? 0);
  }
  return writes.map((write) => told.get(write) ?? 0);
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
