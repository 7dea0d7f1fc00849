import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../core/contracts/clock.ts";
import { BridgeError } from "../../core/contracts/errors.ts";
import type { Instant } from "../../core/words/ref.ts";
import type { PgListener } from "../postgres.ts";
import { type KeyRing, settleRing } from "../ring.ts";
import type { Ground } from "../sql.ts";
import { createBell } from "../stir.ts";
import { listenToPool, type PgPool } from "./client.ts";
import { translate } from "./faults.ts";
import { noteFork } from "./fork.ts";
import { ledger } from "./ledger.ts";
import { createEar } from "./listen.ts";
import { openSchema } from "./open.ts";
import { createQueue, type Queue } from "./queue.ts";
import { createSession, dialect } from "./session.ts";
import { sweep, sweepMs } from "./sweep.ts";
import { begin, type Floor, type Header, perform } from "./transaction.ts";

/** What a store on a pool is made of. */
export interface GroundOptions {
  readonly pool: PgPool;
  readonly schema: string;
  readonly migrate: "auto" | "check";
  readonly keys: KeyRing | (() => KeyRing | Promise<KeyRing>) | undefined;
  readonly clock: Clock | undefined;
  readonly listen: (() => Promise<PgListener>) | undefined;
}

/**
 * Another cluster, timeline or copy than the store last knew; or, on the same, one that has never heard of a transaction
 * that we saw committed: a disk put back.
 */
const hasForked = (header: Header, seen: number): boolean => header.identity !== header.kept || header.top <= seen;

/** Who was woken is woken again after so many ms at the soonest: each of seventy commits a second had all doors looked at, a third of all that the server was asked. */
const restMs = 50;

/** Notices, in any transaction, that the database is not what it was. */
const createMemory = (): {
  owner(): string;
  top(): number;
  committed(xid: number): void;
  forked(header: Header, seen: number): boolean;
  over(header: Header): void;
} => {
  // New with every start: after a restore two workers may hold the same turn of a lane, and must not take each other's.
  let owner = randomUUID();
  let top = 0;
  let identity: string | undefined;
  return {
    owner: () => owner,
    top: () => top,
    committed: (xid) => {
      top = Math.max(top, xid);
    },
    forked: (header, seen) => {
      if (hasForked(header, seen)) return true;
      // Somebody else has noticed and seen to it; what we hold is worth nothing all the same.
      if (identity !== undefined && identity !== header.identity) owner = randomUUID();
      identity = header.identity;
      return false;
    },
    over: (header) => {
      owner = randomUUID();
      identity = header.identity;
      top = 0;
    },
  };
};

/** The ground of a store on a pool. */
export const groundOn = (options: GroundOptions): Ground => {
  const { pool, schema, migrate, keys, clock, listen } = options;
  // A connection that ends while it is idle is the pool's to replace, and nobody's to die of.
  listenToPool(pool);
  const translated = dialect(schema);
  const memory = createMemory();
  let opening: Promise<Queue> | undefined;
  let closed = false;

  const fork = async (floor: Floor): Promise<void> => {
    const client = await pool.connect();
    let broken = true;
    try {
      const session = createSession(client, translated);
      const seen = memory.top();
      const header = await begin(session, floor, "quiet", true);
      if (hasForked(header, seen)) {
        const came = await perform(
          session,
          floor,
          header,
          (tx) => noteFork(tx, schema),
          () => undefined,
        );
        if (!("value" in came)) throw "threw" in came ? came.threw : came.refused;
      }
      const { command } = await session.exec("COMMIT");
      if (command !== "COMMIT") return;
      memory.over(header);
      broken = false;
    } finally {
      client.release(broken);
    }
  };

  const open = async (): Promise<Queue> => {
    const given = typeof keys === "function" ? await keys() : keys;
    const ring = await openSchema(pool, { schema, migrate, translated }, (sql) => settleRing(sql, given));
    const floor: Floor = { schema, ring, clock };
    let forking: Promise<void> | undefined;
    return createQueue({
      pool,
      floor,
      translated,
      forked: memory.forked,
      top: memory.top,
      committed: memory.committed,
      fork: () => {
        forking ??= fork(floor).finally(() => {
          forking = undefined;
        });
        return forking;
      },
      stirred: () => {
        bell.ring();
        ear?.tell();
      },
    });
  };
  const opened = (): Promise<Queue> => {
    if (closed) {
      const say = "this store is closed: make a new one";
      return Promise.reject(new BridgeError(say, { fault: "closed", adapter: "postgres", landed: "no" }));
    }
    opening ??= open().catch((thrown: unknown) => {
      // What stood in the way may be gone at the next call.
      opening = undefined;
      throw thrown;
    });
    return opening;
  };

  const read: Ground["read"] = async (work) => (await opened()).call("read", work);
  const write: Ground["write"] = async (work) => (await opened()).call("write", work);
  // Whatever anybody commits changes the snapshot: written by nobody, and asked for in one statement, four times a second.
  const glance = async (): Promise<string> => {
    await opened();
    const client = await pool.connect();
    let broken = true;
    try {
      const { rows } = await createSession(client, translated).exec("SELECT pg_current_snapshot()::text AS now");
      broken = false;
      return (rows[0] as { readonly now: string }).now;
    } finally {
      client.release(broken);
    }
  };
  const bell = createBell(glance);
  let rested: Promise<unknown> = Promise.resolve();
  const ear =
    listen === undefined
      ? undefined
      : createEar({ schema, listen, heard: () => bell.ring(), ask: (work) => read(work) });

  const sweeping = new Set<NodeJS.Timeout>();
  let unswept: { readonly since: Instant; readonly reason: string } | undefined;
  const sweepNow = async (): Promise<void> => {
    try {
      await write(sweep);
      unswept = undefined;
    } catch (thrown) {
      unswept = { since: unswept?.since ?? (clock ?? Date).now(), reason: translate(thrown).message };
    }
  };
  return {
    name: "postgres",
    open: async () => void (await opened()),
    read,
    write,
    quiet: async (work) => (await opened()).call("quiet", work),
    ledger,
    owner: memory.owner,
    alone: false,
    shared: true,
    working: async () => {
      await opened();
      const timer = setInterval(() => void sweepNow(), sweepMs);
      timer.unref();
      sweeping.add(timer);
      return {
        [Symbol.asyncDispose]: () => {
          clearInterval(timer);
          sweeping.delete(timer);
          if (sweeping.size === 0) unswept = undefined;
          return Promise.resolve();
        },
      };
    },
    troubles: () =>
      unswept === undefined
        ? []
        : [
            `nobody could look for lanes that nothing would wake since ${new Date(unswept.since).toISOString()}: ${unswept.reason}`,
          ],
    stirred: async (signal) => {
      await opened();
      ear?.begin();
      await rested;
      // What rang meanwhile is the next one's to hear.
      if (signal.aborted) return;
      await bell.heard(signal);
      rested = delay(restMs);
    },
    [Symbol.asyncDispose]: async () => {
      if (closed) return;
      closed = true;
      for (const timer of sweeping) clearInterval(timer);
      bell.stop();
      await ear?.stop();
      const queue = await opening?.catch(() => undefined);
      await queue?.close();
    },
  };
};
