import type { Clock } from "../core/contracts/clock.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import type { Instant } from "../core/words/ref.ts";
import { type Connection, patiently } from "./connection.ts";
import { translate } from "./faults.ts";
import type { Ring } from "./ring.ts";
import { single, type Sql, type Tx } from "./sql.ts";

/** The calls of one connection, in order. */
export interface Queue {
  call<T>(kind: "read" | "write", work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Resolves when nothing is under way; what comes later is refused. */
  close(): Promise<void>;
}

/** What a queue works on. */
export interface Desk {
  readonly connection: Connection;
  readonly ring: Ring;
  readonly clock: Clock;
  readonly back: Instant | undefined;
  /** Called after each commit that wrote something. */
  committed(commits: number, stirred: boolean): void;
}

interface Call {
  readonly kind: "read" | "write";
  /** Runs the work, and answers with what there is to tell once the commit has been seen. */
  perform(tx: Tx): Promise<() => void>;
  reject(thrown: unknown): void;
}

/** Calls that share a commit. 20 to a commit were 38,000 events a second against 4,500 one by one; what else the process does waits for all of them. */
const groupSize = 32;
/** A unit awaits nothing but the unit, and so ends within microtasks; whoever waits for something else holds up everybody. */
const workMs = 5_000;

const refused = (message: string, fault: "closed" | "invalid" | "unavailable"): BridgeError =>
  new BridgeError(message, { fault, adapter: "sqlite", landed: "no" });

/** The statements of one call: closed when the call has ended, and spoiled for good by the first that fails. */
const statementsOf = (
  connection: Connection,
): { readonly sql: Sql; readonly end: () => void; readonly check: () => void } => {
  let open = true;
  let spoiled: BridgeError | undefined;
  const guarded = <T>(work: () => T): T => {
    if (!open)
      throw refused(
        "a unit was used after its transaction had ended: await everything inside the unit's work",
        "invalid",
      );
    if (spoiled !== undefined) throw spoiled;
    if (!connection.inTransaction)
      throw refused("the transaction is gone: nothing of it was kept, ask again", "unavailable");
    try {
      return work();
    } catch (thrown) {
      spoiled = translate(thrown);
      throw spoiled;
    }
  };
  const sql: Sql = {
    all: async <Row>(text: string, ...values: Parameters<Connection["all"]>[1]) =>
      guarded(() => connection.all(text, values) as readonly Row[]),
    one: async <Row>(text: string, ...values: Parameters<Connection["all"]>[1]) =>
      guarded(() => connection.all(text, values)[0] as Row | undefined),
    run: async (text, ...values) => guarded(() => connection.run(text, values)),
  };
  return {
    sql,
    end: () => {
      open = false;
    },
    // Work that swallowed the store's refusal must not be told that it was kept.
    check: () => {
      if (spoiled !== undefined) throw spoiled;
    },
  };
};

const withinTime = <T>(work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        refused(
          "a unit's work did not end within 5 s: inside a unit await nothing but the unit (no network, no other unit)",
          "invalid",
        ),
      );
    }, workMs);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });

/** What one call came to: what there is to tell after the commit; that it threw, and nothing of it may be kept; that the transaction itself is lost. */
type Came = { readonly tell: () => void } | { readonly threw: unknown } | { readonly gone: unknown };

/** Runs one call. */
const runCall = async (desk: Desk, call: Call, stir: () => void): Promise<Came> => {
  const { connection } = desk;
  const { sql, end, check } = statementsOf(connection);
  try {
    const tell = await withinTime(
      call.perform({
        ...single(sql),
        sql,
        now: desk.clock.now(),
        ring: desk.ring,
        back: desk.back,
        seen: new Map(),
        stir,
      }),
    );
    check();
    return connection.inTransaction ? { tell } : { gone: undefined };
  } catch (threw) {
    return connection.inTransaction ? { threw } : { gone: threw };
  } finally {
    end();
  }
};

/** Runs one call in a savepoint of its own: when it throws, those beside it stand. */
const runApart: typeof runCall = async (desk, call, stir) => {
  const { connection } = desk;
  try {
    connection.run("SAVEPOINT one", []);
    const came = await runCall(desk, call, stir);
    if ("gone" in came) return came;
    if ("threw" in came) connection.run("ROLLBACK TO one", []);
    connection.run("RELEASE one", []);
    return came;
  } catch (broken) {
    return { gone: broken };
  }
};

const changesOf = (connection: Connection): number =>
  (connection.all("SELECT total_changes() AS n", [])[0] as { readonly n: number }).n;

const countCommit = (desk: Desk): number =>
  (
    desk.connection.all("UPDATE tip SET commits = commits + 1, at = ? WHERE one = 1 RETURNING commits", [
      desk.clock.now(),
    ])[0] as { readonly commits: number }
  ).commits;

