import { setTimeout as delay } from "node:timers/promises";
import type { Ledger, Tx } from "../sql.ts";
import { ofKinds, type StoredRow, told } from "../ledger.ts";

// A position is read as digits: the transaction's turn, then sixteen of the row's own number. What was copied from an
// embedded store has turn 0, so that a position which a reader kept from there goes on where it was.
const digits = 16;
const columns = `turn::text || lpad(position::text, ${digits}, '0') AS position, at, kind, format, conversation, body`;

const placeOf = (position: string | undefined): readonly [turn: string, row: string] => {
  const text = position ?? "0";
  return [text.slice(0, -digits) || "0", text.slice(-digits)];
};

/** A reader that nothing is told waits this long, in ms, for transactions that are just ending: who has written reads what they wrote. */
const patienceMs = 1_000;

const under =
  "pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT value::bigint FROM meta WHERE name = 'turns')";

const page = async (
  tx: Tx,
  [turn, row]: ReturnType<typeof placeOf>,
  limit: number,
  kinds: string,
): Promise<{ readonly rows: readonly StoredRow[]; readonly more: boolean }> => {
  const rows = await tx.sql.all<StoredRow>(
    `SELECT ${columns} FROM ledger WHERE (turn, position) > (?::bigint, ?::bigint) AND turn < ${under} ${kinds}
     ORDER BY ledger.turn, ledger.position LIMIT ?`,
    turn,
    row,
    limit,
  );
  if (rows.length === limit) return { rows, more: false };
  const waits = await tx.sql.one(
    `SELECT 1 FROM ledger WHERE (turn, position) > (?::bigint, ?::bigint) AND turn >= ${under} ${kinds} LIMIT 1`,
    turn,
    row,
  );
  return { rows, more: waits !== undefined };
};

/**
 * The ledger in the order of transactions, up to the oldest that is still under way: a row number is taken before its
 * transaction commits, so by numbers alone a reader would pass by what commits late.
 */
export const ledger: Ledger = {
  after: async (read, position, limit, kinds) => {
    const place = placeOf(position);
    const until = performance.now() + patienceMs;
    for (;;) {
      const { rows, more } = await read((tx) => page(tx, place, limit, ofKinds(kinds)));
      if (!more || performance.now() > until) return rows.map(told);
      await delay(20);
    }
  },
  of: async (tx: Tx, conversation) => {
    const rows = await tx.sql.all<StoredRow>(
      // Not by OR: PostgreSQL would read the whole ledger for it.
      `SELECT ${columns} FROM ledger WHERE ledger.position IN (SELECT position FROM ledger WHERE conversation = ?
         UNION SELECT cause FROM ledger WHERE conversation = ?) ORDER BY ledger.turn, ledger.position`,
      conversation,
      conversation,
    );
    return rows.map(told);
  },
};
