import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { BridgeError } from "../../core/contracts/errors.ts";
import { openBare } from "../connection.ts";
import { createWorkerLock } from "../lock.ts";
import { steps } from "../schema.ts";
import type { Value } from "../sql.ts";
import type { PgPool } from "./client.ts";
import { translate } from "./faults.ts";
import { openSchema } from "./open.ts";
import { tables } from "./schema.ts";
import { createSession, dialect, quoted, type Session } from "./session.ts";

/** From where to where. */
export interface CopyOptions {
  /** The embedded store's file. */
  readonly file: string;
  readonly pool: PgPool;
  /** @default "casethread" */
  readonly schema?: string;
}

const refuse = (message: string): BridgeError =>
  new BridgeError(message, { fault: "invalid", adapter: "postgres", landed: "no" });

// Each schema's own: which versions it went through, and what is known of the database it stands in. That a file came back
// from the past goes along: what happened before may still be told again.
const copied = tables.filter((table) => table !== "migration");
const ownMeta = "'identity', 'turns', 'oldest', 'leased', 'id'";
/** Rows in one statement. */
const batch = 200;

const columnsOf = (db: DatabaseSync, table: string): readonly string[] =>
  db
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map((row) => String(row["name"]));

const copyTable = async (db: DatabaseSync, session: Session, table: string): Promise<number> => {
  const columns = columnsOf(db, table);
  const names = columns.join(", ");
  const where = table === "meta" ? ` WHERE name NOT IN (${ownMeta})` : "";
  // Turn 0: before everything that PostgreSQL will add.
  const turn = table === "ledger" ? { name: ", turn", value: ", 0" } : { name: "", value: "" };
  const one = `(${columns.map(() => "?").join(", ")}${turn.value})`;
  const put = (rows: readonly (readonly Value[])[]): Promise<unknown> =>
    session.run(
      `INSERT INTO ${table}(${names}${turn.name}) VALUES ${rows.map(() => one).join(", ")}${table === "meta" ? " ON CONFLICT(name) DO UPDATE SET value = excluded.value" : ""}`,
      rows.flat(),
    );
  let count = 0;
  let waiting: (readonly Value[])[] = [];
  for (const row of db.prepare(`SELECT ${names} FROM ${table}${where}`).iterate()) {
    waiting.push(columns.map((name) => row[name] as Value));
    count += 1;
    if (waiting.length < batch) continue;
    await put(waiting);
    waiting = [];
  }
  if (waiting.length > 0) await put(waiting);
  return count;
};

const demandSameVersion = (db: DatabaseSync): void => {
  const version = Number(db.prepare("SELECT max(version) AS version FROM migration").get()?.["version"]);
  if (version === steps.length) return;
  throw refuse(
    `the file is at schema version ${version}, and this version of casethread has ${steps.length}: open it once with sqlite() of this version`,
  );
};

const copyAll = async (db: DatabaseSync, session: Session, schema: string): Promise<Record<string, number>> => {
  await session.exec("BEGIN");
  const { rows } = await session.run("SELECT 1 FROM ledger UNION ALL SELECT 1 FROM conversation LIMIT 1", []);
  if (rows.length > 0) throw refuse(`the schema "${schema}" is not empty: name another one`);
  // Keys with which the schema was opened before have hashed nothing yet; those of the file have.
  await session.run("DELETE FROM meta WHERE name LIKE 'key:%' OR name LIKE 'secret:%'", []);
  const counts: Record<string, number> = {};
  for (const table of copied) counts[table] = await copyTable(db, session, table);
  await session.run("UPDATE lane SET owner = NULL, locked_until = 0 WHERE owner IS NOT NULL", []);
  await session.exec(
    `SELECT setval(pg_get_serial_sequence('${quoted(schema).replaceAll("'", "''")}.ledger', 'position'), (SELECT COALESCE(max(position), 0) + 1 FROM ${quoted(schema)}.ledger), false)`,
  );
  const { command } = await session.exec("COMMIT");
  if (command !== "COMMIT") throw refuse("nothing was copied: see the server's log");
  return counts;
};

/** Copies an embedded store into an empty schema, in one transaction. The answer is how many rows of each table. */
export const copySqlite = async ({
  file,
  pool,
  schema = "casethread",
}: CopyOptions): Promise<Readonly<Record<string, number>>> => {
  if (!existsSync(file)) throw refuse(`there is no file ${file}: name the embedded store's file`);
  const translated = dialect(schema);
  // Its keys are the file's: none is asked for here.
  await openSchema(pool, { schema, migrate: "auto", translated }, () => Promise.resolve());
  using lock = createWorkerLock(`${file}.worker`);
  await using _nobody = await lock.take();
  const db = await openBare(file);
  try {
    demandSameVersion(db);
    const client = await pool.connect();
    let broken = true;
    try {
      const counts = await copyAll(db, createSession(client, translated), schema);
      broken = false;
      return counts;
    } catch (thrown) {
      throw translate(thrown);
    } finally {
      client.release(broken);
    }
  } finally {
    db.close();
  }
};
