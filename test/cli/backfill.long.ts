import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { endsWhole, ground, town } from "./backfill/ground.ts";

describe("casethread backfill", () => {
  it("killed in the middle it goes on, and counts nothing twice", { timeout: 240_000 }, async () => {
    await using at = await ground();
    const asked = ["backfill", "--from", at.from, "--account", "x/1001"];
    const priced = await at.command(asked);
    expect(priced).toMatchObject({ code: 0, err: "" });
    expect(priced.out).toMatch(/^x\/1001: 3 posts from .* at most \$0\.0[45] \(docs\.x\.com/m);
    expect(priced.out).toContain("nothing was read: --yes reads it\n");
    expect(await at.searches()).toBe(0);

    const start = () =>
      spawn(
        process.execPath,
        [
          "--conditions=casethread:source",
          "--disable-warning=ExperimentalWarning",
          "../../../src/cli/index.ts",
          ...asked,
          "--yes",
        ],
        { cwd: town, env: { ...process.env, ...at.env } },
      );
    for (const [signal, ended] of [
      ["SIGKILL", [null, "SIGKILL"]],
      ["SIGTERM", [143, null]],
    ] as const) {
      const before = await at.searches();
      const child = start();
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (some: Buffer) => void (said += some.toString()));
      const over = once(child, "exit");
      await expect.poll(at.searches).toBeGreaterThan(before + 1);
      child.kill(signal);
      expect(await over).toEqual(ended);
      // Nobody looks: no bar, and no sign for a screen.
      expect(said).not.toContain("\u001B");
      if (signal === "SIGTERM") expect(said).toContain("The same command goes on there.");
    }
    await endsWhole(at, asked);
  });
});
