import type { Lease } from "../core/contracts/store.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Effect } from "../core/words/effect.ts";
import type { ConversationKey, Door, EffectKey, Instant } from "../core/words/ref.ts";
import { type Stored, unwrap } from "./codec.ts";
import {
  addEffects,
  type EffectRow,
  effectRow,
  effectRows,
  freshRow,
  inDoubtAfter,
  promisedOf,
  writeEffect,
} from "./effects.ts";
import { NEVER, OPEN } from "./schema.ts";
import { meta, type Tx } from "./sql.ts";
import { byUrgency, takeLanes } from "./turns.ts";

/** What stands in a lane. A parked effect stops a CRM's, for what stands behind it needs its case; on a channel the next one goes. */
const QUEUED = `${OPEN} AND (state <> 'parked' OR substr(door, 1, 4) = 'crm/')`;

/** When the lane of this name, a value or a column, has something to do. */
const headAt = (lane: string): string =>
  `(SELECT CASE state WHEN 'parked' THEN NULL ELSE run_at END FROM effect AS head WHERE head.lane = ${lane} AND ${QUEUED} ORDER BY seq LIMIT 1)`;

/** The lane of a conversation at a door. */
export const laneName = (conversation: string, door: string): string => `${conversation}|${door}`;

/** A conversation by its key. */
export const conversationOf = async (tx: Tx, key: string): Promise<Conversation | undefined> => {
  const row = await tx.sql.one<{ value: Stored<Conversation> }>("SELECT value FROM conversation WHERE key = ?", key);
  return row && unwrap(row.value);
};

const freeing = "owner = NULL, locked_until = 0,";

/**
 * Works out anew when a lane is due and how urgent it is. To be called with the lane held (see {@link holdLane}), in a
 * statement after the one that took hold: an update that reads effects while it waits for the lane reads old ones, and
 * left 3,696 of 4,000 lanes unarmed on PostgreSQL.
 */
export const rearm = async (tx: Tx, lane: string, also: "" | typeof freeing = ""): Promise<void> => {
  await tx.sql.run(
    `UPDATE lane SET ${also} next_at = ${headAt("?")},
       priority = COALESCE((SELECT min(priority) FROM effect WHERE lane = ? AND ${OPEN}), priority),
       expires = COALESCE((SELECT min(not_after) FROM effect WHERE lane = ? AND not_after IS NOT NULL AND ${OPEN}), ${NEVER})
     WHERE key = ?`,
    lane,
    lane,
    lane,
    lane,
  );
  tx.stir();
};

/** Takes hold of a lane until the transaction ends, and says whose it is. */
export const holdLane = (
  tx: Tx,
  lane: string,
): Promise<{ readonly owner: string | null; readonly epoch: number } | undefined> =>
  tx.sql.one(`SELECT owner, epoch FROM lane WHERE key = ?${tx.rows.held}`, lane);

/** Lets go of a lane that is held, and arms it. */
export const release = (tx: Tx, lane: string): Promise<void> => rearm(tx, lane, freeing);

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

/** Is this lease still what the lane says? Fenced by who and by which turn: a turn's number may come back after a restore. */
export const isOurs = async (tx: Tx, lease: Lease): Promise<boolean> => {
  const lane = await holdLane(tx, lease.lane);
  return lane !== undefined && lane.owner === lease.owner && lane.epoch === lease.epoch;
};

/** What became of a promise: new, in the place of an older one under its key, or unheard because that one is in hand or done. */
export type Promising = "promised" | "replaced" | "stands";

/** What is promised under the key of an effect whose lane is held, with its own lane held too. */
const heldEffect = async (tx: Tx, fresh: EffectRow): Promise<EffectRow | undefined> => {
  const key = fresh.key as EffectKey;
  const row = await effectRow(tx, key);
  if (row === undefined || row.lane === fresh.lane) return row;
  await holdLane(tx, row.lane);
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
      if (!same) await rearm(tx, known.lane);
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
  for (const lane of stale) await rearm(tx, lane);
  if (lanes.length > stale.size) tx.stir();
  return became;
};

/** The run of a lane: what is due from its head on, in order, without a gap. */
const runOf = async (tx: Tx, lane: string, each: number): Promise<readonly EffectRow[]> => {
  const rows = await effectRows(tx, `lane = ? AND ${QUEUED} ORDER BY seq LIMIT ?`, lane, each);
  const end = rows.findIndex((row) => row.state === "parked" || row.run_at > tx.now);
  return end === -1 ? rows : rows.slice(0, end);
};

/** Before a door's name: nothing leaves there until its network has been caught up with. */
export const catchingUp = "catching:";

/** That a store came back from the past, and nobody has seen to it yet. */
export const returned = "returned";

