import { createFuse, type Fault, type Fuse } from "./fuse.ts";
import { play } from "./story.ts";

/** What came of a fault at every call of every contract. */
export interface Findings {
  /** How many calls a play without a fault makes, and how many of them were reached. */
  readonly calls: number;
  readonly reached: number;
  /** Each point at which a law was broken, and the laws. */
  readonly failures: readonly string[];
}

// A story that cannot go on is a broken law as well, of the point that stopped it.
const lawsBroken = (fuse: Fuse): Promise<readonly string[]> =>
  play(fuse).catch((thrown: unknown) => [`it stopped: ${thrown instanceof Error ? thrown.message : String(thrown)}`]);

/** Plays the story once for each call of every contract, failing there. */
export const everyPoint = async (mode: Fault["mode"], when: Fault["when"]): Promise<Findings> => {
  const whole = createFuse({ at: 0, when, mode });
  const failures = (await lawsBroken(whole)).map((law) => `without a fault: ${law}`);
  let reached = 0;
  for (let at = 1; at <= whole.count; at++) {
    const fuse = createFuse({ at, when, mode });
    const laws = await lawsBroken(fuse);
    if (fuse.blown !== undefined) reached += 1;
    if (laws.length > 0) failures.push(`${mode} ${fuse.blown ?? `at call ${at}, never reached`}: ${laws.join("; ")}`);
  }
  return { calls: whole.count, reached, failures };
};
