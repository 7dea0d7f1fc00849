import type { Lease } from "../core/contracts/store.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Effect } from "../core/words/effect.ts";
import type { EffectKey, Instant } from "../core/words/ref.ts";
import { type Stored, unwrap } from "./codec.ts";
import { addEffects, type EffectRow, effectRow, freshRow, inDoubtAfter, writeEffect } from "./effects.ts";
import { NEVER, OPEN } from "./schema.ts";
import { keyed, type Tx } from "./sql.ts";

/** What stands in a lane. A parked effect stops a CRM's, for what stands behind it needs its case; on a channel the next one goes. */
export const QUEUED: string = `${OPEN} AND (state <> 'parked' OR substr(door, 1, 4) = 'crm/')`;

/** When the lane of this name, a value or a column, has something to do. */
const headAt = (lane: string): string =>
  `(SELECT CASE state WHEN 'parked' THEN NULL ELSE run_at END FROM effect AS head WHERE head.lane = ${lane} AND ${QUEUED} ORDER BY seq LIMIT 1)`;

/** The lane of a conversation at a door. */
export const laneName = (conversation: string, door: string): string => `${conversation}|${door}`;

/** A conversation by its key. */
export const conversationOf = async (tx: Tx, key: string): Promise<Conversation | undefined> => {
  const [row] = await tx.ask<{ value: Stored<Conversation> }>(
    "SELECT key AS asked, value FROM conversation WHERE key IN (*)",
    key,
  );
  return row && unwrap(row.value);
};

const freeing = "owner = NULL, locked_until = 0,";

/**
 * Works out anew when lanes are due and how urgent they are. To be called with the lanes held (see {@link holdLanes}), in a
 * statement after the one that took hold: an update that reads effects while it waits for the lane reads old ones, and
 * left 3,696 of 4,000 lanes unarmed on PostgreSQL.
 */
export const rearm = async (tx: Tx, lanes: readonly string[], also: "" | typeof freeing = ""): Promise<void> => {
  for (const { among, keys } of keyed(lanes)) {
    await tx.sql.run(
      `UPDATE lane SET ${also} next_at = ${headAt("lane.key")},
         priority = COALESCE((SELECT min(priority) FROM effect WHERE effect.lane = lane.key AND ${OPEN}), priority),
         expires = COALESCE((SELECT min(not_after) FROM effect WHERE effect.lane = lane.key AND not_after IS NOT NULL AND ${OPEN}), ${NEVER})
       WHERE key IN (${among})`,
      ...keys,
    );
  }
  if (lanes.length > 0) tx.stir();
};

/** Whose a lane is, and which turn of it. */
interface Turn {
  readonly key: string;
  readonly owner: string | null;
  readonly epoch: number;
}

/** Takes hold of lanes until the transaction ends, in one order for all who do, and says whose they are. */
export const holdLanes = async (tx: Tx, lanes: readonly string[]): Promise<ReadonlyMap<string, Turn>> => {
  const held = new Map<string, Turn>();
  for (const { among, keys } of keyed([...new Set(lanes)].sort())) {
    const rows = await tx.sql.all<Turn>(
      `SELECT key, owner, epoch FROM lane WHERE key IN (${among})${tx.rows.held}`,
      ...keys,
    );
    for (const row of rows) held.set(row.key, row);
  }
  return held;
};

/** Lets go of lanes that are held, and arms them. */
export const release = (tx: Tx, lanes: readonly string[]): Promise<void> => rearm(tx, lanes, freeing);

/** Lanes with something to do that are due at no time: none, unless a transaction did not arm what it touched. Asked of what is open, which is little beside all lanes there ever were. */
export const unarmed = async (tx: Tx, most: number): Promise<readonly string[]> => {
  const rows = await tx.sql.all<{ lane: string }>(
    `SELECT DISTINCT lane FROM effect WHERE ${OPEN} AND state <> 'parked'
       AND EXISTS (SELECT 1 FROM lane WHERE lane.key = effect.lane AND next_at IS NULL) AND ${headAt("effect.lane")} IS NOT NULL
     ORDER BY lane LIMIT ?`,
    most,
  );
  return rows.map(({ lane }) => lane);
};

/** Takes hold of the lanes of leases. The answer is those that are still what their lane says, fenced by who and by which turn: a turn's number may come back after a restore. */
export const stillOurs = async <Of extends Lease>(tx: Tx, leases: readonly Of[]): Promise<ReadonlySet<Of>> => {
  const held = await holdLanes(
    tx,
    leases.map(({ lane }) => lane),
  );
  return new Set(
    leases.filter(({ lane, owner, epoch }) => {
      const turn = held.get(lane);
      return turn !== undefined && turn.owner === owner && turn.epoch === epoch;
    }),
  );
};

