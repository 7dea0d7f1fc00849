import type { Sent } from "../core/contracts/channel.ts";
import type { SendingMark } from "../core/contracts/store.ts";
import { pausedBy, waitedThrough } from "../core/rules/pause.ts";
import type { Pause } from "../core/words/conversation.ts";
import { hasReturned } from "./again.ts";
import { effectOf, effectRow, recipientOf, turnEffect } from "./effects.ts";
import { rearm, stillOurs } from "./lanes.ts";
import { allPauses } from "./pauses.ts";
import { keepSentWords } from "./people.ts";
import type { Tx } from "./sql.ts";

const markOne = async (tx: Tx, mark: SendingMark, pauses: readonly Pause[]): Promise<Sent | undefined> => {
  const { lease } = mark;
  const leased = lease.run.find((one) => one.effect.key === mark.effect);
  if (leased === undefined || !(await stillOurs(tx, [lease])).has(lease)) return undefined;
  const row = await effectRow(tx, mark.effect);
  // Replaced since it was leased: what the worker has in hand is not what is promised any more.
  if (row === undefined || row.state !== "promised" || row.revision !== leased.effect.revision) return undefined;
  const effect = effectOf(row);
  if (pausedBy(pauses, effect, tx.now) !== undefined || waitedThrough(pauses, effect) !== undefined) return undefined;

  const sendBy = tx.now + mark.windowMs;
  const quietUntil = sendBy + mark.quietMs;
  const attempt = row.tries + 1;
  await turnEffect(tx, {
    ...row,
    state: "sending",
    tries: attempt,
    reads: 0,
    since: mark.since ?? null,
    send_by: sendBy,
    quiet_until: quietUntil,
    // Whoever takes over finds it no earlier than it may be looked for.
    run_at: quietUntil,
    changed: tx.now,
  });
  if (mark.words !== undefined) {
    await keepSentWords(tx, mark.effect, recipientOf(effect, lease.conversation), mark.words);
  }
  await tx.sql.run(
    "UPDATE lane SET locked_until = CASE WHEN locked_until > ? THEN locked_until ELSE ? END WHERE key = ?",
    sendBy + mark.timeoutMs,
    sendBy + mark.timeoutMs,
    lease.lane,
  );
  await rearm(tx, [lease.lane]);
  return { attempt, sendBy, ...(mark.since === undefined ? {} : { since: mark.since }) };
};

/** Writes down that calls are about to leave. Pauses are read in the same transaction: one that was kept before refuses, one that is kept after finds the marks. */
export const sending = async (tx: Tx, marks: readonly SendingMark[]): Promise<readonly (Sent | undefined)[]> => {
  // What was leased before the store came back may have left already, in the part of its history that it lost.
  if (await hasReturned(tx)) return marks.map(() => undefined);
  const pauses = await allPauses(tx);
  const answers = new Map<SendingMark, Sent | undefined>();
  const sorted = [...marks].sort((a, b) => (a.lease.lane < b.lease.lane ? -1 : 1));
  for (const mark of sorted) answers.set(mark, await markOne(tx, mark, pauses));
  return marks.map((mark) => answers.get(mark));
};
