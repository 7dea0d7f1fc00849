import type { Clock } from "../../core/contracts/clock.ts";
import { BridgeError } from "../../core/contracts/errors.ts";
import type { Instant } from "../../core/words/ref.ts";
import type { Ring } from "../ring.ts";
import type { Tx } from "../sql.ts";
import { createAsk } from "./ask.ts";
import { createHold, lockOf } from "./hold.ts";
import type { PgResult } from "./client.ts";
import { quoted, type Session, statementsOf } from "./session.ts";

/** What all transactions of a store share. */
export interface Floor {
  readonly schema: string;
  readonly ring: Ring;
  /** Instead of the database's time: for tests. */
  readonly clock: Clock | undefined;
}

/** What the database says as a transaction begins. */
export interface Header {
  readonly now: Instant;
  /** Which cluster this is, on which timeline, and which copy of the schema: it changes when the store comes back from the past. */
  readonly identity: string;
  /** What the store last knew itself to be. */
  readonly kept: string;
  /** When it was last noticed that it came back. */
  readonly back: string | null;
  /** The process of the server that answers. */
  readonly pid: number;
  /** Above the id of every transaction that was ever committed, or the database went back. */
  readonly top: number;
  /** What was read once for all calls of the transaction. */
  readonly known: Map<string, unknown>;
}

const headerFrom = ({ rows }: PgResult, clock: Clock | undefined): Header => {
  const row = rows[0] as Omit<Header, "known">;
  return { ...row, ...(clock === undefined ? {} : { now: clock.now() }), known: new Map() };
};

/** How a transaction meets others: `quiet` runs while no other writes. */
export type Manner = "read" | "write" | "quiet";

/** A lock of somebody else is waited for this long, in ms, by work that holds nothing but what is its own. */
const patienceMs = 2_000;
/** By work whose place others need, as too many wait already. It is then run again. */
const firstMs = 100;
/** By work behind other work in one commit, whose locks it would make others wait for. */
const hasteMs = 20;
/** And by work behind some that waited in vain: it may be for the same lock, and others are behind it. */
const hurryMs = 2;
/** A worker that stands still between two statements is put out after this long, in ms: until then it holds up whoever wants the same rows. */
const idleMs = 1_000;
const statementMs = 5_000;
/** A unit awaits nothing but the unit; whoever waits for something else holds up everybody. */
const workMs = 5_000;

// SET LOCAL ends with the transaction: what a session was set to would meet other transactions behind a pooler.
// A plan that is kept was made for tables of another size, empty ones at first: statements are kept, plans made anew.
// What is known of a table's size may be as old (autovacuum comes each minute, or never where it is off): with 80,000
// clues of which nothing was known, each look for three was two processes reading all of them, 17 ms instead of 1.
// A table that must be read whole then counts as endless work, which is compiled first: 100 ms for an empty one.
const limits = `SET LOCAL lock_timeout = ${patienceMs}; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}; SET LOCAL statement_timeout = ${statementMs}; SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0`;

/** What a database is: read by any role. */
export const identityOf = (schema: string): string =>
  `(SELECT system_identifier FROM pg_control_system())::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
   || '/' || '${quoted(schema).replaceAll("'", "''")}.meta'::regclass::oid::text`;

/** The database's time, in ms. Not now(): that is when the transaction began, before it waited for anybody. */
export const nowOf = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

const headerOf = (schema: string): string =>
  `SELECT ${nowOf} AS now, ${identityOf(schema)} AS identity, pg_backend_pid() AS pid, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS top,
     (SELECT value FROM ${quoted(schema)}.meta WHERE name = 'identity') AS kept,
     (SELECT value FROM ${quoted(schema)}.meta WHERE name = 'back') AS back`;

const beginOf: Readonly<Record<Manner, (quiet: string) => string>> = {
  read: () => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
  // Whatever a database or a role is set to: what is read after a lock must be what stands then.
  write: (quiet) => `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock_shared(${quiet})`,
  quiet: (quiet) => `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(${quiet})`,
};

/** Begins a transaction, in one message, and says what the database is. */
export const begin = async (
  session: Session,
  { schema, clock }: Floor,
  manner: Manner,
  patient: boolean,
): Promise<Header> => {
  // The limits stand before the first lock is asked for. A pause under way is waited for, by whomever.
  const [start = "", ...locks] = beginOf[manner](lockOf(schema, "quiet").toString()).split("; ");
  if (manner === "write" && !patient) locks.push(`SET LOCAL lock_timeout = ${firstMs}`);
  const header = headerFrom(await session.exec([start, limits, ...locks, headerOf(schema)].join("; ")), clock);
  session.answeredBy(header.pid);
  return header;
};

/** Ends a transaction, and says what it is called, if it has written anything. */
export const finish = async (session: Session): Promise<{ readonly command: string; readonly xid: number | null }> => {
  const [name, result] = await session.script("SELECT pg_current_xact_id_if_assigned()::text::bigint AS xid; COMMIT");
  const [row] = (name?.rows ?? []) as readonly { readonly xid: number | null }[];
  return { command: result?.command ?? "", xid: row?.xid ?? null };
};

/** What the database is, inside a transaction that is somebody else's: nothing is begun, and none of its settings is changed. */
export const join = async (session: Session, { schema, clock }: Floor): Promise<Header> => {
  const lock = `SELECT pg_advisory_xact_lock_shared(${lockOf(schema, "quiet")})`;
  return headerFrom(await session.exec(`${lock}; ${headerOf(schema)}`), clock);
};

/** The statement that sets a unit apart from others in one commit. One behind them lets go of the savepoint before its own: they would lie inside each other. */
export const apart = (place: "first" | "behind" | "behind one that waited"): string =>
  place === "first"
    ? "SAVEPOINT one"
    : `RELEASE SAVEPOINT one; SAVEPOINT one; SET LOCAL lock_timeout = ${place === "behind" ? hasteMs : hurryMs}`;

const withinTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const say =
        "a unit's work did not end within 5 s: inside a unit await nothing but the unit (no network, no other unit)";
      reject(new BridgeError(say, { fault: "invalid", adapter: "postgres", landed: "no" }));
    }, workMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** What a piece of work came to: a value, its own error, or the database's. */
export type Came<T> = { readonly value: T } | { readonly threw: unknown } | { readonly refused: unknown };

/** Runs work inside a transaction. */
export const perform = async <T>(
  session: Session,
  floor: Floor,
  header: Header,
  work: (tx: Tx) => Promise<T>,
  stir: () => void,
): Promise<Came<T>> => {
  const { sql, end, refused } = statementsOf(session);
  const tx: Tx = {
    sql,
    now: header.now,
    ring: floor.ring,
    back: header.back === null ? undefined : Number(header.back),
    hold: createHold(sql, floor.schema),
    ask: createAsk(sql),
    once: async <K>(name: string, read: () => Promise<K>) => {
      if (!header.known.has(name)) header.known.set(name, await read());
      return header.known.get(name) as K;
    },
    // By code units, as the other orders in which rows are taken hold of: a database may sort by a language's rules.
    rows: { held: ' ORDER BY key COLLATE "C" FOR UPDATE', free: " FOR UPDATE SKIP LOCKED" },
    joins: true,
    seen: new Map(),
    stir,
  };
  let came: Came<T>;
  try {
    came = { value: await withinTime(work(tx)) };
  } catch (threw) {
    came = { threw };
  }
  await end();
  const refusal = refused();
  return refusal === undefined ? came : { refused: refusal };
};
