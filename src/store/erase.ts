import type { Effect, Outcome } from "../core/words/effect.ts";
import type { Conversation } from "../core/words/conversation.ts";
import {
  accountName,
  clue,
  type ConversationKey,
  type EntryKey,
  personaName,
  type PersonaRef,
  samePersona,
} from "../core/words/ref.ts";
import { type Stored, unwrap, wrap } from "./codec.ts";
import { effectOf, effectRows, turnEffect } from "./effects.ts";
import { holdLanes, laneName, rearm } from "./lanes.ts";
import { keepPersona, personaOf, type Unworded } from "./people.ts";
import type { Tx } from "./sql.ts";

/** Keeps nothing of an entry's words, in no version. */
export const blankEntry = async (tx: Tx, entry: EntryKey): Promise<void> => {
  await tx.sql.run("DELETE FROM content WHERE entry = ?", entry);
};

/** All conversations whose customer this is. */
const conversationsOf = async (tx: Tx, ref: PersonaRef): Promise<readonly Conversation[]> => {
  const rows = await tx.sql.all<{ value: Stored<Conversation> }>(
    "SELECT conversation.value FROM clue JOIN conversation ON conversation.key = clue.conversation WHERE clue.clue = ?",
    clue.persona(ref),
  );
  return rows.map((row) => unwrap(row.value)).filter(({ personas }) => personas.some((one) => samePersona(one, ref)));
};

const withoutLink = (effect: Effect): Effect => {
  const { act } = effect;
  if (act.do !== "open" && act.do !== "state") return effect;
  const { postUrl: _, ...fields } = act.fields;
  return { ...effect, act: { ...act, fields } };
};

/** Takes back what was still to be done to the person, and the links that may show their handle. The answer is how many acts. */
const dropEffects = async (tx: Tx, conversation: ConversationKey): Promise<number> => {
  // Between the names they may have: to read 600,000 lanes one by one takes as long as a statement may.
  const lanes = await tx.sql.all<{ key: string }>(
    "SELECT key FROM lane WHERE key > ? AND key < ? AND conversation = ?",
    laneName(conversation, ""),
    laneName(conversation, "\u{10FFFF}"),
    conversation,
  );
  const keys = lanes.map(({ key }) => key);
  await holdLanes(tx, keys);
  const outcome: Outcome = { as: "refused", fault: "dropped", why: { code: "erased" } };
  let dropped = 0;
  for (const row of await effectRows(tx, "conversation = ?", conversation)) {
    const effect = effectOf(row);
    const clean = withoutLink(effect);
    if (clean !== effect) await tx.sql.run("UPDATE effect SET value = ? WHERE key = ?", wrap(clean), row.key);
    // What may have left already is looked for as before; without its words it is not sent again.
    const waits = row.state === "promised" || row.state === "parked" || row.state === "held";
    if (!waits || row.door.startsWith("crm/")) continue;
    await turnEffect(tx, { ...row, state: "refused", outcome: wrap(outcome), changed: tx.now });
    dropped += 1;
  }
  await rearm(tx, keys);
  return dropped;
};

/** Items that could not be read and name this person are kept as what they were, and not as what they said: told again, they are known. */
const blankRaw = async (tx: Tx, ref: PersonaRef): Promise<void> => {
  const rows = await tx.sql.all<{ id: string; raw: string }>(
    "SELECT id, raw FROM raw WHERE account = ? OR account IS NULL",
    accountName(ref.account),
  );
  const escaped = ref.id.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const named = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, "u");
  for (const { id, raw } of rows)
    if (named.test(raw)) await tx.sql.run("UPDATE raw SET raw = '', reason = 'erased' WHERE id = ?", id);
};

/** What went, and what stays for the sake of a hold. */
export interface Erased {
  readonly texts: number;
  readonly dropped: number;
  readonly kept: number;
}

/**
 * Removes what a person said, what was said to them and what the network showed of them, except where a conversation is on
 * hold. With nothing but the network's id it stays known that they were erased, and that they wish not to be written to:
 * without it what is told again would bring them back.
 */
export const erasePersona = async (tx: Tx, ref: PersonaRef): Promise<Erased> => {
  const name = personaName(ref);
  const talks = await conversationsOf(tx, ref);
  const kept = talks.filter(({ record }) => record.holds.length > 0).map(({ key }) => key);
  const held = new Set<string>(kept);
  // A link to a post may show its author's handle.
  const owned = await tx.sql.all<{ key: string; conversation: string; value: Stored<Unworded> }>(
    "SELECT DISTINCT entry.key, entry.conversation, entry.value FROM entry JOIN content ON content.entry = entry.key WHERE content.owner = ?",
    name,
  );
  let texts = 0;
  for (const { key, conversation, value } of owned) {
    if (held.has(conversation)) continue;
    const { url, ...rest } = unwrap(value);
    if (url !== undefined) await tx.sql.run("UPDATE entry SET value = ? WHERE key = ?", wrap(rest), key);
    texts += await tx.sql.run("DELETE FROM content WHERE entry = ? AND owner = ?", key, name);
  }
  const others =
    kept.length === 0
      ? ""
      : ` AND effect NOT IN (SELECT key FROM effect WHERE conversation IN (${kept.map(() => "?").join(", ")}))`;
  await tx.sql.run(`UPDATE sent SET text = NULL WHERE owner = ?${others}`, name, ...kept);
  let dropped = 0;
  for (const { key } of talks) if (!held.has(key)) dropped += await dropEffects(tx, key);
  const persona = await personaOf(tx, ref);
  const { optedOut, mutedUntil } = persona ?? {};
  const silence = {
    ...(optedOut === undefined ? {} : { optedOut }),
    ...(mutedUntil === undefined ? {} : { mutedUntil }),
  };
  if (kept.length === 0) {
    await tx.sql.run("DELETE FROM mark WHERE persona = ?", name);
    await blankRaw(tx, ref);
    await keepPersona(tx, { ref, profile: {}, roles: [], ...silence, erased: tx.now });
  } else await keepPersona(tx, { profile: {}, roles: [], ...persona, ref, erased: tx.now });
  return { texts, dropped, kept: kept.length };
};
