import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { refused } from "./licences.ts";

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

  it("uses nothing that the oldest Node it names does not know", () => {
    expect(manifest.engines.node).toBe(">=22.18");
    // Of globals, what 24.21 has and 22.18 has not.
    const newer =
      /\b(?:(?:Async)?DisposableStack|SuppressedError|CloseEvent|Float16Array|URLPattern|Error\.isError|Promise\.try|RegExp\.escape|Math\.f16round|Intl\.DurationFormat)\b/;
    const users = [...files("src"), ...files("adapters")]
      .filter((name) => name.endsWith(".ts"))
      .filter((name) => newer.test(readFileSync(join(root, name), "utf8")));
    expect(users).toEqual([]);
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

  it("runs nothing when it is installed, and is published with provenance", () => {
    const atInstall = new Set([
      "preinstall",
      "install",
      "postinstall",
      "prepare",
      "preprepare",
      "postprepare",
      "dependencies",
    ]);
    expect(Object.keys(manifest.scripts).filter((name) => atInstall.has(name))).toEqual([]);
    expect(manifest.publishConfig).toEqual({ access: "public", provenance: true });
  });

  it("is built and published by actions of a fixed commit, which may write nothing", () => {
    const workflows = files(".github/workflows").map((name) => readFileSync(join(root, name), "utf8"));
    const used = workflows.flatMap((text) => [...text.matchAll(/uses: (.*)/g)].map(([, what]) => what));
    expect(used.length).toBeGreaterThan(3);
    expect(used.filter((what) => !/^[\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/.test(what ?? ""))).toEqual([]);
    for (const text of workflows) {
      expect(text).toContain("\npermissions: {}\n");
      expect([...text.matchAll(/([\w-]+): write/g)].filter(([, what]) => what !== "id-token")).toEqual([]);
      expect(text).not.toContain("secrets.");
    }
  });

  it("says what is to be filled in before the first publish, where it is not yet", () => {
    const missing = ["repository", "homepage", "bugs"].filter((name) => !(name in manifest));
    for (const page of [".github/workflows/release.yml", ".changeset/README.md"]) {
      const text = readFileSync(join(root, page), "utf8");
      expect(missing.filter((name) => !text.includes(name))).toEqual([]);
    }
  });

  it("lets nothing be shipped along whose licence was not looked at", () => {
    const component = { version: "1.0.0", installScript: false };
    expect(refused([{ ...component, name: "fine", licence: "MIT" }])).toEqual([]);
    const said = refused([
      { ...component, name: "strict", licence: "GPL-3.0-only" },
      { ...component, name: "silent", licence: undefined },
    ]);
    expect(said).toEqual([
      "strict@1.0.0: GPL-3.0-only. Take another package, or read its licence and add it in test/package.",
      "silent@1.0.0: no licence is named. Take another package, or read its licence and add it in test/package.",
    ]);
  });

  it("tells its changes above the last release, and leaves what stands there", async () => {
    const scratch = mkdtempSync(join(tmpdir(), "casethread-changes-"));
    try {
      for (const name of ["package.json", "package-lock.json", "CHANGELOG.md"])
        copyFileSync(join(root, name), join(scratch, name));
      cpSync(join(root, ".changeset"), join(scratch, ".changeset"), { recursive: true });
      writeFileSync(join(scratch, ".changeset/one.md"), '---\n"casethread": minor\n---\n\nSomething new.\n');
      await run("git", ["init", "-q"], { cwd: scratch });
      await run(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), "version"], { cwd: scratch });
      const [major = 0, minor = 0] = manifest.version.split(".").map(Number);
      const before = readFileSync(join(root, "CHANGELOG.md"), "utf8");
      const news = `## ${major}.${minor + 1}.0\n\n### Minor Changes\n\n- Something new.\n\n`;
      expect(readFileSync(join(scratch, "CHANGELOG.md"), "utf8")).toBe(before.replace(/^## \d/m, `${news}$&`));
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
