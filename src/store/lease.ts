import type { Lease } from "../core/contracts/store.ts";
import type { ConversationKey, Door, Instant } from "../core/words/ref.ts";
import { type EffectRow, headRows, promisedOf } from "./effects.ts";
import { conversationOf, QUEUED, release, stillOurs } from "./lanes.ts";
import { meta, portions, type Tx } from "./sql.ts";
import { byUrgency, type Taken, takeLanes } from "./turns.ts";

/** The runs of lanes: what is due from their heads on, in order, without a gap. */
const runsOf = async (
  tx: Tx,
  lanes: readonly string[],
  each: number,
): Promise<ReadonlyMap<string, readonly EffectRow[]>> => {
  const runs = new Map<string, readonly EffectRow[]>();
  for (const some of portions(lanes)) {
    const queued = await headRows(tx, some, `${QUEUED} ORDER BY seq LIMIT ${each}`);
    for (const [lane, rows] of Map.groupBy(queued, (row) => row.lane)) {
      const sorted = rows.toSorted((a, b) => a.seq - b.seq);
      const end = sorted.findIndex((row) => row.state === "parked" || row.run_at > tx.now);
      runs.set(lane, end === -1 ? sorted : sorted.slice(0, end));
    }
  }
  return runs;
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
  const taken = (await takeLanes(tx, wanted, owner, until)).toSorted(byUrgency);
  const keys = taken.map(({ key }) => key);
  const runs = await runsOf(tx, keys, wanted.each);
  await release(
    tx,
    keys.filter((key) => (runs.get(key) ?? []).length === 0),
  );
  const leaseOf = async ({ key, conversation: of, epoch }: Taken): Promise<readonly Lease[]> => {
    const rows = runs.get(key) ?? [];
    const conversation = await conversationOf(tx, of);
    // Cannot be, for both are kept in one unit; the lane stays ours until the lease is over rather than being found at once.
    if (rows.length === 0 || conversation === undefined) return [];
    const run = await Promise.all(rows.map((row) => promisedOf(tx, row, conversation)));
    return [{ lane: key, conversation, door: wanted.door, owner, epoch, at: tx.now, until, run }];
  };
  return (await Promise.all(taken.map((lane) => leaseOf(lane)))).flat();
};

/** Keeps a lane for longer. */
export const renew = async (tx: Tx, held: Lease, forMs: number): Promise<boolean> => {
  if (!(await stillOurs(tx, [held])).has(held)) return false;
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
  const since = async (hold: string): Promise<number> => {
    const row = await tx.sql.one<{ value: string }>(`SELECT value FROM meta WHERE name = 'leased'${hold}`);
    // Not found: somebody else is just writing it down, and nobody waits for that.
    return row === undefined ? 0 : tx.now - Number(row.value);
  };
  // To take hold of a row is to write it: whoever finds nothing to lease would have something to commit.
  if ((await since("")) >= 1_000 && (await since(tx.rows.free)) >= 1_000)
    await meta.write(tx, "leased", String(tx.now));
};
