import { Client, type PoolConfig } from "pg";
import { createCluster, haveClusters } from "../postgres/cluster.ts";
import { findServer, reach } from "../postgres/server.ts";

/** A database that nobody else has, for one run. */
export interface Ground extends AsyncDisposable {
  readonly reach: PoolConfig;
  readonly name: string;
}

const apply = async (on: PoolConfig, ...statements: readonly string[]): Promise<void> => {
  const client = new Client(on);
  client.on("error", () => undefined);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
};

/**
 * A server of one's own where its packages are: what others do on a server moves its ids and its statistics. Otherwise a
 * database on the one that runs here.
 *
 * @throws Error where there is none.
 */
export const createGround = async (): Promise<Ground> => {
  if (haveClusters()) {
    const cluster = await createCluster();
    const on = reach(cluster);
    // Statistics that come by themselves come when they please, and may change a plan.
    await apply(on, "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()");
    return {
      name: "a PostgreSQL of its own",
      reach: { ...on, host: cluster.folder },
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  }
  const server = await findServer();
  if (server.connection === undefined) {
    await server[Symbol.asyncDispose]();
    throw new Error("not shown, for want of a PostgreSQL: worlds on a server");
  }
  const on = server.connection;
  const database = `casethread_simulate_${process.pid}`;
  await apply(on, `CREATE DATABASE ${database}`);
  return {
    name: server.name,
    reach: { ...on, database },
    [Symbol.asyncDispose]: async () => {
      await apply(on, `DROP DATABASE ${database} WITH (FORCE)`);
      await server[Symbol.asyncDispose]();
    },
  };
};
