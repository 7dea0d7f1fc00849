import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ComponentSet as Components,
  ComponentSetBuilder,
  MetadataConverter,
} from "@salesforce/source-deploy-retrieve";
import { deploy, undeploy } from "casethread/salesforce";
import { createSalesforceSandbox, type SalesforceSandbox } from "casethread/salesforce/sandbox";
import jsforce from "jsforce";
import { beforeAll, describe, expect, it } from "vitest";
import {
  defaultNames,
  type FieldShape,
  fields,
  missingMark,
  type ObjectName,
  olderMark,
} from "../../../adapters/salesforce/fields.ts";
import { convert, readPackage, removal, type SourceFile } from "../../../adapters/salesforce/package.ts";

const home = new URL("../../../adapters/salesforce", import.meta.url).pathname;
const folder = join(home, "metadata", "force-app");

const textOf = (xml: string, tag: string): string | undefined => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
const allOf = (xml: string, tag: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))].map(([, inner = ""]) => inner);

let sources: readonly SourceFile[];
beforeAll(async () => {
  sources = await readPackage(["force-app"]);
});
const under = (start: string): readonly SourceFile[] => sources.filter(({ path }) => path.startsWith(start));

const objectOf = (on: NonNullable<FieldShape["to"]>): string =>
  on === "case" ? "Case" : on === "contact" ? "Contact" : defaultNames[on];
const shapes: readonly FieldShape[] = Object.values(fields);
const fullName = ({ on, name }: FieldShape): string => `${objectOf(on)}.${name}`;
/** A master is in nobody's hands: who sees the case sees its children. */
const isMaster = (one: FieldShape): boolean => one === fields.entryCase;

const types: Readonly<Record<FieldShape["type"], string>> = {
  key: "Text",
  text: "Text",
  number: "Number",
  checkbox: "Checkbox",
  datetime: "DateTime",
  url: "Url",
  longtext: "LongTextArea",
  picklist: "Picklist",
  lookup: "Lookup",
};

describe("one list of fields", () => {
  it("in TypeScript and in metadata: names, types, lengths, values, where lookups lead", () => {
    const described = under("objects/").flatMap(({ path, text }) => {
      const [, object = "", part] = path.split("/");
      if (part !== "fields") return [];
      const values = allOf(text, "value").map((value) => textOf(value, "fullName"));
      return [
        {
          field: `${object}.${textOf(text, "fullName")}`,
          type: textOf(text, "type"),
          length: textOf(text, "length"),
          key: ["externalId", "unique", "caseSensitive"].map((tag) => textOf(text, tag) === "true"),
          values,
          to: textOf(text, "referenceTo"),
        },
      ];
    });
    const wanted = shapes.map((one) => ({
      field: fullName(one),
      type: isMaster(one) ? "MasterDetail" : types[one.type],
      length: one.type === "longtext" ? "32000" : one.type === "key" || one.type === "text" ? "255" : undefined,
      key: Array(3).fill(one.type === "key"),
      values: [...(one.values ?? [])],
      to: one.to === undefined ? undefined : objectOf(one.to),
    }));
    const byName = (a: { field: string }, b: { field: string }): number => a.field.localeCompare(b.field);
    expect(described.toSorted(byName)).toEqual(wanted.toSorted(byName));
  });

  it("and no other name of a field or object stands in the adapter", async () => {
    const known = new Set([
      ...shapes.map(({ name }) => name),
      ...(["conversation", "entry", "persona"] as const).map((one: ObjectName) => defaultNames[one]),
    ]);
    const files = (await readdir(home, { recursive: true })).filter((name) => name.endsWith(".ts"));
    const used = new Set<string>();
    for (const file of files)
      for (const [name] of (await readFile(join(home, file), "utf8")).matchAll(/\b[A-Za-z]\w*__c\b/g)) used.add(name);
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
    expect([...known].filter((name) => !used.has(name))).toEqual([]);
  });

  it.each([
    ["Casethread_Integration", () => true],
    ["Casethread_Agent", (one: FieldShape) => one.agents === true],
    ["Casethread_Supervisor", (one: FieldShape) => one.agents === true],
  ] as const)("and in the permission set %s, each as it may be used", (name, edits) => {
    const [set] = under(`permissionsets/${name}.`);
    const granted = allOf(set?.text ?? "", "fieldPermissions")
      .map((one) => [textOf(one, "field"), textOf(one, "readable"), textOf(one, "editable")])
      .filter(([field]) => field?.endsWith("__c"));
    const wanted = shapes.filter((one) => !isMaster(one)).map((one) => [fullName(one), "true", String(edits(one))]);
    expect(granted.toSorted()).toEqual(wanted.toSorted());
  });

  it("a case has eight of them at most, and each object refuses what is older", () => {
    expect(shapes.filter(({ on }) => on === "case").length).toBeLessThanOrEqual(8);
    for (const object of ["Case", defaultNames.conversation, defaultNames.entry, defaultNames.persona]) {
      const [rule] = under(`objects/${object}/validationRules/Casethread_Older.`);
      expect(textOf(rule?.text ?? "", "errorMessage")).toMatch(new RegExp(`^${olderMark}`));
    }
    const [missing] = under("objects/Case/validationRules/Casethread_Missing.");
    expect(textOf(missing?.text ?? "", "errorMessage")).toMatch(new RegExp(`^${missingMark}`));
  });

  it("the integration administers nothing", () => {
    const [set] = under("permissionsets/Casethread_Integration.");
    expect(allOf(set?.text ?? "", "userPermissions").map((one) => textOf(one, "name"))).toEqual(["ApiEnabled"]);
    expect(set?.text).not.toMatch(/<allowDelete>true/);
  });

  it("list views and quick actions are of fields that are there", () => {
    const known = new Set(shapes.map(fullName));
    for (const { path, text } of [...under("objects/"), ...under("quickActions/"), ...under("layouts/")]) {
      const object = path.startsWith("objects/")
        ? path.split("/")[1]
        : path.startsWith("layouts/")
          ? path.split("/")[1]?.split("-")[0]
          : textOf(text, "targetObject");
      const named = [...text.matchAll(/<(?:columns|field)>(\w+__c)</g)].map(([, name]) => `${object}.${name}`);
      expect(
        named.filter((name) => !known.has(name)),
        path,
      ).toEqual([]);
    }
    expect(under("quickActions/").map(({ text }) => textOf(text, "label"))).toEqual([
      "Answer privately",
      "Answer publicly",
    ]);
    expect(under("objects/").filter(({ path }) => path.includes("/listViews/")).length).toBeGreaterThanOrEqual(5);
  });
});

