import { BridgeError } from "../core/contracts/errors.ts";
import type { Lease, Promised, Written } from "../core/contracts/store.ts";
import type { Effect, Outcome, Receipt } from "../core/words/effect.ts";
import { clue, type EffectKey, type Instant } from "../core/words/ref.ts";
import { wrap } from "./codec.ts";
import { effectOf, type EffectRow, effectRow, receiptRef, turned, turnEffect } from "./effects.ts";
import { holdLanes, rearm, release, stillOurs } from "./lanes.ts";
import { ofEffect, ofReceipt, record } from "./ledger.ts";
import { type Tx, type Write, writeAll } from "./sql.ts";

/** What a worker brings back from one lease. */
export interface Settled {
  readonly lease: Lease;
  readonly outcomes: readonly { readonly effect: EffectKey; readonly outcome: Outcome }[];
}

const unmarked = { send_by: null, quiet_until: null, since: null, reads: 0 } as const;
const open: ReadonlySet<Promised["state"]> = new Set<Promised["state"]>(["promised", "sending", "unknown"]);

/** An effect after one turn: what its row becomes. Pure. */
const afterTurn = (row: EffectRow, leased: Promised, outcome: Outcome, now: Instant): EffectRow => {
  const next: EffectRow = { ...row, outcome: wrap(outcome), changed: now };
  switch (outcome.as) {
    case "done":
    case "rehearsed":
    case "refused":
    case "held":
      return { ...next, state: outcome.as };
    case "parked": {
      // A try without a mark is counted here: parked again after a person's "retry", it is another end to tell of.
      const tries = leased.sent === undefined ? Math.max(row.tries, leased.tries + 1) : row.tries;
      return { ...next, ...(outcome.doubt ? {} : unmarked), state: "parked", tries };
    }
    case "again": {
      const tries = leased.tries + (outcome.counts ? 1 : 0);
      if (!outcome.doubt) return { ...next, ...unmarked, state: "promised", tries, run_at: outcome.at };
      const quietUntil = row.quiet_until ?? outcome.at;
      return {
        ...next,
        state: "unknown",
        tries,
        // It was in doubt before, so this turn was a look.
        reads: leased.sent === undefined ? row.reads : row.reads + 1,
        send_by: row.send_by ?? now,
        quiet_until: quietUntil,
        run_at: Math.max(outcome.at, quietUntil),
      };
    }
  }
};

/** Which other effect has this receipt already? */
const holderOf = async (tx: Tx, row: EffectRow, ref: string): Promise<string | undefined> =>
  (
    await tx.sql.one<{ key: string }>(
      "SELECT key FROM effect WHERE door = ? AND receipt_ref = ? AND key <> ?",
      row.door,
      ref,
      row.key,
    )
  )?.key;

/** The same act of the network, as far as both receipts name it? */
const sameReceipt = (effect: Effect, row: EffectRow, receipt: Receipt): boolean => {
  const ref = receiptRef(effect, receipt);
  return ref === undefined || row.receipt_ref === null || ref === row.receipt_ref;
};

const noteTwice = async (tx: Tx, effect: Effect, receipt: Receipt): Promise<void> => {
  await record(
    tx,
    "twice",
    { ...ofEffect(effect), receipt: ofReceipt(receipt) },
    { conversation: effect.conversation },
  );
};

/** Writes one outcome down, at once where another must see it, else with all `writes`; the answer is what was written, if anything was. */
const settleOne = async (
  tx: Tx,
  {
    leased,
    row,
    outcome,
  }: { readonly leased: Promised; readonly row: EffectRow | undefined; readonly outcome: Outcome },
  writes: Write[],
): Promise<Outcome | undefined> => {
  if (row === undefined) return undefined;
  const effect = effectOf(row);
  // An echo was faster. What the worker brings is the same act, or one too many.
  if (row.state === "done" && outcome.as === "done" && !sameReceipt(effect, row, outcome.receipt)) {
    await noteTwice(tx, effect, outcome.receipt);
  }
  if (!open.has(row.state)) return undefined;
  // Replaced while it was in hand: the outcome is of words that are promised no more, and the new ones are still to go.
  if (row.state === "promised" && row.revision !== leased.effect.revision) return undefined;

  const next = afterTurn(row, leased, outcome, tx.now);
  if (outcome.as === "again" && !outcome.doubt) await tx.sql.run("DELETE FROM sent WHERE effect = ?", row.key);
  const ref = outcome.as === "done" ? receiptRef(effect, outcome.receipt) : undefined;
  if (ref === undefined) {
    writes.push(turned(next));
    return outcome;
  }
  const holder = await holderOf(tx, row, ref);
  if (holder === undefined) {
    await turnEffect(tx, { ...next, receipt_ref: ref });
    return outcome;
  }
  const parked: Outcome = { as: "parked", why: { code: "receipt-taken", params: { by: holder } }, doubt: true };
  await turnEffect(tx, afterTurn(row, leased, parked, tx.now));
  await record(tx, "receipt-taken", { ...ofEffect(effect), by: holder }, { conversation: effect.conversation });
  return parked;
};

