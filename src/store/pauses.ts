import { concerns } from "../core/rules/pause.ts";
import type { Pause } from "../core/words/conversation.ts";
import type { EffectKey, Instant } from "../core/words/ref.ts";
import { type Stored, unwrap, wrap } from "./codec.ts";
import { effectOf, effectRows } from "./effects.ts";
import { record } from "./ledger.ts";
import type { Tx } from "./sql.ts";

/** How long after it was lifted a pause is still told of. */
const memoryMs = 7 * 24 * 3_600_000;

const pausesWhere = async (
  tx: Tx,
  condition: string,
  ...values: readonly (string | number)[]
): Promise<readonly Pause[]> =>
  (await tx.sql.all<{ value: Stored<Pause> }>(`SELECT value FROM pause WHERE ${condition} ORDER BY id`, ...values)).map(
    (row) => unwrap(row.value),
  );

/** All pauses there ever were: what waited through one never leaves by itself, however long ago it was. One is kept or lifted while nobody else writes. */
export const allPauses = (tx: Tx): Promise<readonly Pause[]> => tx.once("pauses", () => pausesWhere(tx, "true"));

/** Pauses in force, and those lifted within seven days. */
export const recentPauses = (tx: Tx): Promise<readonly Pause[]> =>
  pausesWhere(tx, "until IS NULL OR until > ?", tx.now - memoryMs);

const writePause = async (tx: Tx, pause: Pause): Promise<void> => {
  await tx.sql.run(
    "INSERT INTO pause(id, until, value) VALUES(?, ?, ?) ON CONFLICT(id) DO UPDATE SET until = excluded.until, value = excluded.value",
    pause.id,
    pause.until ?? null,
    wrap(pause),
  );
};

/** Keeps a pause. The reason is a person's own text and stays out of the ledger. */
export const keepPause = async (tx: Tx, pause: Pause): Promise<void> => {
  await writePause(tx, pause);
  const { reason: _reason, by, ...rest } = pause;
  await record(tx, "paused", { ...rest, by: by.kind, ...(by.id === undefined ? {} : { who: by.id }) });
};

/** Lifts a pause that is in force, and wakes every conversation that has a draft held by it. */
export const liftPause = async (tx: Tx, id: string, until: Instant): Promise<boolean> => {
  const [pause] = await pausesWhere(tx, "id = ? AND (until IS NULL OR until > ?)", id, until);
  if (pause === undefined) return false;
  await writePause(tx, { ...pause, until });
  await tx.sql.run(
    "UPDATE conversation SET wake_at = ? WHERE key IN (SELECT conversation FROM draft WHERE paused = 1) AND (wake_at IS NULL OR wake_at > ?)",
    tx.now,
    tx.now,
  );
  await record(tx, "resumed", { id, until });
  tx.stir();
  return true;
};

/** Effects whose calls, of `callMs` at most, may be on the wire although this pause matches them. */
export const outbound = async (tx: Tx, pause: Pause, callMs: number): Promise<readonly EffectKey[]> => {
  const rows = await effectRows(tx, "state = 'sending' AND send_by >= ? ORDER BY door, key", tx.now - callMs);
  return rows.flatMap((row) => {
    const effect = effectOf(row);
    return concerns(pause, effect) ? [effect.key] : [];
  });
};
