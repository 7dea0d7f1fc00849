import type { PoolConfig } from "pg";
import { type Broken, judge } from "./laws.ts";
import { type Ending, play } from "./play.ts";
import type { World } from "./world.ts";

/** What came of a world. */
export interface Verdict {
  readonly broken: readonly Broken[];
  readonly ending?: Ending;
}

/** Plays a world and judges it. A world that cannot go on has broken a law as well. */
export const verdictOn = async (world: World, reach?: PoolConfig): Promise<Verdict> => {
  try {
    const ending = await play(world, reach);
    return { broken: judge(ending), ending };
  } catch (thrown) {
    const how = thrown instanceof Error ? thrown.message : String(thrown);
    return { broken: [{ law: "everything ends", how: `it stopped: ${how}` }] };
  }
};
