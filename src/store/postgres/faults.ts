import { BridgeError } from "../../core/contracts/errors.ts";
import { Raced } from "../sql.ts";

/** The SQLSTATE of what was thrown (https://www.postgresql.org/docs/current/errcodes-appendix.html), if a server said it. */
export const stateOf = (thrown: unknown): string | undefined => {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
};

/** Two met: in a deadlock, over a lock, over a unique key, or over what one had read. The same work, run again, finds the other's done. */
const met: ReadonlySet<string> = new Set(["40001", "40P01", "55P03", "23505"]);

export const isRace = (thrown: unknown): boolean => thrown instanceof Raced || met.has(stateOf(thrown) ?? "");

/** A lock was waited for in vain: nothing is known of whoever holds it, and nothing of theirs was seen. */
export const isLate = (thrown: unknown): boolean => stateOf(thrown) === "55P03";

// 08: connections; 57P: shutting down, starting, or put out for being idle; 53300: no slot is left; 25006: read-only, for a
// standby was reached; 26000: somebody made the connection forget what it kept (DISCARD ALL), and another one is asked.
const away = /^(?:08|57P|25P03|25006|26000|53300)/;
const codes: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOENT", "ENOTFOUND"]);

/** The connection, or the server, is gone for the moment. */
export const isAway = (thrown: unknown): boolean => {
  const state = stateOf(thrown);
  if (state !== undefined) return away.test(state);
  if (!(thrown instanceof Error)) return false;
  if ("code" in thrown && codes.has(String(thrown.code))) return true;
  return /connection|terminat|timeout|closed|not queryable/i.test(thrown.message);
};

const advice: Readonly<Record<string, string>> = {
  "28P01": "the password is wrong: give the pool the right one",
  "28000": "this role may not connect: see the server's pg_hba.conf",
  "3D000": "there is no such database: create it, or name another one in the pool",
  "3F000": "there is no such schema: run migrate(), or what postgres.sql() prints",
  "42P01": "a table is missing: run migrate(), or what postgres.sql() prints",
  "42501": "this role lacks a right: see the grants that postgres.sql({ role }) prints",
  "53100": "the server's disk is full: make room",
  "53200": "the server is out of memory, or of locks: raise max_locks_per_transaction",
  "53300": "the server has no connection left: make the pools smaller, or put a pooler in front",
  "25006": "the server takes no writes: is it a standby? Name the primary in the pool",
  "57014": "a statement took longer than five seconds: see what keeps the server busy",
};

/** What was thrown, as an error with a way on. A server's own words may repeat a row: only the name of its complaint is told. */
export const translate = (thrown: unknown, landed: "no" | "unknown" = "no"): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  const state = stateOf(thrown);
  const said =
    state === undefined
      ? "the server could not be reached, or was lost: see whether it runs"
      : `${advice[state] ?? "the server refused a statement: see its log"} (SQLSTATE ${state})`;
  return new BridgeError(thrown instanceof Raced ? "others kept changing what this work had read: ask again" : said, {
    fault: "unavailable",
    adapter: "postgres",
    landed,
    cause: thrown,
  });
};
