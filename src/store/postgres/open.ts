import { BridgeError } from "../../core/contracts/errors.ts";
import { meta, type Sql } from "../sql.ts";
import type { PgPool } from "./client.ts";
import { translate } from "./faults.ts";
import { actual } from "./fork.ts";
import { lockOf } from "./hold.ts";
import { footingOf, grantsOf, oldest, stepsOf } from "./schema.ts";
import { createSession, type Dialect, quoted, type Session, statementsOf } from "./session.ts";
import { nowOf } from "./transaction.ts";

const refuse = (message: string): BridgeError =>
  new BridgeError(message, { fault: "invalid", adapter: "postgres", landed: "no" });

/** All statements that bring a schema from one version to this one, the last of which write the version down. */
const climbing = (schema: string, from: number): readonly string[] => {
  const own = quoted(schema);
  return stepsOf(own).flatMap((step, n) =>
    n < from
      ? []
      : [
          ...step,
          `INSERT INTO ${own}.migration(version, at) VALUES(${n + 1}, ${nowOf})`,
          `INSERT INTO ${own}.meta(name, value) VALUES('oldest', '${oldest}') ON CONFLICT(name) DO UPDATE SET value = excluded.value`,
        ],
  );
};

/**
 * The schema as SQL, for whoever changes databases by other tools: everything from nothing, or from a version on; with
 * `role`, the rights of a role that runs the bridge and may change no schema.
 */
export const printSql = ({
  schema,
  from = 0,
  role,
}: {
  readonly schema: string;
  readonly from?: number;
  readonly role?: string;
}): string => {
  const own = quoted(schema);
  const statements = [
    ...(from === 0 ? footingOf(own) : []),
    ...climbing(schema, from),
    ...(role === undefined ? [] : grantsOf(own, quoted(role))),
  ];
  return `BEGIN;\n${statements.map((statement) => `${statement};\n`).join("")}COMMIT;\n`;
};

const versionOf = async (
  session: Session,
  schema: string,
): Promise<{ version: number; oldest: number } | undefined> => {
  const own = quoted(schema);
  const there = await session.exec(`SELECT to_regclass('${own.replaceAll("'", "''")}.migration') IS NOT NULL AS there`);
  if ((there.rows[0] as { there: unknown }).there !== "t") return undefined;
  const { rows } = await session.exec(
    `SELECT COALESCE(max(version), 0) AS version, (SELECT value FROM ${own}.meta WHERE name = 'oldest') AS oldest FROM ${own}.migration`,
  );
  const row = rows[0] as { version: number; oldest: string | null };
  return { version: row.version, oldest: Number(row.oldest ?? 1) };
};

const climb = async (session: Session, schema: string, how: "auto" | "check"): Promise<void> => {
  const now = await versionOf(session, schema);
  const known = stepsOf(quoted(schema)).length;
  if (now !== undefined && now.oldest > known) {
    throw refuse(
      `the schema "${schema}" is at version ${now.version}, beside which this version of casethread cannot work: update casethread`,
    );
  }
  if ((now?.version ?? 0) >= known) return;
  if (how === "check") {
    throw refuse(
      `the schema "${schema}" is at version ${now?.version ?? 0}, and this version of casethread needs ${known}: run what postgres.sql({ schema: "${schema}", from: ${now?.version ?? 0} }) prints, or let migrate be "auto"`,
    );
  }
  for (const statement of [...footingOf(quoted(schema)), ...climbing(schema, now?.version ?? 0)]) {
    await session.exec(statement);
  }
};

const identify = async (sql: Sql, schema: string): Promise<void> => {
  if ((await meta.read({ sql }, "identity")) !== undefined) return;
  await meta.write({ sql }, "identity", await actual({ sql }, schema));
};

/** How to open. */
export interface Opening {
  readonly schema: string;
  readonly migrate: "auto" | "check";
  readonly translated: Dialect;
}

/** Brings a schema to this version, or sees that it is, and does in the same transaction what is to be done first. Of several processes that do it at once, one does and the others wait. */
export const openSchema = async <T>(pool: PgPool, opening: Opening, first: (sql: Sql) => Promise<T>): Promise<T> => {
  const { schema, migrate, translated } = opening;
  const client = await pool.connect().catch((thrown: unknown) => {
    throw translate(thrown);
  });
  let broken = true;
  try {
    const session = createSession(client, translated);
    await session.exec(
      `BEGIN; SET LOCAL lock_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '30s'; SELECT pg_advisory_xact_lock(${lockOf(schema, "migrate")})`,
    );
    await climb(session, schema, migrate);
    const { sql } = statementsOf(session);
    await identify(sql, schema);
    const came = await first(sql);
    const { command } = await session.exec("COMMIT");
    if (command !== "COMMIT") throw refuse("the schema could not be brought to this version: see the server's log");
    broken = false;
    return came;
  } catch (thrown) {
    throw translate(thrown);
  } finally {
    client.release(broken);
  }
};