describe("by the vendor's own tools", () => {
  let components: Components;
  beforeAll(async () => {
    components = await ComponentSetBuilder.build({ sourcepath: [folder] });
  });

  it("the package resolves: every file is a part of a component", () => {
    const found = components.getSourceComponents().toArray();
    const xml = new Set(
      found
        .flatMap((one) => [one, ...one.getChildren()])
        .flatMap(({ xml: file }) => (file === undefined ? [] : [file.slice(file.indexOf("default/") + 8)])),
    );
    expect(sources.map(({ path }) => path).filter((path) => !xml.has(path))).toEqual([]);
  });

  it("and converts into what deploy() sends", async () => {
    const target = await mkdtemp(join(tmpdir(), "casethread-metadata-"));
    try {
      components.sourceApiVersion = "62.0";
      await new MetadataConverter().convert(components, "metadata", {
        type: "directory",
        outputDirectory: target,
        genUniqueDir: false,
      });
      const ours = convert(sources, "62.0").files;
      const theirs = (await readdir(target, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(target.length + 1));
      expect(theirs.toSorted()).toEqual(Object.keys(ours).toSorted());
      // The same elements, whatever their order and white space.
      const elements = (xml: string): readonly string[] =>
        xml
          .replaceAll("&apos;", "'")
          .replaceAll("&quot;", '"')
          .replaceAll(/>\s+</g, "><")
          .split(/(?=<)/)
          .map((one) => one.trim())
          .filter((one) => !one.startsWith("<?xml"))
          .toSorted();
      for (const file of theirs)
        expect(elements(await readFile(join(target, file), "utf8")), file).toEqual(elements(ours[file] ?? ""));
    } finally {
      await rm(target, { recursive: true, force: true });
    }
  });
});

describe("into an org, through the real SDK", () => {
  const signedIn = async (org: SalesforceSandbox): Promise<jsforce.Connection> => {
    const oauth = new jsforce.OAuth2({ loginUrl: org.origin, ...org.login });
    const { access_token: accessToken } = await oauth.requestToken({ grant_type: "client_credentials" });
    return new jsforce.Connection({ loginUrl: org.origin, instanceUrl: org.origin, version: "62.0", accessToken });
  };

  it("goes in whole, with change events where wanted, and out again", async () => {
    await using org = await createSalesforceSandbox();
    const connection = await signedIn(org);
    await deploy(connection, { checkOnly: true });
    expect((await org.state()).deployed).toEqual([]);
    const { components } = await deploy(connection, { stream: true });
    const { deployed } = await org.state();
    expect(deployed).toHaveLength(components);
    for (const one of [
      "CustomObject Casethread_Conversation__c",
      "CustomField Case.Casethread_Key__c",
      "QuickAction Case.Casethread_Answer_Privately",
      "PlatformEventChannelMember ChangeEvents_CaseChangeEvent",
    ])
      expect(deployed).toContain(one);
    await undeploy(connection, { stream: true });
    expect((await org.state()).deployed).toEqual([]);
  });

  it("an org that people work in is refused, unless that is said aloud", async () => {
    await using org = await createSalesforceSandbox({ production: true });
    const connection = await signedIn(org);
    await expect(deploy(connection)).rejects.toMatchObject({
      fault: "forbidden",
      message: expect.stringContaining("production: true"),
    });
    expect((await org.state()).deployed).toEqual([]);
    await deploy(connection, { production: true });
    expect((await org.state()).deployed.length).toBeGreaterThan(50);
  });

  it("what the org refuses is named", async () => {
    await using org = await createSalesforceSandbox();
    const connection = await signedIn(org);
    // Nothing is there to be taken out.
    await expect(undeploy(connection)).rejects.toMatchObject({
      fault: "invalid",
      message: expect.stringMatching(/CustomObject Casethread_Conversation__c: /),
    });
    connection.accessToken = "expired";
    await expect(deploy(connection)).rejects.toMatchObject({ fault: "unauthorized" });
  });

  it("nothing of the vendor's is taken out: of Case, our parts only", () => {
    const files = removal(convert(sources, "62.0"), "62.0");
    expect(files["destructiveChanges.xml"]).toContain("<members>Case.Casethread_Key__c</members>");
    expect(files["destructiveChanges.xml"]).not.toContain("<members>Case</members>");
  });
});
