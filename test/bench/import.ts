import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type Figure, figureOf, inRounds, type OnProgress } from "./figure.ts";

const run = promisify(execFile);

/** The root as it is published. */
export const builtRoot: string = fileURLToPath(new URL("../../dist/index.js", import.meta.url));

/** How large the bench is, and of which file. */
export interface ImportSize {
  readonly starts: number;
  readonly root: string;
}

// What is not of the package itself: a module of node, or of another package.
const foreign = (url: string): boolean => url.startsWith("node:") || url.includes("/node_modules/");

/** What a fresh process loads from elsewhere with this file. */
export const foreignTo = async (file: string): Promise<readonly string[]> => {
  const script = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
    await import(${JSON.stringify(pathToFileURL(file).href)});
    console.log(JSON.stringify(urls));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
  return (JSON.parse(stdout) as string[]).filter(foreign);
};

const startMs = async (script: string): Promise<number> => {
  const began = performance.now();
  await run(process.execPath, [script]);
  return performance.now() - began;
};

/** How much longer a process takes that imports the built root, and what that loads from elsewhere. */
export const benchImport = async (
  { starts, root }: ImportSize,
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  if (!existsSync(root)) throw new Error(`there is no ${root}: run "npm run build" first`);
  const folder = await mkdtemp(join(tmpdir(), "casethread-bench-"));
  try {
    const empty = join(folder, "empty.mjs");
    const importing = join(folder, "importing.mjs");
    await writeFile(empty, "");
    await writeFile(importing, `import ${JSON.stringify(pathToFileURL(root).href)};\n`);
    const measured = await inRounds(
      starts,
      { floor: () => startMs(empty), value: () => startMs(importing) },
      onProgress,
    );
    const elsewhere = await foreignTo(root);
    return [
      figureOf(
        { name: "import", unit: "ms above an empty script", target: { of: "value", is: "at most", bound: 30 } },
        measured.map(({ floor, value }) => ({ value: value - floor, floor })),
      ),
      figureOf(
        {
          name: "import-foreign",
          unit: "modules of node or of other packages",
          target: { of: "value", is: "at most", bound: 0 },
        },
        [{ value: elsewhere.length }],
      ),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
