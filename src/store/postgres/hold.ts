import { createHash } from "node:crypto";
import type { Sql, Tx } from "../sql.ts";

/** The number under which PostgreSQL knows a name of a schema as a lock: 64 bits of its hash. Two names that share one only wait for each other now and then. */
export const lockOf = (schema: string, name: string): bigint =>
  createHash("sha256").update(`casethread/${schema}/${name}`).digest().readBigInt64BE();

/**
 * Takes hold of names, until the transaction ends, by advisory locks of the transaction: a clue that leads nowhere has no
 * row to lock. Always in one order, those held already left out.
 */
export const createHold = (sql: Sql, schema: string): Tx["hold"] => {
  const held = new Set<bigint>();
  return async (names) => {
    const wanted = [...new Set(names.map((name) => lockOf(schema, name)))].filter((lock) => !held.has(lock));
    if (wanted.length === 0) return false;
    wanted.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    await sql.all(
      "SELECT pg_advisory_xact_lock(lock) FROM unnest(string_to_array(?, ',')::bigint[]) AS lock",
      wanted.join(","),
    );
    for (const lock of wanted) held.add(lock);
    return true;
  };
};
