import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { strToU8, zipSync } from "fflate";

/** A file of the package, its path beginning at the folder of its kind: `objects/Case/fields/….field-meta.xml`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The package's folders: what everybody needs, and what switches change events on. */
export type PackageFolder = "force-app" | "streaming";

/** Where the package lies: beside the source, and beside what is built of it. */
const metadataFolder = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve("casethread/package.json")),
    "adapters",
    "salesforce",
    "metadata",
  );

/** Reads the package, in source format. */
export const readPackage = async (folders: readonly PackageFolder[]): Promise<readonly SourceFile[]> => {
  const files: SourceFile[] = [];
  for (const folder of folders) {
    const root = join(metadataFolder(), folder, "main", "default");
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.push({ path: relative(root, path).split(sep).join("/"), text: await readFile(path, "utf8") });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
};

const types: Readonly<Record<string, string>> = {
  customPermissions: "CustomPermission",
  layouts: "Layout",
  permissionsets: "PermissionSet",
  platformEventChannelMembers: "PlatformEventChannelMember",
  quickActions: "QuickAction",
  tabs: "CustomTab",
};
/** Parts of an object: what their folder is called, what their element is, and what type they are of. */
const parts: Readonly<Record<string, string>> = {
  fields: "CustomField",
  listViews: "ListView",
  validationRules: "ValidationRule",
};

/** What stands between the root's tags. */
const inner = (xml: string): string => xml.replace(/^[\s\S]*?<\w+ xmlns="[^"]*">\n?/, "").replace(/<\/\w+>\s*$/, "");
const namespace = "http://soap.sforce.com/2006/04/metadata";
const document = (root: string, content: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">\n${content}</${root}>\n`;

/** Members of a package, by their type. */
export type Members = Readonly<Record<string, readonly string[]>>;

const manifest = (members: Members, version: string): string =>
  document(
    "Package",
    Object.entries(members)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([type, names]) =>
          `    <types>\n${names.map((name) => `        <members>${name}</members>\n`).join("")}        <name>${type}</name>\n    </types>\n`,
      )
      .join("") + `    <version>${version}</version>\n`,
  );

/** A package as the Metadata API takes it. */
export interface Converted {
  /** By path. */
  readonly files: Readonly<Record<string, string>>;
  readonly members: Members;
}

/**
 * Turns source format, a file for each field, into what the Metadata API takes, a file for each object. What belongs to an
 * object of the vendor's is named piece by piece: the object itself is not ours.
 */
export const convert = (sources: readonly SourceFile[], version: string): Converted => {
  const files: Record<string, string> = {};
  const members = new Map<string, string[]>();
  const objects = new Map<string, { own?: string; parts: string }>();
  const add = (type: string, name: string): void => void members.set(type, [...(members.get(type) ?? []), name]);
  for (const { path, text } of sources) {
    const [folder = "", first = "", second = "", third = ""] = path.split("/");
    if (folder === "objects") {
      const object = objects.get(first) ?? { parts: "" };
      objects.set(first, object);
      const type = parts[second];
      if (type === undefined) {
        object.own = inner(text);
        add("CustomObject", first);
      } else {
        object.parts += `    <${second}>\n${inner(text).replace(/^(?=.)/gm, "    ")}    </${second}>\n`;
        add(type, `${first}.${third.replace(/\.\w+-meta\.xml$/, "")}`);
      }
      continue;
    }
    const type = types[folder];
    if (type === undefined) throw new Error(`no type of metadata is known for ${path}`);
    files[`${folder}/${first.replace(/-meta\.xml$/, "")}`] = text;
    add(type, first.replace(/\.\w+-meta\.xml$/, ""));
  }
  for (const [name, object] of objects)
    files[`objects/${name}.object`] = document("CustomObject", (object.own ?? "") + object.parts);
  const listed = Object.fromEntries(members);
  files["package.xml"] = manifest(listed, version);
  return { files, members: listed };
};

/** What takes the package out again. Layouts go with their objects, and so does all that belongs to an object of ours. */
export const removal = ({ members }: Converted, version: string): Readonly<Record<string, string>> => {
  const ours = new Set(members["CustomObject"]);
  const gone = Object.entries(members)
    .filter(([type]) => type !== "Layout")
    .map(([type, names]) => [type, names.filter((name) => !ours.has(name.split(".")[0] ?? "") || !name.includes("."))])
    .filter(([, names]) => (names?.length ?? 0) > 0);
  return {
    "package.xml": manifest({}, version),
    "destructiveChanges.xml": manifest(Object.fromEntries(gone) as Members, version),
  };
};

/** The files as one archive. */
export const archive = (files: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)]))));
