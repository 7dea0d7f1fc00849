import { AsyncResource } from "node:async_hooks";
import type { Clock, Store } from "casethread";
import { openConnection } from "../../src/store/connection.ts";
import { ledgerAfter, trailOf } from "../../src/store/ledger.ts";
import { makeReady } from "../../src/store/migrate.ts";
import { createQueue } from "../../src/store/queue.ts";
import { type Ground } from "../../src/store/sql.ts";
import { createBell } from "../../src/store/stir.ts";
import { createStore } from "../../src/store/store.ts";
import type { Hand } from "./hands.ts";
import type { Owner, Timeline } from "./time.ts";

/** One database that any number of processes work at once: the embedded store's statements, without its lock on the file. */
export interface Base extends AsyncDisposable {
  /** The store as one process has it, or as somebody has it who looks on. */
  open(hand?: Hand): Store;
  /** The life of a process is over. */
  left(owner: Owner): void;
  /** Lanes with something to do that are due at no time, right now. */
  unarmed(): Promise<number>;
  /** What befalls the database itself, to its end. */
  misfortunes(): Promise<void>;
}

/** Makes a database in memory. Its time is the true one, whatever the clocks of processes say. */
export const createBase = async (timeline: Timeline): Promise<Base> => {
  const clock: Clock = { now: timeline.now, sleep: timeline.sleep };
  const connection = await openConnection(":memory:", false);
  const keys = [{ id: "simulated", secret: "simulated" }];
  const { ring } = await makeReady({ connection, clock, keys, tip: undefined });
  const bells = new Set<ReturnType<typeof createBell>>();
  const queue = createQueue({
    connection,
    ring,
    clock,
    back: undefined,
    committed: (_commits, stirred) => {
      if (stirred) for (const bell of bells) bell.ring();
    },
  });
  // The database runs on when the process that asked has stopped; the work it was handed is that process's own.
  const call =
    (kind: "read" | "write"): Ground["read"] =>
    (work) => {
      const bound = AsyncResource.bind(work);
      return timeline.outside(() => queue.call(kind, bound));
    };
  let processes = 0;
  return {
    open: () => {
      const bell = createBell(undefined);
      bells.add(bell);
      const incarnation = `process-${(processes += 1)}`;
      return createStore({
        name: "sqlite",
        open: async () => undefined,
        read: call("read"),
        write: call("write"),
        quiet: call("write"),
        ledger: { after: (read, after, limit) => read((tx) => ledgerAfter(tx, after, limit)), of: trailOf },
        owner: () => incarnation,
        // A process that stands still may go on at any time: nobody may take it for dead, as on a server of databases.
        working: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
        alone: false,
        stirred: (signal) => bell.heard(signal),
        [Symbol.asyncDispose]: async () => {
          bells.delete(bell);
          bell.stop();
        },
      });
    },
    left: () => undefined,
    unarmed: async () => 0,
    misfortunes: async () => undefined,
    [Symbol.asyncDispose]: async () => {
      await queue.close();
      connection.close();
    },
  };
};
