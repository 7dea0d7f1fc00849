import type { ViteUserConfig } from "vitest/config";

// Set to nothing is not set: tests say that they skip.
if (process.env["CASETHREAD_EVIDENCE"] === "") delete process.env["CASETHREAD_EVIDENCE"];

const conditions = ["casethread:source"];
const all = "test/**/*.test.ts";
/** These change modules or prototypes that others use as well, or take long: each has a process of its own, begun as one is free. */
const alone = [
  "test/store/sqlite-sync.test.ts",
  "test/hostile/*.test.ts",
  "test/store/{postgres,sqlite-faults}.test.ts",
  "test/engine/pause-x.test.ts",
  "test/adapters/*/{crowd,faults,crash,stream}.test.ts",
  "test/{console,crash,examples,readme,simulate,types}/*.test.ts",
  "test/cli/{backfill,demo,replay-loop}.test.ts",
];

const config: ViteUserConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    root: new URL("..", import.meta.url).pathname,
    // What errors say is written down while the suite runs: no sentence goes unmade.
    globalSetup: ["test/sentences/made.ts"],
    setupFiles: ["test/sentences/watch.ts"],
    execArgv: ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"],
    // Left alone it takes one core fewer than there are, and the crash matrix is a minute of work for two.
    maxWorkers: "100%",
    testTimeout: 30_000,
    // What is waited for comes when the machine gets to it.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      // Files that share a process share what it has compiled: a quarter of the time.
      { extends: true, test: { name: "shared", include: [all, "examples/*.test.ts"], exclude: alone, isolate: false } },
      { extends: true, test: { name: "alone", include: alone } },
    ],
  },
};

export default config;
