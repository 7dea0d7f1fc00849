/**
 * The embedded store: one file beside you, through the SQLite that is part of Node. One process works it; others may
 * admit, read and order beside it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { realpathSync, statfsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Clock, systemClock } from "../core/contracts/clock.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import { kindOf } from "../core/contracts/given.ts";
import type { Store } from "../core/contracts/store.ts";
import { openConnection } from "./connection.ts";
import { ledgerAfter, trailOf } from "./ledger.ts";
import { createWorkerLock, type WorkerLock } from "./lock.ts";
import { makeReady } from "./migrate.ts";
import { createQueue, type Queue } from "./queue.ts";
import type { KeyRing } from "./ring.ts";
import type { Ground } from "./sql.ts";
import { createBell } from "./stir.ts";
import { createStore } from "./store.ts";
import { openTip } from "./tip.ts";

export type { KeyRing } from "./ring.ts";

/** How to keep. */
export interface SqliteOptions {
  /**
   * The database file, or ":memory:".
   *
   * @default "casethread.db" in the working directory
   */
  readonly file?: string;
  /**
   * Is every commit on the disk before it counts? A store in memory, or on a file system in memory, cannot promise that
   * and must be told that it need not.
   *
   * @default true
   */
  readonly durable?: boolean;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /**
   * Keys for the hashes of event keys and private facts, newest first.
   *
   * @default one that is made once and kept in the file
   */
  readonly keys?: KeyRing | (() => KeyRing | Promise<KeyRing>);
}

const invalid = (message: string): BridgeError =>
  new BridgeError(message, { fault: "invalid", adapter: "sqlite", landed: "no" });

/** statfs(2) on Linux: tmpfs and ramfs forget everything with the power. */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** The file's one true name, whatever links lead there: two names must not make two worker locks. */
const trueName = (file: string): string => {
  const full = resolve(file);
  try {
    return realpathSync(full);
  } catch {
    // Not there yet: its folder is.
  }
  try {
    return join(realpathSync(dirname(full)), basename(full));
  } catch (cause) {
    throw new BridgeError(`there is no folder ${dirname(full)}: make it, or name another file`, {
      fault: "unavailable",
      adapter: "sqlite",
      landed: "no",
      cause,
    });
  }
};

const demandDurable = (file: string): void => {
  if (file === ":memory:") {
    throw invalid(
      "a store in memory forgets everything with the process: pass durable: false to say that it may, or name a file",
    );
  }
  if (process.platform === "linux" && inMemory.has(statfsSync(dirname(file)).type)) {
    throw invalid(
      `${dirname(file)} is a file system in memory, which forgets everything with the power: name a file on a disk, or pass durable: false to say that it may`,
    );
  }
};

interface Opened {
  readonly queue: Queue;
  close(): Promise<void>;
}

/**
 * Makes a store in a file. Nothing is opened before the first call, which also brings the schema to this version. The
 * files `-wal`, `-shm`, `.worker` and `.tip` beside it belong to it; copy it only with SQLite's own backup, or while no
 * process has it open.
 *
 * @throws BridgeError `invalid` when the options are none or `file` is no text. And from every call: `invalid` when the options cannot be kept, `unavailable` with `landed: "no"`
 * when the disk is full or another process holds the file for more than ten seconds.
 */
export const sqlite = (options: SqliteOptions = {}): Store => {
  if (typeof options !== "object" || options === null)
    throw invalid(`sqlite: give options, such as { file: "casethread.db" }, not ${kindOf(options)}`);
  const { file: named = "casethread.db", durable = true, clock = systemClock, keys } = options;
  if (typeof named !== "string") throw invalid(`sqlite: file: give a path as a text, not ${kindOf(named)}`);
  const memory = named === ":memory:";
  let opening: Promise<Opened> | undefined;
  let closed = false;
  const bell = createBell(memory ? undefined : () => versionOf());

  const open = async (): Promise<Opened> => {
    const file = memory ? named : trueName(named);
    if (durable) demandDurable(file);
    const given = typeof keys === "function" ? await keys() : keys;
    const connection = await openConnection(file, durable);
    const tip = memory ? undefined : openTip(`${file}.tip`);
    try {
      const { id, ring, back } = await makeReady({ connection, clock, keys: given, tip });
      const queue = createQueue({
        connection,
        ring,
        clock,
        back,
        committed: (commits, stirred) => {
          tip?.write(id, commits);
          if (stirred) bell.ring();
        },
      });
      const close = async (): Promise<void> => {
        await queue.close();
        connection.close();
        tip?.close();
      };
      return { queue, close };
    } catch (thrown) {
      connection.close();
      tip?.close();
      throw thrown;
    }
  };

  const opened = (): Promise<Opened> => {
    if (closed) {
      return Promise.reject(
        new BridgeError("this store is closed: make a new one", { fault: "closed", adapter: "sqlite", landed: "no" }),
      );
    }
    opening ??= open().catch((thrown: unknown) => {
      // What stood in the way may be gone at the next call.
      opening = undefined;
      throw thrown;
    });
    return opening;
  };

  const versionOf = async (): Promise<number> => {
    const { queue } = await opened();
    return queue.call(
      "read",
      async ({ sql }) => (await sql.one<{ data_version: number }>("PRAGMA data_version"))?.data_version ?? 0,
    );
  };

  let lock: WorkerLock | undefined;

  const write: Ground["write"] = async (work) => (await opened()).queue.call("write", work);
  const incarnation = randomUUID();
  const ground: Ground = {
    name: "sqlite",
    open: async () => void (await opened()),
    read: async (work) => (await opened()).queue.call("read", work),
    write,
    quiet: write,
    ledger: {
      after: (read, after, limit, kinds) => read((tx) => ledgerAfter(tx, after, limit, kinds)),
      of: trailOf,
    },
    owner: () => incarnation,
    working: async () => {
      await opened();
      lock ??= createWorkerLock(memory ? undefined : `${trueName(named)}.worker`);
      return lock.take();
    },
    alone: true,
    stirred: async (signal) => {
      await opened();
      await bell.heard(signal);
    },
    [Symbol.asyncDispose]: async () => {
      if (closed) return;
      closed = true;
      bell.stop();
      const last = await opening?.catch(() => undefined);
      lock?.[Symbol.dispose]();
      await last?.close();
    },
  };
  return createStore(ground);
};