/** Takes due lanes of a door, most urgent first, their accounts in turn: none of a store that came back from the past before it was seen to. */
export const lease = async (
  tx: Tx,
  owner: string,
  wanted: { readonly door: Door; readonly lanes: number; readonly each: number; readonly forMs: number },
): Promise<readonly Lease[]> => {
  const waits = await tx.sql.one(
    "SELECT 1 FROM meta WHERE name IN (?, ?) LIMIT 1",
    returned,
    `${catchingUp}${wanted.door}`,
  );
  if (waits !== undefined) return [];
  const until = tx.now + wanted.forMs;
  const leases: Lease[] = [];
  for (const lane of (await takeLanes(tx, wanted, owner, until)).toSorted(byUrgency)) {
    const conversation = await conversationOf(tx, lane.conversation);
    const rows = await runOf(tx, lane.key, wanted.each);
    // Cannot be, for both are kept in one unit; the lane stays ours until the lease is over rather than being found at once.
    if (conversation === undefined) continue;
    if (rows.length === 0) {
      await release(tx, lane.key);
      continue;
    }
    const run = await Promise.all(rows.map((row) => promisedOf(tx, row, conversation)));
    leases.push({ lane: lane.key, conversation, door: wanted.door, owner, epoch: lane.epoch, at: tx.now, until, run });
  }
  return leases;
};

/** Keeps a lane for longer. */
export const renew = async (tx: Tx, held: Lease, forMs: number): Promise<boolean> => {
  if (!(await isOurs(tx, held))) return false;
  await tx.sql.run("UPDATE lane SET locked_until = ? WHERE key = ?", tx.now + forMs, held.lane);
  return true;
};

/** Frees what a dead worker held: nobody settles it any more. Acts it may have sent stay in doubt, and their lanes due no sooner than that allows. */
export const inherit = async (tx: Tx, owner: string): Promise<void> => {
  const freed = await tx.sql.run(
    "UPDATE lane SET owner = NULL, locked_until = 0 WHERE owner IS NOT NULL AND owner <> ?",
    owner,
  );
  if (freed > 0) tx.stir();
};

// Doors with something to do: a loose scan of the index, whose cost is the number of doors, not of lanes.
const everyDoor = `WITH RECURSIVE d(door) AS (
  SELECT min(door) FROM lane WHERE next_at IS NOT NULL
  UNION ALL SELECT (SELECT min(door) FROM lane WHERE next_at IS NOT NULL AND lane.door > d.door) FROM d WHERE d.door IS NOT NULL)`;

/** Doors with something due that nobody has in hand; not those where nothing leaves yet after a return from the past. */
export const doors = async (tx: Tx): Promise<readonly Door[]> => {
  const rows = await tx.sql.all<{ door: Door }>(
    `${everyDoor}
     SELECT door FROM d WHERE door IS NOT NULL AND NOT EXISTS (SELECT 1 FROM meta WHERE name IN ('${returned}', '${catchingUp}' || d.door)) AND EXISTS (
       SELECT 1 FROM lane WHERE lane.door = d.door AND next_at IS NOT NULL AND next_at <= ? AND locked_until <= ?)`,
    tx.now,
    tx.now,
  );
  return rows.map((row) => row.door);
};

/** Conversations whose alarm has rung, the longest ago first. */
export const due = async (
  tx: Tx,
  limit: number,
): Promise<readonly { readonly conversation: ConversationKey; readonly at: Instant }[]> => {
  const rows = await tx.sql.all<{ key: ConversationKey; wake_at: Instant }>(
    "SELECT key, wake_at FROM conversation WHERE wake_at <= ? ORDER BY wake_at LIMIT ?",
    tx.now,
    limit,
  );
  return rows.map((row) => ({ conversation: row.key, at: row.wake_at }));
};

/** The earliest of: a free lane that is due, a held one that may be taken over, an alarm. Lanes of closed doors are left out. */
export const nextDue = async (tx: Tx, closed: readonly Door[]): Promise<Instant | undefined> => {
  const [free, held, alarm] = await Promise.all([
    tx.sql.all<{ door: Door; at: Instant | null }>(
      `${everyDoor}
       SELECT door, (SELECT next_at FROM lane WHERE lane.door = d.door AND next_at IS NOT NULL AND locked_until <= ? ORDER BY next_at LIMIT 1) AS at
       FROM d WHERE door IS NOT NULL`,
      tx.now,
    ),
    tx.sql.all<{ door: Door; at: Instant | null }>(
      `SELECT door, min(CASE WHEN next_at > locked_until THEN next_at ELSE locked_until END) AS at
       FROM lane WHERE owner IS NOT NULL AND locked_until > ? AND next_at IS NOT NULL GROUP BY door`,
      tx.now,
    ),
    tx.sql.one<{ at: Instant | null }>("SELECT min(wake_at) AS at FROM conversation WHERE wake_at IS NOT NULL"),
  ]);
  const lanes = [...free, ...held].filter(({ door }) => !closed.includes(door));
  const known = [...lanes, alarm].flatMap((time) => (time === undefined || time.at === null ? [] : [time.at]));
  return known.length === 0 ? undefined : Math.min(...known);
};

/** Writes down that a worker asked for work: at most once a second, for each time is a commit. */
export const sawWorker = async (tx: Tx): Promise<void> => {
  // Not found: somebody else is just writing it down, and nobody waits for that.
  const row = await tx.sql.one<{ value: string }>(`SELECT value FROM meta WHERE name = 'leased'${tx.rows.free}`);
  if (row !== undefined && tx.now - Number(row.value) >= 1_000) await meta.write(tx, "leased", String(tx.now));
};
