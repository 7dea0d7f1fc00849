import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { BridgeOptions } from "casethread";
import { postgres } from "casethread/postgres";
import { sqlite } from "casethread/sqlite";
import { misunderstood } from "./config.ts";
import { say, type Shell } from "./shell.ts";

/** What `migrate` may be given. */
export interface MigrateFlags {
  readonly print: boolean;
  readonly from?: string;
  readonly schema?: string;
  readonly role?: string;
  readonly since?: string;
  readonly json: boolean;
}

const versionOf = (text: string): number => {
  const version = Number(text);
  if (Number.isSafeInteger(version) && version >= 0) return version;
  throw misunderstood(`--since ${text}: give the version that the schema has, a whole number`);
};

const poolOf = async (env: NodeJS.ProcessEnv) => {
  const { default: pg } = await import("pg").catch((thrown: unknown) => {
    throw misunderstood('PostgreSQL needs its client: run "npm install pg".', thrown);
  });
  const { PGHOST: host, PGPORT: port, PGDATABASE: database, PGUSER: user, PGPASSWORD: password } = env;
  const pool = new pg.Pool({
    max: 2,
    host,
    port: port === undefined ? undefined : Number(port),
    database,
    user,
    password,
  });
  // What goes wrong with an idle connection the next statement meets.
  pool.on("error", () => undefined);
  return pool;
};

/** The statements, for whoever changes databases by other tools. */
const print = (shell: Shell, { schema, role, since, json }: MigrateFlags): number => {
  const sql = postgres.sql({
    ...(schema === undefined ? {} : { schema }),
    ...(role === undefined ? {} : { role }),
    ...(since === undefined ? {} : { from: versionOf(since) }),
  });
  shell.out(json ? `${JSON.stringify({ sql })}\n` : sql);
  return 0;
};

/** Everything that an embedded store holds, into an empty schema. */
const move = async (shell: Shell, given: string, { schema = "casethread", json }: MigrateFlags): Promise<number> => {
  const file = resolve(shell.cwd, given);
  if (!existsSync(file))
    throw misunderstood(
      `--from ${given}: there is no such file; name that of the embedded store, such as casethread.db`,
    );
  const pool = await poolOf(shell.env);
  try {
    const rows = await postgres.copy({ file, pool, schema });
    const all = Object.values(rows).reduce((sum, some) => sum + some, 0);
    const told = Object.entries(rows).filter(([, some]) => some > 0);
    return say(shell, json, {
      lines: [
        ...told.map(([table, some]) => `${String(some).padStart(8)}  ${table}`),
        `${all} rows are in the schema "${schema}", and stay in ${given} too: nobody must work it any more.`,
        `In the configuration: store: () => postgres({ pool: new Pool({ max: 10 })${schema === "casethread" ? "" : `, schema: "${schema}"`} })`,
      ],
      json: { schema, rows },
    });
  } finally {
    await pool.end();
  }
};

/** Brings the configured store to this version; prints PostgreSQL's statements; or moves an embedded store there. */
export const migrate = async (
  shell: Shell,
  flags: MigrateFlags,
  configured: () => Promise<BridgeOptions>,
): Promise<number> => {
  const { from, role, since } = flags;
  if (flags.print && from !== undefined) throw misunderstood("--print and --from: one of the two");
  if (flags.print) return print(shell, flags);
  if (role !== undefined || since !== undefined) throw misunderstood("--role and --since go with --print");
  if (from !== undefined) return move(shell, from, flags);
  if (flags.schema !== undefined) throw misunderstood("--schema goes with --print or --from: a store names its own");
  await using store = (await configured()).store ?? sqlite();
  await store.migrate();
  return say(shell, flags.json, {
    lines: [`the store (${store.name}) has this version's schema`],
    json: { store: store.name, migrated: true },
  });
};
