import { describe, expect, it } from "vitest";
import { Stopped } from "../../src/cli/process.ts";
import { endsWhole, ground } from "./backfill/ground.ts";

describe("casethread backfill", () => {
  it.for([
    [["backfill"], "required option '--from <day>' not specified"],
    [["backfill", "--from", "yesterday"], "--from yesterday: write a day that has passed, such as 2026-01-31"],
    [["backfill", "--from", "2026-02-31"], "--from 2026-02-31: write a day that has passed, such as 2026-01-31"],
    [["backfill", "--from", "2999-01-01"], "--from 2999-01-01: write a day that has passed"],
  ] as const)("%j is not understood: one sentence, 2", async ([argv, sentence]) => {
    await using at = await ground();
    const { code, err } = await at.command(argv);
    expect([code, err]).toEqual([2, expect.stringContaining(sentence)]);
  });

  it(
    "says what it would be and cost, reads nothing without a yes, is stopped in the middle, and goes on",
    { timeout: 60_000 },
    async () => {
      await using at = await ground();
      const asked = ["backfill", "--from", at.from, "--account", "x/1001"];
      const priced = await at.command(asked);
      expect(priced).toMatchObject({ code: 0, err: "" });
      expect(priced.out).toMatch(/^x\/1001: 3 posts from .* at most \$0\.0[45] \(docs\.x\.com/m);
      expect(priced.out).toContain("nothing was read: --yes reads it\n");
      expect(await at.searches()).toBe(0);

      const stop = new AbortController();
      const stopped = at.command([...asked, "--yes"], stop.signal);
      await expect.poll(at.searches).toBeGreaterThan(1);
      stop.abort(new Stopped(143));
      const { code, err } = await stopped;
      expect(code).toBe(143);
      expect(err).toMatch(/^x\/1001: stopped; \d were read\. The same command goes on there\.\n$/);

      await endsWhole(at, asked);
    },
  );
});
