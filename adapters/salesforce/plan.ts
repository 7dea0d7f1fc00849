import type { CrmTask } from "casethread/adapter";
import { z } from "zod";
import type { OrgError } from "./faults.ts";
import { olderMark } from "./fields.ts";
import type { Settings } from "./options.ts";
import { type Kind, type Prepared, type Written, caseRecord, entryKeyOf, entryRecord } from "./records.ts";
import { externalId } from "./keys.ts";
import { inPortions, queryPath, quote } from "./soql.ts";

/** The acts of one conversation, and which of them go next: from `from` up to, and without, `upTo`. */
export interface Lane {
  readonly acts: readonly Prepared[];
  readonly from: number;
  readonly upTo: number;
  /** How often a racing insert of the same key was met. */
  readonly races: number;
}

/** Groups acts by conversation; within one their order stands. */
export const lanesOf = (acts: readonly Prepared[]): readonly Lane[] =>
  [...Map.groupBy(acts, (act) => act.task.effect.conversation).values()].map((own) => ({
    acts: own,
    from: 0,
    upTo: own.length,
    races: 0,
  }));

const isCaseAct = (task: CrmTask): boolean => task.effect.act.do === "open" || task.effect.act.do === "state";

/** The records that the next acts of a lane come to: at most one for the case, and one for each entry. */
const recordsOf = (lane: Lane, settings: Settings): readonly Written[] => {
  const next = lane.acts.slice(lane.from, lane.upTo);
  const onCase = next.filter((act) => isCaseAct(act.task));
  const byEntry = Map.groupBy(
    next.filter((act) => !isCaseAct(act.task)),
    (act) => entryKeyOf(act.task) ?? "",
  );
  return [
    ...(onCase.length === 0 ? [] : [caseRecord(onCase, settings.names, settings.defaults)]),
    ...[...byEntry].map(([key, acts]) => entryRecord(key, acts, settings.names)),
  ];
};

const kinds: readonly Kind[] = ["adopt", "case", "entry", "answer"];

/** A composite request, and which record stands where in it. */
export interface Composed {
  readonly body: object;
  readonly records: Readonly<Record<Kind, readonly Written[]>>;
  /** The same records, by lane. */
  readonly byLane: ReadonlyMap<Lane, readonly Written[]>;
}

/**
 * One request for many conversations: cases taken over, cases, entries, answers, and the numbers of the cases that were
 * opened. All or nothing, so that nothing stands behind an act that failed; who failed is left out and the rest sent
 * again. At most five collections and queries fit into one composite request: resources_composite_composite_post.htm
 */
export const compose = (lanes: readonly Lane[], settings: Settings): Composed => {
  const { names, version } = settings;
  const byLane = new Map(lanes.map((lane) => [lane, recordsOf(lane, settings)]));
  const all = [...byLane.values()].flat();
  const records = { adopt: [], case: [], entry: [], answer: [], ...Object.groupBy(all, (one) => one.kind) };
  const root = `/services/data/v${version}`;
  const paths: Readonly<Record<Kind, string>> = {
    adopt: `${root}/composite/sobjects`,
    case: `${root}/composite/sobjects/Case/${names.caseKey}`,
    entry: `${root}/composite/sobjects/${names.entry}/${names.entryKey}`,
    answer: `${root}/composite/sobjects`,
  };
  const writes = kinds
    .filter((kind) => records[kind].length > 0)
    .map((kind) => ({
      method: "PATCH",
      url: paths[kind],
      referenceId: kind,
      // Subrequests do not inherit it: requests_composite.htm. Assignment rules would take the case from its queue.
      httpHeaders: { "Sforce-Auto-Assign": "FALSE" },
      body: { allOrNone: true, records: records[kind].map((one) => one.row) },
    }));
  const [first] = inPortions(openedKeys(all));
  const number =
    first === undefined
      ? []
      : [{ method: "GET", url: root + queryPath(numbersQuery(first, settings)), referenceId: "numbers" }];
  return {
    body: { allOrNone: true, collateSubrequests: false, compositeRequest: [...writes, ...number] },
    records,
    byLane,
  };
};

const openedKeys = (records: readonly Written[]): readonly string[] =>
  records.flatMap((one) =>
    one.acts.some((act) => act.task.effect.act.do === "open")
      ? one.acts.slice(0, 1).map((act) => externalId(act.task.effect.conversation))
      : [],
  );

