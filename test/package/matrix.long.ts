// The packed package in the hands of strangers: three versions of TypeScript, three of Node, with and without what it can use.
import { execFile, type ExecFileException, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { modes, strict } from "../types/settings.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const home = await mkdtemp(join(tmpdir(), "casethread-matrix-"));
afterAll(() => rm(home, { recursive: true, force: true }));

const npm = (words: readonly string[], cwd: string): Promise<{ readonly stdout: string }> =>
  run("npm", [...words, "--no-audit", "--no-fund", "--fetch-retries=1"], { cwd, maxBuffer: 2 ** 24 });

/** A project of its own with these packages in it. The answer is its folder. */
const project = async (name: string, packages: readonly string[]): Promise<string> => {
  const folder = join(home, name);
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, type: "module", private: true }));
  await npm(["install", ...packages], folder);
  return folder;
};

const typescripts = ["5.9", "6.0", "7.0"] as const;
const nodes = ["22", "24", "26"] as const;
const peers = Object.entries(manifest.peerDependencies)
  // One of the two for Salesforce.
  .filter(([name]) => name !== "@jsforce/jsforce-node")
  .map(([name, range]) => `${name}@${range}`);

interface Ready {
  /** Only the package. */
  readonly bare: string;
  /** The package and every SDK. */
  readonly full: string;
  readonly typescript: Readonly<Record<string, string>>;
  readonly node: Readonly<Record<string, string>>;
}
const made = async (): Promise<Ready> => {
  const typescript: Record<string, string> = {};
  const node: Record<string, string> = {};
  for (const version of nodes) {
    const folder = await project(`node-${version}`, [`node@${version}`]);
    node[version] = join(folder, "node_modules/node/bin/node");
  }
  for (const version of typescripts) {
    const folder = join(await project(`typescript-${version}`, [`typescript@${version}`]), "node_modules/typescript");
    const { bin } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { bin: { tsc: string } };
    typescript[version] = join(folder, bin.tsc);
  }
  await npm(["run", "--silent", "build"], root);
  const { stdout } = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", home], root);
  const said = JSON.parse(stdout) as readonly { filename: string }[] | Record<string, { filename: string }>;
  const [packed] = Object.values(said);
  const tarball = join(home, packed?.filename ?? "");
  return {
    bare: await project("bare", [tarball, "@types/node@24"]),
    full: await project("full", [tarball, "@types/node@24", ...peers]),
    typescript,
    node,
  };
};

