import type { ViteUserConfig } from "vitest/config";

const conditions = ["casethread:source"];

const config: ViteUserConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts", "examples/*.test.ts"],
    execArgv: ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"],
    // Left alone it takes one core fewer than there are, and the crash matrix is a minute of work for two.
    maxWorkers: "100%",
    testTimeout: 30_000,
  },
};

export default config;
