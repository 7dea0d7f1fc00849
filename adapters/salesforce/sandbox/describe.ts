import type { Json } from "casethread/adapter";
import { type Field, schema } from "./schema.ts";

/** Something of the org's own that stands in the way of who writes to it. */
export interface Planted {
  readonly on: string;
  /** A validation rule that refuses every new record of the bridge's. */
  readonly rule?: { readonly name: string; readonly message: string };
  /** A field that must have a value. */
  readonly required?: string;
  /** A picklist that takes these values, and no others. */
  readonly restricted?: { readonly field: string; readonly values: readonly string[] };
  /** A trigger, by name, that does nothing bad. */
  readonly trigger?: string;
  /** A flow, by name, that runs when a record is saved, and does nothing bad. */
  readonly flow?: string;
  /** A field that is hidden from the bridge. */
  readonly hidden?: string;
}

const typeOf = ({ type, length = 0, values }: Field): string => {
  if (values !== undefined) return "picklist";
  if (type === "text") return length > 255 ? "textarea" : "string";
  return { id: "id", number: "double", boolean: "boolean", datetime: "datetime", lookup: "reference" }[type];
};

const shown = (
  name: string,
  field: Field,
  restricted: readonly string[] | undefined,
): Readonly<Record<string, Json>> => {
  const values = restricted ?? field.values ?? [];
  return {
    name,
    label: name,
    type: restricted === undefined ? typeOf(field) : "picklist",
    length: field.length ?? 0,
    nillable: true,
    createable: field.readOnly !== true,
    updateable: field.readOnly !== true,
    defaultedOnCreate: false,
    externalId: field.externalId === true,
    unique: field.externalId === true,
    restrictedPicklist: values.length > 0,
    picklistValues: values.map((value) => ({ value, label: value, active: true })),
  };
};

/** One object as the org describes it: resources_sobject_describe.htm */
export const describe = (
  type: string,
  planted: readonly Planted[],
  hides: (type: string, field?: string) => boolean,
): Json => {
  const own = planted.filter(({ on }) => on === type);
  const restricted = new Map(
    own.flatMap(({ restricted: one }) => (one === undefined ? [] : [[one.field, one.values] as const])),
  );
  const required = own.flatMap(({ required: name }) => name ?? []);
  return {
    name: type,
    createable: true,
    updateable: true,
    fields: [
      ...Object.entries(schema[type] ?? {})
        .filter(([name]) => !hides(type, name))
        .map(([name, field]) => shown(name, field, restricted.get(name))),
      ...required.map((name) => ({ ...shown(name, { type: "text", length: 255 }, undefined), nillable: false })),
    ],
  };
};

/** All objects: resources_describeGlobal.htm */
export const describeAll = (hides: (type: string) => boolean): Json => ({
  sobjects: Object.keys(schema)
    .filter((name) => !hides(name))
    .map((name) => ({ name, createable: true })),
});
