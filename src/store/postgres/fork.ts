import { OPEN } from "../schema.ts";
import { meta, type Tx } from "../sql.ts";
import { identityOf } from "./transaction.ts";

/** By how much turns rise when a store came back: more transactions than any lost part of a history held. */
const lostTurns = 1_000_000_000;

/**
 * Writes down that the store came back from the past, once for each time, however many notice: what it is now, and to when
 * it went back. Turns of the ledger go on above all that anybody may have read.
 */
export const noteFork = async (tx: Tx, schema: string): Promise<void> => {
  const to = await tx.sql.one<{ at: number }>("SELECT at FROM ledger ORDER BY turn DESC, position DESC LIMIT 1");
  // Stamped by another machine, whose clock may have been ahead of this one's: nothing that is there came later than now.
  const stamped = await tx.sql.one<{ at: number | null }>(
    `SELECT max(changed) AS at FROM effect WHERE ${OPEN} AND state <> 'parked'`,
  );
  const noticed = Math.max(tx.now, to?.at ?? 0, stamped?.at ?? 0);
  await tx.sql.run(
    "INSERT INTO meta(name, value) VALUES('returned', ?) ON CONFLICT(name) DO NOTHING",
    `${to?.at ?? 0} ${noticed}`,
  );
  await meta.write(tx, "back", String(noticed));
  await tx.sql.run(
    `UPDATE meta SET value = (GREATEST(value::bigint,
         COALESCE((SELECT max(turn) FROM ledger), 0) - pg_current_xact_id()::text::bigint) + ${lostTurns})::text
     WHERE name = 'turns'`,
  );
  await meta.write(tx, "identity", await actual(tx, schema));
};

/** What the database is now. */
export const actual = async (tx: Pick<Tx, "sql">, schema: string): Promise<string> =>
  (await tx.sql.one<{ identity: string }>(`SELECT ${identityOf(schema)} AS identity`))?.identity ?? "";
