import type { Json } from "casethread/adapter";
import { parseQuery, type Query, type WhereClause } from "@jetstreamapp/soql-parser-js";
import type { Org } from "./org.ts";
import { children, relationIn, type Row, schema, textOf } from "./schema.ts";
import { keyFields, OrgFailure, type Stored } from "./tables.ts";

interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly values: readonly Json[];
  readonly many: boolean;
}
type Token = "(" | ")" | "AND" | "OR" | Condition;
type Test = (record: Stored) => boolean;

const unquoted = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\(.)/g, (_whole, char: string) => ({ n: "\n", r: "\r", t: "\t", f: "\f", b: "\b" })[char] ?? char);

const valueOf = (literal: string): Json => {
  if (literal.startsWith("'")) return unquoted(literal);
  if (/^null$/i.test(literal)) return null;
  if (/^(?:true|false)$/i.test(literal)) return literal.toLowerCase() === "true";
  return /^-?\d+(?:\.\d+)?$/.test(literal) ? Number(literal) : literal;
};

const tokens = (where: WhereClause | undefined): readonly Token[] => {
  const found: Token[] = [];
  for (let clause = where; clause !== undefined; clause = "right" in clause ? clause.right : undefined) {
    const { left } = clause;
    if (left === null || !("field" in left) || !("value" in left)) {
      throw new OrgFailure(400, "MALFORMED_QUERY", "the sandbox knows conditions of fields and values only");
    }
    for (let open = left.openParen ?? 0; open > 0; open -= 1) found.push("(");
    const many = Array.isArray(left.value);
    const literals: readonly string[] = Array.isArray(left.value) ? left.value : [left.value];
    found.push({ field: left.field, operator: left.operator, values: literals.map(valueOf), many });
    for (let close = left.closeParen ?? 0; close > 0; close -= 1) found.push(")");
    if ("operator" in clause) {
      if (clause.operator !== "AND" && clause.operator !== "OR")
        throw new OrgFailure(400, "MALFORMED_QUERY", "the sandbox knows AND and OR only");
      found.push(clause.operator);
    }
  }
  return found;
};

