import type { BridgeError, CaseFields, CrmTask, Effect, Instant, Kit } from "casethread/adapter";
import { z } from "zod";
import { standingComments } from "./comments.ts";
import { awayOf, orPresent } from "./duty.ts";
import { fromThrown, refuse } from "./faults.ts";
import { externalId, isRecordId } from "./keys.ts";
import type { Hands } from "./lookup.ts";
import type { Found } from "./fates.ts";
import { suggestionsFor } from "./people.ts";
import { entryKeyOf } from "./entries.ts";
import { type Prepared } from "./records.ts";
import { inPortions, queryPath, quote } from "./soql.ts";

/** What can be written, and what cannot and why, by place in the batch. */
export interface Ready {
  readonly acts: readonly Prepared[];
  readonly refused: ReadonlyMap<number, BridgeError>;
}

const moment = z
  .string()
  .nullish()
  .transform((text) => (text == null ? 0 : Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"))));
const row = z.object({
  Id: z.string(),
  IsClosed: z.boolean(),
  ClosedDate: moment,
  OwnerId: z.string().default(""),
  Owner: z.object({ Name: z.string().nullish() }).nullish(),
  BusinessHoursId: z.string().nullish(),
  LastModifiedById: z.string().nullish(),
  LastModifiedDate: moment,
});
const rows = z.object({ records: z.array(z.record(z.string(), z.unknown())) });

/** A case that is in the org. */
interface Standing {
  readonly id: string;
  readonly key: string;
  readonly closed: boolean;
  readonly closedAt: Instant;
  readonly owner: string;
  readonly ownerName?: string;
  readonly hours?: string;
  /** Who changed it last, and when. */
  readonly by: string;
  readonly at: Instant;
}

/** Asks for cases by a field. */
const casesBy = async (
  field: string,
  values: readonly string[],
  { client, settings, kit }: Hands,
): Promise<readonly Standing[]> => {
  const { names, onDuty } = settings;
  const { caseKey } = names;
  const found: Standing[] = [];
  for (const some of inPortions([...new Set(values)])) {
    const soql =
      `SELECT Id, IsClosed, ClosedDate, OwnerId, Owner.Name, ${onDuty === "hours" ? "BusinessHoursId, " : ""}LastModifiedById,` +
      ` LastModifiedDate, ${caseKey} FROM Case WHERE ${field} IN (${some.map(quote).join(", ")})`;
    const { records } = await client.read({ method: "GET", path: queryPath(soql) }, rows, kit);
    for (const told of records) {
      const { Id: id, ...one } = row.parse(told);
      const key = told[caseKey];
      found.push({
        id,
        key: typeof key === "string" ? key : "",
        closed: one.IsClosed,
        closedAt: one.ClosedDate,
        owner: one.OwnerId,
        by: one.LastModifiedById ?? "",
        at: one.LastModifiedDate,
        ...(one.Owner?.Name == null ? {} : { ownerName: one.Owner.Name }),
        ...(one.BusinessHoursId == null ? {} : { hours: one.BusinessHoursId }),
      });
    }
  }
  return found;
};

/** Ids come with 15 or with 18 characters; the first 15 say which record. */
const short = (id: string): string => id.slice(0, 15);

const isTurned = ({ resolved, assignee, department }: CaseFields): boolean =>
  [resolved, assignee, department].some((one) => one !== undefined);

/**
 * Which cases are there already: those of repeated `open`s, those that are to be taken over, and those that are to be
 * closed, opened again, or given to somebody. Mostly asks nothing.
 */
const standing = async (batch: readonly CrmTask[], hands: Hands) => {
  const { names, onDuty } = hands.settings;
  const opens = batch.flatMap(({ effect, attempt }) => {
    const { act } = effect;
    return act.do === "open" ? [{ adopts: act.adopts?.id, key: externalId(effect.conversation), attempt }] : [];
  });
  const repeated = opens.filter((open) => open.adopts !== undefined || open.attempt > 1).map((open) => open.key);
  const adopted = opens.flatMap((open) => (open.adopts !== undefined && isRecordId(open.adopts) ? [open.adopts] : []));
  const states = batch.flatMap(({ effect: { act, conversation } }) =>
    act.do === "state" ? [{ fields: act.fields, key: externalId(conversation) }] : [],
  );
  const turned = states.filter(({ fields }) => isTurned(fields)).map(({ key }) => key);
  const returning = states.filter(({ fields }) => onDuty !== undefined && fields.returnsTo !== undefined);
  // Nothing in an org without the package keeps a write by key from making anew what was deleted.
  const opening = new Set(opens.map(({ key }) => key));
  const all = hands.settings.comments ? batch.map(({ effect }) => externalId(effect.conversation)) : [];
  const bare = all.filter((key) => !opening.has(key));
  const asked = [...repeated, ...turned, ...returning.map(({ key }) => key), ...bare];
  const known = new Map((await casesBy(names.caseKey, asked, hands)).map((one) => [one.key, one]));
  const owned = await casesBy("Id", adopted, hands);
  const held = returning.flatMap(({ key }) => known.get(key) ?? []);
  const away =
    onDuty === undefined || held.length === 0 ? undefined : await awayOf(held, onDuty, hands).catch(orPresent);
  return {
    cases: known,
    owners: new Map(owned.map(({ id, key }) => [short(id), key] as const)),
    away: (one: Standing): boolean => away?.(one) ?? false,
    me: turned.length === 0 ? "" : await hands.lookup.me(hands.kit),
  };
};
type There = Awaited<ReturnType<typeof standing>>;

/** The org tells moments in whole seconds. */
const secondOf = (at: Instant): Instant => Math.floor(at / 1_000) * 1_000;

/**
 * Has somebody else given this case to another one since it was decided to whom it goes? Of the last change alone it is
 * known by whom and when: who is there as before was not changed by it.
 */
const isReassigned = (there: Standing | undefined, { at }: Effect, { assigneeWas }: CaseFields, me: string): boolean =>
  there !== undefined && there.by !== me && there.at >= secondOf(at) && there.ownerName !== assigneeWas;

/** A case that could not be made, and the records that a duplicate rule named. */
export interface Doubled {
  readonly act: Prepared;
  readonly matches: readonly string[];
}

/**
 * Looks up cases that could not be made because something is there already: by our key, and, where a duplicate rule named
 * a case that is no conversation's, that one.
 */
export const lookUp = async (doubled: readonly Doubled[], hands: Hands): Promise<Found> => {
  const keyOf = ({ task }: Prepared): string => externalId(task.effect.conversation);
  const { caseKey } = hands.settings.names;
  const byKey = await casesBy(
    caseKey,
    doubled.map(({ act }) => keyOf(act)),
    hands,
  );
  const known = new Set(byKey.map(({ key }) => key));
  const missing = doubled.filter(({ act }) => !known.has(keyOf(act)));
  const named = await casesBy("Id", missing.flatMap(({ matches }) => matches).filter(isRecordId), hands);
  const free = new Set(named.filter(({ key }) => key === "").map(({ id }) => short(id)));
  return new Map<Prepared, Pick<Prepared, "exists" | "linked">>([
    ...doubled.filter(({ act }) => known.has(keyOf(act))).map(({ act }) => [act, { exists: true }] as const),
    ...missing.flatMap(({ act, matches }) => {
      const linked = matches.find((id) => free.has(short(id)));
      return linked === undefined ? [] : [[act, { linked }] as const];
    }),
  ]);
};

/** Looks up what acts need before they can be written: queues, people, Status values, whether a case is there. */
export const prepare = async (batch: readonly CrmTask[], hands: Hands): Promise<Ready> => {
  const { lookup, settings, kit } = hands;
  const refused = new Map<number, BridgeError>();
  const closed = new Map<string, boolean>();
  const opened = new Set(batch.flatMap(({ effect }) => (effect.act.do === "open" ? [effect.conversation] : [])));

  /** To whom the case goes, if it goes to anybody. */
  const ownerFor = async ({ effect }: CrmTask, fields: CaseFields, there: There): Promise<string | undefined> => {
    const { assignee, department, returnsTo } = fields;
    const known = there.cases.get(externalId(effect.conversation));
    const called = assignee ?? (department === undefined ? undefined : lookup.queueOf(department));
    if (called !== undefined)
      return effect.act.do === "state" && isReassigned(known, effect, fields, there.me)
        ? undefined
        : lookup.owner(called, kit);
    if (returnsTo === undefined || known === undefined || !there.away(known)) return undefined;
    // A queue that is not there is no reason to keep a customer's words from the case.
    return lookup.owner(returnsTo, kit).catch(() => undefined);
  };

  /** The Status that closes it or opens it again. Closed is closed, by whichever Status a person closed it with. */
  const statusFor = async (
    { effect }: CrmTask,
    { resolved }: CaseFields,
    there: There,
  ): Promise<string | undefined> => {
    const key = externalId(effect.conversation);
    const known = there.cases.get(key);
    if (resolved === undefined || (closed.get(key) ?? known?.closed) === resolved) return undefined;
    // A person has closed it since.
    if (!resolved && !closed.has(key) && known !== undefined && known.by !== there.me && known.closedAt > effect.at)
      return undefined;
    closed.set(key, resolved);
    return lookup.status(resolved, kit);
  };

  const one = async (
    task: CrmTask,
    index: number,
    there: There,
    suggested: Prepared["suggested"],
  ): Promise<Prepared> => {
    const { act, conversation } = task.effect;
    const isThere = there.cases.has(externalId(conversation)) || opened.has(conversation);
    if (settings.comments && !isThere) throw refuse(goneHint, "missing");
    if (act.do === "entry" || act.do === "answerState") {
      if (entryKeyOf(task) === undefined || (act.do === "entry" && task.entry === undefined)) {
        throw refuse("An entry is to be written and none was handed over: its words may have been erased meanwhile.");
      }
      return { index, task, ...(suggested === undefined ? {} : { suggested }) };
    }
    const key = externalId(conversation);
    const before = there.cases.get(key);
    if (act.do === "open" && act.adopts !== undefined) {
      const owner = there.owners.get(short(act.adopts.id));
      if (owner === undefined)
        throw refuse(`The case ${act.adopts.id} that is to be linked is not in the org.`, "missing");
      if (owner !== "" && owner !== key)
        throw refuse(`The case ${act.adopts.id} belongs to another conversation already: merge the two.`, "taken");
      const left = before === undefined || short(before.id) === short(act.adopts.id) ? undefined : before.id;
      return { index, task, ...(left === undefined ? {} : { leaves: left }) };
    }
    const owner = await ownerFor(task, act.fields, there);
    const status = await statusFor(task, act.fields, there);
    return {
      index,
      task,
      ...(owner === undefined ? {} : { owner }),
      ...(status === undefined ? {} : { status }),
      ...(act.do === "open" && before !== undefined ? { exists: true } : {}),
    };
  };

  try {
    const there = await standing(batch, hands);
    // Without the package there is nowhere to suggest anybody.
    const suggest = settings.comments ? () => undefined : await suggestionsFor(batch, hands);
    const comments = settings.comments ? await standingComments(batch, hands) : undefined;
    const acts: Prepared[] = [];
    for (const [index, task] of batch.entries()) {
      try {
        acts.push({
          ...(await one(task, index, there, suggest(task))),
          ...(comments === undefined ? {} : { comments }),
        });
      } catch (thrown) {
        refused.set(index, unsent(thrown, kit));
        acts.push({ index, task });
      }
    }
    return { acts, refused };
  } catch (thrown) {
    const error = unsent(thrown, kit);
    batch.forEach((_task, index) => refused.set(index, error));
    return { acts: batch.map((task, index) => ({ index, task })), refused };
  }
};

const goneHint = "The case was deleted, or merged into another, in the org: open the matter anew, or drop the act.";

/** Looking things up writes nothing: whatever went wrong, the act did not land. */
const unsent = (thrown: unknown, kit: Kit): BridgeError => {
  const error = fromThrown(thrown, kit.now());
  return error.landed === "no"
    ? error
    : refuse("The org could not be asked what this act needs; nothing was written.", error.fault);
};
