import type { Json } from "casethread/adapter";
import { defaultNames as n } from "../fields.ts";
import { createFlaws, type Obstacles, type Refusal, refusal } from "./flaws.ts";
import { makeId, orgTime, relationIn, type Row, schema, statuses, textOf } from "./schema.ts";
import { createTables, OrgFailure, type Stored, type Tables } from "./tables.ts";

export type Saved = { readonly id: string; readonly created: boolean } | { readonly refused: Refusal };

/** How a record is saved. */
export interface Saving {
  readonly by: string;
  /** By default now; a late commit brings the moment at which it wrote. */
  readonly at?: number;
  /** The id, when it was handed out before. */
  readonly id?: string;
  /** Whether active assignment rules may choose another owner. */
  readonly autoAssign: boolean;
  /** Records of the same collection: what is made in one refers to none that is made with it. */
  readonly unseen?: ReadonlySet<string>;
}

/** The data of an org, and the rules by which it saves. */
export interface Org extends Omit<Tables, "remove"> {
  /**
   * Checks names and types of fields.
   *
   * @throws OrgFailure when the request cannot be read.
   */
  check(type: string, row: Row): void;
  newId(type: string): string;
  insert(type: string, row: Row, saving: Saving): Saved;
  update(type: string, id: string, row: Row, saving: Saving): Saved;
  remove(id: string, by: string): void;
  /** Merges one case into another by hand; where the org keeps merged cases, it stays and is closed. */
  merge(loser: string, master: string, by: string, keep: boolean): void;
  /** Two records may have one key. @returns the records that have it, where it is not clear which one is meant */
  upsert(type: string, keyField: string, row: Row, saving: Saving): Saved | { readonly many: readonly Stored[] };
  /** Makes a record a second time, as an import does into a field that is not unique. */
  twin(id: string, by: string): string;
}