/** `%` is anything, `_` any one character. */
const likeness = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("%", ".*")
      .replaceAll("_", ".")}$`,
    "is",
  );

const isMoment = (text: string): boolean => /^\d{4}-\d\d-\d\dT/.test(text);
const compare = (a: Json | undefined, b: Json): number => {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [textOf(a), textOf(b)];
  if (isMoment(right) && isMoment(left)) return Date.parse(left) - Date.parse(right);
  return left < right ? -1 : left > right ? 1 : 0;
};

/** Makes the part of an org that answers SOQL. `hides`: what whoever asks does not see. */
export const createQueries = (org: Org, hides: (type: string, field?: string) => boolean) => {
  /** Names are checked whether or not there is a record: a query is wrong for what it says. */
  const check = (type: string, path: string): void => {
    const [first = "", ...rest] = path.split(".");
    if (rest.length === 0) {
      if (schema[type]?.[first] === undefined || hides(type, first))
        throw new OrgFailure(400, "INVALID_FIELD", `No such column '${first}' on entity '${type}'`);
      return;
    }
    const [lookup, field] = relationIn(type, first) ?? [];
    if (lookup === undefined || hides(type, lookup))
      throw new OrgFailure(400, "INVALID_FIELD", `Didn't understand relationship '${first}' in field path`);
    for (const to of field?.to?.slice(0, 1) ?? []) check(to, rest.join("."));
  };

  /** A field's value, across relationships: `Owner.Name`. */
  const read = (record: Stored, path: string): Json => {
    const [first = "", ...rest] = path.split(".");
    if (rest.length === 0) return record.row[first] ?? null;
    const target = org.get(textOf(record.row[relationIn(record.type, first)?.[0] ?? ""]));
    return target === undefined ? null : read(target, rest.join("."));
  };

  const holds = ({ field, operator, values, many }: Condition, record: Stored): boolean => {
    const is = read(record, field);
    // Text is compared without regard to case, unless the field is case-sensitive: ours are the keys.
    const folded = (value: Json): Json =>
      typeof value === "string" && field !== keyFields[record.type] && !isMoment(value) ? value.toLowerCase() : value;
    const [first = null] = values;
    const same = (wanted: Json): boolean =>
      is === null || wanted === null ? is === wanted : compare(folded(is), folded(wanted)) === 0;
    switch (operator) {
      case "=":
        return same(first);
      case "!=":
        return !same(first);
      case "IN":
        return many && values.some(same);
      case "LIKE":
        return typeof is === "string" && likeness(textOf(first)).test(is);
      case ">":
        return is !== null && compare(is, first) > 0;
      case ">=":
        return is !== null && compare(is, first) >= 0;
      case "<":
        return is !== null && compare(is, first) < 0;
      case "<=":
        return is !== null && compare(is, first) <= 0;
      default:
        throw new OrgFailure(400, "MALFORMED_QUERY", `the sandbox does not know the operator ${operator}`);
    }
  };

  const testOf = (list: readonly Token[]): Test => {
    let at = 0;
    const term = (): Test => {
      const token = list[at];
      at += 1;
      if (token === "(") {
        const inner = any();
        at += 1;
        return inner;
      }
      if (token === undefined || typeof token === "string")
        throw new OrgFailure(400, "MALFORMED_QUERY", "unexpected token");
      return (record) => holds(token, record);
    };
    const chain = (operator: "AND" | "OR", next: () => Test): Test => {
      const tests = [next()];
      while (list[at] === operator) {
        at += 1;
        tests.push(next());
      }
      return (record) =>
        operator === "AND" ? tests.every((test) => test(record)) : tests.some((test) => test(record));
    };
    const any = (): Test => chain("OR", () => chain("AND", term));
    return list.length === 0 ? () => true : any();
  };

  /** The records that may match, by the narrowest index that a condition all must meet allows. */
  const candidates = (type: string, list: readonly Token[]): readonly Stored[] => {
    if (list.includes("OR") || list.includes("(")) return org.all(type);
    const conditions = list.filter((token) => typeof token !== "string");
    const keyField = keyFields[type];
    for (const { field, operator, values } of conditions) {
      if (operator !== "=" && operator !== "IN") continue;
      const wanted = [...new Set(values)].filter((value) => typeof value === "string");
      if (field === "Id") return wanted.flatMap((id) => org.get(id) ?? []).filter((record) => record.type === type);
      if (field === keyField && wanted.length > 0) return wanted.flatMap((key) => org.byKey(type, key) ?? []);
    }
    const stamp = conditions.find((one) => one.field === "SystemModstamp" && one.operator.startsWith(">"));
    return stamp === undefined ? org.all(type) : org.since(type, Date.parse(textOf(stamp.values[0])));
  };

  const shown = (record: Stored, paths: readonly string[], version: string): Row => {
    const attributes = { type: record.type, url: `/services/data/v${version}/sobjects/${record.type}/${record.id}` };
    const row: Row = { attributes };
    for (const path of paths) {
      const [first = "", ...rest] = path.split(".");
      if (rest.length === 0) {
        row[first] = read(record, path);
        continue;
      }
      const lookup = relationIn(record.type, first)?.[0] ?? "";
      const target = org.get(textOf(record.row[lookup]));
      const nested = (row[first] ?? {}) as Row;
      row[first] =
        target === undefined
          ? null
          : { attributes: { type: target.type }, ...nested, [rest.join(".")]: read(record, path) };
    }
    return row;
  };

  const parsed = (soql: string): Query => {
    try {
      return parseQuery(soql);
    } catch {
      throw new OrgFailure(400, "MALFORMED_QUERY", "unexpected token in the query");
    }
  };

  /** All rows that a query finds, among what was deleted as well where that is asked for. */
  return (soql: string, version: string, binned = false): readonly Row[] => {
    const query = parsed(soql);
    const type = query.sObject ?? "";
    if (schema[type] === undefined || hides(type))
      throw new OrgFailure(400, "INVALID_TYPE", `sObject type '${type}' is not supported.`);
    const below: { readonly name: string; readonly paths: readonly string[] }[] = [];
    const paths = (query.fields ?? []).flatMap((field) => {
      if (field.type === "FieldSubquery") {
        const { relationshipName: name, fields = [] } = field.subquery;
        if (children[name] === undefined)
          throw new OrgFailure(400, "INVALID_FIELD", `Didn't understand relationship '${name}' in FROM part`);
        below.push({
          name,
          paths: fields.map((one) => ("rawValue" in one ? (one.rawValue ?? "") : "field" in one ? one.field : "")),
        });
        return [];
      }
      if (field.type === "Field") return field.field;
      if (field.type === "FieldRelationship") return [...field.relationships, field.field].join(".");
      throw new OrgFailure(400, "MALFORMED_QUERY", "the sandbox selects fields only");
    });
    const list = tokens(query.where);
    const named = list.flatMap((token) => (typeof token === "string" ? [] : [token.field]));
    for (const path of [...paths, ...named]) check(type, path);
    const test = testOf(list);
    const order = [query.orderBy ?? []].flat();
    const found = [...candidates(type, list), ...(binned ? org.binned(type) : [])];
    const matching = found.filter(test);
    const under = (record: Stored): Row =>
      Object.fromEntries(
        below.map(({ name, paths: wanted }) => {
          const { type: child = "", by = "" } = children[name] ?? {};
          const own = org.all(child).filter(({ row }) => row[by] === record.id);
          const records = own.map((one) => shown(one, wanted, version));
          return [name, records.length === 0 ? null : { totalSize: records.length, done: true, records }];
        }),
      );
    const sorted = matching.toSorted((a, b) => {
      for (const by of order) {
        if (!("field" in by)) continue;
        const value = compare(read(a, by.field), read(b, by.field));
        if (value !== 0) return by.order === "DESC" ? -value : value;
      }
      return 0;
    });
    return sorted.slice(0, query.limit).map((record) => ({ ...shown(record, paths, version), ...under(record) }));
  };
};
