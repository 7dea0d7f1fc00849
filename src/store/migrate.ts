import { randomUUID } from "node:crypto";
import type { Clock } from "../core/contracts/clock.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import type { Instant } from "../core/words/ref.ts";
import { type Connection, patiently } from "./connection.ts";
import { translate } from "./faults.ts";
import { type KeyRing, type Ring, settleRing } from "./ring.ts";
import { footing, steps } from "./schema.ts";
import { meta, type Sql } from "./sql.ts";
import type { Tip } from "./tip.ts";

/** A database ready for work. */
export interface Ready {
  readonly id: string;
  readonly ring: Ring;
  readonly commits: number;
  readonly back: Instant | undefined;
}

const plainSql = (connection: Connection): Sql => ({
  all: async <Row>(text: string, ...values: Parameters<Connection["all"]>[1]) =>
    connection.all(text, values) as readonly Row[],
  one: async <Row>(text: string, ...values: Parameters<Connection["all"]>[1]) =>
    connection.all(text, values)[0] as Row | undefined,
  run: async (text, ...values) => connection.run(text, values),
});

const climb = (connection: Connection, now: number): void => {
  for (const statement of footing) connection.exec(statement);
  const [{ version }] = connection.all("SELECT COALESCE(max(version), 0) AS version FROM migration", []) as [
    { version: number },
  ];
  if (version > steps.length) {
    throw new BridgeError(
      `the file is at schema version ${version}, and this version of casethread knows ${steps.length}: update casethread`,
      { fault: "invalid", adapter: "sqlite", landed: "no" },
    );
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    for (const statement of step) connection.exec(statement);
    connection.run("INSERT INTO migration(version, at) VALUES(?, ?)", [index + 1, now]);
  }
};

/** Which file this is, how far it has come, and, when it knows of fewer commits than the tip saw, a note that it went back. */
const compare = async (sql: Sql, tip: Tip | undefined, now: Instant): Promise<{ id: string; commits: number }> => {
  await sql.run("INSERT INTO meta(name, value) VALUES('id', ?) ON CONFLICT(name) DO NOTHING", randomUUID());
  const id = (await sql.one<{ value: string }>("SELECT value FROM meta WHERE name = 'id'"))?.value ?? "";
  const own = await sql.one<{ commits: number; at: number }>("SELECT commits, at FROM tip");
  const seen = tip?.read();
  const commits = own?.commits ?? 0;
  if (own === undefined || seen === undefined || seen.id !== id || seen.commits <= commits) return { id, commits };
  await sql.run("INSERT INTO meta(name, value) VALUES('returned', ?) ON CONFLICT(name) DO NOTHING", String(own.at));
  await meta.write({ sql }, "back", String(now));
  await sql.run("UPDATE tip SET commits = ?", seen.commits + 1);
  return { id, commits: seen.commits + 1 };
};

/** Brings a database to this version and finds out whether it came back from the past, in one transaction: of two processes that do it at once, one waits. */
export const makeReady = async (options: {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly keys: KeyRing | undefined;
  readonly tip: Tip | undefined;
}): Promise<Ready> => {
  const { connection, clock, keys, tip } = options;
  const sql = plainSql(connection);
  await patiently(() => connection.exec("BEGIN IMMEDIATE"));
  try {
    climb(connection, clock.now());
    const { id, commits } = await compare(sql, tip, clock.now());
    const ring = await settleRing(sql, keys);
    const back = await meta.read({ sql }, "back");
    connection.exec("COMMIT");
    tip?.write(id, commits);
    return { id, ring, commits, back: back === undefined ? undefined : Number(back) };
  } catch (thrown) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    throw translate(thrown);
  }
};
