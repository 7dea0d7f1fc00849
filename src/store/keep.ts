import type { DecidedRecord } from "../core/contracts/ledger.ts";
import type { Cause } from "../core/contracts/store.ts";
import { waitedFor } from "../core/rules/waiting.ts";
import type { Decision } from "../core/words/conversation.ts";
import { accountName, clue, type Why } from "../core/words/ref.ts";
import { wrap } from "./codec.ts";
import { promise, type Promising } from "./lanes.ts";
import { eventRow, ofEffect, record } from "./ledger.ts";
import { blankEntry } from "./erase.ts";
import { keepDraft, keepEntry, keepPersona } from "./people.ts";
import type { Tx } from "./sql.ts";

/** Clues in one statement: a word brings up to five. Statements are prepared by their text, so that their number is bounded. */
const most = 8;

const keepConversation = async (tx: Tx, decision: Decision, position: number): Promise<void> => {
  const { conversation, wake } = decision;
  // The ledger's positions are the order of what happened; two decisions within one millisecond have it too.
  await tx.sql.run(
    `INSERT INTO conversation(key, account, value, wake_at, updated, waits_since) VALUES(?, ?, ?, ?, ?, ?)
     ON CONFLICT(key) DO UPDATE SET account = excluded.account, value = excluded.value, wake_at = excluded.wake_at,
       updated = excluded.updated, waits_since = excluded.waits_since`,
    conversation.key,
    accountName(conversation.account),
    wrap(conversation),
    wake ?? null,
    position,
    waitedFor(conversation).length === 0 ? null : conversation.awaitingSince,
  );
  // Its own key finds it without being written down.
  const own = clue.talk(conversation.key);
  const clues = decision.clues.filter((one) => one !== own);
  for (let at = 0; at < clues.length; at += most) {
    const some = clues.slice(at, at + most);
    await tx.sql.run(
      `INSERT INTO clue(clue, conversation, at) VALUES${some.map(() => "(?, ?, ?)").join(", ")} ON CONFLICT DO NOTHING`,
      ...some.flatMap((one) => [one, conversation.key, tx.now]),
    );
  }
  if (wake !== undefined) tx.stir();
};

const keepPeople = async (tx: Tx, decision: Decision): Promise<void> => {
  for (const persona of decision.personas) await keepPersona(tx, persona);
  for (const entry of decision.entries) await keepEntry(tx, entry);
  for (const entry of decision.blanked ?? []) await blankEntry(tx, entry);
  for (const entry of decision.undrafted) await tx.sql.run("DELETE FROM draft WHERE entry = ?", entry);
  for (const draft of decision.drafts) await keepDraft(tx, draft);
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
  const position = await record(
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
  for (const decision of decided) {
    const count = decision.effects.length;
    const row = decidedRow(decision, cause, became.slice(next, next + count));
    next += count;
    const at = await record(tx, "decided", row, { conversation: decision.conversation.key, cause: position });
    await keepConversation(tx, decision, at);
    await keepPeople(tx, decision);
  }
};