// A reader's lock is taken by its first read, and may be refused there while another process recovers or removes the log.
const begin = (connection: Connection, writes: boolean): void => {
  connection.run(writes ? "BEGIN IMMEDIATE" : "BEGIN", []);
  if (writes) return;
  try {
    connection.all("SELECT one FROM tip", []);
  } catch (thrown) {
    connection.run("ROLLBACK", []);
    throw thrown;
  }
};

/** Calls that are to be run. */
interface Batch {
  readonly calls: readonly Call[];
  /** One beside them has thrown: each gets a savepoint of its own. Savepoints copy every page that is touched, an eighth of a delivery's time. */
  readonly apart: boolean;
}

/** What is told of a batch that was committed: when it is on the disk, or when the disk has failed to confirm that. */
interface Committed {
  readonly synced: Promise<void>;
  tell(): void;
  fail(thrown: unknown): void;
}

/** Runs calls in one transaction. The answer is those of which nothing was done and that are not to blame: to be run again. */
const runBatch = async (
  desk: Desk,
  { calls, apart }: Batch,
  commit: (committed: Committed) => void,
): Promise<Batch> => {
  const { connection } = desk;
  const writes = calls.some((call) => call.kind === "write");
  const begun: Call[] = [];
  const tellings: (() => void)[] = [];
  let stirred = false;
  const stir = (): void => {
    stirred = true;
  };
  const rollBack = (): void => {
    if (!connection.inTransaction) return;
    try {
      connection.run("ROLLBACK", []);
    } catch {
      // The transaction ended by itself meanwhile, which is what was wanted.
    }
  };
  const fail = (thrown: unknown): Batch => {
    rollBack();
    const error =
      thrown === undefined
        ? refused("the transaction ended before its commit: nothing was kept, ask again", "unavailable")
        : translate(thrown);
    for (const call of begun) call.reject(error);
    return { calls: calls.slice(begun.length), apart };
  };

  let before = 0;
  try {
    // A reader takes no lock that a writer waits for; a writer takes its lock at once, for a later one could not be waited for.
    connection.demandSound();
    await patiently(() => begin(connection, writes));
    if (writes) before = changesOf(connection);
  } catch (thrown) {
    rollBack();
    for (const call of calls) call.reject(translate(thrown));
    return { calls: [], apart };
  }
  let commits: number | undefined;
  try {
    for (const call of calls) {
      begun.push(call);
      const came = await (apart ? runApart : runCall)(desk, call, stir);
      if ("gone" in came) return fail(came.gone);
      if ("tell" in came) tellings.push(came.tell);
      else if (apart || call.kind === "read") tellings.push(() => call.reject(came.threw));
      else {
        rollBack();
        call.reject(came.threw);
        return { calls: calls.filter((one) => one !== call), apart: true };
      }
    }
    if (writes && changesOf(connection) !== before) commits = countCommit(desk);
    if (!connection.inTransaction) return fail(undefined);
  } catch (thrown) {
    return fail(thrown);
  }
  try {
    connection.run("COMMIT", []);
  } catch (thrown) {
    return fail(thrown);
  }
  commit({
    // Who is told that an event was known already is told that it is kept.
    synced: writes ? connection.synced(commits !== undefined) : Promise.resolve(),
    tell: () => {
      if (commits !== undefined) desk.committed(commits, stirred);
      for (const tell of tellings) tell();
    },
    fail: (thrown) => {
      for (const call of begun) call.reject(thrown);
    },
  });
  return { calls: [], apart };
};

/** Makes the queue of one connection. Calls that wait together share a transaction; when one of them throws, the others are run again without it. */
export const createQueue = (desk: Desk): Queue => {
  let waiting: Call[] = [];
  let running: Promise<void> | undefined;
  let closed = false;
  let told = Promise.resolve();

  // While the disk takes one batch the next is run. It may have read what the disk does not have yet: so all are told in order.
  const commit = ({ synced, tell, fail }: Committed): void => {
    const before = told;
    const sound = synced.then(() => before).then(desk.connection.demandSound);
    told = sound.then(tell, (thrown: unknown) => fail(translate(thrown)));
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      // Not a microtask: all requests that this turn of the event loop brings in get into one commit.
      await new Promise((resolve) => setImmediate(resolve));
      let batch: Batch = { calls: waiting.slice(0, groupSize), apart: false };
      waiting = waiting.slice(groupSize);
      while (batch.calls.length > 0) batch = await runBatch(desk, batch, commit);
    }
    running = undefined;
  };

  return {
    call: (kind, work) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(refused("this store is closed: make a new one", "closed"));
          return;
        }
        const perform = async (tx: Tx): Promise<() => void> => {
          const value = await work(tx);
          return () => resolve(value);
        };
        waiting.push({ kind, perform, reject });
        running ??= drain();
      }),
    close: async () => {
      closed = true;
      await running;
      await told;
    },
  };
};
