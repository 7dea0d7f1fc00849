import { Client, Pool, type PoolConfig } from "pg";
import type { PgPool } from "casethread/postgres";
import { type Cluster, createCluster, haveClusters, hidden } from "./cluster.ts";

/** A database to test on. */
export interface Server extends AsyncDisposable {
  /** `real`: many connections at once. PGlite has one, so nothing of what happens between two is seen there. */
  readonly kind: "real" | "pglite";
  readonly name: string;
  /** How another process reaches it; nothing where none can. */
  readonly connection: PoolConfig | undefined;
  /** Another pool of connections. */
  pool(more?: PoolConfig): PgPool & { end(): Promise<void> };
  /** A schema that nobody else has; it goes at the end. */
  schema(): string;
  /** The same, now. */
  drop(schema: string): Promise<void>;
}

const real = (config: PoolConfig, name: string, end: () => Promise<void>): Server => {
  let count = 0;
  const admin = new Pool({ ...config, max: 1 });
  admin.on("error", () => undefined);
  const pools: Pool[] = [];
  const schemas = new Set<string>();
  const drop = async (schema: string): Promise<void> => {
    await admin.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    schemas.delete(schema);
  };
  return {
    kind: "real",
    name,
    connection: config,
    pool: (more = {}) => {
      const pool = new Pool({ ...config, max: 6, ...more });
      pools.push(pool);
      return pool;
    },
    schema: () => {
      const schema = `casethread_test_${process.pid}_${(count += 1)}`;
      schemas.add(schema);
      return schema;
    },
    drop,
    [Symbol.asyncDispose]: async () => {
      for (const pool of pools) if (!pool.ended) await pool.end();
      for (const schema of schemas) await drop(schema);
      await admin.end();
      await end();
    },
  };
};

/** The connection to a cluster of one's own. */
export const reach = ({ port, user }: Cluster): PoolConfig => ({
  host: "127.0.0.1",
  port,
  user,
  database: "postgres",
});

const running = async (): Promise<Server | undefined> => {
  const config = { host: "127.0.0.1", port: 5432, user: "postgres", database: "postgres" };
  const client = new Client({ ...config, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ v: string }>("SELECT current_setting('server_version') AS v");
    const version = rows[0]?.v ?? "";
    return Number.parseInt(version, 10) >= 15
      ? real(config, `the running PostgreSQL ${version}`, () => Promise.resolve())
      : undefined;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Is there a PostgreSQL here, or could one be made? */
export const haveServer = async (): Promise<boolean> => {
  if (haveClusters()) return true;
  if (hidden()) return false;
  await using there = await running();
  return there !== undefined;
};

/** A server on a cluster. */
const serverOf = (cluster: Cluster): Server =>
  real(reach(cluster), "a PostgreSQL of the system's packages", async () => cluster[Symbol.asyncDispose]());

/** The PostgreSQL that runs here, or one made of the system's packages, or PGlite. */
export const findServer = async (): Promise<Server> => {
  const there = hidden() ? undefined : await running();
  if (there !== undefined) return there;
  if (haveClusters()) return serverOf(await createCluster());
  const { pglitePool } = await import("./pglite.ts");
  const pool = pglitePool();
  let count = 0;
  return {
    kind: "pglite",
    connection: undefined,
    name: "PGlite, which has one connection",
    pool: () => ({ connect: () => pool.connect(), end: () => Promise.resolve() }),
    schema: () => `casethread_test_${(count += 1)}`,
    drop: async (schema) => {
      const client = await pool.connect();
      await client.query({ text: `DROP SCHEMA IF EXISTS "${schema}" CASCADE` });
      client.release();
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
};
