import { holdLane, rearm } from "../lanes.ts";
import { record } from "../ledger.ts";
import { OPEN } from "../schema.ts";
import { meta, type Tx } from "../sql.ts";
import { unarmedOf } from "../views.ts";

/** How often lanes are looked for that nothing would ever wake, in ms. */
export const sweepMs = 60_000;

/**
 * Arms lanes with something to do that are due at no time. There are none: every transaction arms what it touches. Should
 * there be a fault in that, its effects come late instead of never, and are counted.
 */
export const sweep = async (tx: Tx): Promise<number> => {
  // A CRM's lane behind a parked act rests by right: many of them must not stand before one that does not.
  const lanes = await tx.sql.all<{ lane: string; door: string }>(
    `SELECT DISTINCT lane, door FROM effect WHERE ${OPEN} AND state <> 'parked'
       AND EXISTS (SELECT 1 FROM lane WHERE lane.key = effect.lane AND next_at IS NULL)
       AND NOT (door LIKE 'crm/%' AND EXISTS (
         SELECT 1 FROM effect AS head WHERE head.lane = effect.lane AND head.seq < effect.seq AND head.state = 'parked'))
     ORDER BY lane LIMIT 500`,
  );
  let found = 0;
  for (const { lane, door } of lanes) {
    await holdLane(tx, lane);
    await rearm(tx, lane, door);
    const armed = await tx.sql.one("SELECT 1 FROM lane WHERE key = ? AND next_at IS NOT NULL", lane);
    // Somebody was just parking its head.
    if (armed !== undefined) found += 1;
  }
  if (found === 0) return 0;
  await meta.write(tx, "unarmed", `${found + (await unarmedOf(tx))} ${tx.now}`);
  await record(tx, "unarmed", { lanes: found });
  return found;
};
