import type { ViteUserConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** What takes minutes, or a machine to itself: `npm run test:long`. */
const long: ViteUserConfig = {
  ...config,
  test: { ...config.test, include: ["test/**/*.long.ts"], fileParallelism: false },
};

export default long;
