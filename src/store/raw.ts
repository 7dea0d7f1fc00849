import type { Unit } from "../core/contracts/store.ts";
import { accountName, type Instant } from "../core/words/ref.ts";
import { record } from "./ledger.ts";
import type { Tx } from "./sql.ts";

/** Which items nobody has seen to. The row of another stays without its words, so that it is known when it is told again. */
export const WAITS = "reason NOT IN ('erased', 'dismissed')";

const idOf = (hash: Uint8Array): string => Buffer.from(hash).toString("hex");

/** Keeps an item that could not be read. */
export const keepRaw = async (tx: Tx, { reason, raw, account }: Parameters<Unit["raw"]>[0]): Promise<void> => {
  // The same delivery, told again, is the same item.
  const id = idOf(tx.ring.hash("raw", raw));
  for (const hash of tx.ring.older("raw", raw))
    if ((await tx.sql.one("SELECT 1 FROM raw WHERE id = ?", idOf(hash))) !== undefined) return;
  const added = await tx.sql.run(
    "INSERT INTO raw(id, at, reason, account, raw) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    id,
    tx.now,
    reason,
    account === undefined ? null : accountName(account),
    raw,
  );
  if (added === 1) await record(tx, "unread", { id, reason });
};

/** Items that could not be read, oldest first. */
export const unread = async (
  tx: Tx,
): Promise<readonly { readonly id: string; readonly at: Instant; readonly reason: string; readonly raw: string }[]> => {
  const rows = await tx.sql.all<{ id: string; at: Instant; reason: string; raw: string }>(
    `SELECT id, at, reason, raw FROM raw WHERE ${WAITS} ORDER BY at, id`,
  );
  return rows.map(({ id, at, reason, raw }) => ({ id, at, reason, raw }));
};

/** Somebody has seen to an item. False: it waits no more, or never did. */
export const dismiss = async (tx: Tx, id: string): Promise<boolean> => {
  const done = await tx.sql.run(`UPDATE raw SET raw = '', reason = 'dismissed' WHERE id = ? AND ${WAITS}`, id);
  if (done === 1) await record(tx, "dismissed", { id });
  return done === 1;
};
