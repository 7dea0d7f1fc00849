import type { DecidedRecord } from "../core/contracts/ledger.ts";
import type { Cause } from "../core/contracts/store.ts";
import { waitedFor } from "../core/rules/waiting.ts";
import type { Decision } from "../core/words/conversation.ts";
import { accountName, clue, type Instant, type Why } from "../core/words/ref.ts";
import { wrap } from "./codec.ts";
import { promise, type Promising } from "./lanes.ts";
import { eventRow, ofEffect, record, recorded } from "./ledger.ts";
import { blankEntry } from "./erase.ts";
import { entryWrites, keepDraft, keepMarks, personaWrite, sawPersona } from "./people.ts";
import { portions, type Told, type Tx, type Write, writeAll } from "./sql.ts";

const conversationWrites = ({ conversation, clues, wake }: Decision, position: Told, now: Instant): Write[] => {
  // The ledger's positions are the order of what happened; two decisions within one millisecond have it too.
  const whole: Write = [
    `INSERT INTO conversation(key, account, value, wake_at, updated, waits_since) VALUES(?, ?, ?, ?, ?, ?)
     ON CONFLICT(key) DO UPDATE SET account = excluded.account, value = excluded.value, wake_at = excluded.wake_at,
       updated = excluded.updated, waits_since = excluded.waits_since`,
    conversation.key,
    accountName(conversation.account),
    wrap(conversation),
    wake ?? null,
    position,
    waitedFor(conversation).length === 0 ? null : conversation.awaitingSince,
  ];
  // Its own key finds it without being written down.
  const own = clue.talk(conversation.key);
  const found = clues.filter((one) => one !== own);
  const writes = [whole];
  // A word brings up to five.
  for (const some of portions(found)) {
    writes.push([
      `INSERT INTO clue(clue, conversation, at) VALUES${some.map(() => "(?, ?, ?)").join(", ")} ON CONFLICT DO NOTHING`,
      ...some.flatMap((one) => [one, conversation.key, now]),
    ]);
  }
  return writes;
};

/** Keeps a decision, behind the records that tell of it. The last of them is where its conversation stands in the order of what happened; the answer is the position of the first. */
const keepDecision = async (
  tx: Tx,
  decision: Decision,
  [first, ...others]: readonly [Write, ...Write[]],
): Promise<number> => {
  const { personas, entries, blanked = [], undrafted, drafts, wake } = decision;
  const people = personas.map((persona) => personaWrite(tx, persona));
  const writes = [
    first,
    ...others,
    ...people,
    ...conversationWrites(decision, { by: others.at(-1) ?? first }, tx.now),
    ...entries.flatMap(entryWrites),
  ];
  const told = await writeAll(tx, writes);
  for (const [n, persona] of personas.entries()) sawPersona(tx, persona, told[1 + others.length + n]);
  for (const entry of entries) await keepMarks(tx, entry);
  for (const entry of blanked) await blankEntry(tx, entry);
  for (const entry of undrafted) await tx.sql.run("DELETE FROM draft WHERE entry = ?", entry);
  for (const draft of drafts) await keepDraft(tx, draft);
  if (wake !== undefined) tx.stir();
  return told[0] ?? 0;
};

const decidedRow = (decision: Decision, cause: Cause, became: readonly Promising[]): DecidedRecord => ({
  event: cause.event.key,
  revision: decision.conversation.revision,
  why: decision.why,
  effects: decision.effects.map((effect, at) => ({ ...ofEffect(effect), became: became[at] ?? "stands" })),
  drafts: decision.drafts.map((draft) => ({
    entry: draft.entry,
    holds: draft.holds.map((hold) => ({ kind: hold.kind, why: hold.why })),
  })),
  undrafted: decision.undrafted,
  ...(decision.wake === undefined ? {} : { wake: decision.wake }),
});

/** Keeps all that decisions say, or why there is none, with the event they follow from. */
export const keep = async (
  tx: Tx,
  decided: readonly Decision[] | { readonly none: Why },
  cause: Cause,
): Promise<void> => {
  const event = eventRow(cause, tx.now);
  if ("none" in decided) {
    await record(tx, "event", { ...event, none: decided.none });
    return;
  }
  const [only, more] = decided;
  const told = recorded(
    tx,
    "event",
    event,
    only !== undefined && more === undefined ? { conversation: only.conversation.key } : {},
  );
  // Whoever looks for a clue that this unit brings finds it, or is waited for.
  await tx.hold(decided.flatMap(({ conversation, clues }) => [clue.talk(conversation.key), ...clues]));
  // All lanes at once, so that they are taken hold of in one order.
  const became = await promise(
    tx,
    decided.flatMap((decision) => decision.effects),
    cause.event.at,
    new Map(decided.map(({ conversation }) => [conversation.key, accountName(conversation.account)])),
  );
  let next = 0;
  let position: number | undefined;
  for (const decision of decided) {
    const count = decision.effects.length;
    const row = decidedRow(decision, cause, became.slice(next, next + count));
    next += count;
    const of = { conversation: decision.conversation.key, cause: position ?? { by: told } };
    const decides = recorded(tx, "decided", row, of);
    const at = await keepDecision(tx, decision, position === undefined ? [told, decides] : [decides]);
    position ??= at;
  }
  if (only === undefined) await writeAll(tx, [told]);
};
