import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/contracts/clock.ts";
import { BridgeError } from "../../core/contracts/errors.ts";
import { type KeyRing, settleRing } from "../ring.ts";
import type { Ground, Tx } from "../sql.ts";
import type { PgClient } from "./client.ts";
import { stateOf, translate } from "./faults.ts";
import { ledger } from "./ledger.ts";
import { createSession, dialect, statementsOf } from "./session.ts";
import { type Floor, join, perform } from "./transaction.ts";

const refuse = (message: string): BridgeError =>
  new BridgeError(message, { fault: "invalid", adapter: "postgres", landed: "no" });

/** The ground of a store inside a transaction of somebody else's: each call in a savepoint, none of their settings changed, nothing committed. */
export const groundIn = (options: {
  readonly client: PgClient;
  readonly schema: string;
  readonly keys: KeyRing | (() => KeyRing | Promise<KeyRing>) | undefined;
  readonly clock: Clock | undefined;
}): Ground => {
  const { client, schema, keys, clock } = options;
  const session = createSession(client, dialect(schema));
  const owner = randomUUID();
  let floor: Floor | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const run = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    try {
      await session.exec("SAVEPOINT casethread");
    } catch (thrown) {
      throw translate(thrown);
    }
    try {
      if (floor === undefined) {
        const given = typeof keys === "function" ? await keys() : keys;
        floor = { schema, ring: await settleRing(statementsOf(session).sql, given), clock };
      }
      const header = await join(session, floor);
      if (header.identity !== header.kept) {
        throw refuse(
          "the database came back from the past, and no worker has seen to it: run bridge.work() on a pool first",
        );
      }
      const came = await perform(session, floor, header, work, () => undefined);
      if ("threw" in came) throw came.threw;
      if ("refused" in came) throw translate(came.refused);
      await session.exec("RELEASE SAVEPOINT casethread");
      return came.value;
    } catch (thrown) {
      await session.exec("ROLLBACK TO SAVEPOINT casethread; RELEASE SAVEPOINT casethread").catch(() => undefined);
      throw stateOf(thrown) === undefined ? thrown : translate(thrown);
    }
  };
  // One after the other: savepoints of one transaction lie inside each other.
  const inTurn = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    const mine = last.then(() => run(work));
    last = mine.catch(() => undefined);
    return mine;
  };

  return {
    name: "postgres",
    open: () => inTurn(() => Promise.resolve()),
    read: inTurn,
    write: inTurn,
    quiet: inTurn,
    ledger,
    owner: () => owner,
    alone: false,
    working: () =>
      Promise.reject(refuse("a store inside a transaction of yours cannot work: make one on a pool for bridge.work()")),
    stirred: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    [Symbol.asyncDispose]: async () => {
      await last;
    },
  };
};

/** Refuses a pause, and its end. */
export const pauseInside = (): Promise<never> =>
  Promise.reject(
    refuse(
      "a pause inside a transaction of yours would be unknown to all others until its commit, and so would its end: pause and resume by a bridge on a pool",
    ),
  );
