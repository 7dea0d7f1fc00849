import type { Json } from "casethread/adapter";
import { defaultNames as n, type FieldShape, fields, relationOf } from "../fields.ts";

/** A record's fields by API name. */
export type Row = Record<string, Json>;

/** A field's value as text; nothing where it has none. */
export const textOf = (value: Json | undefined): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

/** What a field holds. */
export interface Field {
  readonly type: "id" | "text" | "number" | "boolean" | "datetime" | "lookup";
  /** For text: how many characters it holds. */
  readonly length?: number;
  /** For a lookup: to which objects, and the name of the relationship. */
  readonly to?: readonly string[];
  readonly relation?: string;
  /** For text that is counted in bytes of UTF-8: how many it holds. */
  readonly bytes?: number;
  readonly readOnly?: boolean;
  readonly externalId?: boolean;
  readonly values?: readonly string[];
}

const text = (length: number): Field => ({ type: "text", length });
const system: Readonly<Record<string, Field>> = {
  Id: { type: "id", readOnly: true },
  CreatedDate: { type: "datetime", readOnly: true },
  CreatedById: { type: "lookup", to: ["User"], relation: "CreatedBy", readOnly: true },
  LastModifiedDate: { type: "datetime", readOnly: true },
  LastModifiedById: { type: "lookup", to: ["User"], relation: "LastModifiedBy", readOnly: true },
  SystemModstamp: { type: "datetime", readOnly: true },
  IsDeleted: { type: "boolean", readOnly: true },
};

const objectOf = (to: NonNullable<FieldShape["to"]>): string =>
  to === "case" ? "Case" : to === "contact" ? "Contact" : n[to];

const made: Readonly<Record<FieldShape["type"], (shape: FieldShape) => Field>> = {
  key: () => ({ type: "text", length: 255, externalId: true }),
  text: () => text(255),
  url: () => text(255),
  longtext: () => text(32_000),
  number: () => ({ type: "number" }),
  checkbox: () => ({ type: "boolean" }),
  datetime: () => ({ type: "datetime" }),
  picklist: ({ values = [] }) => ({ type: "text", length: 255, values }),
  lookup: ({ name, to = "case" }) => ({ type: "lookup", to: [objectOf(to)], relation: relationOf(name) }),
};

/** The custom fields of an object, as the package makes them. */
const custom = (on: FieldShape["on"]): Readonly<Record<string, Field>> =>
  Object.fromEntries(
    Object.values<FieldShape>(fields).flatMap((shape) =>
      shape.on === on ? [[shape.name, made[shape.type](shape)] as const] : [],
    ),
  );

/** The Status values of a new org's cases. */
export const statuses = [
  { value: "New", closed: false, standard: true },
  { value: "Working", closed: false, standard: false },
  { value: "Escalated", closed: false, standard: false },
  { value: "Closed", closed: true, standard: false },
] as const;

/**
 * The objects of the sandbox: the standard fields of Case that the adapter touches, with the lengths of the object
 * reference (sforce_api_objects_case.htm), and the custom ones of the package.
 */
