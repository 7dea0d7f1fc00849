import type { ViteUserConfig } from "vitest/config";
import config from "./vitest.config.ts";

const { projects: _, globalSetup: __, ...test } = config.test ?? {};

/** What takes minutes, or a machine to itself: `npm run test:long`. */
const long: ViteUserConfig = {
  ...config,
  test: { ...test, include: ["test/**/*.long.ts"], fileParallelism: false },
};

export default long;
