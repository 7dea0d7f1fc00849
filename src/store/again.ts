import { type AccountRef, accountName, type Door, type Instant } from "../core/words/ref.ts";
import { type EffectRow, effectRows, turnEffect } from "./effects.ts";
import { catchingUp, holdLane, rearm, returned } from "./lanes.ts";
import { record } from "./ledger.ts";
import { meta, type Tx } from "./sql.ts";

const armAll = async (tx: Tx, rows: readonly EffectRow[], change: (row: EffectRow) => EffectRow): Promise<void> => {
  const lanes = new Map(rows.map((row) => [row.lane, row.door]));
  const sorted = [...lanes.keys()].sort();
  for (const lane of sorted) await holdLane(tx, lane);
  for (const row of rows) await turnEffect(tx, change(row));
  for (const lane of sorted) await rearm(tx, lane, lanes.get(lane) ?? "");
};

/** How many effects one transaction takes on: some 20 ms, so that nobody waits long behind it. */
export const batch = 500;

/** Promises the oldest rehearsed CRM effects of an account again, each in its old place: a case stays in front of its entries. */
export const unrehearse = async (tx: Tx, account: AccountRef): Promise<number> => {
  const rows = await effectRows(
    tx,
    `state = 'rehearsed' AND door LIKE 'crm/%'
       AND EXISTS (SELECT 1 FROM conversation WHERE conversation.key = effect.conversation AND conversation.account = ?)
     ORDER BY at, seq LIMIT ?`,
    accountName(account),
    batch,
  );
  if (rows.length === 0) return 0;
  await armAll(tx, rows, (row) => ({
    ...row,
    state: "promised",
    tries: 0,
    run_at: tx.now,
    outcome: null,
    changed: tx.now,
  }));
  await record(tx, "unrehearsed", { account: accountName(account), effects: rows.length });
  return rows.length;
};

/** Did the store come back from the past, and nobody has seen to it? */
export const hasReturned = async (tx: Tx): Promise<boolean> => (await meta.read(tx, returned)) !== undefined;

/** If the store came back from the past: puts every open effect in doubt, and says to when it went back. */
export const recovered = async (tx: Tx, quietMs: number, doors: readonly Door[] = []): Promise<Instant | undefined> => {
  const noted = await meta.read(tx, returned);
  if (noted === undefined) return undefined;
  const [to, noticed = tx.now] = noted.split(" ").map(Number);
  // What was promised since it was noticed is known to nobody outside.
  const rows = await effectRows(
    tx,
    "state IN ('promised', 'sending', 'unknown') AND changed <= ? ORDER BY key",
    noticed,
  );
  const quietUntil = tx.now + quietMs;
  await armAll(tx, rows, (row) => ({
    ...row,
    state: "unknown",
    reads: 0,
    send_by: row.send_by ?? tx.now,
    quiet_until: quietUntil,
    run_at: quietUntil,
    changed: tx.now,
  }));
  // Nobody's lease from before is worth anything.
  await tx.sql.run("UPDATE lane SET owner = NULL, locked_until = 0 WHERE owner IS NOT NULL");
  for (const door of doors) await meta.write(tx, `${catchingUp}${door}`, String(tx.now));
  await meta.write(tx, "back", String(noticed));
  await meta.clear(tx, returned);
  await record(tx, "came-back", { ...(to === undefined ? {} : { to }), effects: rows.length });
  return to;
};

/** Doors that wait for their networks to be caught up with. */
export const catching = async (tx: Tx): Promise<readonly Door[]> => {
  const rows = await tx.sql.all<{ name: string }>(
    "SELECT name FROM meta WHERE name LIKE ? ORDER BY name",
    `${catchingUp}%`,
  );
  return rows.map(({ name }) => name.slice(catchingUp.length) as Door);
};

/** Opens doors that waited. */
export const caughtUp = async (tx: Tx, doors: readonly Door[]): Promise<void> => {
  for (const door of doors) await meta.clear(tx, `${catchingUp}${door}`);
  tx.stir();
};
