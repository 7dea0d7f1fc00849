import { isAway, isRace, translate } from "./faults.ts";
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
  /** It met somebody, and is run again by itself. */
  alone: boolean;
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

/** Runs one call in its savepoint. `undefined`: it met somebody and is to be run by itself. */
export const inSavepoint = async (
  session: Session,
  header: Header,
  call: Call,
  behind: boolean,
): Promise<(() => void) | undefined | Gone> => {
  let came: Came | undefined;
  try {
    await session.exec(apart(behind));
    came = await call.perform(session, header);
    if ("tell" in came) return came.tell;
    if ("refused" in came && isAway(came.refused)) return gone(came.refused);
    await session.exec("ROLLBACK TO SAVEPOINT one");
    const failed = "threw" in came ? came.threw : came.refused;
    const told = "threw" in came ? failed : translate(failed);
    return isRace(failed) ? undefined : () => call.reject(told);
  } catch (thrown) {
    return lostWith(call, came, thrown);
  }
};

/** Runs one call as its transaction's only one. */
export const byItself = async (
  session: Session,
  header: Header,
  call: Call,
): Promise<(() => void) | undefined | Gone | { readonly failed: unknown }> => {
  const came = await call.perform(session, header);
  if ("tell" in came) return came.tell;
  if ("refused" in came && isAway(came.refused)) return gone(came.refused);
  try {
    await session.exec("ROLLBACK");
  } catch (thrown) {
    return lostWith(call, came, thrown);
  }
  if ("threw" in came) return isRace(came.threw) ? undefined : { failed: came.threw };
  return isRace(came.refused) ? undefined : { failed: translate(came.refused) };
};
