import type { BridgeError, CrmTask, Kit } from "casethread/adapter";
import { z } from "zod";
import type { Client } from "./client.ts";
import { fromThrown, refuse } from "./faults.ts";
import { externalId, isRecordId } from "./keys.ts";
import type { Lookup } from "./lookup.ts";
import type { Found } from "./fates.ts";
import type { Settings } from "./options.ts";
import { entryKeyOf, type Prepared } from "./records.ts";
import { inPortions, queryPath, quote } from "./soql.ts";

interface Hands {
  readonly client: Client;
  readonly lookup: Lookup;
  readonly settings: Settings;
  readonly kit: Kit;
}

/** What can be written, and what cannot and why, by place in the batch. */
export interface Ready {
  readonly acts: readonly Prepared[];
  readonly refused: ReadonlyMap<number, BridgeError>;
}

const rows = z.object({ records: z.array(z.looseObject({ Id: z.string(), IsClosed: z.boolean() })) });

/** A case that is in the org. */
interface Standing {
  readonly id: string;
  readonly key: string;
  readonly closed: boolean;
}

/** Asks for cases by a field. */
const casesBy = async (
  field: string,
  values: readonly string[],
  { client, settings, kit }: Hands,
): Promise<readonly Standing[]> => {
  const { caseKey } = settings.names;
  const found: Standing[] = [];
  for (const some of inPortions([...new Set(values)])) {
    const soql = `SELECT Id, IsClosed, ${caseKey} FROM Case WHERE ${field} IN (${some.map(quote).join(", ")})`;
    const { records } = await client.read({ method: "GET", path: queryPath(soql) }, rows, kit);
    for (const { Id: id, IsClosed: closed, [caseKey]: key } of records)
      found.push({ id, key: typeof key === "string" ? key : "", closed });
  }
  return found;
};

/** Ids come with 15 or with 18 characters; the first 15 say which record. */
const short = (id: string): string => id.slice(0, 15);

/**
 * Which cases are there already: those of repeated `open`s, those that are to be taken over, and those that are to be
 * closed or opened again. Mostly asks nothing.
 */
const standing = async (batch: readonly CrmTask[], hands: Hands) => {
  const opens = batch.flatMap(({ effect, attempt }) => {
    const { act } = effect;
    return act.do === "open" ? [{ adopts: act.adopts?.id, key: externalId(effect.conversation), attempt }] : [];
  });
  const repeated = opens.filter((open) => open.adopts === undefined && open.attempt > 1).map((open) => open.key);
  const adopted = opens.flatMap((open) => (open.adopts !== undefined && isRecordId(open.adopts) ? [open.adopts] : []));
  const turned = batch.flatMap(({ effect: { act, conversation } }) =>
    act.do === "state" && act.fields.resolved !== undefined ? [externalId(conversation)] : [],
  );
  const known = await casesBy(hands.settings.names.caseKey, [...repeated, ...turned], hands);
  const owned = await casesBy("Id", adopted, hands);
  return {
    keys: new Set(known.map(({ key }) => key)),
    owners: new Map(owned.map(({ id, key }) => [short(id), key] as const)),
    closed: new Map(known.map(({ key, closed }) => [key, closed])),
  };
};

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

// As people write it in a sentence: what follows it there is no part of it.
const mail = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g;
const contacts = z.object({ records: z.array(z.object({ Id: z.string(), Email: z.string() })) });

/** E-mail addresses that a customer told us in private. */
const mailsIn = ({ effect, entry }: CrmTask): readonly string[] =>
  effect.act.do === "entry" && entry?.side === "private" && entry.by.kind === "customer"
    ? [...(entry.text ?? "").matchAll(mail)].map(([found]) => found.toLowerCase()).slice(0, 5)
    : [];

/** The contacts that have these addresses; an address that several have leads to nobody. Who cannot be asked for suggests nobody. */
const suggestions = async (batch: readonly CrmTask[], { client, kit }: Hands): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string[]>();
  try {
    for (const some of inPortions([...new Set(batch.flatMap(mailsIn))])) {
      const soql = `SELECT Id, Email FROM Contact WHERE Email IN (${some.map(quote).join(", ")})`;
      const { records } = await client.read({ method: "GET", path: queryPath(soql) }, contacts, kit);
      for (const { Id, Email } of records) {
        const address = Email.toLowerCase();
        found.set(address, [...(found.get(address) ?? []), Id]);
      }
    }
  } catch {
    return new Map();
  }
  return new Map([...found].flatMap(([address, ids]) => (ids.length === 1 ? [[address, ids[0] ?? ""] as const] : [])));
};

/** Looks up what acts need before they can be written: queues, people, Status values, whether a case is there. */
export const prepare = async (batch: readonly CrmTask[], hands: Hands): Promise<Ready> => {
  const { lookup, kit } = hands;
  const refused = new Map<number, BridgeError>();
  let people: ReadonlyMap<string, string> = new Map();

  const one = async (task: CrmTask, index: number, there: Awaited<ReturnType<typeof standing>>): Promise<Prepared> => {
    const { act, conversation } = task.effect;
    if (act.do === "entry" || act.do === "answerState") {
      if (entryKeyOf(task) === undefined || (act.do === "entry" && task.entry === undefined)) {
        throw refuse("An entry is to be written and none was handed over: its words may have been erased meanwhile.");
      }
      const contact = mailsIn(task).flatMap((address) => people.get(address) ?? [])[0];
      const basis = "wrote this contact's e-mail address in private";
      return { index, task, ...(contact === undefined ? {} : { suggested: { contact, basis } }) };
    }
    const key = externalId(conversation);
    if (act.do === "open" && act.adopts !== undefined) {
      const owner = there.owners.get(short(act.adopts.id));
      if (owner === undefined)
        throw refuse(`The case ${act.adopts.id} that is to be linked is not in the org.`, "missing");
      if (owner !== "" && owner !== key)
        throw refuse(`The case ${act.adopts.id} belongs to another conversation already: merge the two.`, "taken");
    }
    const { assignee, department, resolved } = act.fields;
    const called = assignee ?? (department === undefined ? undefined : lookup.queueOf(department));
    const owner = called === undefined ? undefined : await lookup.owner(called, kit);
    // Closed is closed, by whichever Status a person closed it with.
    const turns = resolved !== undefined && there.closed.get(key) !== resolved;
    const status = turns ? await lookup.status(resolved, kit) : undefined;
    if (turns) there.closed.set(key, resolved);
    return {
      index,
      task,
      ...(owner === undefined ? {} : { owner }),
      ...(status === undefined ? {} : { status }),
      ...(act.do === "open" && there.keys.has(key) ? { exists: true } : {}),
    };
  };

  try {
    const there = await standing(batch, hands);
    people = await suggestions(batch, hands);
    const acts: Prepared[] = [];
    for (const [index, task] of batch.entries()) {
      try {
        acts.push(await one(task, index, there));
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

/** Looking things up writes nothing: whatever went wrong, the act did not land. */
const unsent = (thrown: unknown, kit: Kit): BridgeError => {
  const error = fromThrown(thrown, kit.now());
  return error.landed === "no"
    ? error
    : refuse("The org could not be asked what this act needs; nothing was written.", error.fault);
};
