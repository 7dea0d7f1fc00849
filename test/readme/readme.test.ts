import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { run as casethread } from "../../src/cli/casethread/program.ts";
import { channelTable, crmTable, markdownOf, tableIn } from "./abilities.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = [
  "README.md",
  "src/README.md",
  "adapters/x/README.md",
  "adapters/facebook/README.md",
  "adapters/salesforce/README.md",
];

const fences = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code ?? "");

describe("the README", () => {
  it("has programs that compile", async () => {
    const programs = fences(read("README.md"));
    expect(programs.length).toBeGreaterThanOrEqual(2);
    const folder = mkdtempSync(join(root, "test/readme/tmp-"));
    try {
      for (const [i, code] of programs.entries()) writeFileSync(join(folder, `program-${i}.ts`), code);
      const config = { extends: "../../../tsconfig.json", include: ["*.ts"], exclude: [] };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
      const { stdout } = await run("tsc", ["--noEmit", "-p", folder], { cwd: root }).catch(
        (thrown: { stdout?: string }) => ({
          stdout: thrown.stdout ?? "tsc could not be run",
        }),
      );
      expect(stdout).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 180_000);

  it("shows the program in twenty lines", () => {
    const [program = ""] = fences(read("README.md"));
    const lines = program.split("\n").filter((line) => line.trim() !== "");
    expect(lines.length).toBeLessThanOrEqual(20);
  });

  it("names scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...read("README.md").matchAll(/npm (?:run ([a-z:]+)|(test)\b)/g)].map(
      ([, script, test]) => script ?? test ?? "",
    );
    expect(named).toContain("demo");
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  it("names each command as the command line has it, with flags that it takes", async () => {
    const help = async (...argv: readonly string[]): Promise<string> => {
      let out = "";
      const tell = (text: string): void => void (out += text);
      const shell = { env: {}, cwd: root, err: tell, stop: AbortSignal.timeout(9_000) };
      await casethread({ ...shell, argv: [...argv, "--help"], out: tell });
      return out;
    };
    const whole = await help();
    const there = [
      ...whole.slice(whole.indexOf("Commands:"), whole.indexOf("Configuration:")).matchAll(/^ {2}([a-z]+) /gm),
    ].map(([, name]) => name);
    const [, table = ""] = /^\| command +\| does +\|\n\|.*\n((?:\|.*\n)+)/m.exec(read("README.md")) ?? [];
    const told = [...table.matchAll(/`([a-z]+)\b([^`]*)`/g)];
    expect([...new Set(told.map(([, name]) => name)), "help"].toSorted()).toEqual(there.toSorted());
    for (const [, name = "", rest = ""] of told) {
      const takes = await help(name);
      for (const [flag] of rest.matchAll(/--[a-z-]+/g)) expect(takes, `casethread ${name}`).toContain(flag);
    }
    for (const [, name] of read("README.md").matchAll(/`(?:npx )?casethread ([a-z]+)\b/g))
      expect(there).toContain(name);
  });

  it.for([channelTable, crmTable])("says of channels and CRMs what they say of themselves", (table) => {
    const said = tableIn(read("README.md"), table[0]?.[1] ?? "");
    expect(said, `README.md should hold:\n${markdownOf(table)}`).toEqual(table);
  });

  it.for(pages)("%s links to what is there", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? "");
    const missing = links.filter((link) => !existsSync(resolve(root, dirname(page), link)));
    expect(missing).toEqual([]);
  });
});
