import { personaName } from "casethread/adapter";
import { commentOf, commentRecord } from "./comments.ts";
import type { Settings } from "./options.ts";
import { entryKeyOf, entryRecord } from "./entries.ts";
import {
  caseRecord,
  conversationRecord,
  type Kind,
  leaveRecords,
  type Part,
  personaOf,
  personaRecord,
  type Prepared,
  type Written,
} from "./records.ts";
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

const isEntryAct = ({ task }: Prepared): boolean =>
  task.effect.act.do === "entry" || task.effect.act.do === "answerState";

/** Does it say something of the case? That an answer could not be sent, or was after all, is shown there too. */
export const isCaseAct = ({ task }: Prepared): boolean => {
  const { act } = task.effect;
  return act.do === "open" || act.do === "state" || (act.do === "answerState" && /^(?:failed|sent)$/.test(act.state));
};

/** The acts of a lane that go next, of those that this part of the org's records is still to be told. */
const nextOf = (lane: Lane, part: Part): readonly Prepared[] =>
  lane.acts.slice(lane.from, lane.upTo).filter((act) => act.skips?.has(part) !== true);

/** What the org has no field for is left out, and with it a record of nothing else. */
const fitting = (written: Written, { lacks, names }: Settings): readonly Written[] => {
  if (lacks.size === 0) return [written];
  const row = Object.fromEntries(Object.entries(written.row).filter(([field]) => !lacks.has(field)));
  const says = Object.keys(row).some((field) => field !== "attributes" && field !== names.caseKey);
  return says ? [{ ...written, row }] : [];
};

/** The records that the next acts of a lane come to, but for personas, who are met in many: at most one for the case, one for the conversation, and one for each entry. */
const recordsOf = (lane: Lane, settings: Settings): readonly Written[] => {
  const { names, making, comments } = settings;
  const onCase = nextOf(lane, "case").filter(isCaseAct);
  const entered = nextOf(lane, "entry").filter(isEntryAct);
  const cases = [
    ...leaveRecords(onCase, names),
    ...(onCase.length === 0 ? [] : fitting(caseRecord(onCase, names, making), settings)),
  ];
  if (comments) {
    const said = Map.groupBy(entered, ({ task }) => commentOf(task));
    return [...cases, ...[...said.values()].flatMap((acts) => commentRecord(acts, names))];
  }
  const talk = conversationRecord(nextOf(lane, "conversation"), names);
  const byEntry = Map.groupBy(entered, (act) => entryKeyOf(act.task) ?? "");
  return [
    ...cases,
    ...(talk === undefined ? [] : [talk]),
    ...[...byEntry].map(([key, acts]) => entryRecord(key, acts, names)),
  ];
};

const onPersonas = (lane: Lane): readonly Prepared[] =>
  nextOf(lane, "persona").filter((act) => personaOf(act) !== undefined);

/** The personas that lanes tell of: one record each, however many lanes have them. */
const personasOf = (lanes: readonly Lane[], { names, comments }: Settings): readonly Written[] => {
  if (comments) return [];
  const told = lanes.flatMap(onPersonas).flatMap((act) => {
    const ref = personaOf(act);
    return ref === undefined ? [] : [{ act, ref }];
  });
  return [...Map.groupBy(told, ({ ref }) => personaName(ref)).values()].flatMap((own) =>
    own.slice(0, 1).map(({ ref }) =>
      personaRecord(
        ref,
        own.map(({ act }) => act),
        names,
      ),
    ),
  );
};

// What refers to a record comes after it.
export const kinds: readonly Kind[] = [
  "persona",
  "leave",
  "adopt",
  "create",
  "case",
  "conversation",
  "entry",
  "answer",
  "comment",
  "recomment",
];
/** Collections and queries in one composite request: resources_composite_composite_post.htm */
const mostParts = 5;

/** A composite request, and which record stands where in it. */
export interface Composed {
  readonly body: object;
  readonly records: Readonly<Record<Kind, readonly Written[]>>;
  /** The same records, by lane. */
  readonly byLane: ReadonlyMap<Lane, readonly Written[]>;
}

/** Of each kind of record, how many: what one request may hold, or does. */
export type Counts = Readonly<Partial<Record<Kind, number>>>;

/**
 * Puts lanes into as few requests as their records fit in: no more of a kind than it may hold now, and no more kinds than
 * a request may have parts. Of a lane that is too long for any, the first acts.
 */
