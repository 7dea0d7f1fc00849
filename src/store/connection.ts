import { closeSync, constants, fdatasync, openSync } from "node:fs";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { BridgeError } from "../core/contracts/errors.ts";
import { isBusy, translate } from "./faults.ts";
import type { Value } from "./sql.ts";

/** One connection to a SQLite file, with its statements prepared once. */
export interface Connection {
  /** False after some errors, such as a full disk: the next statement would then commit by itself. */
  readonly inTransaction: boolean;
  exec(text: string): void;
  all(text: string, values: readonly Value[]): readonly unknown[];
  run(text: string, values: readonly Value[]): number;
  /**
   * Resolves when every commit so far is on the disk, where that was asked for: those made here, and those of other
   * processes, which are seen before they are there. With `wrote: false` there is nothing to do unless another has committed.
   */
  synced(wrote: boolean): Promise<void>;
  /** Throws once the disk has failed to confirm a commit: from then on nobody knows what it has of what is read here. */
  demandSound(): void;
  close(): void;
}

/** How long another process may hold the write lock before we give up. Waited for with timers, never by blocking. */
const patienceMs = 10_000;

const load = async (): Promise<typeof DatabaseSync> => {
  try {
    const sqlite: { readonly Database?: typeof DatabaseSync; readonly DatabaseSync: typeof DatabaseSync } =
      await import("node:sqlite");
    // Node announces the shorter name; the longer one stays as its alias.
    return sqlite.Database ?? sqlite.DatabaseSync;
  } catch (cause) {
    throw new BridgeError("this runtime has no node:sqlite: run Node 22.18 or newer, or pass another store", {
      fault: "unavailable",
      adapter: "sqlite",
      landed: "no",
      cause,
    });
  }
};

/**
 * Repeats what SQLite refused because another process is writing, without blocking the event loop.
 *
 * @throws BridgeError `unavailable` when ten seconds were not enough.
 */
export const patiently = async <T>(work: () => T): Promise<T> => {
  const began = performance.now();
  for (let pause = 1; ; pause = Math.min(pause * 2, 32)) {
    try {
      return work();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() - began > patienceMs) throw translate(thrown);
    }
    await delay(pause);
  }
};

/** Opens a file, or ":memory:", as the bare database. */
export const openBare = async (file: string): Promise<DatabaseSync> => {
  const Database = await load();
  try {
    // It holds what people said: for nobody but its owner, and SQLite gives the files beside it the same rights. Only a
    // new one is opened here: closing a file that SQLite has open would drop its locks.
    if (file !== ":memory:") closeSync(openSync(file, "wx", 0o600));
  } catch {
    // It is there already, or cannot be made, which SQLite says below.
  }
  try {
    return new Database(file, { enableForeignKeyConstraints: false, timeout: 0 });
  } catch (thrown) {
    throw translate(thrown);
  }
};

const bringToDisk = promisify(fdatasync);

/** Brings SQLite's log to the disk beside the event loop. */
const syncedLog = (file: string): { sync(): Promise<void>; demandSound(): void; close(): void } => {
  let fd: number | undefined;
  let failed: unknown;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const broken = (landed: "no" | "unknown"): BridgeError =>
    new BridgeError(
      `the disk did not confirm a commit (${failed instanceof Error ? failed.message : String(failed)}): look at the disk, then start anew`,
      { fault: "unavailable", adapter: "sqlite", landed, cause: failed },
    );
  const bring = async (): Promise<void> => {
    if (failed !== undefined) throw broken("unknown");
    try {
      // SQLite's locks are on the database and its index, none on its log: closing it here drops none.
      fd ??= openSync(file, constants.O_RDWR);
      await bringToDisk(fd);
    } catch (cause) {
      failed = cause;
      throw broken("unknown");
    }
  };
  const start = (): Promise<void> => {
    running = bring().finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    // One that is under way has begun before this commit, and may not hold it: the next one does, for all who wait by then.
    sync: () => {
      if (next === undefined && running === undefined) return start();
      const after = (): Promise<void> => {
        next = undefined;
        return start();
      };
      next ??= (running ?? Promise.resolve()).then(after, after);
      return next;
    },
    // After a failure the system takes the pages for written, and a second call would succeed without them.
    demandSound: () => {
      if (failed !== undefined) throw broken("no");
    },
    close: () => {
      if (fd !== undefined) closeSync(fd);
    },
  };
};

/**
 * Opens a file, or ":memory:", for writing. `durable`: every commit is on the disk once `synced` has resolved. SQLite
 * itself would wait for the disk on this thread, and everybody with it: a third of a busy process's time. With NORMAL it
 * syncs what a checkpoint needs, the log before it and the database after it (sqlite.org/pragma.html#pragma_synchronous);
 * what a commit needs, its frames in the log, is synced beside the event loop.
 */
export const openConnection = async (file: string, durable: boolean): Promise<Connection> => {
  const db = await openBare(file);
  try {
    await patiently(() => db.exec("PRAGMA journal_mode = WAL"));
    db.exec("PRAGMA synchronous = NORMAL");
    // What a savepoint would restore is kept in memory: in a temporary file it was 87 writes a delivery, with this 13.
    db.exec("PRAGMA temp_store = MEMORY");
    // What was erased is overwritten in the file, not only unlinked.
    db.exec("PRAGMA secure_delete = ON");
  } catch (thrown) {
    db.close();
    throw translate(thrown);
  }
  const logged = durable && file !== ":memory:" ? syncedLog(`${file}-wal`) : undefined;

  // Changes when another process has committed.
  let synced: unknown;
  const prepared = new Map<string, StatementSync>();
  const statement = (text: string): StatementSync => {
    const known = prepared.get(text);
    if (known !== undefined) return known;
    const fresh = db.prepare(text);
    prepared.set(text, fresh);
    return fresh;
  };

  return {
    get inTransaction() {
      return db.isTransaction;
    },
    exec: (text) => db.exec(text),
    all: (text, values) => statement(text).all(...(values as readonly SQLInputValue[])),
    run: (text, values) => Number(statement(text).run(...(values as readonly SQLInputValue[])).changes),
    synced: async (wrote) => {
      if (logged === undefined) return;
      const [row] = statement("PRAGMA data_version").all();
      const version = row?.["data_version"];
      if (!wrote && version === synced) return;
      await logged.sync();
      synced = version;
    },
    demandSound: () => logged?.demandSound(),
    close: () => {
      db.close();
      logged?.close();
    },
  };
};
