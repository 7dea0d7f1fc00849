import { Client, Pool, type PoolConfig } from "pg";
import { type PgStatement, postgres } from "casethread/postgres";
import type { Timeline } from "./time.ts";

/** One connection, as the server has it. */
export interface Backend {
  readonly client: Client;
  readonly pid: number;
  /** Why it is no more. */
  gone?: string;
}

/** A PostgreSQL under the seed's clock: no time passes while it works; its own timeouts and its restarts are the seed's. */
export interface Server {
  /**
   * Lets somebody in; whoever looks on, always.
   *
   * @throws Error as a server does that is starting up.
   */
  connect(looksOn: boolean): Promise<Backend>;
  /** Ends connections for good: what was open in them is rolled back when this returns. */
  end(some: readonly Backend[], why: string): Promise<void>;
  /** Asks one statement; `lockMs`: how long it may wait for somebody, by the seed's clock. */
  ask(backend: Backend, statement: PgStatement, lockMs: number): Promise<unknown>;
  /** Nobody is let in, for so long. */
  restart(forMs: number): Promise<void>;
  /** Copies all that is kept. The answer makes it what it was then, on another timeline, with nobody connected. */
  copy(): Promise<(forMs: number) => Promise<void>>;
  /** Lanes with something to do that are due at no time: every commit leaves none. */
  unarmed(): Promise<number>;
  close(): Promise<void>;
}

/** The code of an error as the server or the network says it. */
export const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

// A commit that is written down a moment later is seen by everybody at once, and no power is cut here. Who waits in a
// ring is found before it is taken for somebody who only waits.
const options = "-c synchronous_commit=off -c deadlock_timeout=3";
const waitsFor = `SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted AND waitstart < clock_timestamp() - interval '9 ms'`;
const made = /^DO /;
/** What the store calls the timeline that it is on: the seed's is another. */
const actual = "left(pg_walfile_name(pg_current_wal_lsn()), 8)";

/** What happens there that only the server sees. */
export interface Seen {
  /** A statement waits for somebody's lock. */
  waited(): void;
  /** Two waited for each other. */
  ring(): void;
}

/** Opens a schema on a server, made anew. */
export const openServer = async (
  timeline: Timeline,
  config: PoolConfig,
  schema: string,
  seen: Seen,
): Promise<Server> => {
  // No timers: they would be the seed's.
  const admin = new Pool({ ...config, options, max: 4, idleTimeoutMillis: 0 });
  admin.on("error", () => undefined);
  const ask = (text: string, values: unknown[] = []) => admin.query({ text, values });
  await timeline.abroad(() => ask(`DROP SCHEMA IF EXISTS ${schema} CASCADE`));
  await timeline.abroad(() => ask(postgres.sql({ schema })));
  const backends = new Set<Backend>();
  let timelineNumber = 1;
  let starting = false;

  const end: Server["end"] = (some, why) =>
    timeline.abroad(async () => {
      for (const backend of some) {
        if (backend.gone !== undefined) continue;
        backend.gone = why;
        backends.delete(backend);
        const ended = new Promise<void>((resolve) => void backend.client.once("end", resolve));
        await ask("SELECT pg_terminate_backend($1, 5000)", [backend.pid]);
        await ended;
      }
    });

  const inSeedsTime = (text: string): string =>
    text
      .replaceAll(actual, `'${String(timelineNumber).padStart(8, "0")}'`)
      .replaceAll(/(SET LOCAL (?:lock|idle_in_transaction_session|statement)_timeout) = (?:\d+|'\w+')/g, "$1 = 0");

  return {
    connect: async (looksOn) => {
      if (starting && !looksOn) throw failure("57P03", "the database system is starting up");
      const client = new Client({ ...config, options });
      client.on("error", () => undefined);
      await timeline.abroad(() => client.connect());
      const { rows } = await timeline.abroad(() => client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid"));
      const backend = { client, pid: rows[0]?.pid ?? 0 };
      backends.add(backend);
      return backend;
    },
    end,
    ask: async (backend, statement, lockMs) => {
      let late: NodeJS.Timeout | undefined;
      let tooLate = false;
      const waits = async (): Promise<boolean> => {
        const { rowCount } = await ask(waitsFor, [backend.pid]);
        if (rowCount === 0) return false;
        if (late === undefined) seen.waited();
        late ??= timeline.outside(() =>
          setTimeout(() => {
            tooLate = true;
            void timeline.abroad(() => ask("SELECT pg_cancel_backend($1)", [backend.pid])).catch(() => undefined);
          }, lockMs),
        );
        return true;
      };
      try {
        const asked = { ...statement, text: inSeedsTime(statement.text) };
        return await timeline.abroad(() => backend.client.query(asked as never) as Promise<unknown>, waits);
      } catch (thrown) {
        if (tooLate) throw failure("55P03", "canceling statement due to lock timeout");
        if ((thrown as { readonly code?: string }).code === "40P01" && !made.test(statement.text)) seen.ring();
        throw thrown;
      } finally {
        clearTimeout(late);
      }
    },
    restart: async (forMs) => {
      starting = true;
      await end([...backends], "57P01");
      await timeline.sleep(forMs);
      starting = false;
    },
    copy: async () => {
      const { rows } = await timeline.abroad(() =>
        ask("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", [schema]),
      );
      const tables = (rows as readonly { readonly tablename: string }[]).map(({ tablename }) => tablename);
      const taken = tables.map((table) => `CREATE TABLE ${schema}_copy.${table} AS SELECT * FROM ${schema}.${table}`);
      const fresh = `DROP SCHEMA IF EXISTS ${schema}_copy CASCADE; CREATE SCHEMA ${schema}_copy`;
      await timeline.abroad(() => admin.query([fresh, ...taken].join("; ")));
      return async (forMs) => {
        starting = true;
        await end([...backends], "57P01");
        timelineNumber += 1;
        const back = tables.map((table) => `INSERT INTO ${schema}.${table} SELECT * FROM ${schema}_copy.${table}`);
        const all = tables.map((table) => `${schema}.${table}`).join(", ");
        const sequence = `SELECT setval(pg_get_serial_sequence('${schema}.ledger', 'position'), (SELECT COALESCE(max(position), 0) + 1 FROM ${schema}.ledger), false)`;
        await timeline.abroad(() => admin.query([`TRUNCATE ${all}`, ...back, sequence].join("; ")));
        await timeline.sleep(forMs);
        starting = false;
      };
    },
    unarmed: async () => {
      const { rows } = await timeline.abroad(() =>
        ask(
          `SELECT count(DISTINCT lane)::int AS lanes FROM ${schema}.effect WHERE state IN ('promised', 'sending', 'unknown')
             AND EXISTS (SELECT 1 FROM ${schema}.lane WHERE lane.key = effect.lane AND next_at IS NULL)
             AND NOT EXISTS (SELECT 1 FROM ${schema}.effect AS before WHERE before.lane = effect.lane AND before.state = 'parked')`,
        ),
      );
      return (rows as readonly { readonly lanes: number }[])[0]?.lanes ?? 0;
    },
    close: async () => {
      await end([...backends], "57P01");
      await timeline.abroad(() => ask(`DROP SCHEMA IF EXISTS ${schema} CASCADE`));
      await timeline.abroad(() => ask(`DROP SCHEMA IF EXISTS ${schema}_copy CASCADE`));
      await timeline.abroad(() => admin.end());
    },
  };
};
