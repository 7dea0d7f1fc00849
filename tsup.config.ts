import type { Options } from "tsup";
import manifest from "./package.json" with { type: "json" };

// package.json's exports are the only map: each entry's name is where its types are to land.
const entry = Object.fromEntries(
  Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string"
      ? []
      : [[target.default.replace("./dist/", "").replace(/\.js$/, ""), target["casethread:source"]]],
  ),
);

const options: Options = {
  entry: { ...entry, cli: "src/cli/index.ts" },
  format: "esm",
  target: "node22",
  platform: "node",
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
  // Adapters import the public names at run time too: there is one copy of each module, whoever loads it.
  external: [/^casethread(?:\/|$)/],
  // esbuild would strip the prefix, and there is no package called "sqlite".
  removeNodeProtocol: false,
};

export default options;
