import type { BridgeError, Kit } from "casethread/adapter";
import { z } from "zod";
import type { Client } from "./client.ts";
import { fromThrown, redact } from "./faults.ts";
import { type FieldName, fields, type FieldShape } from "./fields.ts";
import type { Settings } from "./options.ts";
import { channelName } from "./records.ts";
import { queryPath, quote } from "./soql.ts";

interface FieldSeen {
  readonly name: string;
  readonly type: string;
  readonly nillable: boolean;
  readonly createable: boolean;
  readonly defaultedOnCreate: boolean;
  readonly externalId: boolean;
  readonly unique: boolean;
  readonly restrictedPicklist: boolean;
  readonly picklistValues: readonly { readonly value: string; readonly active: boolean }[];
}
const field = z.object({
  name: z.string(),
  type: z.string(),
  nillable: z.boolean().default(true),
  createable: z.boolean().default(true),
  defaultedOnCreate: z.boolean().default(false),
  externalId: z.boolean().default(false),
  unique: z.boolean().default(false),
  restrictedPicklist: z.boolean().default(false),
  picklistValues: z.array(z.object({ value: z.string(), active: z.boolean().default(true) })).default([]),
});
/** What an org says of one object. */
export interface Described {
  readonly name: string;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly fields: readonly FieldSeen[];
}
/** An object as the org describes it. */
export const described: z.ZodType<Described> = z.object({
  name: z.string(),
  createable: z.boolean(),
  updateable: z.boolean(),
  fields: z.array(field),
});
/** Whatever a query finds. */
export const rows: z.ZodType<{ readonly records: readonly Readonly<Record<string, unknown>>[] }> = z.object({
  records: z.array(z.record(z.string(), z.unknown())),
});

/** Text, or nothing. */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
const within = (list: readonly string[]): string => list.map(quote).join(", ");
/** What is found while an org is looked at. */
export interface Ground {
  readonly client: Client;
  readonly settings: Settings;
  readonly kit: Kit;
  readonly networks: readonly string[];
  readonly obstacles: string[];
  readonly notes: string[];
}

/** Asks for something that must be there. */
export const get = <T>({ client, kit }: Ground, path: string, shape: z.ZodType<T>): Promise<T> =>
  client.read({ method: "GET", path }, shape, kit);

/** What the user may not ask for is a note, not an end. */
export const maybe = async (
  ground: Ground,
  what: string,
  path: string,
): Promise<readonly Record<string, unknown>[]> => {
  try {
    return (await get(ground, path, rows)).records;
  } catch (thrown) {
    const { code } = orgCode(fromThrown(thrown, Date.now()));
    ground.notes.push(`${what} cannot be seen by this user (${code}): look at them in Setup`);
    return [];
  }
};
const orgCode = (error: BridgeError): { readonly code: string } => ({
  code: text((error.cause as { readonly code?: unknown } | undefined)?.code) || error.fault,
});

const sortOf: Readonly<Record<FieldShape["type"], readonly string[]>> = {
  key: ["string"],
  text: ["string", "textarea", "picklist"],
  number: ["double", "int", "long", "currency"],
  checkbox: ["boolean"],
  datetime: ["datetime"],
  url: ["url", "string"],
  longtext: ["textarea"],
  picklist: ["picklist", "string"],
  lookup: ["reference"],
};

/** Our fields on one object: those that are missing, that may not be written, or that hold something else. */
export const ourFields = (ground: Ground, on: FieldShape["on"], object: Described): void => {
  const { obstacles, settings } = ground;
  const byName = new Map(object.fields.map((one) => [one.name, one]));
  for (const [key, shape] of Object.entries(fields)) {
    const called = settings.names[key as FieldName];
    if (shape.on !== on || settings.lacks.has(called)) continue;
    const there = byName.get(called);
    const place = `${object.name}.${called}`;
    if (there === undefined) {
      obstacles.push(
        `${place} is missing, or hidden from the integration user: deploy the package, and assign the permission set Casethread Integration`,
      );
      continue;
    }
    if (!there.createable)
      obstacles.push(
        `${place} is read-only for the integration user: assign the permission set Casethread Integration`,
      );
    if (!sortOf[shape.type].includes(there.type))
      obstacles.push(`${place} is of the type ${there.type}, and ${shape.type} is needed`);
    if (shape.type === "key" && !(there.externalId && there.unique))
      obstacles.push(`${place} must be an external id and unique: it is what makes a write repeatable`);
    if (there.restrictedPicklist) {
      const values = new Set(there.picklistValues.filter(({ active }) => active).map(({ value }) => value));
      const lacking = (shape.values ?? []).filter((value) => !values.has(value));
      if (lacking.length > 0)
        obstacles.push(`${place} is a restricted picklist without ${lacking.join(", ")}: add the values`);
    }
  }
};