export const schema: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  Case: {
    ...system,
    CaseNumber: { type: "text", readOnly: true },
    Subject: text(255),
    Description: text(32_000),
    Origin: text(255),
    Status: { type: "text", length: 255, values: statuses.map((one) => one.value) },
    IsClosed: { type: "boolean", readOnly: true },
    ClosedDate: { type: "datetime", readOnly: true },
    Priority: { type: "text", length: 255, values: ["High", "Medium", "Low"] },
    Type: text(255),
    Reason: text(255),
    SuppliedName: text(80),
    SuppliedEmail: text(80),
    OwnerId: { type: "lookup", to: ["Group", "User"], relation: "Owner" },
    ParentId: { type: "lookup", to: ["Case"], relation: "Parent" },
    SlaStartDate: { type: "datetime" },
    ContactId: { type: "lookup", to: ["Contact"], relation: "Contact" },
    BusinessHoursId: { type: "lookup", to: ["BusinessHours"], relation: "BusinessHours" },
    // Where the org merges cases: sforce_api_objects_case.htm
    MasterRecordId: { type: "lookup", to: ["Case"], relation: "MasterRecord", readOnly: true },
    ...custom("case"),
  },
  [n.conversation]: { ...system, Name: { type: "text", readOnly: true }, ...custom("conversation") },
  [n.entry]: { ...system, Name: { type: "text", readOnly: true }, ...custom("entry") },
  [n.persona]: { ...system, Name: { type: "text", readOnly: true }, ...custom("persona") },
  Account: { ...system, Name: text(255) },
  CaseComment: {
    ...system,
    ParentId: { type: "lookup", to: ["Case"], relation: "Parent" },
    CommentBody: { type: "text", bytes: 4_000 },
    IsPublished: { type: "boolean" },
  },
  Contact: {
    ...system,
    Name: text(121),
    Email: text(80),
    Phone: text(40),
    MobilePhone: text(40),
    HomePhone: text(40),
  },
  ContentDocument: {
    ...system,
    Title: text(255),
    FileExtension: text(40),
    ContentSize: { type: "number" },
    LatestPublishedVersionId: { type: "lookup", to: ["ContentVersion"], relation: "LatestPublishedVersion" },
  },
  ContentVersion: { ...system, Title: text(255), PathOnClient: text(500), ContentDocumentId: text(18) },
  ContentDocumentLink: {
    ...system,
    LinkedEntityId: text(18),
    ContentDocumentId: { type: "lookup", to: ["ContentDocument"], relation: "ContentDocument" },
  },
  ContentDistribution: {
    ...system,
    Name: text(100),
    ContentVersionId: { type: "lookup", to: ["ContentVersion"], relation: "ContentVersion" },
    ContentDownloadUrl: { type: "text", readOnly: true },
    ExpiryDate: { type: "datetime" },
    PreferencesAllowOriginalDownload: { type: "boolean" },
    PreferencesAllowViewInBrowser: { type: "boolean" },
    PreferencesLinkLatestVersion: { type: "boolean" },
    PreferencesNotifyOnVisit: { type: "boolean" },
    PreferencesExpires: { type: "boolean" },
  },
  UserServicePresence: {
    ...system,
    UserId: { type: "lookup", to: ["User"], relation: "User" },
    IsCurrentState: { type: "boolean" },
    IsAway: { type: "boolean" },
  },
  BusinessHours: {
    ...system,
    Name: text(80),
    IsDefault: { type: "boolean" },
    TimeZoneSidKey: text(40),
    ...Object.fromEntries(
      ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"].flatMap((day) => [
        [`${day}StartTime`, text(20)],
        [`${day}EndTime`, text(20)],
      ]),
    ),
  },
  Group: { ...system, Name: text(40), DeveloperName: text(80), Type: text(40) },
  User: { ...system, Name: text(121), Username: text(80), IsActive: { type: "boolean" }, UserType: text(40) },
  EntityDefinition: { ...system, QualifiedApiName: text(80) },
  ValidationRule: {
    ...system,
    ValidationName: text(80),
    ErrorMessage: text(255),
    Active: { type: "boolean" },
    EntityDefinitionId: { type: "lookup", to: ["EntityDefinition"], relation: "EntityDefinition" },
  },
  ApexTrigger: {
    ...system,
    Name: text(80),
    EntityDefinitionId: { type: "lookup", to: ["EntityDefinition"], relation: "EntityDefinition" },
    Status: text(40),
  },
  FlowDefinitionView: {
    ...system,
    Label: text(80),
    TriggerObjectOrEventId: { type: "lookup", to: ["EntityDefinition"], relation: "TriggerObjectOrEvent" },
    TriggerType: text(40),
    IsActive: { type: "boolean" },
  },
  AssignmentRule: { ...system, Name: text(80), SobjectType: text(80), Active: { type: "boolean" } },
  DuplicateRule: { ...system, DeveloperName: text(80), SobjectType: text(80), IsActive: { type: "boolean" } },
  PlatformEventChannelMember: { ...system, SelectedEntity: text(80) },
  Organization: {
    ...system,
    Name: text(80),
    IsSandbox: { type: "boolean" },
    OrganizationType: text(40),
    TrialExpirationDate: { type: "datetime" },
  },
  CaseStatus: {
    ...system,
    ApiName: text(255),
    MasterLabel: text(255),
    IsClosed: { type: "boolean" },
    IsDefault: { type: "boolean" },
    SortOrder: { type: "number" },
  },
};

/** The first three characters of a record's id say which object it is of. */
const prefixes: Readonly<Record<string, string>> = {
  Case: "500",
  [n.entry]: "a0C",
  [n.conversation]: "a0D",
  [n.persona]: "a0E",
  Contact: "003",
  Group: "00G",
  User: "005",
  Organization: "00D",
  CaseStatus: "01J",
  CaseComment: "00a",
  ContentDocument: "069",
  ContentVersion: "068",
  ContentDocumentLink: "06A",
  ContentDistribution: "05D",
  UserServicePresence: "0N5",
  BusinessHours: "01m",
};

/** Child records that a query may ask for along with their parent, by the relationship's name. */
export const children: Readonly<Record<string, { readonly type: string; readonly by: string }>> = {
  ContentDocumentLinks: { type: "ContentDocumentLink", by: "LinkedEntityId" },
};

/** What an org without the package does not know: our objects, and of our fields on Case all but the key. */
export const isOurs = (type: string, field?: string): boolean => {
  if (type === n.conversation || type === n.entry || type === n.persona) return true;
  return type === "Case" && field !== undefined && field !== n.caseKey && field in custom("case");
};

const relations: ReadonlyMap<string, readonly [string, Field]> = new Map(
  Object.entries(schema).flatMap(([type, own]) =>
    Object.entries(own).flatMap(([name, field]) =>
      field.relation === undefined ? [] : [[`${type}.${field.relation}`, [name, field]] as const],
    ),
  ),
);

/** The lookup field and the field's description behind a relationship's name. */
export const relationIn = (type: string, relation: string): readonly [string, Field] | undefined =>
  relations.get(`${type}.${relation}`);

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const checks = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** The n-th record id of an object: 15 characters and the three that make it survive a change of case. */
export const makeId = (type: string, serial: number): string => {
  let digits = "";
  for (let rest = serial; digits.length < 9; rest = Math.floor(rest / 62))
    digits = (alphabet[rest % 62] ?? "0") + digits;
  const id = `${prefixes[type] ?? "a0X"}5e0${digits}`;
  const check = [0, 5, 10].map((start) => {
    const bits = Array.from(id.slice(start, start + 5), (char, at) => (/[A-Z]/.test(char) ? 2 ** at : 0));
    return checks[bits.reduce((sum, bit) => sum + bit, 0)] ?? "A";
  });
  return id + check.join("");
};

/** A moment as the REST API writes it. */
export const orgTime = (at: number): string => new Date(at).toISOString().replace("Z", "+0000");
