import {
  type Answered,
  type CaseSeen,
  type EntryKey,
  type EventKey,
  type FromCrm,
  type Instant,
  keyOf,
  type Ordered,
} from "casethread/adapter";
import { z } from "zod";
import { relationOf, type SalesforceNames } from "./fields.ts";
import { answerKey, conversationOf, digest, name } from "./keys.ts";

/** A record as the org tells it. */
export type OrgRow = Readonly<Record<string, unknown>>;

/** One change as it was read: what it tells, and a digest of its content by which it is told once. */
export interface Told {
  readonly at: Instant;
  readonly content: string;
  readonly event: FromCrm;
  /** The event's key when it is known that something else was told meanwhile: words that come back are words anew. */
  readonly anew: EventKey;
}

const stamp = z.string().transform((text, context): number => {
  // "+0000" without a colon is how the REST API ends its timestamps.
  const at = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  // Beyond these years it is no moment that SOQL could be asked with.
  if (!(at >= 0 && at < Date.UTC(10_000, 0))) context.addIssue({ code: "custom", message: "is no timestamp" });
  return at;
});
const maybe = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);
const brief = (...parts: readonly unknown[]): string => digest(...parts).slice(0, 16);

const caseRow = z.object({
  id: z.string(),
  number: z.string(),
  at: stamp,
  key: maybe,
  status: maybe,
  closed: z.boolean(),
  priority: maybe,
  owner: z.object({ Name: maybe }).nullish(),
});

/** A case as it stands. Throws a ZodError when it is not one. */
export const readCase = (row: OrgRow, names: SalesforceNames): Told => {
  const { id, number, at, key, status, closed, priority, owner } = caseRow.parse({
    id: row["Id"],
    number: row["CaseNumber"],
    at: row["SystemModstamp"],
    key: row[names.caseKey],
    status: row["Status"],
    closed: row["IsClosed"],
    priority: row["Priority"],
    owner: row["Owner"],
  });
  const conversation = conversationOf(key);
  const assignee = owner?.Name;
  const content = brief(status ?? null, closed, assignee ?? null, priority ?? null);
  const event: CaseSeen = {
    as: "case",
    // With the stamp: closed, opened and closed again are three events.
    key: keyOf.event(name, "case", id, at, content),
    at,
    source: "poll",
    case: { crm: name, id, number },
    ...(conversation === undefined ? {} : { conversation }),
    status: status ?? "",
    closed,
    ...(assignee === undefined ? {} : { assignee }),
    ...(priority === undefined ? {} : { priority }),
  };
  return { at, content, event, anew: event.key };
};

const answerRow = z.object({
  id: z.string(),
  at: stamp,
  by: z.string(),
  text: maybe,
  side: maybe.transform((side) => {
    const said = side?.toLowerCase();
    return said === "public" || said === "private" ? said : undefined;
  }),
  turn: z.int().nonnegative().nullish(),
  state: maybe,
  case: maybe,
  parent: z.object({ number: maybe, key: maybe }),
  answers: z.object({ id: maybe, key: maybe }),
});

/** The entry that was chosen to be answered: ours by its key, an agent's by its record. */
const entryOf = ({ id, key }: { readonly id?: string | undefined; readonly key?: string | undefined }) =>
  key === undefined ? (id === undefined ? undefined : answerKey(id)) : (key as EntryKey);

/** An agent's answer; nothing while it has no words or hangs on no case. Throws a ZodError when it is not one. */
export const readAnswer = (row: OrgRow, names: SalesforceNames): Told | undefined => {
  const parent = (row[relationOf(names.entryCase)] ?? {}) as OrgRow;
  const chosen = (row[relationOf(names.answers)] ?? {}) as OrgRow;
  const read = answerRow.parse({
    id: row["Id"],
    at: row["SystemModstamp"],
    by: row["CreatedById"],
    text: row[names.text],
    side: row[names.side],
    turn: row[names.turn],
    state: row[names.state],
    case: row[names.entryCase],
    parent: { number: parent["CaseNumber"], key: parent[names.caseKey] },
    answers: { id: row[names.answers], key: chosen[names.entryKey] },
  });
  const { id, at, text, side, turn } = read;
  if (text === undefined || text.trim() === "" || read.case === undefined) return undefined;
  const conversation = conversationOf(read.parent.key);
  const { number } = read.parent;
  const by = { kind: "agent", id: read.by } as const;
  if (read.state?.toLowerCase() === "withdrawn") {
    const withdrawal = brief("withdrawn");
    const event: Ordered = {
      as: "ordered",
      key: keyOf.event(name, "withdrawal", id, withdrawal),
      at,
      source: "poll",
      ...(conversation === undefined ? {} : { conversation }),
      by,
      what: { order: "withdraw", draft: answerKey(id) },
    };
    return { at, content: withdrawal, event, anew: keyOf.event(name, "withdrawal", id, at) };
  }
  const answers = entryOf(read.answers);
  const content = brief(text, side ?? null, ...(answers === undefined ? [] : [answers]));
  const event: Answered = {
    as: "answered",
    // Without the stamp: what becomes of the answer is written into the same record, and changes no words.
    key: keyOf.event(name, "answer", id, content),
    at,
    source: "poll",
    ...(conversation === undefined ? {} : { conversation }),
    case: { crm: name, id: read.case, ...(number === undefined ? {} : { number }) },
    entry: answerKey(id),
    by,
    ...(side === undefined ? {} : { side }),
    ...(answers === undefined ? {} : { answers }),
    text,
    // The stamp rises with every edit, and a version needs no more than that.
    version: at,
    ...(turn == null ? {} : { turn }),
  };
  return { at, content, event, anew: keyOf.event(name, "answer", id, at, content) };
};
