import { type PgPool, postgres } from "casethread/postgres";
import type { Store } from "casethread";
import type { PoolConfig } from "pg";
import { findServer } from "../../postgres/server.ts";

/** A PostgreSQL to measure on. */
export interface Ground extends AsyncDisposable {
  readonly connection: PoolConfig;
  pool(most: number): PgPool & { end(): Promise<void> };
  /** A schema of its own, brought up to date. */
  schema(): Promise<string>;
  ask(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** How many rows there are, as `FROM` and what follows say; `$` stands for the schema. */
  count(schema: string, from: string): Promise<number>;
}

/** The PostgreSQL that runs here, or one of the system's packages; all that was made there goes at the end. */
export const findGround = async (): Promise<Ground> => {
  const server = await findServer();
  const { connection } = server;
  if (connection === undefined) {
    await server[Symbol.asyncDispose]();
    throw new Error("this bench needs PostgreSQL 15 or newer: start one on port 5432, or install its packages");
  }
  const own = server.pool({ max: 2 });
  const ask: Ground["ask"] = async (text) => {
    const client = await own.connect();
    try {
      const answer = await client.query({ text });
      return ((Array.isArray(answer) ? answer.at(-1) : answer) as { rows: Readonly<Record<string, unknown>>[] }).rows;
    } finally {
      client.release();
    }
  };
  return {
    connection,
    pool: (max) => server.pool({ max }),
    schema: async () => {
      const schema = server.schema();
      await ask(postgres.sql({ schema }));
      return schema;
    },
    ask,
    count: async (schema, from) =>
      Number((await ask(`SELECT count(*) AS n FROM ${from.replaceAll("$", `"${schema}"`)}`))[0]?.["n"]),
    [Symbol.asyncDispose]: async () => {
      await own.end();
      await server[Symbol.asyncDispose]();
    },
  };
};

/** A store on a pool of its own, both of which end together. */
export const storeOn = (ground: Ground, schema: string, most = 10): Store & AsyncDisposable => {
  const pool = ground.pool(most);
  const store = postgres({ pool, schema });
  return {
    ...store,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await pool.end();
    },
  };
};
