import type { Json } from "casethread/adapter";
import { defaultNames as n } from "../fields.ts";
import { type Row, schema, textOf } from "./schema.ts";

/** A request that cannot be taken as a whole. */
export class OrgFailure extends Error {
  override readonly name = "OrgFailure";
  readonly status: number;
  readonly errorCode: string;
  constructor(status: number, errorCode: string, message: string) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }
}

/** A record as it is kept. */
export interface Stored {
  readonly type: string;
  readonly id: string;
  readonly row: Row;
  /** When the transaction that wrote it wrote it, in whole seconds. */
  readonly at: number;
  readonly serial: number;
}

/** One change of one record, for audits. */
export interface Change {
  readonly at: number;
  readonly by: string;
  readonly set: Readonly<Record<string, Json>>;
}

interface Table {
  readonly records: Map<string, Stored>;
  /** What was deleted, as it was. */
  readonly bin: Map<string, Stored>;
  readonly keys: Map<string, string>;
  /** By stamp. What was changed since stands here more than once; only its newest serial counts. */
  order: { readonly at: number; readonly id: string; readonly serial: number }[];
}

/** The field that is a record's external id. */
export const keyFields: Readonly<Record<string, string>> = {
  Case: n.caseKey,
  [n.conversation]: n.talkKey,
  [n.entry]: n.entryKey,
  [n.persona]: n.personaKey,
};

/** The records of an org. */
export interface Tables {
  get(id: string): Stored | undefined;
  byKey(type: string, key: string): Stored | undefined;
  /** All that have a key: more than one where the org's field is not unique, or was not. */
  allByKey(type: string, key: string): readonly Stored[];
  put(stored: Stored, before: Stored | undefined, change: Change): void;
  /** Into the bin, with what hangs on it as a child of its own. Each is found there with these fields set. */
  remove(id: string, change: Change, stamped: () => Pick<Stored, "at" | "serial"> & { readonly set: Row }): void;
  /** What lies in the bin. */
  binned(type: string): readonly Stored[];
  history(id: string): readonly Change[];
  all(type: string): readonly Stored[];
  /** Records changed at or after this moment, oldest first, without looking at the others. */
  since(type: string, from: number): readonly Stored[];
  /** Runs work whose writes are taken back when it says so. */
  transaction<T>(work: () => { readonly keep: boolean; readonly value: T }): T;
}

/** Makes the records of an org: found by id, by external id and by stamp, with their history, and taken back together. */
export const createTables = (): Tables => {
  const tables = new Map<string, Table>();
  const history = new Map<string, Change[]>();
  let journal: (() => void)[] | undefined;
  const twins = new Set<string>();

  const table = (type: string): Table => {
    const known = tables.get(type);
    if (known !== undefined) return known;
    if (schema[type] === undefined) throw new OrgFailure(404, "NOT_FOUND", "The requested resource does not exist");
    const made: Table = { records: new Map(), bin: new Map(), keys: new Map(), order: [] };
    tables.set(type, made);
    return made;
  };
  const get = (id: string): Stored | undefined => {
    for (const one of tables.values()) {
      const found =
        one.records.get(id) ??
        (id.length === 15 ? [...one.records.values()].find((s) => s.id.startsWith(id)) : undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const byKey = (type: string, key: string): Stored | undefined =>
    table(type).records.get(table(type).keys.get(key) ?? "");

  const place = (stored: Stored): void => {
    const { order } = table(stored.type);
    let at = order.length;
    while (at > 0 && (order[at - 1]?.at ?? 0) > stored.at) at -= 1;
    order.splice(at, 0, { at: stored.at, id: stored.id, serial: stored.serial });
    const own = table(stored.type);
    if (journal === undefined && order.length > 2 * own.records.size + 1000) {
      own.order = order.filter((one) => own.records.get(one.id)?.serial === one.serial);
    }
  };

  const put = (stored: Stored, before: Stored | undefined, change: Change): void => {
    const own = table(stored.type);
    const keyField = keyFields[stored.type] ?? "";
    const [oldKey, newKey] = [before?.row[keyField], stored.row[keyField]];
    const holder = typeof newKey === "string" ? own.keys.get(newKey) : undefined;
    if (typeof newKey === "string" && holder !== undefined && holder !== stored.id) twins.add(newKey);
    own.records.set(stored.id, stored);
    if (typeof oldKey === "string" && oldKey !== newKey) own.keys.delete(oldKey);
    if (typeof newKey === "string") own.keys.set(newKey, stored.id);
    place(stored);
    const past = history.get(stored.id) ?? [];
    history.set(stored.id, past);
    past.push(change);
    journal?.push(() => {
      if (typeof newKey === "string") own.keys.delete(newKey);
      if (typeof oldKey === "string") own.keys.set(oldKey, stored.id);
      if (before === undefined) own.records.delete(stored.id);
      else own.records.set(stored.id, before);
      past.pop();
    });
  };

  return {
    get,
    byKey,
    allByKey: (type, key) => {
      const first = byKey(type, key);
      if (first === undefined || !twins.has(key)) return first === undefined ? [] : [first];
      return [...table(type).records.values()].filter(({ row }) => row[keyFields[type] ?? ""] === key);
    },
    put,
    remove: (id, change, stamped) => {
      const first = get(id);
      if (first === undefined) throw new OrgFailure(404, "ENTITY_IS_DELETED", "entity is deleted");
      const drop = (stored: Stored): void => {
        const own = table(stored.type);
        own.records.delete(stored.id);
        own.keys.delete(textOf(stored.row[keyFields[stored.type] ?? ""]));
        const { set, ...when } = stamped();
        own.bin.set(stored.id, { ...stored, ...when, row: { ...stored.row, ...set } });
        history.get(stored.id)?.push(change);
      };
      drop(first);
      if (first.type !== "Case") return;
      for (const [type, field] of [
        [n.entry, n.entryCase],
        ["CaseComment", "ParentId"],
      ] as const)
        for (const child of table(type).records.values()) if (child.row[field] === first.id) drop(child);
    },
    binned: (type) => [...table(type).bin.values()],
    history: (id) => history.get(id) ?? [],
    all: (type) => [...table(type).records.values()],
    since: (type, from) => {
      const own = table(type);
      const found: Stored[] = [];
      for (let at = own.order.length - 1; at >= 0; at -= 1) {
        const one = own.order[at];
        if (one === undefined || one.at < from) break;
        const stored = own.records.get(one.id);
        if (stored?.serial === one.serial) found.push(stored);
      }
      return found.reverse();
    },
    transaction: (work) => {
      const outer = journal;
      const mine: (() => void)[] = [];
      journal = mine;
      let kept = false;
      try {
        const { keep, value } = work();
        kept = keep;
        return value;
      } finally {
        if (!kept) for (const undo of mine.toReversed()) undo();
        else outer?.push(...mine);
        journal = outer;
      }
    },
  };
};
