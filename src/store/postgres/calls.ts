import { isAway, isLate, isRace, translate } from "./faults.ts";
import type { Session } from "./session.ts";
import { apart, type Header, type Manner } from "./transaction.ts";

/** Work that is to be run in a transaction. */
export interface Call {
  readonly manner: Manner;
  perform(
    session: Session,
    header: Header,
  ): Promise<{ readonly tell: () => void } | { readonly refused: unknown } | { readonly threw: unknown }>;
  reject(thrown: unknown): void;
  /** When it was first asked for, or last failed by another's fault, by the machine's steady clock. */
  since: number;
  /** It is run again: among others that waited for a lock in vain, often for the same one; or by itself. */
  again: "together" | "alone" | undefined;
}

/** It met somebody. `late`: a lock was waited for in vain. */
export interface Met {
  readonly late: boolean;
}

/** The connection was lost: whatever was run on it is run again, but for a call that had come to its own end before. */
export interface Gone {
  readonly gone: unknown;
  readonly ended?: Call;
}

type Came = Awaited<ReturnType<Call["perform"]>>;

const gone = (thrown: unknown): Gone => ({ gone: thrown });

/** What a call came to cannot be taken back on this connection. What it threw itself it is told. */
const lostWith = (call: Call, came: Came | undefined, thrown: unknown): Gone => {
  if (came === undefined || !("threw" in came) || isRace(came.threw)) return gone(thrown);
  call.reject(came.threw);
  return { gone: thrown, ended: call };
};

/** Runs one call in its savepoint. */
export const inSavepoint = async (
  session: Session,
  header: Header,
  call: Call,
  place: Parameters<typeof apart>[0],
): Promise<(() => void) | Met | Gone> => {
  let came: Came | undefined;
  try {
    await session.exec(apart(place));
    came = await call.perform(session, header);
    if ("tell" in came) return came.tell;
    if ("refused" in came && isAway(came.refused)) return gone(came.refused);
    await session.exec("ROLLBACK TO SAVEPOINT one");
    const failed = "threw" in came ? came.threw : came.refused;
    const told = "threw" in came ? failed : translate(failed);
    return isRace(failed) ? { late: isLate(failed) } : () => call.reject(told);
  } catch (thrown) {
    return lostWith(call, came, thrown);
  }
};

/** Runs one call as its transaction's only one. */
export const byItself = async (
  session: Session,
  header: Header,
  call: Call,
): Promise<(() => void) | Met | Gone | { readonly failed: unknown }> => {
  const came = await call.perform(session, header);
  if ("tell" in came) return came.tell;
  if ("refused" in came && isAway(came.refused)) return gone(came.refused);
  try {
    await session.exec("ROLLBACK");
  } catch (thrown) {
    return lostWith(call, came, thrown);
  }
  if ("threw" in came) return isRace(came.threw) ? { late: false } : { failed: came.threw };
  return isRace(came.refused) ? { late: isLate(came.refused) } : { failed: translate(came.refused) };
};
