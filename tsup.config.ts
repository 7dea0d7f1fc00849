import { cp } from "node:fs/promises";
import { build, type Options } from "tsup";
import manifest from "./package.json" with { type: "json" };

// package.json's exports are the only map: each entry's name is where its types are to land.
const entry = Object.fromEntries(
  Object.values(manifest.exports).flatMap((target) =>
    typeof target === "string"
      ? []
      : [[target.default.replace("./dist/", "").replace(/\.js$/, ""), target["casethread:source"]]],
  ),
);

const pageFrom = "src/cli/console/page";
const pageTo = "dist/page";

/** The console's page: modules for browsers, each component a file, and what they are shown with. */
const buildPage = async (): Promise<void> => {
  await build({
    config: false,
    silent: true,
    entry: [`${pageFrom}/page.ts`, `${pageFrom}/panel.ts`],
    outDir: pageTo,
    format: "esm",
    platform: "browser",
    target: "es2022",
    dts: false,
    clean: false,
  });
  await cp(pageFrom, pageTo, { recursive: true, filter: (name) => !name.endsWith(".ts") });
};

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
  onSuccess: buildPage,
};

export default options;
