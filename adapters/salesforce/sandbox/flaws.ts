import type { Json } from "casethread/adapter";
import { defaultNames as n } from "../fields.ts";
import type { Planted } from "./describe.ts";
import { brokenRule } from "./rules.ts";
import { type Row, schema, textOf } from "./schema.ts";
import { keyFields, type Stored, type Tables } from "./tables.ts";

/** What an org says of one record that it refuses. */
export interface Refusal {
  readonly statusCode: string;
  readonly message: string;
  readonly fields: readonly string[];
  /** What a duplicate rule says besides. */
  readonly duplicateResult?: Json;
}

/** What the sandbox puts in the way of a save. */
export interface Obstacles {
  /** Has the org not got this object, or this field of it? */
  lacks(type: string, field?: string): boolean;
  /** Does this user hold the custom permission that the package's rules leave out? */
  isBridge(by: string): boolean;
  locked(id: string, by: string): boolean;
  takes(): string | undefined;
  refuses(row: Row, by: string): boolean;
  /** What of the org's own stands in the way of this user. */
  planted(type: string, by: string): readonly Planted[];
  /** The record that a duplicate rule says a new one is. */
  doubles(type: string, row: Row): string | undefined;
}

/** A refusal. */
export const refusal = (statusCode: string, message: string, ...fields: readonly string[]): { refused: Refusal } => ({
  refused: { statusCode, message, fields },
});

/** Makes what says why a record cannot be saved: the system's own checks, then the rules. */
export const createFlaws = (
  tables: Tables,
  obstacles: Obstacles,
): ((type: string, row: Row, before: Stored | undefined, by: string) => { refused: Refusal } | undefined) => {
  const flaw = (type: string, row: Row, before: Stored | undefined, by: string): { refused: Refusal } | undefined => {
    for (const [name, value] of Object.entries(row)) {
      const field = schema[type]?.[name];
      if (field === undefined || value === null) continue;
      if (field.readOnly === true) {
        return refusal(
          "INVALID_FIELD_FOR_INSERT_UPDATE",
          `Unable to create/update fields: ${name}. Please check the security settings of this field.`,
          name,
        );
      }
      const said = textOf(value);
      if (field.length !== undefined && said.length > field.length) {
        return refusal("STRING_TOO_LONG", `${name}: data value too large: ${said} (max length=${field.length})`, name);
      }
      if (field.bytes !== undefined && Buffer.byteLength(said) > field.bytes) {
        return refusal("STRING_TOO_LONG", `${name}: data value too large: ${said} (max length=${field.bytes})`, name);
      }
      if (field.values !== undefined && !field.values.includes(said)) {
        return refusal(
          "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
          `${name}: bad value for restricted picklist field: ${said}`,
          name,
        );
      }
      if (field.to !== undefined && !field.to.includes(tables.get(said)?.type ?? "")) {
        return refusal("INVALID_CROSS_REFERENCE_KEY", `invalid cross reference id`, name);
      }
    }
    const planted = obstacles.planted(type, by);
    for (const { required, restricted } of planted) {
      if (required !== undefined && before === undefined && (row[required] ?? null) === null)
        return refusal("REQUIRED_FIELD_MISSING", `Required fields are missing: [${required}]`, required);
      const value = restricted === undefined ? undefined : row[restricted.field];
      if (typeof value === "string" && restricted?.values.includes(value) === false)
        return refusal(
          "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
          `bad value for restricted picklist field: ${value}`,
          restricted.field,
        );
    }
    const keyField = keyFields[type];
    const key = keyField === undefined ? undefined : row[keyField];
    const holder = typeof key === "string" ? tables.byKey(type, key) : undefined;
    if (holder !== undefined && holder.id !== before?.id) {
      return refusal(
        "DUPLICATE_VALUE",
        `duplicate value found: ${keyField ?? ""} duplicates value on record with id: ${holder.id}`,
      );
    }
    // Validation rules run after the system's checks.
    const broken = brokenRule({ type, row, before }, obstacles.isBridge(by), obstacles.lacks);
    if (broken !== undefined) return refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", ...broken);
    const [rule] = planted.flatMap((one) => one.rule ?? []);
    if (rule !== undefined && before === undefined) return refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message);
    const double = before === undefined ? obstacles.doubles(type, row) : undefined;
    if (double !== undefined) {
      const { refused } = refusal("DUPLICATES_DETECTED", "Use one of these records?");
      const record = { attributes: { type }, Id: double };
      const matchResults = [{ entityType: type, rule: "Same_Case", size: 1, matchRecords: [{ record }] }];
      return {
        refused: { ...refused, duplicateResult: { allowSave: false, duplicateRule: "Same_Case", matchResults } },
      };
    }
    if (obstacles.refuses(row, by)) {
      return refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", "The words are not allowed here", n.text);
    }
    return undefined;
  };
  return flaw;
};
