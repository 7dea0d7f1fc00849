import type { Json } from "casethread/adapter";
import { CutConnection, type Faults } from "casethread/sandbox";
import { createCometd } from "./cometd.ts";
import { type Answer, createCollections, createComposite, errorBody, type Inner } from "./composite.ts";
import { createDeployments } from "./metadata.ts";
import { describe, describeAll, type Planted } from "./describe.ts";
import type { Org, Saving } from "./org.ts";
import { createQueries } from "./query.ts";
import { type Row, schema, textOf } from "./schema.ts";
import { createSearch } from "./search.ts";
import type { SignIns } from "./signins.ts";
import { OrgFailure } from "./tables.ts";

/** What can be made to go wrong. */
export type SalesforceFault =
  /** The session is over before this request: 401 INVALID_SESSION_ID. */
  | "expired-session"
  /** A record cannot be locked. */
  | "lock-row"
  /** The server is away: 503, nothing done. */
  | "503"
  /** The request is done and the connection cut before the answer. */
  | "timeout-after-commit"
  /** The org's calls of the day are used up: 403. */
  | "request-limit"
  /** What an agent does becomes visible later, with the stamp of when it was done. */
  | "late-commit"
  /** An assignment rule takes new cases, unless the caller forbids it. */
  | "takes-cases"
  /** A change is not streamed, although everybody is connected. */
  | "silent-stream"
  /** A change is streamed as a gap event, which names the record only. */
  | "gap-event"
  /** A change is streamed as one of too many in a transaction: the event names no record. */
  | "overflow-event"
  /** Somebody else inserts the same key at the same moment. */
  | "racing-insert"
  /** The request is not answered until the sandbox is mended. */
  | "stall";

/** A request that reached the org. */
export interface SeenRequest {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** How many records it asked to write. */
  readonly writes: number;
  /** Of which object how many. */
  readonly records: Readonly<Record<string, number>>;
}

interface Ground {
  readonly org: Org;
  readonly faults: Faults<SalesforceFault>;
  readonly now: () => number;
  readonly user: string;
  readonly signIns: SignIns;
  readonly triggerLimit: number;
  readonly planted: readonly Planted[];
  readonly dailyLimit: number;
  readonly pageSize: number;
  /** Has the org not got this object, or this field of it? */
  readonly lacks: (type: string, field?: string) => boolean;
  /** Words that make a body unreadable. */
  readonly poison: ReadonlySet<string>;
}

const json = (status: number, body: Json, headers: Readonly<Record<string, string>> = {}): Response =>
  Response.json(body, { status, headers });

/** The records that a body asks to write, by their object. */
const recordsIn = (body: unknown): Readonly<Record<string, number>> => {
  const { compositeRequest, records } = (body ?? {}) as { compositeRequest?: unknown; records?: unknown };
  const counts: Record<string, number> = {};
  const count = (type: string, more: number): void => void (counts[type] = (counts[type] ?? 0) + more);
  if (Array.isArray(records))
    for (const one of records as readonly Row[]) count(textOf(((one["attributes"] ?? {}) as Row)["type"]), 1);
  if (Array.isArray(compositeRequest))
    for (const one of compositeRequest as readonly Row[])
      for (const [type, some] of Object.entries(recordsIn(one["body"]))) count(type, some);
  return counts;
};
const countWrites = (body: unknown): number => Object.values(recordsIn(body)).reduce((sum, some) => sum + some, 0);

/** The org's HTTP side. */
export interface Rest {
  signIns(): number;
  /** What was deployed, each as `type name`. */
  deployed(): readonly string[];
  /** Streams what has committed. */
  flush(): void;
  /** Changes that were streamed are kept no longer. */
  forgetChanges(): void;
  readonly requests: readonly SeenRequest[];
  /** Ends all sessions. */
  expire(): void;
  /** Answers what was stalled. */
  release(): void;
  handle(request: Request): Promise<Response>;
}

