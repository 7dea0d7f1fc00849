import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { modes, strict } from "./settings.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const program = new URL("./program.ts", import.meta.url);

// Where tools keep what they can make again: git ignores it, and @types/node is found from there.
const shelf = join(root, "node_modules/.cache");
let home = "";
const installed = (): string => join(home, "node_modules/casethread");

type Mode = keyof typeof modes;

interface Verdict {
  readonly errors: readonly string[];
  /** Every file the compiler read, from the consumer's folder. */
  readonly files: readonly string[];
}

/** Compiles a program as somebody who has installed the package. */
const compile = async (mode: Mode, source: string): Promise<Verdict> => {
  const folder = await mkdtemp(join(home, `${mode}-`));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", type: "module", private: true }));
  await writeFile(join(folder, "main.ts"), source);
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...strict, ...modes[mode], listFiles: true }, files: ["main.ts"] }),
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder }).catch(
    (thrown: { readonly stdout: string }) => thrown,
  );
  const lines = stdout.split("\n").filter((line) => line !== "");
  return {
    errors: lines.filter((line) => /error TS\d+/.test(line)),
    files: lines.filter((line) => /\.[cm]?ts$/.test(line)).map((line) => resolve(folder, line)),
  };
};

beforeAll(async () => {
  await mkdir(shelf, { recursive: true });
  home = await mkdtemp(join(shelf, "casethread-consumer-"));
  await mkdir(installed(), { recursive: true });
  await cp(join(root, "package.json"), join(installed(), "package.json"));
  const tsup = join(root, "node_modules/tsup/dist/cli-default.js");
  await run(process.execPath, [tsup, "--silent", "--outDir", join(installed(), "dist")], { cwd: root });
}, 180_000);

afterAll(async () => {
  if (home !== "") await rm(home, { recursive: true, force: true });
});

it("an error has its name wherever people read it, whatever the bundler called its class", async () => {
  const node = async (script: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
    run(process.execPath, ["--input-type=module", "-e", script], { cwd: home }).catch(
      (thrown: { readonly stdout: string; readonly stderr: string }) => thrown,
    );
  const thrown = 'new BridgeError("wait", { fault: "throttled", adapter: "x", landed: "no" })';
  const names = await node(`
    import { BridgeError } from "casethread";
    const one = ${thrown};
    const all = [one, one.judged("unknown"), BridgeError.from("gone", "x")];
    console.log(JSON.stringify(all.map(({ name, constructor, stack }) => [name, constructor.name, stack.split("\\n")[0]])));
  `);
  const named = (line: string): readonly string[] => ["BridgeError", "BridgeError", `BridgeError: ${line}`];
  expect(JSON.parse(names.stdout)).toEqual(
    ["[x: throttled] wait", "[x: throttled] wait", "[x: unavailable] gone"].map(named),
  );
  const { stderr } = await node(`import { BridgeError } from "casethread"; throw ${thrown};`);
  expect(stderr.match(/^.*: \[x: throttled\] wait$/gm)).toEqual(["BridgeError: [x: throttled] wait"]);
});

// With a bundler, and with other compilers: test/package/matrix.long.ts.
describe.for(["nodenext"] as const)("installed, with module resolution %s", (mode) => {
  it("every subpath has types that a strict stranger compiles against", { timeout: 120_000 }, async () => {
    const source = await readFile(program, "utf8");
    const subpaths = Object.keys(manifest.exports)
      .filter((path) => path !== "./package.json")
      .map((path) => path.replace(/^\./, "casethread"));
    expect(subpaths.filter((path) => !source.includes(`from "${path}";`))).toEqual([]);

    const { errors, files } = await compile(mode, source);
    expect(errors).toEqual([]);

    const own = files.filter((file) => file.startsWith(installed() + sep)).map((file) => relative(installed(), file));
    const entries = Object.values(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [] : [target.types.replace("./", "")],
    );
    expect(own).toEqual(expect.arrayContaining(entries));
    // No SDK and no zod stands behind a public type.
    const named = await Promise.all(own.map((file) => readFile(join(installed(), file), "utf8")));
    const others = named
      .flatMap((text) =>
        [...text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, path]) => path ?? ""),
      )
      .filter((path) => !/^(?:\.|node:|casethread\/)/.test(path));
    expect(others).toEqual([]);
  });

  it("a mistake is one", { timeout: 120_000 }, async () => {
    const wrong = [
      'import { BridgeError, createBridge } from "casethread";',
      'import { salesforce } from "casethread/salesforce";',
      'import { sqlite } from "casethread/sqlite";',
      'import { x } from "casethread/x";',
      "x({ accounts: [] });",
      "x.fromEnv({ X_ACCOUNT_ID: 1 });",
      'salesforce({ batch: "many" });',
      'salesforce.fromEnv({}, { login: { accessToken: "" } });',
      "sqlite({ file: 1 });",
      "createBridge({ channels: [] });",
      'new BridgeError("late", { fault: "throttled", adapter: "x", landed: "no", retryAt: undefined });',
      'new BridgeError("odd", { fault: "tired", adapter: "x", landed: "no" });',
    ];
    const { errors } = await compile(mode, wrong.join("\n"));
    const lines = errors.map((error) => Number(/^main\.ts\((\d+),/.exec(error)?.[1]));
    expect([...new Set(lines)]).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it("nothing behind the subpaths can be reached", { timeout: 120_000 }, async () => {
    const deep = ["casethread/dist/x.js", "casethread/core/words/ref", "casethread/instagram"];
    const { errors } = await compile(mode, deep.map((path) => `import "${path}";`).join("\n"));
    expect(errors).toHaveLength(deep.length);
  });
});
