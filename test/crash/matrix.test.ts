import { describe, expect, it } from "vitest";
import { createFuse, type Fuse } from "./fuse.ts";
import { broken, play } from "./story.ts";

/** Every call of every contract, once before and once after it. */
const points = async (): Promise<number> => {
  const fuse = createFuse(-1, "before", "error");
  const ending = await play(fuse);
  expect(broken(ending, fuse)).toEqual([]);
  expect(ending.parked).toBe(0);
  return fuse.count;
};

describe.each(["error", "crash"] as const)("a fault at every call of every contract: %s", (mode) => {
  it.each(["before", "after"] as const)(
    "%s the call: one case, every entry once, no words requested twice, nothing parked without a cause",
    async (when: Fuse["when"]) => {
      const total = await points();
      const failures: string[] = [];
      let blown = 0;
      for (let at = 1; at <= total; at++) {
        const fuse = createFuse(at, when, mode);
        const laws = broken(await play(fuse), fuse);
        if (fuse.blown !== undefined) blown += 1;
        if (laws.length > 0) failures.push(`${fuse.blown ?? `call ${at}`}: ${laws.join("; ")}`);
      }
      expect(failures).toEqual([]);
      // Nearly every point is reached: a story that takes another way after a fault may be a few calls shorter.
      expect(blown).toBeGreaterThan(total * 0.95);
    },
    240_000,
  );
});
