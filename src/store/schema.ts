/** Effects that have not ended. Written out the same in indexes and queries, or the partial indexes are not used. */
export const OPEN = "state IN ('promised', 'sending', 'unknown', 'parked')";

/** When a lane expires in which nothing does: after everything else. */
export const NEVER: number = Number.MAX_SAFE_INTEGER;

/** Records of the ledger that are few. Written out the same in the index and in queries. */
export const RARE = "kind NOT IN ('event', 'decided')";

/**
 * The schema, as steps: the n-th brings version n-1 to n. A step that was released is never changed.
 *
 * Times are milliseconds. `value` and `outcome` are JSON, `{ format, value }`. Words stand in `content`, `sent` and `raw`
 * only, names and handles in `persona` only: those can be erased, and nothing else needs to be.
 */
export const steps: readonly (readonly string[])[] = [
  [
    "CREATE TABLE note(name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    // 16 bytes and no row id: 23 bytes an event, so that a million a month can be remembered for good.
    "CREATE TABLE event(hash BLOB PRIMARY KEY) WITHOUT ROWID",

    `CREATE TABLE conversation(
      key TEXT PRIMARY KEY, account TEXT NOT NULL, value TEXT NOT NULL, wake_at INTEGER, updated INTEGER NOT NULL)`,
    "CREATE INDEX conversation_wake ON conversation(wake_at) WHERE wake_at IS NOT NULL",
    "CREATE TABLE clue(clue TEXT NOT NULL, conversation TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(clue, conversation)) WITHOUT ROWID",

    "CREATE TABLE persona(name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE entry(key TEXT PRIMARY KEY, conversation TEXT NOT NULL, at INTEGER NOT NULL, value TEXT NOT NULL)",
    "CREATE INDEX entry_conversation ON entry(conversation, at)",
    "CREATE TABLE content(entry TEXT NOT NULL, version INTEGER NOT NULL, owner TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(entry, version))",
    "CREATE INDEX content_owner ON content(owner)",
    "CREATE TABLE sent(effect TEXT PRIMARY KEY, owner TEXT NOT NULL, text TEXT)",
    "CREATE INDEX sent_owner ON sent(owner)",
    "CREATE TABLE mark(persona TEXT NOT NULL, hash BLOB NOT NULL, side TEXT NOT NULL, PRIMARY KEY(persona, hash, side)) WITHOUT ROWID",
    "CREATE TABLE draft(entry TEXT PRIMARY KEY, conversation TEXT NOT NULL, at INTEGER NOT NULL, paused INTEGER NOT NULL, value TEXT NOT NULL)",
    "CREATE INDEX draft_conversation ON draft(conversation, at)",

    `CREATE TABLE lane(
      key TEXT PRIMARY KEY, door TEXT NOT NULL, conversation TEXT NOT NULL, seq INTEGER NOT NULL,
      next_at INTEGER, priority INTEGER NOT NULL, locked_until INTEGER NOT NULL, owner TEXT, epoch INTEGER NOT NULL)`,
    "CREATE INDEX lane_door ON lane(door, priority, next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX lane_next ON lane(next_at) WHERE next_at IS NOT NULL",
    "CREATE INDEX lane_owned ON lane(locked_until) WHERE owner IS NOT NULL",

    `CREATE TABLE effect(
      key TEXT PRIMARY KEY, lane TEXT NOT NULL, seq INTEGER NOT NULL, conversation TEXT NOT NULL, door TEXT NOT NULL,
      state TEXT NOT NULL, priority INTEGER NOT NULL, revision INTEGER NOT NULL, at INTEGER NOT NULL, place TEXT,
      tries INTEGER NOT NULL, reads INTEGER NOT NULL, run_at INTEGER NOT NULL, send_by INTEGER, quiet_until INTEGER,
      since TEXT, receipt_ref TEXT, value TEXT NOT NULL, outcome TEXT, changed INTEGER NOT NULL)`,
    // One act of a network is the receipt of one effect only: a read-back that finds an older, equal act settles nothing.
    "CREATE UNIQUE INDEX effect_receipt ON effect(door, receipt_ref) WHERE receipt_ref IS NOT NULL",
    `CREATE UNIQUE INDEX effect_open ON effect(lane, seq) WHERE ${OPEN}`,
    `CREATE INDEX effect_urgent ON effect(lane, priority) WHERE ${OPEN}`,
    "CREATE INDEX effect_sending ON effect(door) WHERE state = 'sending'",
    "CREATE INDEX effect_parked ON effect(changed) WHERE state = 'parked'",
    "CREATE INDEX effect_rehearsed ON effect(door) WHERE state = 'rehearsed'",
    "CREATE INDEX effect_place ON effect(place, at) WHERE place IS NOT NULL",
    "CREATE INDEX effect_conversation ON effect(conversation, at)",

    "CREATE TABLE pause(id TEXT PRIMARY KEY, until INTEGER, value TEXT NOT NULL)",
    "CREATE TABLE raw(id TEXT PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL, account TEXT, raw TEXT NOT NULL)",

    // `cause` is the position of the event that a decision followed from.
    `CREATE TABLE ledger(
      position INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, format INTEGER NOT NULL,
      conversation TEXT, cause INTEGER, body TEXT NOT NULL)`,
    "CREATE INDEX ledger_conversation ON ledger(conversation, position) WHERE conversation IS NOT NULL",
  ],
  // What goes along with words: erased with them.
  ["ALTER TABLE content ADD COLUMN media TEXT"],
  // Since when somebody's words in public are waited for; and what was said lately, whoever to.
  [
    "ALTER TABLE conversation ADD COLUMN waits_since INTEGER",
    "CREATE INDEX conversation_waits ON conversation(account, waits_since) WHERE waits_since IS NOT NULL",
    "CREATE INDEX entry_at ON entry(at)",
  ],
  // Whoever waits for what is rare in the ledger passes by nothing else.
  [`CREATE INDEX ledger_rare ON ledger(position) WHERE ${RARE}`],
  // Whose a lane is, and when the first of what waits in it is of no use any more. An older process knows of neither: its lanes are nobody's.
  [
    "ALTER TABLE effect ADD COLUMN not_after INTEGER",
    `CREATE INDEX effect_expiring ON effect(lane, not_after) WHERE not_after IS NOT NULL AND ${OPEN}`,
    "ALTER TABLE lane ADD COLUMN account TEXT NOT NULL DEFAULT ''",
    `ALTER TABLE lane ADD COLUMN expires INTEGER NOT NULL DEFAULT ${NEVER}`,
    "CREATE INDEX lane_turn ON lane(door, account, priority, expires, next_at) WHERE next_at IS NOT NULL",
    "DROP INDEX lane_door",
  ],
  // When something is due next, door by door: one may be closed.
  ["DROP INDEX lane_next", "CREATE INDEX lane_next ON lane(door, next_at) WHERE next_at IS NOT NULL"],
];

/** What must stand before any step: the store's own values, the versions it went through, and how many commits it has seen. */
export const footing: readonly string[] = [
  "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL)",
  "CREATE TABLE IF NOT EXISTS migration(version INTEGER PRIMARY KEY, at INTEGER NOT NULL)",
  "CREATE TABLE IF NOT EXISTS tip(one INTEGER PRIMARY KEY CHECK (one = 1), commits INTEGER NOT NULL, at INTEGER NOT NULL)",
  "INSERT INTO meta(name, value) VALUES('leased', '0') ON CONFLICT(name) DO NOTHING",
  "INSERT INTO tip(one, commits, at) VALUES(1, 0, 0) ON CONFLICT(one) DO NOTHING",
];
