import { BridgeError } from "../core/contracts/errors.ts";
import { openBare } from "./connection.ts";
import { isBusy, translate } from "./faults.ts";

/** The right to work a file: held by one store at a time, counted within it. */
export interface WorkerLock extends Disposable {
  take(): Promise<AsyncDisposable>;
}

/**
 * Makes the lock of a file, or of nothing (a store in memory has no rival). It is an open exclusive transaction on a
 * database beside the file: the operating system ends it with the process, however that dies, so it is never stale.
 */
export const createWorkerLock = (file: string | undefined): WorkerLock => {
  let holders = 0;
  let release: (() => void) | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  // One after the other: two that take it at once must not both open it.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const acquire = async (): Promise<(() => void) | undefined> => {
    if (file === undefined) return undefined;
    const db = await openBare(file);
    try {
      db.exec("BEGIN EXCLUSIVE");
    } catch (thrown) {
      db.close();
      if (!isBusy(thrown)) throw translate(thrown);
      throw new BridgeError(
        "another process works this file: stop it, or use a store that many processes may work, such as postgres",
        { fault: "taken", adapter: "sqlite", landed: "no", cause: thrown },
      );
    }
    return () => db.close();
  };

  return {
    // The store is closed: whoever holds it through this store holds it no longer.
    [Symbol.dispose]: () => {
      release?.();
      release = undefined;
    },
    take: () =>
      inTurn(async () => {
        if (holders === 0) release = await acquire();
        holders += 1;
        let held = true;
        return {
          [Symbol.asyncDispose]: () =>
            inTurn(async () => {
              if (!held) return;
              held = false;
              holders -= 1;
              if (holders > 0) return;
              release?.();
              release = undefined;
            }),
        };
      }),
  };
};
