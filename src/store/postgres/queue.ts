import { BridgeError } from "../../core/contracts/errors.ts";
import type { Tx } from "../sql.ts";
import type { PgPool, PgPoolClient } from "./client.ts";
import { byItself, type Call, inSavepoint, type Met } from "./calls.ts";
import { isAway, isRace, translate } from "./faults.ts";
import { createSession, type Dialect, type Session } from "./session.ts";
import { begin, finish, type Floor, type Header, type Manner, perform } from "./transaction.ts";

/** What transactions are made on. */
export interface Desk {
  readonly pool: PgPool;
  readonly floor: Floor;
  readonly translated: Dialect;
  /** Looks at what the database says it is, before anything is done in it. True: it came back from the past, and that is to be seen to first. */
  forked(header: Header, seen: number): boolean;
  /** The newest transaction that was seen to be committed here. */
  top(): number;
  committed(xid: number): void;
  /** Sees to it. */
  fork(): Promise<void>;
  /** Called after each commit that may have made something due. */
  stirred(): void;
}

/** Calls, some of which share a commit. */
export interface Queue {
  call<T>(manner: Manner, work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Calls that share a commit: past 64 savepoints PostgreSQL keeps them elsewhere and slows everybody down. */
const groupSize = 32;
/** How many commits of one process are under way at once. */
const width = 4;
/** How many of them, at most, wait long for a lock: who stands still with one in hand keeps those waiting, and no others. */
const patientWidth = 2;
/** How long a call is run again, in ms, when it meets others or the server is away: webhooks must be answered within three to five seconds. */
const patienceMs = 4_000;

/** Ends a transaction. The answer is why it was not kept; `unknown` when nobody knows whether it was. */
const commit = async (
  desk: Desk,
  session: Session,
): Promise<undefined | { readonly thrown: unknown; readonly landed: "no" | "unknown" }> => {
  try {
    const { command, xid } = await finish(session);
    if (command === "COMMIT") {
      if (xid !== null) desk.committed(xid);
      return undefined;
    }
    // After a statement that failed, PostgreSQL answers COMMIT with ROLLBACK and no error at all.
    const say = `the transaction was rolled back at its commit (${command}): nothing was kept, ask again`;
    return { thrown: new BridgeError(say, { fault: "unavailable", adapter: "postgres", landed: "no" }), landed: "no" };
  } catch (thrown) {
    return { thrown, landed: isAway(thrown) ? "unknown" : "no" };
  }
};

/** A call to be run again: for it met somebody, or by the fault of what was thrown. */
interface Again extends Partial<Met> {
  readonly call: Call;
  readonly why: unknown;
}

interface Ran {
  /** To be run again. */
  readonly again: readonly Again[];
  readonly broken: boolean;
  readonly forked?: boolean;
}

/** Ends the transaction of these calls, and says what is to be run again. */
const kept = async (
  desk: Desk,
  session: Session,
  tellings: readonly (() => void)[],
  begun: readonly Call[],
): Promise<Ran> => {
  const failed = await commit(desk, session);
  if (failed === undefined) {
    for (const tell of tellings) tell();
    return { again: [], broken: false };
  }
  // Where transactions are serializable, two may learn at their end that they have met.
  if (failed.landed === "no" && isRace(failed.thrown)) {
    return { again: begun.map((call) => ({ call, why: undefined })), broken: true };
  }
  for (const call of begun) call.reject(translate(failed.thrown, failed.landed));
  return { again: [], broken: true };
};

const runOn = async (desk: Desk, client: PgPoolClient, calls: readonly Call[], patient: boolean): Promise<Ran> => {
  const session = createSession(client, desk.translated);
  const all = (why: unknown, but?: Call): Ran => ({
    again: calls.flatMap((call) => (call === but ? [] : [{ call, why }])),
    broken: true,
  });
  const [first] = calls;
  if (first === undefined) return { again: [], broken: false };
  const seen = desk.top();
  let header: Header;
  try {
    header = await begin(session, desk.floor, first.manner, patient);
  } catch (thrown) {
    return all(thrown);
  }
  if (desk.forked(header, seen)) return { ...all(undefined), forked: true };
  if (calls.length === 1) {
    const came = await byItself(session, header, first);
    if ("late" in came) return { again: [{ call: first, why: undefined, ...came }], broken: false };
    if (typeof came === "function") return kept(desk, session, [came], calls);
    if ("gone" in came) return all(came.gone, came.ended);
    first.reject(came.failed);
    return { again: [], broken: false };
  }
  const tellings: (() => void)[] = [];
  const again: Again[] = [];
  for (const [n, call] of calls.entries()) {
    const place = n === 0 ? "first" : again.some(({ late }) => late) ? "behind one that waited" : "behind";
    const came = await inSavepoint(session, header, call, place);
    if ("late" in came) again.push({ call, why: undefined, ...came });
    else if (typeof came === "function") tellings.push(came);
    else {
      // Whoever came to an end of their own has taken the connection along, perhaps for seconds: those beside have lost no patience.
      if (came.ended !== undefined) for (const beside of calls) beside.since = performance.now();
      return all(came.gone, came.ended);
    }
  }
  const rest = calls.filter((call) => !again.some((one) => one.call === call));
  const ended = await kept(desk, session, tellings, rest);
  return { again: [...again, ...ended.again], broken: ended.broken };
};

/** Makes the queue of a pool. Writes that wait together share a transaction, each in a savepoint of its own; reads have their own. */
export const createQueue = (desk: Desk): Queue => {
  let waiting: Call[] = [];
  const running = new Set<Promise<void>>();
  let writing = 0;
  let patients = 0;
  let scheduled = false;
  let closed = false;
  const resting = new Set<Promise<void>>();

  const runGroup = async (calls: readonly Call[], patient: boolean): Promise<void> => {
    let ran: Ran;
    let client: PgPoolClient | undefined;
    try {
      client = await desk.pool.connect();
      ran = await runOn(desk, client, calls, patient);
      client.release(ran.broken);
      client = undefined;
      if (ran.forked === true) await desk.fork();
    } catch (thrown) {
      client?.release(true);
      ran = { again: calls.map((call) => ({ call, why: thrown })), broken: true };
    }
    for (const one of ran.again) retry(one);
  };

  const retry = ({ call, why, late }: Again): void => {
    const age = performance.now() - call.since;
    if (age > patienceMs || closed || (why !== undefined && !isAway(why) && !isRace(why))) {
      const stuck = new BridgeError(
        "others kept the same rows locked for four seconds: see pg_stat_activity for who does",
        {
          fault: "unavailable",
          adapter: "postgres",
          landed: "no",
        },
      );
      call.reject(why === undefined ? stuck : translate(why));
      return;
    }
    call.again = call.again === undefined && late === true ? "together" : "alone";
    // Soon after a meeting, more slowly while the server is away; never two at the same moment.
    const pause = why === undefined ? Math.random() * 10 : 50 + Math.random() * Math.min(age, 500);
    const rested = new Promise<void>((resolve) => setTimeout(resolve, pause)).then(() => {
      resting.delete(rested);
      waiting.unshift(call);
      schedule();
    });
    resting.add(rested);
  };

  const next = (): readonly Call[] => {
    const from = waiting.findIndex((call) => call.again === undefined || patients < patientWidth);
    const first = waiting[from];
    if (first === undefined) return [];
    const single = first.again === "alone" || first.manner !== "write";
    const end = waiting.findIndex((call, at) => at > from && (call.again !== first.again || call.manner !== "write"));
    const most = single ? 1 : groupSize;
    return waiting.splice(from, Math.min(most, (end === -1 ? waiting.length : end) - from));
  };

  const start = (calls: readonly Call[], counts: boolean): void => {
    const patient = counts && patients < patientWidth;
    if (counts) writing += 1;
    if (patient) patients += 1;
    const run: Promise<void> = runGroup(calls, patient).finally(() => {
      running.delete(run);
      if (counts) writing -= 1;
      if (patient) patients -= 1;
      schedule();
    });
    running.add(run);
  };

  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    // Not a microtask: all requests that this turn of the event loop brings in get into one commit.
    setImmediate(() => {
      scheduled = false;
      for (let free = width - writing; free > 0; free -= 1) {
        const calls = next();
        if (calls.length === 0) return;
        start(calls, true);
      }
    });
  };

  return {
    call: (manner, work) =>
      new Promise((resolve, reject) => {
        if (closed) {
          const say = "this store is closed: make a new one";
          reject(new BridgeError(say, { fault: "closed", adapter: "postgres", landed: "no" }));
          return;
        }
        const call: Call = {
          manner,
          since: performance.now(),
          again: undefined,
          reject,
          perform: async (session, header) => {
            let stirs = false;
            const came = await perform(session, desk.floor, header, work, () => {
              stirs = true;
            });
            if (!("value" in came)) return came;
            const tell = (): void => {
              if (stirs) desk.stirred();
              resolve(came.value);
            };
            return { tell };
          },
        };
        if (manner === "read") {
          start([call], false);
          return;
        }
        waiting.push(call);
        schedule();
      }),
    close: async () => {
      closed = true;
      while (running.size > 0 || resting.size > 0 || waiting.length > 0) {
        await Promise.all([...running, ...resting]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
};
