import type { Json } from "casethread/adapter";
import type { Org, Saved, Saving } from "./org.ts";
import { type Row, textOf } from "./schema.ts";
import { OrgFailure } from "./tables.ts";

/** A request within the REST API, its path without `/services/data/vXX.X`. */
export interface Inner {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly version: string;
  readonly body: unknown;
  readonly headers: ReadonlyMap<string, string>;
}

/** What it comes to. */
export interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** An error body as the REST API writes it. */
export const errorBody = (errorCode: string, message: string): Json => [{ message, errorCode }];

interface Part {
  readonly answer: Answer;
  /** Whether anything in it failed. */
  readonly failed: boolean;
}

interface Hands {
  readonly org: Org;
  readonly saving: (headers: ReadonlyMap<string, string>) => Saving;
  /** Chance has another request insert the same key first. */
  readonly raced: (type: string, keyField: string, row: Row) => string | undefined;
  /** With so many cases in one call a trigger fails. */
  readonly triggerLimit: number;
}

const asRow = (value: unknown): Row => (typeof value === "object" && value !== null ? (value as Row) : {});
const typeOf = (row: Row): string => textOf(asRow(row["attributes"])["type"]);
const shownResult = (saved: Saved): Json =>
  "refused" in saved
    ? { success: false, errors: [{ ...saved.refused }] }
    : { id: saved.id, success: true, errors: [], created: saved.created };

/** Makes sObject Collections: resources_composite_sobjects_collections_upsert.htm and …_update.htm */
export const createCollections = ({ org, saving, raced, triggerLimit }: Hands) => {
  /** `strict`: the composite request around it is all-or-none, which overrides its own flag: resources_composite_allornone.htm */
  return (inner: Inner, strict: boolean): Part => {
    const body = asRow(inner.body);
    const records = body["records"];
    if (!Array.isArray(records)) throw new OrgFailure(400, "JSON_PARSER_ERROR", "records is missing");
    if (records.length > 200)
      throw new OrgFailure(400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records");
    const allOrNone = strict || body["allOrNone"] === true;
    const [type, keyField] = inner.path.split("/").slice(3);
    const rows = records.map(asRow);
    for (const row of rows) org.check(type ?? typeOf(row), row);
    const keys = Map.groupBy(keyField === undefined ? [] : rows, (row) => row[keyField ?? ""]);

    const cases = rows.filter((row) => (type ?? typeOf(row)) === "Case").length;
    const unseen = new Set<string>();
    const one = (row: Row): Saved => {
      const saved = save(row);
      if ("id" in saved && saved.created) unseen.add(saved.id);
      return saved;
    };
    const save = (row: Row): Saved => {
      const how = { ...saving(inner.headers), unseen };
      if (cases > triggerLimit) {
        // Governor limits are those of the transaction: every record of the call is refused.
        const message = "CaseTrigger: System.LimitException: Too many SOQL queries: 101";
        return { refused: { statusCode: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, fields: [] } };
      }
      if (inner.method === "POST") return org.insert(typeOf(row), row, how);
      if (type === undefined || keyField === undefined) return org.update(typeOf(row), textOf(row["id"]), row, how);
      if ((keys.get(row[keyField])?.length ?? 0) > 1) {
        const message = `Duplicate external id specified: ${textOf(row[keyField])}`;
        return { refused: { statusCode: "DUPLICATE_VALUE", message, fields: [keyField] } };
      }
      const racer = raced(type, keyField, row);
      if (racer !== undefined) {
        const message = `duplicate value found: ${keyField} duplicates value on record with id: ${racer}`;
        return { refused: { statusCode: "DUPLICATE_VALUE", message, fields: [] } };
      }
      const saved = org.upsert(type, keyField, row, how);
      if (!("many" in saved)) return saved;
      const ids = saved.many.map(({ id }) => id).join(", ");
      const message = `${keyField}: more than one record found for external id field: [${ids}]`;
      return { refused: { statusCode: "DUPLICATE_EXTERNAL_ID", message, fields: [keyField] } };
    };

    return org.transaction(() => {
      const saved = rows.map(one);
      const failed = saved.some((each) => "refused" in each);
      const keep = !(failed && allOrNone);
      const results = saved.map((each) =>
        keep || "refused" in each
          ? shownResult(each)
          : shownResult({
              refused: {
                statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                message:
                  "Record rolled back because not all records were valid and the request was using AllOrNone header",
                fields: [],
              },
            }),
      );
      return { keep, value: { answer: { status: 200, body: results }, failed } };
    });
  };
};

const halted = errorBody(
  "PROCESSING_HALTED",
  "The transaction was rolled back since another operation in the same transaction failed.",
);

/** Makes the Composite resource: resources_composite_composite_post.htm and requests_composite.htm */
export const createComposite =
  (org: Org, route: (inner: Inner, strict: boolean) => Part) =>
  (inner: Inner): Answer => {
    const body = asRow(inner.body);
    const requests = body["compositeRequest"];
    if (!Array.isArray(requests)) throw new OrgFailure(400, "JSON_PARSER_ERROR", "compositeRequest is missing");
    if (requests.length > 25) throw new OrgFailure(400, "LIMIT_EXCEEDED", "a composite request holds 25 subrequests");
    const parts = requests.map((request) => {
      const { method, url, referenceId, httpHeaders, body: own } = asRow(request);
      const target = new URL(textOf(url), "http://org");
      const found = /^\/services\/data\/v(\d+\.0)(\/.*)$/.exec(target.pathname);
      if (found === null) throw new OrgFailure(400, "INVALID_INPUT", "a subrequest's url begins with /services/data/");
      const headers = new Map(
        Object.entries(asRow(httpHeaders)).map(([name, value]) => [name.toLowerCase(), textOf(value)]),
      );
      for (const name of ["accept", "authorization", "content-type"]) {
        if (headers.has(name)) throw new OrgFailure(400, "INVALID_INPUT", `a subrequest may not set ${name}`);
      }
      const [, version = "", path = ""] = found;
      return {
        reference: textOf(referenceId),
        inner: { method: textOf(method), path, query: target.searchParams, version, body: own, headers },
      };
    });
    const heavy = parts.filter(
      ({ inner: { path } }) => path.startsWith("/query") || path.startsWith("/composite/sobjects"),
    );
    if (heavy.length > 5)
      throw new OrgFailure(400, "LIMIT_EXCEEDED", "a composite request holds 5 queries and collections");

    const strict = body["allOrNone"] === true;
    return org.transaction(() => {
      const answers: { readonly reference: string; readonly answer: Answer; readonly failed: boolean }[] = [];
      for (const { reference, inner: one } of parts) {
        if (strict && answers.some(({ failed }) => failed)) {
          answers.push({ reference, answer: { status: 400, body: halted }, failed: false });
          continue;
        }
        try {
          answers.push({ reference, ...route(one, strict) });
        } catch (thrown) {
          if (!(thrown instanceof OrgFailure)) throw thrown;
          answers.push({
            reference,
            answer: { status: thrown.status, body: errorBody(thrown.errorCode, thrown.message) },
            failed: true,
          });
        }
      }
      const undone = strict && answers.some(({ failed }) => failed);
      const compositeResponse = answers.map(({ reference, answer, failed }) => ({
        body: undone && !failed ? halted : answer.body,
        httpHeaders: {},
        httpStatusCode: undone && !failed ? 400 : answer.status,
        referenceId: reference,
      }));
      return { keep: !undone, value: { status: 200, body: { compositeResponse } } };
    });
  };
