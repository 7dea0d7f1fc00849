import { globSync, readdirSync, readFileSync } from "node:fs";
import { channelLaws, crmLaws } from "casethread/conformance";
import { describe, expect, it } from "vitest";
import { deskSubject } from "./desk.ts";
import { parkSubject } from "./park.ts";

describe("the made-up park keeps the laws of channels", () => {
  it.for(channelLaws.map((law) => [law.name, law] as const))("%s", async ([, law]) => {
    await law.run(await parkSubject());
  });
});

describe("the made-up desk keeps the laws of CRMs", () => {
  it.for(crmLaws.map((law) => [law.name, law] as const))("%s", async ([, law]) => {
    await law.run(deskSubject());
  });
});

const root = new URL("../../", import.meta.url).pathname;

/** A public entry that has laws to keep: an adapter's, or a store's. */
interface Entry {
  readonly name: string;
  readonly kind: "adapter" | "store";
}

const sourceOf = (entry: unknown): string =>
  typeof entry === "object" && entry !== null && "casethread:source" in entry ? String(entry["casethread:source"]) : "";

const entriesOf = (exports: Readonly<Record<string, unknown>>): readonly Entry[] =>
  Object.entries(exports).flatMap(([path, entry]): readonly Entry[] => {
    const name = path.replace(/^\.\//, "");
    const source = sourceOf(entry);
    if (/^\.\/adapters\/[^/]+\/index\.ts$/.test(source)) return [{ name, kind: "adapter" }];
    return source.startsWith("./src/store/") ? [{ name, kind: "store" }] : [];
  });

/** A folder's tests run laws, all of them, over this entry: they import both. */
const isEnrolled = ({ name, kind }: Entry, tests: readonly string[]): boolean => {
  const laws = kind === "store" ? /\bstoreLaws\b/ : /\b(?:channelLaws|crmLaws)\b/;
  const all = tests.join("\n");
  const runs = /\blaw\.run\(/.test(all) && tests.some((text) => laws.test(text));
  return runs && all.includes(`from "casethread/${name}"`);
};

const testsOf = ({ name, kind }: Entry): readonly string[] =>
  globSync(kind === "store" ? `test/store/${name}*.ts` : `test/adapters/${name}/*.ts`, { cwd: root }).map((file) =>
    readFileSync(`${root}${file}`, "utf8"),
  );

const exportsOf = (): Readonly<Record<string, unknown>> => {
  const manifest: unknown = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  if (typeof manifest === "object" && manifest !== null && "exports" in manifest) {
    return manifest.exports as Readonly<Record<string, unknown>>;
  }
  throw new Error("package.json has no exports");
};

describe("whoever has laws to keep is enrolled", () => {
  const entries = entriesOf(exportsOf());

  it("every folder of an adapter is a public entry", () => {
    const folders = readdirSync(`${root}adapters`, { withFileTypes: true }).filter((one) => one.isDirectory());
    const adapters = entries.filter(({ kind }) => kind === "adapter").map(({ name }) => name);
    expect(adapters.toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
    expect(entries.map(({ kind }) => kind)).toContain("store");
  });

  it.for(entries.map((entry) => [entry.name, entry] as const))("%s", ([, entry]) => {
    expect(isEnrolled(entry, testsOf(entry))).toBe(true);
  });

  it("one that is not would be noticed", () => {
    const found = entriesOf({ "./y": { "casethread:source": "./adapters/y/index.ts" }, "./node": {} });
    expect(found).toEqual([{ name: "y", kind: "adapter" }]);
    const idle = `import { y } from "casethread/y"; import { channelLaws } from "casethread/conformance";`;
    expect(found.map((entry) => isEnrolled(entry, testsOf(entry)))).toEqual([false]);
    expect(found.map((entry) => isEnrolled(entry, [idle]))).toEqual([false]);
    expect(found.map((entry) => isEnrolled(entry, [`${idle} await law.run(subject);`]))).toEqual([true]);
  });
});
