import type { Unit } from "../core/contracts/store.ts";
import type { Conversation } from "../core/words/conversation.ts";
import { clue, type Clue, type ConversationKey } from "../core/words/ref.ts";
import { type Stored, unwrap } from "./codec.ts";
import { actWith, effectRows, promisedOf } from "./effects.ts";
import { keep } from "./keep.ts";
import { conversationOf } from "./lanes.ts";
import { record } from "./ledger.ts";
import { noteOf } from "./note.ts";
import { allPauses } from "./pauses.ts";
import { erasePersona } from "./erase.ts";
import { draftsIn, earlierIn, entriesIn, entryOf, kinOf, personaOf, saidInPublic, toldInPrivate } from "./people.ts";
import { keepRaw } from "./raw.ts";
import { evidence } from "./settle.ts";
import type { Tx } from "./sql.ts";

const dayMs = 24 * 3_600_000;
/** How many acts at one place an echo is compared with. Echoes come within minutes; a place with more of ours than this has none that old. */
const echoReach = 64;

const first = async (tx: Tx, event: string): Promise<boolean> => {
  const newest = tx.ring.hash("event", event);
  const older = tx.ring.older("event", event);
  // Under one key the row itself keeps two tellings apart; under more, one may be told with the old and one with the new.
  if (older.length > 0) await tx.hold([`event:${event}`]);
  for (const hash of older) {
    if ((await tx.sql.one("SELECT 1 FROM event WHERE hash = ?", hash)) !== undefined) return false;
  }
  return (await tx.sql.run("INSERT INTO event(hash) VALUES(?) ON CONFLICT DO NOTHING", newest)) === 1;
};

const counted = async (tx: Tx, event: string): Promise<boolean> => {
  for (const hash of [tx.ring.hash("event", event), ...tx.ring.older("event", event)]) {
    if ((await tx.sql.one("SELECT 1 FROM event WHERE hash = ?", hash)) !== undefined) return true;
  }
  return false;
};

interface Found {
  readonly clue: Clue;
  readonly key: ConversationKey;
  readonly value: Stored<Conversation>;
  readonly updated: number;
}

const findRows = (tx: Tx, clues: readonly Clue[]): Promise<readonly Found[]> => {
  // A conversation's own key finds it whether or not anybody wrote that down.
  const keys = clues.filter((one) => one.startsWith("talk:")).map((one) => one.slice("talk:".length));
  const among = (list: readonly string[]): string => `(${list.map(() => "?").join(", ")})`;
  return tx.sql.all<Found>(
    `SELECT clue.clue, key, value, updated FROM clue JOIN conversation ON conversation.key = clue.conversation
     WHERE clue.clue IN ${among(clues)}
     ${keys.length === 0 ? "" : `UNION ALL SELECT 'talk:' || key, key, value, updated FROM conversation WHERE key IN ${among(keys)}`}`,
    ...clues,
    ...keys,
  );
};

const find = async (tx: Tx, clues: readonly Clue[]): ReturnType<Unit["find"]> => {
  if (clues.length === 0) return [];
  const asked = [...new Set(clues)];
  await tx.hold(asked);
  let rows = await findRows(tx, asked);
  // What others may have led to, by other clues, is held before it is believed.
  if (await tx.hold(rows.map((row) => clue.talk(row.key)))) rows = await findRows(tx, asked);
  const found = new Map<string, { readonly row: Found; readonly by: Set<Clue> }>();
  for (const row of rows) {
    const known = found.get(row.key);
    if (known === undefined) found.set(row.key, { row, by: new Set([row.clue]) });
    else known.by.add(row.clue);
  }
  return [...found.values()]
    .sort((a, b) => b.row.updated - a.row.updated)
    .map(({ row, by }) => ({ talk: unwrap(row.value), by: asked.filter((one) => by.has(one)) }));
};

const at = async (tx: Tx, place: Clue): ReturnType<Unit["at"]> => {
  const talk = place.startsWith("talk:");
  const rows = await effectRows(
    tx,
    `${talk ? "conversation = ? AND place IS NOT NULL" : "place = ?"} AND (state <> 'refused' OR changed > ?) ORDER BY at DESC, seq DESC LIMIT ?`,
    talk ? place.slice("talk:".length) : place,
    tx.now - dayMs,
    echoReach,
  );
  return Promise.all(rows.map(async (row) => promisedOf(tx, row, await conversationOf(tx, row.conversation))));
};

/** Makes the unit of one transaction. */
export const createUnit = (tx: Tx): Unit => ({
  first: (event) => first(tx, event),
  counted: (event) => counted(tx, event),
  find: (clues) => find(tx, clues),
  load: async (key) => {
    await tx.hold([clue.talk(key)]);
    return conversationOf(tx, key);
  },
  persona: (ref) => personaOf(tx, ref),
  pauses: () => allPauses(tx),
  drafts: (conversation) => draftsIn(tx, conversation),
  entries: async (of) => {
    if ("conversation" in of) return entriesIn(tx, of.conversation, of.since);
    if ("account" in of) return saidInPublic(tx, of);
    const found = await Promise.all(of.map((key) => entryOf(tx, key)));
    return found.filter((entry) => entry !== undefined).sort((a, b) => a.at - b.at);
  },
  earlier: (conversation) => earlierIn(tx, conversation),
  at: (place) => at(tx, place),
  known: (door, of) => actWith(tx, door, of),
  evidence: (effect, receipt) => evidence(tx, effect, receipt),
  keep: (decided, cause) => keep(tx, decided, cause),
  raw: (item) => keepRaw(tx, item),
  erase: async (persona) => {
    await record(tx, "erased", await erasePersona(tx, persona));
  },
  privately: (personas, facts) => toldInPrivate(tx, personas, facts),
  kin: (personas) => kinOf(tx, personas),
  note: (name) => noteOf(tx, name),
  seal: tx.ring,
});
