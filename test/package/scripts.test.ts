import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const json = (file: string): unknown => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"));
const { packages } = json("package-lock.json") as {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: true }>>;
};
const { allowScripts, scripts } = json("package.json") as {
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly scripts: Readonly<Record<string, string>>;
};

it("packages that would run a script when they are installed are a list, each with whether it may", () => {
  const found = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.split("node_modules/").at(-1) ?? path] : [],
  );
  expect([...new Set(found)].toSorted()).toEqual(Object.keys(allowScripts).toSorted());
  // The runtime of the tests is fetched by one, and the bundler's binary is checked by the other. A third wants a reason.
  const allowed = Object.entries(allowScripts).flatMap(([name, may]) => (may ? [name] : []));
  expect(allowed.toSorted()).toEqual(["esbuild", "node"]);
});

it("this package runs none when somebody installs it", () => {
  const run = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"];
  expect(run.filter((name) => name in scripts)).toEqual([]);
});
