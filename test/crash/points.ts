import { createFuse, type Fault, type Fuse } from "./fuse.ts";
import { play } from "./story.ts";
import type { Ground } from "./world.ts";

/** What came of a fault at every call of every contract. */
export interface Findings {
  /** How many calls a play without a fault makes, and how many of them were reached. */
  readonly calls: number;
  readonly reached: number;
  /** Each point at which a law was broken, and the laws. */
  readonly failures: readonly string[];
}

// A story that cannot go on is a broken law as well, of the point that stopped it.
const lawsBroken = (fuse: Fuse, ground?: Ground): Promise<readonly string[]> =>
  play(fuse, ground).catch((thrown: unknown) => [
    `it stopped: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
  ]);

/** Which calls to fail, and on what store; without, all of them, in memory and in files. */
export interface Sample {
  readonly from: number;
  readonly every: number;
  readonly ground?: () => Ground;
}

/** Plays the story once for each call of every contract, or for some of them, failing there. */
export const everyPoint = async (mode: Fault["mode"], when: Fault["when"], some?: Sample): Promise<Findings> => {
  const whole = createFuse({ at: 0, when, mode });
  const failures = (await lawsBroken(whole, some?.ground?.())).map((law) => `without a fault: ${law}`);
  let reached = 0;
  for (let at = some?.from ?? 1; at <= whole.count; at += some?.every ?? 1) {
    const fuse = createFuse({ at, when, mode });
    const laws = await lawsBroken(fuse, some?.ground?.());
    if (fuse.blown !== undefined) reached += 1;
    if (laws.length > 0) failures.push(`${mode} ${fuse.blown ?? `at call ${at}, never reached`}: ${laws.join("; ")}`);
  }
  return { calls: whole.count, reached, failures };
};