/** Asks for ids and numbers of cases by our keys. */
export const numbersQuery = (keys: readonly string[], { names }: Settings): string =>
  `SELECT Id, CaseNumber, ${names.caseKey} FROM Case WHERE ${names.caseKey} IN (${keys.map(quote).join(", ")})`;

const result = z.object({
  id: z.string().nullish(),
  success: z.boolean(),
  errors: z.array(z.object({ statusCode: z.string(), message: z.string().default("") })).default([]),
});

/** What the org answers to a composite request. */
export interface CompositeAnswer {
  readonly compositeResponse: readonly {
    readonly referenceId: string;
    readonly httpStatusCode: number;
    readonly body: unknown;
  }[];
}

/** Reads the answer to a composite request. */
export const compositeAnswer: z.ZodType<CompositeAnswer> = z.object({
  compositeResponse: z.array(z.object({ referenceId: z.string(), httpStatusCode: z.number(), body: z.unknown() })),
});

/** What became of one record. */
export type Fate =
  | { readonly as: "done"; readonly id: string }
  | { readonly as: "older" }
  /** Rolled back with the others, for no fault of its own. */
  | { readonly as: "bystander" }
  | { readonly as: "failed"; readonly error: OrgError };

// resources_composite_allornone.htm: what the one is called within a collection, and the other between subrequests.
const rolledBack = new Set(["ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED"]);

const fateOf = (one: z.infer<typeof result> | undefined): Fate => {
  if (one?.success === true && typeof one.id === "string") return { as: "done", id: one.id };
  const errors = (one?.errors ?? []).map(({ statusCode, message }) => ({ code: statusCode, message }));
  if (errors.some((error) => error.message.includes(olderMark))) return { as: "older" };
  const error = errors.find((each) => !rolledBack.has(each.code));
  return error === undefined ? { as: "bystander" } : { as: "failed", error };
};

/** The fate of each record, from the answer to the request that carried them. */
export const fatesOf = (composed: Composed, answer: CompositeAnswer): ReadonlyMap<Written, Fate> => {
  const fates = new Map<Written, Fate>();
  for (const kind of kinds) {
    const part = answer.compositeResponse.find((one) => one.referenceId === kind);
    const results = z.array(result).safeParse(part?.body);
    composed.records[kind].forEach((written, at) =>
      fates.set(written, results.success ? fateOf(results.data[at]) : { as: "bystander" }),
    );
  }
  return fates;
};

/** What a request that was rolled back leaves of a lane. */
export interface Left {
  readonly lane: Lane;
  /** Acts whose record is there in a newer state: done. */
  readonly older: readonly Prepared[];
  /** The act that the org refused. It fails, and with it all behind it. */
  readonly guilty?: { readonly at: number; readonly error: OrgError };
}

/**
 * Works out who in a lane is to be sent again. A refused record that carries several acts is sent again without the last
 * of them, so that only the guilty one fails; a key that somebody else inserted at the same moment is sent again as it
 * is, twice: by then it is an update.
 */
export const afterMiss = (lane: Lane, records: readonly Written[], fates: ReadonlyMap<Written, Fate>): Left => {
  const older = new Set<Prepared>();
  let { upTo, races } = lane;
  let guilty: Left["guilty"];
  for (const written of records) {
    const fate = fates.get(written);
    if (fate?.as === "older") written.acts.forEach((act) => older.add(act));
    if (fate?.as !== "failed") continue;
    if (fate.error.code === "DUPLICATE_VALUE" && races < 2) {
      races += 1;
      continue;
    }
    const last = Math.max(...written.acts.map((act) => lane.acts.indexOf(act)));
    if (written.acts.length > 1) upTo = Math.min(upTo, last);
    else if (guilty === undefined || last < guilty.at) guilty = { at: last, error: fate.error };
  }
  // A refused act behind the one where the lane is shortened now gets its turn when it is first.
  if (guilty !== undefined && guilty.at >= upTo) guilty = undefined;
  const end = guilty?.at ?? lane.acts.length;
  const kept = (act: Prepared): boolean => !older.has(act);
  const acts = lane.acts.slice(0, end).filter(kept);
  const before = (at: number): number => lane.acts.slice(0, Math.min(at, end)).filter(kept).length;
  return {
    lane: { acts, from: before(lane.from), upTo: before(upTo), races },
    older: [...older].filter((act) => lane.acts.indexOf(act) < end),
    ...(guilty === undefined ? {} : { guilty }),
  };
};