/** Makes the data of an org: records, their keys, their order by stamp, and transactions. */
export const createOrg = (now: () => number, obstacles: Obstacles, origin: () => string): Org => {
  const tables = createTables();
  let serial = 0;
  let ids = 0;
  let numbers = 1000;

  /** Types are checked while the body is read: one value of a wrong type refuses the whole request. */
  const check = (type: string, row: Row): void => {
    const fields = schema[type] ?? {};
    for (const [name, value] of Object.entries(row)) {
      if (name === "attributes" || name === "id" || name === "Id") continue;
      const relation = relationIn(type, name);
      if (relation !== undefined && typeof value === "object") continue;
      const field = obstacles.lacks(type, name) ? undefined : fields[name];
      if (field === undefined)
        throw new OrgFailure(400, "INVALID_FIELD", `No such column '${name}' on sobject of type ${type}`);
      if (value === null) continue;
      const wanted = {
        id: "string",
        text: "string",
        lookup: "string",
        datetime: "string",
        number: "number",
        boolean: "boolean",
      }[field.type];
      const wrong = typeof value !== wanted || (field.type === "datetime" && Number.isNaN(Date.parse(textOf(value))));
      if (wrong)
        throw new OrgFailure(
          400,
          "JSON_PARSER_ERROR",
          `Cannot deserialize instance of ${field.type} from value at ${name}`,
        );
    }
  };

  /** References by external id become ids: using_resources_working_with_records_relating_records.htm */
  const resolve = (type: string, row: Row, unseen: ReadonlySet<string> = new Set()): Row | { refused: Refusal } => {
    const resolved: Row = {};
    for (const [name, value] of Object.entries(row)) {
      if (name === "attributes" || name === "id" || name === "Id") continue;
      const relation = relationIn(type, name);
      if (relation === undefined || typeof value !== "object" || value === null) {
        resolved[name] = value;
        continue;
      }
      const [lookup, field] = relation;
      const target = field.to?.[0] ?? "";
      const [key, wanted] = Object.entries(value).find(([each]) => each !== "attributes") ?? ["", ""];
      const found = tables.byKey(target, textOf(wanted));
      if (found === undefined || unseen.has(found.id)) {
        return refusal(
          "INVALID_FIELD",
          `Foreign key external ID: ${textOf(wanted)} not found for field ${key} in entity ${target}`,
        );
      }
      resolved[lookup] = found.id;
    }
    return resolved;
  };

  const flaw = createFlaws(tables, obstacles);

  const derived = (type: string, row: Row, at: number): Row => {
    if (type === "ContentDistribution") {
      const path = `sfc/dist/version/download/?ids=${textOf(row["ContentVersionId"])}`;
      return { ContentDownloadUrl: `https://${new URL(origin()).hostname}/${path}` };
    }
    if (type !== "Case") return {};
    const closed = statuses.some((one) => one.value === row["Status"] && one.closed);
    return { IsClosed: closed, ClosedDate: closed ? (row["ClosedDate"] ?? orgTime(at)) : null };
  };

  const save = (type: string, given: Row, before: Stored | undefined, saving: Saving): Saved => {
    const resolved = resolve(type, given, saving.unseen);
    if ("refused" in resolved && typeof resolved["refused"] === "object") return resolved as { refused: Refusal };
    const set = resolved as Row;
    if (before !== undefined && obstacles.locked(before.id, saving.by)) {
      return refusal("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records");
    }
    const wrong = flaw(type, set, before, saving.by);
    if (wrong !== undefined) return wrong;
    const at = Math.floor((saving.at ?? now()) / 1000) * 1000;
    const id = before?.id ?? saving.id ?? makeId(type, (ids += 1));
    const birth: Row =
      before === undefined
        ? {
            Id: id,
            IsDeleted: false,
            CreatedDate: orgTime(at),
            CreatedById: saving.by,
            ...(type === "Case"
              ? {
                  CaseNumber: String((numbers += 1)).padStart(8, "0"),
                  Status: "New",
                  Priority: "Medium",
                  OwnerId: saving.by,
                  BusinessHoursId: tables.all("BusinessHours")[0]?.id ?? null,
                }
              : {}),
          }
        : {};
    // sforce_api_header_assignmentrule.htm: rules apply unless the caller says FALSE, to updates too.
    const taker = type === "Case" && saving.autoAssign ? obstacles.takes() : undefined;
    const merged: Row = { ...before?.row, ...birth, ...set, ...(taker === undefined ? {} : { OwnerId: taker }) };
    const stamps: Row = { LastModifiedDate: orgTime(at), LastModifiedById: saving.by, SystemModstamp: orgTime(at) };
    const stored: Stored = {
      type,
      id,
      row: { ...merged, ...derived(type, merged, at), ...stamps },
      at,
      serial: (serial += 1),
    };
    tables.put(stored, before, { at: saving.at ?? now(), by: saving.by, set });
    return { id, created: before === undefined };
  };

  const update = (type: string, id: string, row: Row, saving: Saving): Saved => {
    check(type, row);
    const before = tables.get(id);
    if (before === undefined || before.type !== type) return refusal("ENTITY_IS_DELETED", "entity is deleted");
    return save(type, row, before, saving);
  };

  const stampedBy = (by: string) => {
    const at = Math.floor(now() / 1_000) * 1_000;
    const stamps = { SystemModstamp: orgTime(at), LastModifiedDate: orgTime(at), LastModifiedById: by };
    return { at, serial: (serial += 1), stamps };
  };
  const remove = (id: string, by: string, also: Row = {}): void =>
    tables.remove(id, { at: now(), by, set: { IsDeleted: true } }, () => {
      const { stamps, ...when } = stampedBy(by);
      return { ...when, set: { ...stamps, ...also, IsDeleted: true } };
    });
  /** What the org itself writes asks no rule. */
  const write = (before: Stored, set: Row, by: string): void => {
    const { stamps, ...when } = stampedBy(by);
    tables.put({ ...before, ...when, row: { ...before.row, ...set, ...stamps } }, before, { at: now(), by, set });
  };

  return {
    ...tables,
    check,
    newId: (type) => makeId(type, (ids += 1)),
    insert: (type, row, saving) => {
      check(type, row);
      return save(type, row, undefined, saving);
    },
    update,
    remove,
    twin: (id, by) => {
      const first = tables.get(id);
      if (first === undefined) throw new OrgFailure(404, "NOT_FOUND", "there is no such record");
      const fresh = makeId(first.type, (ids += 1));
      const { stamps, ...when } = stampedBy(by);
      const row = { ...first.row, ...stamps, Id: fresh, CaseNumber: String((numbers += 1)).padStart(8, "0") };
      tables.put({ type: first.type, id: fresh, row, ...when }, undefined, { at: now(), by, set: {} });
      return fresh;
    },
    merge: (loser, master, by, keep) => {
      const [lost, kept] = [tables.get(loser), tables.get(master)];
      if (lost?.type !== "Case" || kept?.type !== "Case")
        throw new OrgFailure(404, "NOT_FOUND", "there is no such case");
      // What hangs on the one that goes hangs on the one that stays.
      for (const [type, field] of [
        [n.entry, n.entryCase],
        ["CaseComment", "ParentId"],
      ] as const)
        for (const child of tables.all(type)) if (child.row[field] === lost.id) write(child, { [field]: kept.id }, by);
      write(kept, {}, by);
      if (keep) write(lost, { MasterRecordId: kept.id, Status: "Closed", IsClosed: true }, by);
      else remove(lost.id, by, { MasterRecordId: kept.id });
    },
    upsert: (type, keyField, row, saving) => {
      check(type, row);
      if (schema[type]?.[keyField]?.externalId !== true) {
        throw new OrgFailure(
          400,
          "INVALID_FIELD",
          `Field name provided, ${keyField} does not match an External ID for ${type}`,
        );
      }
      const key: Json | undefined = row[keyField];
      if (typeof key !== "string" || key === "")
        return refusal("MISSING_ARGUMENT", `${keyField} not specified`, keyField);
      const many = tables.allByKey(type, key);
      return many.length > 1 ? { many } : save(type, row, many[0], saving);
    },
  };
};