export const pack = (
  lanes: readonly Lane[],
  most: (kind: Kind) => number,
  settings: Settings,
): readonly (readonly Lane[])[] => {
  const bins: { readonly lanes: Lane[]; counts: Counts }[] = [];
  const countsOf = (lane: Lane): Counts => ({
    ...(onPersonas(lane).length === 0 ? {} : { persona: 1 }),
    ...Object.fromEntries(
      [...Map.groupBy(recordsOf(lane, settings), ({ kind }) => kind)].map(([kind, own]) => [kind, own.length]),
    ),
  });
  const sum = (a: Counts, b: Counts): Counts =>
    Object.fromEntries(
      kinds.flatMap((kind) => {
        const both = (a[kind] ?? 0) + (b[kind] ?? 0);
        return both === 0 ? [] : [[kind, both]];
      }),
    );
  const fits = (counts: Counts): boolean =>
    Object.keys(counts).length <= mostParts && kinds.every((kind) => (counts[kind] ?? 0) <= Math.max(1, most(kind)));
  const shortened = (lane: Lane): { readonly lane: Lane; readonly counts: Counts } => {
    const counts = countsOf(lane);
    const acts = lane.upTo - lane.from;
    return fits(counts) || acts === 1
      ? { lane, counts }
      : shortened({ ...lane, upTo: lane.from + Math.ceil(acts / 2) });
  };
  for (const whole of lanes) {
    const { lane, counts } = shortened(whole);
    const bin = bins.find((one) => fits(sum(one.counts, counts)));
    if (bin === undefined) {
      bins.push({ lanes: [lane], counts });
      continue;
    }
    bin.lanes.push(lane);
    bin.counts = sum(bin.counts, counts);
  }
  return bins.map((bin) => bin.lanes);
};

/**
 * Which lanes may go together, and which only after them: a case that is merged into one made by the same request would
 * refer to what is not there yet.
 */
export const ordered = (
  lanes: readonly Lane[],
): { readonly first: readonly Lane[]; readonly after: readonly Lane[] } => {
  const opened = new Set<string>();
  for (const lane of lanes)
    for (const { task } of lane.acts.slice(lane.from, lane.upTo))
      if (task.effect.act.do === "open") opened.add(task.effect.conversation);
  const refers = ({ task: { effect } }: Prepared): boolean =>
    effect.act.do === "state" &&
    typeof effect.act.fields.mergedInto === "string" &&
    effect.act.fields.mergedInto !== effect.conversation &&
    opened.has(effect.act.fields.mergedInto);
  const first: Lane[] = [];
  const after: Lane[] = [];
  for (const lane of lanes) {
    const at = lane.acts.findIndex((act, place) => place >= lane.from && place < lane.upTo && refers(act));
    if (at === lane.from) after.push(lane);
    else first.push(at < 0 ? lane : { ...lane, upTo: at });
  }
  return { first, after };
};

/**
 * One request for many conversations: personas, cases taken over, cases, conversations, entries, answers, and the numbers
 * of the cases that were opened. All or nothing, so that nothing stands behind an act that failed; who failed is left out
 * and the rest sent again.
 */
export const compose = (lanes: readonly Lane[], settings: Settings): Composed => {
  const { names, version, assignment } = settings;
  const personas = personasOf(lanes, settings);
  const byLane = new Map(
    lanes.map((lane) => {
      const telling = new Set(onPersonas(lane));
      return [
        lane,
        [...personas.filter((one) => one.acts.some((act) => telling.has(act))), ...recordsOf(lane, settings)],
      ];
    }),
  );
  const all = [...personas, ...[...byLane.values()].flat().filter(({ kind }) => kind !== "persona")];
  const records: Composed["records"] = {
    ...(Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Composed["records"]),
    ...Object.groupBy(all, (one) => one.kind),
  };
  const root = `/services/data/v${version}`;
  const byId = `${root}/composite/sobjects`;
  const paths: Readonly<Record<Kind, string>> = {
    persona: `${byId}/${names.persona}/${names.personaKey}`,
    leave: byId,
    adopt: byId,
    create: byId,
    case: `${byId}/Case/${names.caseKey}`,
    conversation: `${byId}/${names.conversation}/${names.talkKey}`,
    entry: `${byId}/${names.entry}/${names.entryKey}`,
    answer: byId,
    comment: byId,
    recomment: byId,
  };
  const writes = kinds
    .filter((kind) => records[kind].length > 0)
    .map((kind) => ({
      // What is made under the org's assignment rules can only be made: an update with that header takes cases from their agents.
      method: kind === "create" || kind === "comment" ? "POST" : "PATCH",
      url: paths[kind],
      referenceId: kind,
      // Subrequests do not inherit it (requests_composite.htm), and where it is missing it counts as TRUE.
      httpHeaders: { "Sforce-Auto-Assign": kind === "create" ? assignment : "FALSE" },
      body: { allOrNone: true, records: records[kind].map((one) => one.row) },
    }));
  const [first] = inPortions(openedKeys(records));
  const number =
    first === undefined || writes.length === mostParts
      ? []
      : [{ method: "GET", url: root + queryPath(numbersQuery(first, settings)), referenceId: "numbers" }];
  return {
    body: { allOrNone: true, collateSubrequests: false, compositeRequest: [...writes, ...number] },
    records,
    byLane,
  };
};

const openedKeys = ({ adopt, create, case: cases }: Composed["records"]): readonly string[] =>
  [...adopt, ...create, ...cases].flatMap((one) =>
    one.acts.some((act) => act.task.effect.act.do === "open")
      ? one.acts.slice(0, 1).map((act) => externalId(act.task.effect.conversation))
      : [],
  );

/** Asks for ids and numbers of cases by our keys. */
export const numbersQuery = (keys: readonly string[], { names }: Settings): string =>
  `SELECT Id, CaseNumber, ${names.caseKey} FROM Case WHERE ${names.caseKey} IN (${keys.map(quote).join(", ")})`;
