import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { knownCodes, type Treatment, treatmentOf } from "../../../adapters/salesforce/codes.ts";
import { fromOrg, orgErrors } from "../../../adapters/salesforce/faults.ts";
import { defaultNames } from "../../../adapters/salesforce/fields.ts";
import { schema } from "../../../adapters/salesforce/sandbox/schema.ts";

const folder = process.env["CASETHREAD_EVIDENCE"];
if (folder === undefined) console.log("salesforce evidence: skipped, CASETHREAD_EVIDENCE is not set");
const read = (file: string): unknown => JSON.parse(readFileSync(join(folder ?? "", "salesforce", file), "utf8"));

describe.skipIf(folder === undefined)("against what real orgs were seen to say", () => {
  it("the sandbox's standard fields, and where they lead, are the vendor's", () => {
    const { sobjects } = read("jsforce-standard-schema-subset.json") as {
      sobjects: Readonly<
        Record<string, { fields: { name: string; type: string }[]; parents: { relationshipName: string }[] }>
      >;
    };
    // That org merges no cases.
    const ours = new Set<string>([...Object.values(defaultNames), "MasterRecordId"]);
    const shared = Object.keys(schema).filter((type) => sobjects[type] !== undefined);
    expect(shared.length).toBeGreaterThan(7);
    // What every record of the sandbox has: some of the vendor's have less.
    const kept = new Set(["IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"]);
    const kinds: Readonly<Record<string, string>> = { boolean: "boolean", number: "number", datetime: "DateString" };
    for (const type of shared) {
      const real = new Map((sobjects[type]?.fields ?? []).map((field) => [field.name, field.type]));
      const own = Object.entries(schema[type] ?? {}).filter(([name]) => !ours.has(name));
      const invented = own.filter(([name]) => !real.has(name) && !kept.has(name)).map(([name]) => name);
      expect(invented, type).toEqual([]);
      const wrong = own.filter(
        ([name, { type: kind }]) => real.has(name) && real.get(name) !== (kinds[kind] ?? "string"),
      );
      expect(
        wrong.map(([name]) => name),
        type,
      ).toEqual([]);
      const parents = new Set(sobjects[type]?.parents.map((parent) => parent.relationshipName));
      const relations = own.flatMap(([name, { relation }]) => (kept.has(name) ? [] : (relation ?? [])));
      expect(
        relations.filter((relation) => !parents.has(relation)),
        type,
      ).toEqual([]);
    }
  });

  it("error bodies that were seen are read, and judged", () => {
    const { items } = read("rest-responses-observed.json") as { items: { status: number; body: unknown }[] };
    const judged = items
      .filter((item) => item.status >= 400)
      .flatMap((item) => orgErrors(item.body).map((error) => [error.code, fromOrg(error, 0).fault]));
    expect(Object.fromEntries(judged)).toEqual({
      DUPLICATES_DETECTED: "taken",
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
  });

  it("and each of them is retried, looked up, or parked, as the table says", () => {
    const { enums } = read("partner-wsdl-enums.json") as { enums: { StatusCode: string[]; ExceptionCode: string[] } };
    const by = Map.groupBy(enums.StatusCode, treatmentOf);
    const count = (treatment: Treatment): number => by.get(treatment)?.length ?? 0;
    console.log(
      `StatusCode: ${enums.StatusCode.length}; retried ${count("retried")}, looked up ${count("looked up")}, parked ${count("parked")}`,
    );
    expect(by.get("looked up")?.toSorted()).toEqual([
      "DUPLICATES_DETECTED",
      "DUPLICATE_EXTERNAL_ID",
      "DUPLICATE_VALUE",
    ]);
    expect(count("retried") + count("looked up") + count("parked")).toBe(enums.StatusCode.length);
    // What needs a person is never tried for half a day, and what passes by itself never wakes one.
    for (const code of [
      "FIELD_CUSTOM_VALIDATION_EXCEPTION",
      "STORAGE_LIMIT_EXCEEDED",
      "ENTITY_IS_DELETED",
      "REQUIRED_FIELD_MISSING",
      "INSUFFICIENT_ACCESS_OR_READONLY",
      "CANNOT_EXECUTE_FLOW_TRIGGER",
    ])
      expect(treatmentOf(code), code).toBe("parked");
    for (const code of [
      "UNABLE_TO_LOCK_ROW",
      "QUERY_TIMEOUT",
      "INVALID_SESSION_ID",
      "LIMIT_EXCEEDED",
      "UNKNOWN_EXCEPTION",
    ])
      expect(treatmentOf(code), code).toBe("retried");
    // No code is made up: the vendor's enumerations hold all but HTTP's and OAuth's.
    const real = new Set([...enums.StatusCode, ...enums.ExceptionCode]);
    const others = [...knownCodes].filter(
      (code) => /^[A-Z]/.test(code) && !code.startsWith("ERROR_HTTP_") && !real.has(code),
    );
    // In REST only: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
    expect(others).toEqual(["NOT_FOUND"]);
  });
});
