import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const vitest = new URL("../../node_modules/vitest/vitest.mjs", import.meta.url).pathname;
const root = new URL("../../", import.meta.url).pathname;

/** Runs tests as on a machine that has no PostgreSQL. */
const withoutServer = (...files: readonly string[]): { readonly code: number | null; readonly text: string } => {
  const orders = [vitest, "run", "--config", "test/vitest.config.ts", ...files];
  const env = { ...process.env, CASETHREAD_POSTGRES: "none", NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, orders, { cwd: root, env, encoding: "utf8" });
  return { code: status, text: `${stdout}\n${stderr}` };
};

it(
  "without a PostgreSQL laws and crashes are run on PGlite, and what that does not show is named",
  { timeout: 900_000 },
  () => {
    const { code, text } = withoutServer("test/store/postgres.test.ts", "test/crash/postgres.test.ts");
    expect(code, text).toBe(0);
    expect(text).toContain("on PGlite");
    const named = text.split("\n").filter((line) => line.startsWith("not shown, for want of a PostgreSQL: "));
    expect(named.join("\n")).toContain("settle beside enqueue never leaves an open effect unarmed");
    expect(named).toHaveLength(2);
  },
);
