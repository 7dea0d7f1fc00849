import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const cli = new URL("../../src/cli/index.ts", import.meta.url).pathname;

// In a process of its own: here vite reads modules, and says something else.
it("a configuration that cannot be read says where to look, though Node's own error does not", () => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-configuration-"));
  try {
    const path = join(folder, "casethread.config.mjs");
    writeFileSync(path, "const key = 'hunter2';\nexport default { channels: [ };\n");
    const { status, stderr } = spawnSync(process.execPath, ["--conditions=casethread:source", cli, "health"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([
      2,
      `[casethread: invalid] ${path} could not be loaded: its syntax is wrong: run "node ${path}", which says where\n`,
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