/** What the org asks of every new case, and what its picklists refuse. */
export const theirFields = ({ obstacles, settings, networks }: Ground, object: Described): void => {
  const written = new Set([
    "Subject",
    "Description",
    "Origin",
    "Priority",
    "SuppliedName",
    "OwnerId",
    "Status",
    "ParentId",
  ]);
  const ours = new Set<string>(Object.values(settings.names));
  for (const one of object.fields) {
    const given = written.has(one.name) || ours.has(one.name) || one.name in settings.making.defaults;
    if (!one.nillable && one.createable && !one.defaultedOnCreate && one.type !== "boolean" && !given)
      obstacles.push(
        `${object.name}.${one.name} is required, and nothing writes it: give it a default in the org, or set it in the option defaults`,
      );
    if (one.name !== "Origin" || !one.restrictedPicklist) continue;
    const values = new Set(one.picklistValues.filter(({ active }) => active).map(({ value }) => value));
    const lacking = networks.map(channelName).filter((value) => !values.has(value));
    if (lacking.length > 0)
      obstacles.push(`Case.Origin is a restricted picklist without ${lacking.join(", ")}: add the values`);
  }
};

const objectOf = (entity: unknown): string =>
  text((entity as { readonly QualifiedApiName?: unknown } | null | undefined)?.QualifiedApiName);

/** Rules, triggers and flows of the org on what is written. Whether they object, only trying shows. */
export const automation = async (ground: Ground, objects: readonly string[]): Promise<void> => {
  const { notes, settings } = ground;
  const tooling = (soql: string): string => `/tooling${queryPath(soql)}`;
  const rules = await maybe(
    ground,
    "Validation rules",
    tooling(
      `SELECT ValidationName, ErrorMessage, EntityDefinition.QualifiedApiName FROM ValidationRule WHERE Active = true AND EntityDefinition.QualifiedApiName IN (${within(objects)})`,
    ),
  );
  for (const rule of rules) {
    const called = text(rule["ValidationName"]);
    if (called.startsWith("Casethread_")) continue;
    const on = objectOf(rule["EntityDefinition"]);
    notes.push(
      `the validation rule ${called} of ${on} may refuse what is written ("${redact(text(rule["ErrorMessage"]))}"): leave the bridge out of it with NOT($Permission.Casethread_Bridge) if it should`,
    );
  }
  const triggers = await maybe(
    ground,
    "Apex triggers",
    tooling(
      // TableEnumOrId holds an id where the object is a custom one.
      `SELECT Name, EntityDefinition.QualifiedApiName FROM ApexTrigger WHERE Status = 'Active' AND EntityDefinition.QualifiedApiName IN (${within(objects)})`,
    ),
  );
  for (const one of triggers)
    notes.push(
      `the Apex trigger ${text(one["Name"])} runs on ${objectOf(one["EntityDefinition"])}: it must bear up to 200 records at once; calls get smaller where it does not`,
    );
  const flows = await maybe(
    ground,
    "Flows",
    queryPath(
      `SELECT Label, TriggerObjectOrEvent.QualifiedApiName FROM FlowDefinitionView WHERE IsActive = true AND TriggerType IN ('RecordBeforeSave', 'RecordAfterSave') AND TriggerObjectOrEvent.QualifiedApiName IN (${within(objects)})`,
    ),
  );
  for (const one of flows)
    notes.push(
      `the flow ${text(one["Label"])} runs when a record of ${objectOf(one["TriggerObjectOrEvent"])} is saved: for the bridge's, too`,
    );
  const assignment = await maybe(
    ground,
    "Assignment rules",
    queryPath("SELECT Name FROM AssignmentRule WHERE SobjectType = 'Case' AND Active = true"),
  );
  for (const one of assignment)
    notes.push(
      settings.assignment === "FALSE"
        ? `the assignment rule ${text(one["Name"])} is kept away from the bridge's cases (the option assignment lets it choose owners)`
        : `the assignment rule ${text(one["Name"])} chooses the owners of new cases`,
    );
  const duplicates = await maybe(
    ground,
    "Duplicate rules",
    queryPath(
      `SELECT DeveloperName, SobjectType FROM DuplicateRule WHERE IsActive = true AND SobjectType IN (${within(objects)})`,
    ),
  );
  for (const one of duplicates)
    notes.push(
      `the duplicate rule ${text(one["DeveloperName"])} of ${text(one["SobjectType"])} may take a new record for another: then that one is looked up and linked, or a person has to decide`,
    );
};
