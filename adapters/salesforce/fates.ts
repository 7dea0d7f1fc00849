import { z } from "zod";
import type { OrgError } from "./faults.ts";
import { olderMark } from "./fields.ts";
import { type Composed, isCaseAct, kinds, type Lane } from "./plan.ts";
import { type Kind, type Part, personaOf, type Prepared, tellsConversation, type Written } from "./records.ts";

const result = z.object({
  id: z.string().nullish(),
  success: z.boolean(),
  errors: z
    .array(
      z.looseObject({
        statusCode: z.string(),
        message: z.string().default(""),
        fields: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

const duplicates = z.object({
  matchResults: z.array(
    z.object({ matchRecords: z.array(z.object({ record: z.object({ Id: z.string() }) })).default([]) }),
  ),
});
/** The records that a duplicate rule names. The vendor spells the key in two ways. */
const matchesIn = (error: Readonly<Record<string, unknown>>): readonly string[] => {
  const found = duplicates.safeParse(error["duplicateResult"] ?? error["duplicateResut"]).data?.matchResults ?? [];
  return found.flatMap(({ matchRecords }) => matchRecords.map(({ record }) => record.Id));
};

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
  const errors = (one?.errors ?? []).map((each) => ({
    code: each.statusCode,
    message: each.message,
    fields: each.fields,
    matches: matchesIn(each),
  }));
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

/** What was found by looking up an act that was refused because something is there already. */
export type Found = ReadonlyMap<Prepared, Pick<Prepared, "exists" | "linked">>;

/** Several records of a lane may be raced for, at once or one after the other. */
const mostRaces = 5;

/** What a request that was rolled back leaves of a lane. */
export interface Left {
  readonly lane: Lane;
  /** Acts whose records are all there in a newer state: done. */
  readonly older: readonly Prepared[];
  /** The act that the org refused. It fails, and with it all behind it. */
  readonly guilty?: { readonly at: number; readonly error: OrgError };
}

const partOf: Readonly<Record<Kind, Part>> = {
  persona: "persona",
  leave: "case",
  adopt: "case",
  create: "case",
  case: "case",
  conversation: "conversation",
  entry: "entry",
  answer: "entry",
  comment: "entry",
  recomment: "entry",
};

/** Which parts of the org's records an act speaks of. */
const partsOf = (act: Prepared): readonly Part[] => {
  if (act.task.effect.act.do === "open") return ["persona", "case", "conversation"];
  if (act.task.effect.act.do === "state") return tellsConversation(act) ? ["case", "conversation"] : ["case"];
  const persona: readonly Part[] = personaOf(act) === undefined ? [] : ["persona"];
  return isCaseAct(act) ? ["case", "entry"] : [...persona, "entry"];
};

/**
 * Works out who in a lane is to be sent again. A record that is there in a newer state is left alone. A refused record
 * that carries several acts is sent again without the last of them, so that only the guilty one fails; what was looked up
 * and found is sent again, and so is, some times, a key that somebody else inserted at the same moment: by then it is an update.
 */
export const afterMiss = (
  lane: Lane,
  records: readonly Written[],
  fates: ReadonlyMap<Written, Fate>,
  found: Found,
): Left => {
  const skips = new Map<Prepared, Set<Part>>();
  let { upTo, races } = lane;
  let guilty: Left["guilty"];
  for (const written of records) {
    const fate = fates.get(written);
    const own = written.acts.filter((act) => lane.acts.includes(act));
    if (fate?.as === "older")
      for (const act of own) skips.set(act, new Set([...(skips.get(act) ?? act.skips ?? []), partOf[written.kind]]));
    if (fate?.as !== "failed") continue;
    const raced = fate.error.code === "DUPLICATE_VALUE" || own.some((act) => found.has(act));
    if (raced && races < mostRaces) {
      races += 1;
      continue;
    }
    const last = Math.max(...own.map((act) => lane.acts.indexOf(act)));
    if (own.length > 1) upTo = Math.min(upTo, last);
    else if (guilty === undefined || last < guilty.at) guilty = { at: last, error: fate.error };
  }
  // A refused act behind the one where the lane is shortened now gets its turn when it is first.
  if (guilty !== undefined && guilty.at >= upTo) guilty = undefined;
  const end = guilty?.at ?? lane.acts.length;
  const older = (act: Prepared): boolean => partsOf(act).every((part) => skips.get(act)?.has(part));
  const kept = (act: Prepared): boolean => !older(act);
  const learned = (act: Prepared): Prepared => {
    const skipped = skips.get(act);
    const seen = found.get(act);
    return skipped === undefined && seen === undefined
      ? act
      : { ...act, ...seen, ...(skipped === undefined ? {} : { skips: skipped }) };
  };
  const before = (at: number): number => lane.acts.slice(0, Math.min(at, end)).filter(kept).length;
  return {
    lane: {
      acts: lane.acts.slice(0, end).filter(kept).map(learned),
      from: before(lane.from),
      upTo: before(upTo),
      races,
    },
    older: lane.acts.slice(lane.from, end).filter(older),
    ...(guilty === undefined ? {} : { guilty }),
  };
};
