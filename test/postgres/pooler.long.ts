import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "casethread/sandbox";
import { postgres } from "casethread/postgres";
import { Pool, type PoolConfig } from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { storeLaws } from "../../src/conformance/store.ts";
import { freePort } from "./cluster.ts";
import { backupOf } from "./backup.ts";
import { findServer } from "./server.ts";

const program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].find((file) =>
  existsSync(file),
);
const server = await findServer();
const shown = program !== undefined && server.connection !== undefined;
if (!shown) process.stdout.write("not shown, for want of PgBouncer or PostgreSQL: a pooler in transaction mode\n");

/** PgBouncer in transaction mode, with fewer server connections than clients, so that they change hands all the time. */
const startPooler = async (to: PoolConfig): Promise<{ readonly port: number; stop(): Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-pooler-"));
  chmodSync(folder, 0o777);
  const port = await freePort();
  const users = join(folder, "users.txt");
  writeFileSync(users, `"${to.user}" ""\n`);
  const settings = join(folder, "pgbouncer.ini");
  writeFileSync(
    settings,
    `[databases]
postgres = host=${to.host} port=${to.port} dbname=${to.database} user=${to.user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
server_reset_query =
`,
  );
  // It refuses to run as root.
  const as = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child: ChildProcess = spawn(program ?? "", ["-q", settings], { stdio: "ignore", ...as });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  for (let tries = 0; ; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      }).once("error", () => resolve(false));
    });
    if (open) break;
    if (tries === 100) throw new Error("PgBouncer did not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

describe.runIf(shown)("the laws of a store, behind PgBouncer in transaction mode", () => {
  const pools: Pool[] = [];
  let stop: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const pooler = await startPooler(server.connection ?? {});
    stop = pooler.stop;
    for (const _ of [1, 2])
      pools.push(new Pool({ host: "127.0.0.1", port: pooler.port, user: "postgres", database: "postgres", max: 6 }));
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await stop?.();
    await server[Symbol.asyncDispose]();
  });

  const laws = storeLaws.filter(({ needs }) => needs !== "exclusive").map((law) => [law.name, law] as const);
  test.for(laws)("%s", async ([, law]) => {
    const clock = createClock({ still: true });
    const schemas = new Map<string, string>();
    let opened = 0;
    const schemaOf = (name: string): string => {
      const schema = schemas.get(name) ?? server.schema();
      schemas.set(name, schema);
      return schema;
    };
    const poolOf = (n: number): Pool => pools[n % 2] as Pool;
    await law.run({
      open: (name) => Promise.resolve(postgres({ pool: poolOf((opened += 1)), schema: schemaOf(name), clock })),
      destroy: (name) => server.drop(schemaOf(name)),
      now: () => clock.now(),
      advance: (ms) => clock.advance(ms),
      shared: true,
      exclusive: false,
      backup: (name) => backupOf(poolOf(0), schemaOf(name)),
    });
  });
});
