import { setImmediate as turn } from "node:timers/promises";
import type { Bridge } from "casethread";
import type { SandboxClock } from "casethread/sandbox";
import { around, createFuse, type Fault, type Fuse } from "./fuse.ts";
import type { Around } from "./wrap.ts";

/** A bridge whose process may die, on a clock that passes only while nothing else does. */
export interface Life {
  readonly bridge: Bridge;
  /** Begins a process. */
  start(): void;
  /** Ends it. */
  end(): Promise<void>;
  /** Has it died? */
  died(): boolean;
  /** Runs the event loop until the promise has ended or, without one, until all is calm. Lets time pass for a promise that waits. */
  drive(wanted?: Promise<unknown>): Promise<void>;
}

/** What a life is made of. */
interface Ground {
  readonly fuse: Fuse;
  readonly clock: SandboxClock;
  /** Makes the bridge of a process: its contracts burn with the fuse. */
  readonly open: (burning: Around) => Bridge;
  /** Steps of the event loop without a call under way until nothing but time can bring anything about. @default 4: a store's queue takes one, a chain of promises none */
  readonly calmTurns?: number;
}

/** Makes a life, which has not begun. */
export const createLife = ({ fuse, clock, open, calmTurns = 4 }: Ground): Life => {
  let bridge: Bridge | undefined;
  let stop = new AbortController();
  let worked: Promise<unknown> = Promise.resolve();
  const drive = async (wanted?: Promise<unknown>): Promise<void> => {
    const ended = { over: false };
    wanted?.then(
      () => (ended.over = true),
      () => (ended.over = true),
    );
    for (let calm = 0; !ended.over;) {
      await turn();
      calm = fuse.underWay === 0 ? calm + 1 : 0;
      if (calm < calmTurns) continue;
      if (wanted === undefined) return;
      await clock.advance(500);
      calm = 0;
    }
  };
  return {
    get bridge() {
      if (bridge === undefined) throw new Error("nobody lives yet");
      return bridge;
    },
    drive,
    died: () => fuse.dead === fuse.life,
    start: () => {
      fuse.life += 1;
      stop = new AbortController();
      const { signal } = stop;
      const born = open(around(fuse));
      bridge = born;
      const run = async (): Promise<void> => {
        // Whoever runs it starts it again.
        while (!signal.aborted) await born.work({ signal }).catch(() => clock.sleep(1_000, signal));
      };
      worked = run();
    },
    end: async () => {
      stop.abort();
      await drive(worked);
    },
  };
};

/** How a call fails in a story that is played on an adapter of ours. */
export const modes: readonly (readonly [Fault["mode"], Fault["when"]])[] = [
  ["crash", "before"],
  ["crash", "after"],
  ["error", "after"],
];

/**
 * Plays a story once as it goes well, and then with every so manieth call failing: the whole matrix, on a network and a CRM of
 * their own, is played beside this file. The answers are the calls that were seen, and every broken law.
 */
export const playEvery = async (
  every: number,
  [mode, when]: (typeof modes)[number],
  play: (fuse: Fuse, at: number) => Promise<readonly string[]>,
): Promise<{ readonly seen: readonly string[]; readonly failures: readonly string[] }> => {
  const whole = createFuse({ at: 0, when, mode });
  const failures = [...(await play(whole, 0))];
  for (let at = 1; at <= whole.count; at += every) {
    const fuse = createFuse({ at, when, mode });
    const laws = await play(fuse, at).catch((thrown: unknown) => [`it stopped: ${String(thrown)}`]);
    if (laws.length > 0) failures.push(`${fuse.blown ?? `call ${at}, never reached`}: ${laws.join("; ")}`);
  }
  console.log(`${mode} ${when}: ${Math.ceil(whole.count / every)} of ${whole.count} calls`);
  return { seen: [...whole.seen], failures };
};
