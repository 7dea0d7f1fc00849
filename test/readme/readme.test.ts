import { execFile } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { run as casethread } from "../../src/cli/casethread/program.ts";
import { fencesOf, read, root, scratch } from "./fences.ts";
import { channelTable, crmTable, markdownOf, tableIn } from "./abilities.ts";

const run = promisify(execFile);
const pages = [
  "README.md",
  "src/README.md",
  "adapters/x/README.md",
  "adapters/facebook/README.md",
  "adapters/salesforce/README.md",
];

const fences = (page: string): readonly string[] => fencesOf(page, "ts").map(({ code }) => code);

/** What adapters' pages leave to the reader: these show how options are written, and are no programs by themselves. */
const given = `
declare const vault: { read(name: string): Promise<string> };
declare const consumerKey: string, consumerSecret: string, bearer: string, accessToken: string, accessSecret: string;
declare const secret: string, verifyToken: string, token: string, clientId: string, origin: string;
declare const login: import("casethread/salesforce").SalesforceLogin, queues: Record<string, string>;
`;

describe("the README", () => {
  it("has programs that compile, as the adapters' pages have", async () => {
    const programs = pages.flatMap(fences);
    expect(programs.length).toBeGreaterThanOrEqual(10);
    const folder = scratch();
    try {
      writeFileSync(join(folder, "given.d.ts"), given);
      for (const [i, code] of programs.entries()) writeFileSync(join(folder, `program-${i}.ts`), code);
      // What a page makes it may leave there.
      const compilerOptions = { noUnusedLocals: false };
      const config = { extends: "../../../tsconfig.json", compilerOptions, include: ["*.ts"], exclude: [] };
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

  it("leaves nothing that a compiler looks at, where a run of its programs is killed", async () => {
    const folder = scratch();
    try {
      for (const name of ["left.ts", "left.mts"]) writeFileSync(join(folder, name), "export const left: never = 1;\n");
      const { stdout } = await run("tsc", ["--showConfig", "-p", root], { cwd: root });
      expect(stdout).toContain("readme/fences.ts");
      expect(stdout).not.toContain("left.");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it("shows the program in twenty lines", () => {
    const [program = ""] = fences("README.md");
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
    // In the text, and as somebody types it in a shell, with the script before it or without.
    const typed = pages.flatMap((page) => [
      ...read(page).matchAll(/`(?:npx )?casethread ([a-z]+)\b([^`]*)`/g),
      ...fencesOf(page, "sh").flatMap(({ code }) => [
        ...code.matchAll(/(?:npx casethread|npm run casethread --|\.bin\/casethread) ([a-z]+)\b([^\n#>|]*)/g),
      ]),
    ]);
    expect(typed.length).toBeGreaterThan(20);
    for (const [as, name = "", rest = ""] of typed) {
      expect(there, as).toContain(name);
      const takes = await help(name);
      for (const [flag] of rest.matchAll(/--[a-z-]+/g)) expect(takes, as).toContain(flag);
    }
  });

  it.for([channelTable, crmTable])("says of channels and CRMs what they say of themselves", (table) => {
    const said = tableIn(read("README.md"), table[0]?.[1] ?? "");
    expect(said, `README.md should hold:\n${markdownOf(table)}`).toEqual(table);
  });

  it("has a map of the house on which each folder stands, and each file that a stranger would look for", () => {
    const [, map = ""] = /^## Floors\n\n```\n([\s\S]*?)^```/m.exec(read("src/README.md")) ?? [];
    const all = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true });
    const [core, own] = [join(root, "src/core"), join(root, "src")];
    const due = all.flatMap((one) => {
      if (one.isDirectory()) return [`${one.name}/`];
      const name = one.name.replace(/\.ts$/, "");
      if (one.parentPath === own) return one.name.endsWith(".ts") ? [one.name] : [];
      return [join(core, "words"), join(core, "contracts")].includes(one.parentPath) ? [` ${name}`] : [];
    });
    const stands = (what: string): boolean =>
      map.split(/[;,:·]|$| {2,}/m).some((part) => ` ${part.trim()} `.includes(what));
    expect(due.length).toBeGreaterThan(30);
    expect(due.filter((what) => !stands(what))).toEqual([]);
  });

  it.for(pages)("%s links to what is there", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link ?? "");
    const missing = links.filter((link) => !existsSync(resolve(root, dirname(page), link)));
    expect(missing).toEqual([]);
  });
});