/** Makes the org's HTTP side: signing in, and the parts of the REST API that are used. */
export const createRest = (ground: Ground): Rest => {
  const { org, faults, now, signIns } = ground;
  let client = "";
  const cometd = createCometd({
    org,
    holds: (token) => signIns.holds(token),
    user: ground.user,
    client: () => client,
    swallows: () => faults.strikes("silent-stream"),
    gap: () => faults.strikes("gap-event"),
    overflow: () => faults.strikes("overflow-event"),
  });
  const deployments = createDeployments((token) => signIns.holds(token));
  const requests: SeenRequest[] = [];
  const locators = new Map<string, readonly Row[]>();
  const find = createSearch(org);
  const hides = (type: string, name?: string): boolean =>
    ground.lacks(type, name) ||
    ground.planted.some(({ on, hidden }) => on === type && hidden !== undefined && hidden === name);
  const select = createQueries(org, hides);
  let used = 0;
  let serial = 0;

  const saving = (headers: ReadonlyMap<string, string>): Saving => ({
    by: ground.user,
    autoAssign: headers.get("sforce-auto-assign")?.toUpperCase() !== "FALSE",
  });
  const raced = (type: string, keyField: string, row: Row): string | undefined => {
    if (org.byKey(type, textOf(row[keyField])) !== undefined || !faults.strikes("racing-insert")) return undefined;
    const bare = { [keyField]: row[keyField] ?? null, ...(type === "Case" ? { Subject: "Somebody else's" } : {}) };
    const saved = org.insert(type, bare, { by: ground.user, autoAssign: false });
    return "id" in saved ? saved.id : undefined;
  };
  const collections = createCollections({ org, saving, raced, triggerLimit: ground.triggerLimit });

  const paged = (rows: readonly Row[], version: string): Json => {
    const page = rows.slice(0, ground.pageSize);
    if (rows.length <= ground.pageSize) return { totalSize: rows.length, done: true, records: page };
    serial += 1;
    const locator = `01g${serial}-${ground.pageSize}`;
    locators.set(locator, rows.slice(ground.pageSize));
    return {
      totalSize: rows.length,
      done: false,
      nextRecordsUrl: `/services/data/v${version}/query/${locator}`,
      records: page,
    };
  };

  const simple = (inner: Inner): Answer => {
    // The Tooling API asks in the same way, for what the org is made of.
    const path = inner.path.replace(/^\/tooling(?=\/query)/, "");
    const [, first = "", second = "", third = "", fourth = ""] = path.split("/").map(decodeURIComponent);
    if (inner.method === "GET" && path === "/") {
      const identity = `https://login.sandbox.invalid/id/00D5e000000SandEAA/${ground.user}`;
      return { status: 200, body: { identity, sobjects: `/services/data/v${inner.version}/sobjects` } };
    }
    if (inner.method === "GET" && first === "search")
      return { status: 200, body: { searchRecords: [...find(inner.query.get("q") ?? "")] } };
    if (inner.method === "GET" && first === "limits") {
      const DailyApiRequests = { Max: ground.dailyLimit, Remaining: Math.max(0, ground.dailyLimit - used) };
      return { status: 200, body: { DailyApiRequests, DataStorageMB: { Max: 1_024, Remaining: 900 } } };
    }
    if (inner.method === "GET" && first === "sobjects" && second === "")
      return { status: 200, body: describeAll(hides) };
    if (inner.method === "GET" && (first === "query" || first === "queryAll")) {
      if (second === "")
        return {
          status: 200,
          body: paged(select(inner.query.get("q") ?? "", inner.version, first === "queryAll"), inner.version),
        };
      const rest = locators.get(second);
      if (rest === undefined) throw new OrgFailure(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
      return { status: 200, body: paged(rest, inner.version) };
    }
    if (first !== "sobjects" || schema[second] === undefined || hides(second))
      throw new OrgFailure(404, "NOT_FOUND", "The requested resource does not exist");
    if (inner.method === "GET" && third === "describe")
      return { status: 200, body: describe(second, ground.planted, hides) };
    const row = (inner.body ?? {}) as Row;
    if (inner.method === "GET") {
      const found = fourth === "" ? org.get(third) : org.byKey(second, fourth);
      if (found?.type !== second)
        throw new OrgFailure(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible");
      return { status: 200, body: { attributes: { type: second }, ...found.row } };
    }
    // resources_sobject_upsert.htm: 201 when created, 200 when updated.
    const saved =
      inner.method === "POST"
        ? org.insert(second, row, saving(inner.headers))
        : fourth === ""
          ? org.update(second, third, row, saving(inner.headers))
          : org.upsert(second, third, { ...row, [third]: fourth }, saving(inner.headers));
    if ("many" in saved) {
      // resources_sobject_upsert.htm: which one is meant, the caller has to say.
      const urls = saved.many.map(({ id }) => `/services/data/v${inner.version}/sobjects/${second}/${id}`);
      return { status: 300, body: urls };
    }
    if ("refused" in saved) throw new OrgFailure(400, saved.refused.statusCode, saved.refused.message);
    return {
      status: saved.created ? 201 : 200,
      body: { id: saved.id, success: true, errors: [], created: saved.created },
    };
  };

  const route = (inner: Inner, strict: boolean) => {
    if (inner.method !== "GET" && inner.path.startsWith("/composite/sobjects")) return collections(inner, strict);
    return { answer: simple(inner), failed: false };
  };
  const composite = createComposite(org, route);

  const stalled = new Set<() => void>();
  const serveData = (inner: Inner, token: string, text: string): Answer => {
    if (faults.strikes("503"))
      throw new OrgFailure(503, "SERVER_UNAVAILABLE", "the service is temporarily unavailable");
    if (faults.strikes("expired-session")) signIns.end(token);
    if (!signIns.holds(token)) throw new OrgFailure(401, "INVALID_SESSION_ID", "Session expired or invalid");
    used += 1;
    // The limit is a rolling 24 hours; the sandbox's day has no end. salesforce_app_limits_platform_api.htm
    if (used > ground.dailyLimit || faults.strikes("request-limit")) {
      throw new OrgFailure(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    }
    for (const words of ground.poison) {
      if (text.includes(JSON.stringify(words).slice(1, -1)))
        throw new OrgFailure(400, "JSON_PARSER_ERROR", "Unexpected character in the body");
    }
    const answer =
      inner.method === "POST" && inner.path === "/composite" ? composite(inner) : route(inner, false).answer;
    if (inner.method !== "GET" && countWrites(inner.body) > 0 && faults.strikes("timeout-after-commit"))
      throw new CutConnection();
    return answer;
  };

  return {
    requests,
    signIns: () => signIns.count(),
    deployed: () => [...deployments.components],
    flush: () => cometd.flush(),
    forgetChanges: () => cometd.forget(),
    expire: () => signIns.endAll(),
    release: () => {
      stalled.forEach((go) => go());
      cometd.release();
    },
    handle: async (request) => {
      const url = new URL(request.url);
      if (url.pathname === "/services/oauth2/token") return signIns.handle(request);
      const found = /^\/services\/data\/v(\d+\.0)(\/.*|)$/.exec(url.pathname);
      if (url.pathname.startsWith("/cometd/"))
        return cometd.handle(request, (request.headers.get("authorization") ?? "").replace(/^OAuth /, ""));
      if (url.pathname.startsWith("/services/Soap/m/")) return deployments.handle(request);
      if (found === null) return json(404, errorBody("NOT_FOUND", "The requested resource does not exist"));
      const text = await request.text();
      const [, version = "", rest = ""] = found;
      const path = rest === "" ? "/" : rest;
      const token = (request.headers.get("authorization") ?? "").replace(/^Bearer /, "");
      const at = now();
      if (faults.strikes("stall")) await new Promise<void>((resolve) => void stalled.add(resolve));
      let status = 0;
      let records: Readonly<Record<string, number>> = {};
      try {
        const body: unknown = text === "" ? undefined : JSON.parse(text);
        records = recordsIn(body);
        const inner: Inner = {
          method: request.method,
          path,
          query: url.searchParams,
          version,
          body,
          headers: new Map(request.headers),
        };
        // Whoever calls may say what it is called: it is told with each change that it makes.
        client = /client=([^;,\s]+)/.exec(request.headers.get("sforce-call-options") ?? "")?.[1] ?? "";
        const answer = serveData(inner, token, text);
        status = answer.status;
        // headers_api_usage.htm
        return json(answer.status, answer.body, { "Sforce-Limit-Info": `api-usage=${used}/${ground.dailyLimit}` });
      } catch (thrown) {
        if (thrown instanceof SyntaxError) thrown.message = "";
        if (!(thrown instanceof OrgFailure)) throw thrown;
        status = thrown.status;
        return json(thrown.status, errorBody(thrown.errorCode, thrown.message));
      } finally {
        cometd.flush();
        const writes = Object.values(records).reduce((sum, some) => sum + some, 0);
        requests.push({ at, method: request.method, path: url.pathname, status, writes, records });
      }
    },
  };
};
