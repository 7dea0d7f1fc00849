import { holdLanes, rearm, unarmed } from "../lanes.ts";
import { record } from "../ledger.ts";
import { meta, type Tx } from "../sql.ts";
import { unarmedOf } from "../views.ts";

/** How often lanes are looked for that nothing would ever wake, in ms. */
export const sweepMs = 60_000;

/**
 * Arms lanes with something to do that are due at no time. There are none: every transaction arms what it touches. Should
 * there be a fault in that, its effects come late instead of never, and are counted.
 */
export const sweep = async (tx: Tx): Promise<number> => {
  let found = 0;
  for (const lane of await unarmed(tx, 500)) {
    await holdLanes(tx, [lane]);
    await rearm(tx, [lane]);
    const armed = await tx.sql.one("SELECT 1 FROM lane WHERE key = ? AND next_at IS NOT NULL", lane);
    // Somebody was just parking its head.
    if (armed !== undefined) found += 1;
  }
  if (found === 0) return 0;
  await meta.write(tx, "unarmed", `${found + (await unarmedOf(tx))} ${tx.now}`);
  await record(tx, "unarmed", { lanes: found });
  return found;
};
