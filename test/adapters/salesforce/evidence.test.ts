import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromOrg, orgErrors } from "../../../adapters/salesforce/faults.ts";
import { defaultNames } from "../../../adapters/salesforce/fields.ts";
import { schema } from "../../../adapters/salesforce/sandbox/schema.ts";

const folder = process.env["CASETHREAD_EVIDENCE"];
if (folder === undefined) console.log("salesforce evidence: skipped, CASETHREAD_EVIDENCE is not set");
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder ?? "", "salesforce", file), "utf8"));

describe.skipIf(folder === undefined)("against what real orgs were seen to say", () => {
  it("the sandbox's standard fields of Case are the vendor's", () => {
    const { sobjects } = read("jsforce-standard-schema-subset.json") as {
      sobjects: { Case: { fields: { name: string }[]; parents: { relationshipName: string }[] } };
    };
    const real = new Set(sobjects.Case.fields.map((field) => field.name));
    const ours = new Set<string>(Object.values(defaultNames));
    const invented = Object.keys(schema["Case"] ?? {}).filter((name) => !ours.has(name) && !real.has(name));
    expect(invented).toEqual([]);
    const parents = sobjects.Case.parents.map((parent) => parent.relationshipName);
    for (const relation of ["Owner", "Parent", "CreatedBy"]) expect(parents).toContain(relation);
  });

  it("error bodies that were seen are read, and judged", () => {
    const { items } = read("rest-responses-observed.json") as { items: { status: number; body: unknown }[] };
    const judged = items
      .filter((item) => item.status >= 400)
      .flatMap((item) => orgErrors(item.body).map((error) => [error.code, fromOrg(error, 0).fault]));
    expect(Object.fromEntries(judged)).toEqual({
      DUPLICATES_DETECTED: "invalid",
      INVALID_SESSION_ID: "unauthorized",
      REQUIRED_FIELD_MISSING: "invalid",
      REQUEST_LIMIT_EXCEEDED: "throttled",
    });
  });

  it("every status code of the partner API comes to a fault that did not land", () => {
    const { enums } = read("partner-wsdl-enums.json") as { enums: { StatusCode: string[] } };
    const faults = enums.StatusCode.map((code) => fromOrg({ code, message: "" }, 0));
    expect(faults.length).toBeGreaterThan(300);
    expect(faults.every((error) => error.landed === "no")).toBe(true);
    const lasting = enums.StatusCode.filter((code) => fromOrg({ code, message: "" }, 0).fault === "unavailable");
    expect(lasting).toContain("UNABLE_TO_LOCK_ROW");
    expect(lasting.length).toBeLessThan(10);
  });
});
