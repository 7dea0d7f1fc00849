import type { Unit } from "../core/contracts/store.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Clue } from "../core/words/ref.ts";
import { accountName } from "../core/words/ref.ts";
import { type Stored, unwrap } from "./codec.ts";
import { effectRows, promisedOf } from "./effects.ts";
import { keep } from "./keep.ts";
import { conversationOf } from "./lanes.ts";
import { record } from "./ledger.ts";
import { noteOf } from "./note.ts";
import { allPauses } from "./pauses.ts";
import { draftsIn, entriesIn, entryOf, erasePersona, personaOf, toldInPrivate } from "./people.ts";
import { evidence } from "./settle.ts";
import type { Tx } from "./sql.ts";

const dayMs = 24 * 3_600_000;
/** How many acts at one place an echo is compared with. Echoes come within minutes; a place with more of ours than this has none that old. */
const echoReach = 64;

const first = async (tx: Tx, event: string): Promise<boolean> => {
  for (const hash of tx.ring.older("event", event)) {
    if ((await tx.sql.one("SELECT 1 FROM event WHERE hash = ?", hash)) !== undefined) return false;
  }
  return (
    (await tx.sql.run("INSERT INTO event(hash) VALUES(?) ON CONFLICT DO NOTHING", tx.ring.hash("event", event))) === 1
  );
};

const find = async (tx: Tx, clues: readonly Clue[]): ReturnType<Unit["find"]> => {
  const found = new Map<
    string,
    { readonly value: Stored<Conversation>; readonly updated: number; readonly by: Clue[] }
  >();
  for (const clue of [...new Set(clues)].sort()) {
    const rows = await tx.sql.all<{ key: string; value: Stored<Conversation>; updated: number }>(
      // A conversation's own key finds it whether or not anybody wrote that down.
      `SELECT key, value, updated FROM conversation
       WHERE key IN (SELECT conversation FROM clue WHERE clue = ?) OR 'talk:' || key = ? AND key = substr(?, 6)`,
      clue,
      clue,
      clue,
    );
    for (const row of rows) {
      const known = found.get(row.key);
      if (known === undefined) found.set(row.key, { ...row, by: [clue] });
      else known.by.push(clue);
    }
  }
  return [...found.values()]
    .sort((a, b) => b.updated - a.updated)
    .map(({ value, by }) => ({ talk: unwrap(value), by }));
};

const at = async (tx: Tx, place: Clue): ReturnType<Unit["at"]> => {
  const rows = await effectRows(
    tx,
    "place = ? AND (state <> 'refused' OR changed > ?) ORDER BY at DESC, seq DESC LIMIT ?",
    place,
    tx.now - dayMs,
    echoReach,
  );
  return Promise.all(rows.map(async (row) => promisedOf(tx, row, await conversationOf(tx, row.conversation))));
};

/** Makes the unit of one transaction. */
export const createUnit = (tx: Tx): Unit => ({
  first: (event) => first(tx, event),
  find: (clues) => find(tx, clues),
  load: (key) => conversationOf(tx, key),
  persona: (ref) => personaOf(tx, ref),
  pauses: () => allPauses(tx),
  drafts: (conversation) => draftsIn(tx, conversation),
  entries: async (of) => {
    if ("conversation" in of) return entriesIn(tx, of.conversation);
    const found = await Promise.all(of.map((key) => entryOf(tx, key)));
    return found.filter((entry) => entry !== undefined).sort((a, b) => a.at - b.at);
  },
  at: (place) => at(tx, place),
  evidence: (effect, receipt) => evidence(tx, effect, receipt),
  keep: (decided, cause) => keep(tx, decided, cause),
  raw: async ({ reason, raw, account }) => {
    // The same delivery, told again, is the same item.
    const id = Buffer.from(tx.ring.hash("raw", raw)).toString("hex");
    const added = await tx.sql.run(
      "INSERT INTO raw(id, at, reason, account, raw) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      id,
      tx.now,
      reason,
      account === undefined ? null : accountName(account),
      raw,
    );
    if (added === 1) await record(tx, "unread", { id, reason });
  },
  erase: async (persona) => {
    const texts = await erasePersona(tx, persona);
    await record(tx, "erased", { texts });
  },
  privately: (personas, facts) => toldInPrivate(tx, personas, facts),
  note: (name) => noteOf(tx, name),
});