/** What became of a promise: new, in the place of an older one under its key, or unheard because that one is in hand or done. */
export type Promising = "promised" | "replaced" | "stands";

/** What is promised under the key of an effect whose lane is held, with its own lane held too. */
const heldEffect = async (tx: Tx, fresh: EffectRow): Promise<EffectRow | undefined> => {
  const key = fresh.key as EffectKey;
  const row = await effectRow(tx, key);
  if (row === undefined || row.lane === fresh.lane) return row;
  await holdLanes(tx, [row.lane]);
  return effectRow(tx, key);
};

/** What becomes of a promise under a key that is there already. */
const promiseAgain = async (tx: Tx, fresh: EffectRow): Promise<Promising> => {
  const known = await heldEffect(tx, fresh);
  switch (known?.state) {
    case "promised": {
      // It keeps its place and what is known of its troubles: a new wording is no reason to knock again at once.
      const runAt = known.tries === 0 ? fresh.run_at : Math.max(known.run_at, fresh.run_at);
      const same = known.lane === fresh.lane;
      await writeEffect(tx, { ...fresh, seq: same ? known.seq : fresh.seq, tries: known.tries, run_at: runAt });
      if (!same) await rearm(tx, [known.lane]);
      return "replaced";
    }
    case "held":
    case "rehearsed":
    case "refused":
      await writeEffect(tx, fresh);
      return "replaced";
    case "parked":
      // It never left, so other words may take its place. What may have left stands until a person has looked.
      if (known.send_by !== null) return "stands";
      await writeEffect(tx, fresh);
      return "replaced";
    case "sending":
    case "unknown":
    case "done":
    case undefined:
      return "stands";
  }
};

/** Takes hold of the lane of these effects. Where there is none it is made, and armed for them. The answer is the place of the first, and whether it was made. */
const takeLane = async (
  tx: Tx,
  rows: readonly EffectRow[],
  account: string,
): Promise<{ readonly seq: number; readonly made: boolean }> => {
  const [head] = rows;
  if (head === undefined) return { seq: 1, made: false };
  const row = await tx.sql.one<{ seq: number }>(
    `INSERT INTO lane(key, door, conversation, seq, next_at, priority, account, expires, locked_until, epoch) VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
     ON CONFLICT(key) DO UPDATE SET seq = lane.seq + excluded.seq, account = excluded.account RETURNING seq`,
    head.lane,
    head.door,
    head.conversation,
    rows.length,
    head.run_at,
    Math.min(...rows.map(({ priority }) => priority)),
    account,
    Math.min(...rows.map((one) => one.not_after ?? NEVER)),
  );
  const last = row?.seq ?? rows.length;
  return { seq: last - rows.length + 1, made: last === rows.length };
};

/** Promises effects, in their order, for the accounts whose conversations they are in. Lanes are taken hold of first, sorted: two units that share lanes never wait for each other in a ring. */
export const promise = async (
  tx: Tx,
  effects: readonly Effect[],
  cause: Instant,
  accounts: ReadonlyMap<string, string>,
): Promise<readonly Promising[]> => {
  const fresh = effects.map((effect) => {
    const row = freshRow(effect, laneName(effect.conversation, effect.door), tx.now);
    return inDoubtAfter(row, effect, cause, tx.back);
  });
  const lanes = [...Map.groupBy(fresh, ({ lane }) => lane)].sort(([a], [b]) => (a < b ? -1 : 1));
  const places = new Map<EffectRow, number>();
  const stale = new Set<string>();
  for (const [lane, rows] of lanes) {
    const { seq, made } = await takeLane(tx, rows, accounts.get(rows[0]?.conversation ?? "") ?? "");
    for (const [n, row] of rows.entries()) places.set(row, seq + n);
    if (!made) stale.add(lane);
  }
  const became: Promising[] = [];
  const placed = fresh.map((row) => ({ ...row, seq: places.get(row) ?? 0 }));
  // Nearly all are new, and need not be looked for.
  const added = await addEffects(tx, placed);
  for (const row of placed) {
    // Of two under one key the second finds the first.
    const as = added.delete(row.key) ? "promised" : await promiseAgain(tx, row);
    if (as !== "promised") stale.add(row.lane);
    became.push(as);
  }
  await rearm(tx, [...stale]);
  if (lanes.length > stale.size) tx.stir();
  return became;
};
