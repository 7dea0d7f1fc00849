import { type AccountRef, accountName, type Door, type Instant } from "../core/words/ref.ts";
import { type EffectRow, effectRows, turned } from "./effects.ts";
import { holdLanes, rearm } from "./lanes.ts";
import { catchingUp, returned } from "./lease.ts";
import { record } from "./ledger.ts";
import { OPEN } from "./schema.ts";
import { meta, type Tx, writeAll } from "./sql.ts";

const armAll = async (tx: Tx, rows: readonly EffectRow[], change: (row: EffectRow) => EffectRow): Promise<void> => {
  const lanes = [...new Set(rows.map((row) => row.lane))];
  await holdLanes(tx, lanes);
  await writeAll(
    tx,
    rows.map((row) => turned(change(row))),
  );
  await rearm(tx, lanes);
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

/** How far one has come that puts open effects in doubt: since when it was noticed, how many there were, and the last of them. */
const doubted = "doubted";
interface Doubted {
  readonly noticed: Instant;
  readonly effects: number;
  readonly lane: string;
  readonly seq: number;
}

/**
 * If the store came back from the past: puts the next open effects in doubt, as many as one transaction takes on, for a
 * backlog of an outage may be among them. `more`: there are others. Until the last is seen to nothing is leased, whoever goes on.
 */
export const recovered = async (
  tx: Tx,
  quietMs: number,
  doors: readonly Door[] = [],
): Promise<Instant | "more" | undefined> => {
  const noted = await meta.read(tx, returned);
  if (noted === undefined) return undefined;
  const [to = 0, since = tx.now] = noted.split(" ").map(Number);
  const before = await meta.read(tx, doubted);
  const begun: Doubted =
    before === undefined ? { noticed: since, effects: 0, lane: "", seq: 0 } : (JSON.parse(before) as Doubted);
  // What was promised since it was noticed is known to nobody outside.
  const rows = await effectRows(
    tx,
    `${OPEN} AND state <> 'parked' AND changed <= ? AND (lane, seq) > (?, ?) ORDER BY lane, seq LIMIT ?`,
    begun.noticed,
    begun.lane,
    begun.seq,
    batch,
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
  await meta.write(tx, "back", String(begun.noticed));
  const effects = begun.effects + rows.length;
  const last = rows.at(-1);
  if (last !== undefined && rows.length === batch) {
    await meta.write(tx, doubted, JSON.stringify({ ...begun, effects, lane: last.lane, seq: last.seq }));
    return "more";
  }
  // Nobody's lease from before is worth anything.
  await tx.sql.run("UPDATE lane SET owner = NULL, locked_until = 0 WHERE owner IS NOT NULL");
  for (const door of doors) await meta.write(tx, `${catchingUp}${door}`, String(tx.now));
  await meta.clear(tx, doubted);
  await meta.clear(tx, returned);
  await record(tx, "came-back", { to, effects });
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
