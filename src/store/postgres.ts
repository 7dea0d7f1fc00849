/**
 * The store for more than one machine: PostgreSQL 15 or newer, worked by any number of processes at once.
 *
 * @module
 */
import type { Clock } from "../core/contracts/clock.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import { kindOf } from "../core/contracts/given.ts";
import type { Store } from "../core/contracts/store.ts";
import type { PgClient, PgPool } from "./postgres/client.ts";
import { groundIn, pauseInside } from "./postgres/client-ground.ts";
import { copySqlite, type CopyOptions } from "./postgres/copy.ts";
import { groundOn } from "./postgres/ground.ts";
import { printSql } from "./postgres/open.ts";
import type { KeyRing } from "./ring.ts";
import { createStore } from "./store.ts";

export type { CopyOptions } from "./postgres/copy.ts";
export type { PgClient, PgPool, PgPoolClient, PgStatement } from "./postgres/client.ts";
export type { KeyRing } from "./ring.ts";

/** How to keep, on a pool of one's own connections or inside a transaction of one's own. */
export interface PostgresOptions {
  /** A pool of `pg`, or anything that has its `connect`. Four connections write, the rest read; behind a pooler in transaction mode all is well, and no statement is kept by name. */
  readonly pool?: PgPool;
  /**
   * Instead of a pool: a client inside a transaction of one's own. Whatever the store is told becomes part of that
   * transaction, is undone with it, and counts when it commits. Such a store cannot work, nor pause: others
   * would not know before the commit.
   */
  readonly client?: PgClient;
  /** @default "casethread" */
  readonly schema?: string;
  /**
   * `auto` brings the schema to this version at the first call, `check` refuses to start on another one: for a role that
   * may not change it. A client's transaction only checks.
   *
   * @default "auto"
   */
  readonly migrate?: "auto" | "check";
  /**
   * Makes a connected client that listens, so that workers wake at once and not within a quarter of a second. Not from
   * behind a transaction-mode pooler, which would lose it.
   *
   * @default none: the database is asked every 250 ms while somebody waits
   */
  readonly listen?: () => Promise<PgListener>;
  /**
   * Keys for the hashes of event keys and private facts, newest first.
   *
   * @default one that is made once and kept in the schema
   */
  readonly keys?: KeyRing | (() => KeyRing | Promise<KeyRing>);
  /**
   * For tests alone.
   *
   * @default the database's own time, for all who work on it
   */
  readonly clock?: Clock;
}

/** A connection that listens. */
export interface PgListener extends PgClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "notification" | "end", listener: () => void): unknown;
  end(): Promise<void>;
}

const invalid = (message: string): BridgeError =>
  new BridgeError(message, { fault: "invalid", adapter: "postgres", landed: "no" });

/** Makes a store, prints its schema, and takes in an embedded one. */
export interface Postgres {
  /**
   * Makes a store on PostgreSQL. Nothing is asked before the first call.
   *
   * Any number of processes may use one schema, and all of them may work. A transaction whose locks meet another's is run
   * again for four seconds, and so is one whose server went away before it was asked to commit.
   *
   * @throws BridgeError `invalid` without a pool or a client. And from every call: `invalid` when the schema or a key is not the one that is needed, `unavailable`
   * when the server cannot be reached or refuses, with `landed: "unknown"` when it was lost during a commit.
   */
  (options: PostgresOptions): Store;
  /** The schema as SQL, from nothing or from a version on; with `role`, the rights of a role that runs the bridge and may change no schema. */
  sql(options?: { readonly schema?: string; readonly from?: number; readonly role?: string }): string;
  /**
   * Copies an embedded store that nobody works any more into an empty schema: words, promises, marks, notes and ledger,
   * the keys of its hashes with them. What was being sent when the file was left is looked for, not sent.
   *
   * @throws BridgeError `invalid` when the schema is not empty or the file is of another version.
   */
  copy(options: CopyOptions): Promise<Readonly<Record<string, number>>>;
}

const make = (options: PostgresOptions): Store => {
  if (typeof options !== "object" || options === null)
    throw invalid(`postgres: give options, such as { pool: new pg.Pool() }, not ${kindOf(options)}`);
  const { pool, client, schema = "casethread", migrate = "auto", listen, keys, clock } = options;
  if (pool !== undefined && typeof pool?.connect !== "function")
    throw invalid(`postgres: pool: give a Pool of pg, or what has its connect, not ${kindOf(pool)}`);
  if (client !== undefined && typeof client?.query !== "function")
    throw invalid(`postgres: client: give a client of pg, inside a transaction of yours, not ${kindOf(client)}`);
  const shared = { schema, migrate, keys, clock };
  if (pool !== undefined && client === undefined) return createStore(groundOn({ ...shared, pool, listen }));
  if (client !== undefined && pool === undefined)
    return { ...createStore(groundIn({ ...shared, client })), pause: pauseInside, resume: pauseInside };
  throw invalid("postgres: give a pool, or a client that is in a transaction of yours, and not both");
};

/** PostgreSQL as a store. */
export const postgres: Postgres = Object.assign(make, {
  sql: ({ schema = "casethread", ...more }: Parameters<Postgres["sql"]>[0] = {}) => printSql({ schema, ...more }),
  copy: copySqlite,
});