/** Not there when the registry is not: then its name is said, and nothing is tried. */
const registry = (await npm(["config", "get", "registry"], home)).stdout.trim();
const away = await npm(["view", "typescript", "version"], home).then(
  () => undefined,
  (thrown: ExecFileException) =>
    `the registry ${registry} cannot be reached (${/code (E\w+)/.exec(thrown.message)?.[1]})`,
);
if (away !== undefined) console.log(`skipped: ${away}`);
const ready = away === undefined ? await made() : undefined;
const at = (): Ready => {
  if (ready === undefined) throw new Error(away);
  return ready;
};

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const ran = async (file: string, words: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  run(file, words, { cwd, env: { ...process.env, NODE_OPTIONS: "", ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (thrown: ExecFileException) => ({ code: Number(thrown.code), out: thrown.stdout ?? "", err: thrown.stderr ?? "" }),
  );

const subpaths = Object.keys(manifest.exports)
  .filter((path) => path !== "./package.json")
  .map((path) => path.replace(/^\./, "casethread"));

describe.skipIf(ready === undefined)("the packed package", () => {
  const projects = ["bare", "full"] as const;
  const cases = projects.flatMap((where) =>
    typescripts.flatMap((version) => (["nodenext", "bundler"] as const).map((mode) => ({ where, version, mode }))),
  );
  it.for(cases)(
    "$where: TypeScript $version checks a strict program and all declarations ($mode)",
    { timeout: 120_000 },
    async ({ where, version, mode }) => {
      const folder = await mkdtemp(join(at()[where], "program-"));
      await copyFile(join(root, "test/types/program.ts"), join(folder, "main.ts"));
      await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
      // A program of CommonJS has the same types.
      await writeFile(
        join(folder, "old.cts"),
        'import casethread = require("casethread");\nconst make: typeof casethread.createBridge = casethread.createBridge;\nexport = make;\n',
      );
      const files = mode === "nodenext" ? ["main.ts", "old.cts"] : ["main.ts"];
      const settings = { compilerOptions: { ...strict, ...modes[mode] }, files };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
      const tsc = at().typescript[version] ?? "";
      expect((await ran(process.execPath, [tsc, "--version"], folder)).out).toContain(`Version ${version}.`);
      expect(await ran(process.execPath, [tsc, "-p", folder, "--pretty", "false"], folder)).toEqual({
        code: 0,
        out: "",
        err: "",
      });
      // It does compile what it was given.
      await writeFile(
        join(folder, "main.ts"),
        'import { createBridge } from "casethread";\ncreateBridge({ channels: [] });\n',
      );
      expect(await ran(process.execPath, [tsc, "-p", folder, "--pretty", "false"], folder)).toMatchObject({
        out: expect.stringContaining("error TS"),
      });
    },
  );

  describe.for(nodes)("Node %s", (version) => {
    const node = (): string => at().node[version] ?? "";

    it.for(projects)("%s: every subpath is imported and required, and is one and the same", async (where) => {
      const script = `
        import { createRequire } from "node:module";
        const require = createRequire(process.cwd() + "/main.js");
        const all = {};
        for (const path of ${JSON.stringify(subpaths)}) {
          const names = await import(path);
          const required = require(path);
          all[path] = Object.keys(names).length > 0 && Object.keys(names).every((name) => names[name] === required[name]);
        }
        console.log(JSON.stringify({ version: process.versions.node.split(".")[0], all }));
      `;
      await writeFile(join(at()[where], "imports.mjs"), script);
      const { code, out, err } = await ran(node(), ["imports.mjs"], at()[where]);
      expect({ code, err: err.replaceAll(/.*(?:ExperimentalWarning|--trace-warnings).*\n?/g, "") }).toEqual({
        code: 0,
        err: "",
      });
      expect(JSON.parse(out)).toEqual({ version, all: Object.fromEntries(subpaths.map((path) => [path, true])) });
    });

    it("required first, as a program of CommonJS does", async () => {
      await writeFile(
        join(at().bare, "requires.cjs"),
        `for (const path of ${JSON.stringify(subpaths)}) if (Object.keys(require(path)).length === 0) throw new Error(path);\nconsole.log("all");\n`,
      );
      expect(await ran(node(), ["requires.cjs"], at().bare)).toMatchObject({ code: 0, out: "all\n" });
    });

    it("what is not installed is said in a sentence that says what to install", async () => {
      await writeFile(
        join(at().bare, "without.mjs"),
        `
        import { createBridge } from "casethread";
        import { facebook } from "casethread/facebook";
        import { openTelemetry } from "casethread/opentelemetry";
        import { salesforce } from "casethread/salesforce";
        import { sqlite } from "casethread/sqlite";
        import { x } from "casethread/x";
        const origin = "http://127.0.0.1:9";
        const bridge = createBridge({
          channels: [
            x({ origin, app: { consumerKey: "k", consumerSecret: "s" }, accounts: [{ id: "1", credentials: { accessToken: "t", accessSecret: "s" } }] }),
            facebook({ origin, app: { id: "1", secret: "s", verifyToken: "v" }, pages: [{ id: "1", token: "t" }] }),
          ],
          crm: salesforce({ origin, login: { clientId: "c", clientSecret: "s" } }),
          store: sqlite({ file: ":memory:", durable: false }),
        });
        for (const { adapter, say } of await bridge.check()) console.log(adapter + ": " + say);
        await bridge[Symbol.asyncDispose]();
        try { openTelemetry(); } catch (thrown) { console.log(thrown.message); }
        `,
      );
      const { code, out } = await ran(node(), ["without.mjs"], at().bare);
      expect(code).toBe(0);
      for (const sdk of ["twitter-api-v2", "facebook-nodejs-business-sdk", "jsforce", "@opentelemetry/api"])
        expect(out).toContain(`npm install ${sdk}`);
      expect(out).not.toMatch(/^\s+at /m);

      await writeFile(join(at().bare, "some.db"), "");
      const migrated = await ran(node(), ["node_modules/.bin/casethread", "migrate", "--from", "some.db"], at().bare, {
        PGHOST: "127.0.0.1",
      });
      expect(migrated.code).toBe(2);
      expect(migrated.err).toContain('run "npm install pg"');
      expect(migrated.err).not.toMatch(/^\s+at /m);
    });

    it("the command line answers", async () => {
      const cli = ["node_modules/.bin/casethread"];
      expect(await ran(node(), [...cli, "--help"], at().bare)).toMatchObject({
        code: 0,
        out: expect.stringContaining("Usage: casethread"),
      });
      const { code, err } = await ran(node(), [...cli, "health"], at().bare);
      expect({ code, lines: err.trim().split("\n").length }).toEqual({ code: 2, lines: 1 });
      expect(err).toContain("casethread.config.ts");
    });

    it("the sandbox and its page run with nothing but the package", async () => {
      const words = ["node_modules/.bin/casethread", "--json", "sandbox", "--port", "0"];
      const sandbox = spawn(node(), words, { cwd: at().bare, env: { ...process.env, NODE_OPTIONS: "" } });
      let said = "";
      for (const stream of [sandbox.stdout, sandbox.stderr]) stream.on("data", (some) => (said += String(some)));
      const page = (): string | undefined => /"console":"([^"]+)"/.exec(said)?.[1];
      const ended = once(sandbox, "exit");
      await Promise.race([ended, expect.poll(page, { timeout: 20_000 }).toBeDefined()]);
      expect(page(), said).toBeDefined();
      expect(await (await fetch(page() ?? "")).text()).toContain("<title>");
      sandbox.kill();
      expect(await ended).toEqual([0, null]);
      // And nothing of Node's stands between.
      for (const line of said.trim().split("\n")) expect(line).toMatch(/^\{/);
    });

    it("from an empty folder to the first case in the sandbox", { timeout: 120_000 }, async () => {
      const example = await readFile(join(root, "examples/01-quickstart.ts"), "utf8");
      // Node 22 does not know the words; whatever compiles TypeScript for it does.
      const told = version === "22" ? `${example.replaceAll("await using", "const")}\nprocess.exit();\n` : example;
      await writeFile(join(at().full, "quickstart.ts"), told);
      const { code, out, err } = await ran(
        node(),
        ["--disable-warning=ExperimentalWarning", "quickstart.ts"],
        at().full,
      );
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/ is case \d+\n/);
      expect(out).toContain("on the feed: @maria_k");
    });
  });
});
