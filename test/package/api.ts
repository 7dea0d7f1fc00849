/**
 * What each public name of the package offers, as files whose difference a reviewer reads: `test/package/api/*.api.md`. Reads
 * the declarations in dist. `--write` brings the files up to date; without it they are only compared, and 1 is the answer
 * when they differ.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import manifest from "../../package.json" with { type: "json" };

const root = resolve(import.meta.dirname, "../..");
const folder = join(import.meta.dirname, "api");
const write = process.argv.includes("--write");
const scratch = mkdtempSync(join(tmpdir(), "casethread-api-"));

const entries = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === "string"
    ? []
    : [
        {
          name: path === "." ? "casethread" : path.slice(2).replaceAll("/", "-"),
          types: join(root, target.types),
        },
      ],
);
const configs = entries.map(({ name, types }) =>
  ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: types,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2024",
            // The reporter follows names into declarations, and what Node shares with browsers is declared as the browsers' there.
            lib: ["es2024", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"],
            types: ["node"],
            module: "nodenext",
            strict: true,
            skipLibCheck: true,
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: folder,
        reportTempFolder: scratch,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  }),
);

const [first] = configs;
if (first === undefined) throw new Error("package.json exports nothing");
// One program for all of them: what they share is read once.
const compilerState = CompilerState.create(first, { additionalEntryPoints: entries.map(({ types }) => types) });
const changed = configs.filter((config) => {
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    compilerState,
    localBuild: write,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  if (errorCount > 0) process.exitCode = 1;
  return apiReportChanged;
});
rmSync(scratch, { recursive: true, force: true });

const reports = new Set(configs.map(({ reportFilePath }) => reportFilePath));
const left = readdirSync(folder)
  .map((name) => join(folder, name))
  .filter((file) => !reports.has(file));
if (write) for (const file of left) rmSync(file);

const differ = [...changed.map(({ reportFilePath }) => reportFilePath), ...left];
for (const file of differ) console.log(`${write ? "brought up to date" : "not up to date"}: ${relative(root, file)}`);
if (!write && differ.length > 0) {
  console.log('What the package offers has changed: run "npm run api", read the difference, and commit it.');
  process.exitCode = 1;
}
