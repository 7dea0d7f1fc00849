import type { Org } from "./org.ts";
import { type Row, schema } from "./schema.ts";
import { OrgFailure } from "./tables.ts";

const digits = (value: unknown): string => (typeof value === "string" ? value.replaceAll(/\D/g, "") : "");

/** Makes the part of an org that answers SOSL: of it, the search for phone numbers, whatever stands between their digits. */
export const createSearch =
  (org: Org) =>
  (sosl: string): readonly Row[] => {
    const read = /^FIND \{([\d OR]+)\} IN PHONE FIELDS RETURNING (\w+)\(([\w, ]+?)(?: LIMIT (\d+))?\)$/.exec(sosl);
    const [, words = "", type = "", fields = "", most = "2000"] = read ?? [];
    if (read === null || schema[type] === undefined)
      throw new OrgFailure(400, "MALFORMED_SEARCH", "the sandbox searches for phone numbers only");
    // sforce_api_calls_sosl_syntax.htm: what is longer finds nobody.
    if (words.length > 10_000) return [];
    const wanted = words.split(" OR ");
    const names = fields.split(", ");
    return org
      .all(type)
      .filter(({ row }) => names.some((name) => /Phone/.test(name) && wanted.includes(digits(row[name]))))
      .slice(0, Number(most))
      .map(({ row }) => ({
        attributes: { type },
        ...Object.fromEntries(names.map((name) => [name, row[name] ?? null])),
      }));
  };