/** All that what follows will look for or bring: taken before the lanes, as everybody does, or two wait for each other. */
const cluesOf = ({ lease, outcomes }: Settled): readonly string[] => [
  clue.talk(lease.conversation.key),
  ...outcomes.flatMap(({ outcome }) => {
    if (outcome.as !== "done") return [];
    const { post, thread, case: of } = outcome.receipt;
    return [
      ...(post ? [clue.post(post)] : []),
      ...(thread ? [clue.thread(thread)] : []),
      ...(of ? [clue.case(of)] : []),
    ];
  }),
];

/** Writes down outcomes, each lease fenced for itself. The answer is what was written of those that were still ours. */
export const settle = async (tx: Tx, settled: readonly Settled[]): Promise<readonly Written[]> => {
  const written = new Map<Settled, (Outcome | undefined)[]>();
  await tx.hold(settled.flatMap(cluesOf));
  const ours = await stillOurs(
    tx,
    settled.map(({ lease }) => lease),
  );
  const kept = settled.filter(({ lease }) => ours.has(lease));
  const keys = kept.flatMap(({ outcomes }) => outcomes.map(({ effect }) => effect));
  const rows = new Map(await Promise.all(keys.map(async (key) => [key, await effectRow(tx, key)] as const)));
  const writes: Write[] = [];
  for (const one of kept) {
    const outcomes: (Outcome | undefined)[] = [];
    for (const { effect, outcome } of one.outcomes) {
      const leased = one.lease.run.find((promised) => promised.effect.key === effect);
      if (leased === undefined) {
        throw new BridgeError(
          `settled ${effect}, which this lease does not hold: settle what was leased, nothing else`,
          {
            fault: "invalid",
            adapter: "store",
            landed: "no",
          },
        );
      }
      outcomes.push(await settleOne(tx, { leased, row: rows.get(effect), outcome }, writes));
    }
    written.set(one, outcomes);
  }
  await writeAll(tx, writes);
  await release(
    tx,
    kept.map(({ lease }) => lease.lane),
  );
  return settled.map((one) => written.get(one));
};

/** A receipt that came late, or an echo: it ends what is open, in doubt, parked or given up. */
export const evidence = async (
  tx: Tx,
  key: EffectKey,
  receipt: Receipt,
): Promise<"settled" | "known" | "twice" | "missing"> => {
  const found = await effectRow(tx, key);
  if (found === undefined) return "missing";
  await tx.hold([clue.talk(effectOf(found).conversation)]);
  await holdLanes(tx, [found.lane]);
  const row = (await effectRow(tx, key)) ?? found;
  const effect = effectOf(row);
  const ref = receiptRef(effect, receipt);
  // Proof of another effect, however much the words are alike.
  if (ref !== undefined && (await holderOf(tx, row, ref)) !== undefined) return "known";
  if (row.state === "done") {
    if (sameReceipt(effect, row, receipt)) {
      if (row.receipt_ref === null && ref !== undefined) await turnEffect(tx, { ...row, receipt_ref: ref });
      return "known";
    }
    await noteTwice(tx, effect, receipt);
    return "twice";
  }
  await turnEffect(tx, {
    ...row,
    state: "done",
    receipt_ref: ref ?? null,
    outcome: wrap<Outcome>({ as: "done", receipt }),
    changed: tx.now,
  });
  await rearm(tx, [row.lane]);
  return "settled";
};

/** What a person decided about a parked effect. False: it is not parked. */
export const resolveParked = async (
  tx: Tx,
  key: EffectKey,
  how: "retry" | "drop" | { readonly done: Receipt },
): Promise<Effect | undefined> => {
  const found = await effectRow(tx, key);
  if (found === undefined) return undefined;
  await tx.hold([clue.talk(effectOf(found).conversation)]);
  await holdLanes(tx, [found.lane]);
  const row = (await effectRow(tx, key)) ?? found;
  if (row.state !== "parked") return undefined;
  const effect = effectOf(row);
  if (how === "retry") {
    await turnEffect(tx, { ...row, ...unmarked, state: "promised", run_at: tx.now, outcome: null, changed: tx.now });
  } else if (how === "drop") {
    const outcome: Outcome = { as: "refused", fault: "dropped", why: { code: "dropped-by-person" } };
    await turnEffect(tx, { ...row, state: "refused", outcome: wrap(outcome), changed: tx.now });
  } else {
    const ref = receiptRef(effect, how.done);
    const holder = ref === undefined ? undefined : await holderOf(tx, row, ref);
    if (holder !== undefined) {
      throw new BridgeError(`that act is the receipt of ${holder} already: name the act that this effect became`, {
        fault: "taken",
        adapter: "store",
        landed: "no",
      });
    }
    const outcome: Outcome = { as: "done", receipt: how.done };
    await turnEffect(tx, { ...row, state: "done", receipt_ref: ref ?? null, outcome: wrap(outcome), changed: tx.now });
  }
  await record(
    tx,
    "resolved",
    { ...ofEffect(effect), how: typeof how === "string" ? how : "done" },
    { conversation: effect.conversation },
  );
  await rearm(tx, [row.lane]);
  return effect;
};
