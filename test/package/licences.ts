/** One package that is installed along with ours. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** By its SPDX name; `undefined` where the package says none. */
  readonly licence: string | undefined;
  readonly installScript: boolean;
}

/** Licences under which something may be shipped along, by their SPDX names. All of them allow commercial use and ask for a notice at most. */
const allowed: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
]);

/** What may not be shipped along, a sentence each. */
export const refused = (components: readonly Component[]): readonly string[] =>
  components
    .filter(({ licence }) => licence === undefined || !allowed.has(licence))
    .map(
      ({ name, version, licence }) =>
        `${name}@${version}: ${licence ?? "no licence is named"}. Take another package, or read its licence and add it in test/package.`,
    );

/** The list that a reviewer reads. */
export const listed = (components: readonly Component[]): string =>
  [
    "# Licences of what is shipped",
    "",
    'Written by "npm run licences". SDKs are optional peers: whoever uses them installs them.',
    "",
    "| package | version | licence | install script |",
    "| --- | --- | --- | --- |",
    ...components.map(
      ({ name, version, licence, installScript }) =>
        `| ${name} | ${version} | ${licence ?? "?"} | ${installScript ? "yes" : "no"} |`,
    ),
    "",
  ].join("\n");
