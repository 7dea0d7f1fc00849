import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const files = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => statSync(join(root, name)).isFile());

/** What a fresh process has loaded after importing this, by module name. */
const loaded = async (
  what: string,
): Promise<{ readonly modules: readonly string[]; readonly builtins: readonly string[] }> => {
  const script = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
    await import(${JSON.stringify(what)});
    console.log(JSON.stringify(urls));
  `;
  const { stdout } = await run(
    process.execPath,
    ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script],
    { cwd: root },
  );
  const urls = JSON.parse(stdout) as string[];
  return {
    modules: urls.filter((url) => url.includes("/node_modules/")),
    builtins: urls.filter((url) => url.startsWith("node:")),
  };
};

describe("the package", () => {
  it("loads no module of node and no other package at its root", async () => {
    expect(await loaded("casethread")).toEqual({ modules: [], builtins: [] });
  });

  it.for(["casethread/x", "casethread/facebook", "casethread/salesforce"])(
    "%s loads no SDK before its first request",
    async (name) => {
      const { modules } = await loaded(name);
      const sdks = modules.filter((url) =>
        /node_modules\/(?:twitter-api-v2|jsforce|@jsforce|facebook-nodejs)/.test(url),
      );
      expect(sdks).toEqual([]);
    },
  );

  it("has no vendor's name in core and engine", () => {
    const vendors = /\b(?:twitter|facebook|messenger|salesforce|jsforce)\b/i;
    // Lists of words that anybody may say hold names of all sorts.
    const lists = /rules\/(?:tokens|common-words)\.ts$/;
    const named = [...files("src/core"), ...files("src/engine")]
      .filter((name) => !lists.test(name))
      .filter((name) => vendors.test(readFileSync(join(root, name), "utf8")));
    expect(named).toEqual([]);
  });

  it("reads the environment in the command line only", () => {
    const readers = [...files("src"), ...files("adapters")]
      .filter((name) => name.endsWith(".ts") && !name.startsWith("src/cli/"))
      .filter((name) => /process\.env/.test(readFileSync(join(root, name), "utf8")));
    expect(readers).toEqual([]);
  });

  it("keeps its top level", () => {
    const allowed = new Set([
      "src",
      "adapters",
      "examples",
      "test",
      "package.json",
      "package-lock.json",
      "tsconfig.json",
      "tsup.config.ts",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "node_modules",
      "dist",
    ]);
    expect(readdirSync(root).filter((name) => !allowed.has(name) && !name.startsWith("."))).toEqual([]);
  });
});
