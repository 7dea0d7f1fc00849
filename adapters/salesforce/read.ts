import {
  type Answered,
  type CaseSeen,
  type EntryKey,
  type FromCrm,
  type Instant,
  keyOf,
  type Ordered,
} from "casethread/adapter";
import { z } from "zod";
import { relationOf, type SalesforceNames } from "./fields.ts";
import { attached, type Links, mediaOf } from "./files.ts";
import { answerKey, conversationOf, digest, name } from "./keys.ts";

/** A record as the org tells it. */
export type OrgRow = Readonly<Record<string, unknown>>;

/** One change as it was read. */
export interface Told {
  readonly at: Instant;
  /** A digest of what it says, by which it is told once. */
  readonly content: string;
  /**
   * What it tells, as this version: stamps have whole seconds, and of two changes within one the later has the higher
   * version all the same. `anew`: something else was told meanwhile, and words that come back are words anew.
   */
  tell(version: number, anew: boolean): FromCrm;
  /** What somebody orders besides. By its key it is one order, however often it is read. */
  readonly order?: Ordered;
}

/** A moment as the org tells it. */
export const stamp: z.ZodType<Instant> = z.string().transform((text, context): number => {
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
  closedAt: maybe,
  priority: maybe,
  owner: z.object({ Name: maybe }).nullish(),
  deleted: z.boolean().default(false),
  by: maybe,
  master: maybe,
  into: z.looseObject({ CaseNumber: maybe }).nullish(),
});

/** A case as it stands. Throws a ZodError when it is not one. */
export const readCase = (row: OrgRow, names: SalesforceNames): Told => {
  const { id, number, at, key, status, closed, closedAt, priority, owner, deleted, by, master, into } = caseRow.parse({
    id: row["Id"],
    number: row["CaseNumber"],
    at: row["SystemModstamp"],
    key: row[names.caseKey],
    status: row["Status"],
    closed: row["IsClosed"],
    closedAt: row["ClosedDate"],
    priority: row["Priority"],
    owner: row["Owner"],
    deleted: row["IsDeleted"],
    by: row["LastModifiedById"],
    master: row["MasterRecordId"],
    into: row["MasterRecord"],
  });
  const conversation = conversationOf(key);
  const assignee = owner?.Name;
  const other = into?.[names.caseKey];
  const content = brief(
    status ?? null,
    // Opened again by us and closed again by a person between two looks, it says what it said before.
    closed ? (closedAt ?? true) : false,
    assignee ?? null,
    priority ?? null,
    ...(deleted ? ["deleted"] : []),
    ...(master === undefined ? [] : [master, other ?? null]),
  );
  const others = typeof other === "string" && other !== key ? conversationOf(other) : undefined;
  if (master !== undefined && others !== undefined && conversation !== undefined) {
    // Merged by hand: their conversations are one matter, and it is the other's.
    const tell = (version: number): Ordered => ({
      as: "ordered",
      key: keyOf.event(name, "merged", id, version, content),
      at,
      source: "poll",
      conversation: others,
      by: { kind: "agent", ...(by === undefined ? {} : { id: by }) },
      what: { order: "merge", with: conversation, gone: true },
    });
    return { at, content, tell };
  }
  const free = master !== undefined && (other === null || other === undefined || other === "");
  const tell = (version: number): CaseSeen => ({
    as: "case",
    // With the version: closed, opened and closed again are three events.
    key: keyOf.event(name, "case", id, version, content),
    at,
    source: "poll",
    case: { crm: name, id, number },
    ...(conversation === undefined ? {} : { conversation }),
    status: status ?? "",
    closed,
    ...(assignee === undefined ? {} : { assignee }),
    ...(priority === undefined ? {} : { priority }),
    ...(master === undefined ? (deleted ? { gone: "deleted" } : {}) : { gone: "merged" }),
    ...(free
      ? { into: { crm: name, id: master, ...(into?.CaseNumber === undefined ? {} : { number: into.CaseNumber }) } }
      : {}),
  });
  return { at, content, tell };
};

/** An answer of a person that was taken back before it was sent. */
export const readWithdrawal = (at: Instant, of: Pick<Ordered, "conversation" | "by">, record: string): Told => {
  const content = brief("withdrawn");
  const tell = (version: number, anew: boolean): Ordered => ({
    as: "ordered",
    key: anew ? keyOf.event(name, "withdrawal", record, version) : keyOf.event(name, "withdrawal", record, content),
    at,
    source: "poll",
    ...of,
    what: { order: "withdraw", draft: answerKey(record) },
  });
  return { at, content, tell };
};

/** An answer of a person, by what is said in it and which versions of files go along. */
export const readWords = (
  answer: Omit<Answered, "as" | "key" | "source" | "version">,
  record: string,
  files: readonly string[] = [],
): Told => {
  const { at, text, side, answers } = answer;
  const content = brief(
    text,
    side ?? null,
    ...(answers === undefined ? [] : [answers]),
    // Which files, not where they can be fetched.
    ...(files.length === 0 ? [] : [files]),
  );
  const tell = (version: number, anew: boolean): Answered => ({
    ...answer,
    as: "answered",
    // Without a version: what becomes of the answer is written into the same record, and changes no words.
    key: keyOf.event(name, "answer", record, ...(anew ? [version] : []), content),
    source: "poll",
    version,
  });
  return { at, content, tell };
};

const answerRow = z.object({
  id: z.string(),
  at: stamp,
  by: z.string(),
  editor: maybe,
  revision: z.number().nullish(),
  text: maybe,
  side: maybe.transform((side) => {
    const said = side?.toLowerCase();
    return said === "public" || said === "private" ? said : undefined;
  }),
  turn: z.int().nonnegative().nullish(),
  state: maybe,
  deleted: z.boolean().default(false),
  case: maybe,
  files: attached,
  parent: z.object({ number: maybe, key: maybe }),
  answers: z.object({ id: maybe, key: maybe }),
});

/** The entry that was chosen to be answered: ours by its key, an agent's by its record. */
const entryOf = ({ id, key }: { readonly id?: string | undefined; readonly key?: string | undefined }) =>
  key === undefined ? (id === undefined ? undefined : answerKey(id)) : (key as EntryKey);

/** An agent's answer; nothing while it has no words or hangs on no case. Throws a ZodError when it is not one. */
export const readAnswer = (row: OrgRow, names: SalesforceNames, links: Links = new Map()): Told | undefined => {
  const parent = (row[relationOf(names.entryCase)] ?? {}) as OrgRow;
  const chosen = (row[relationOf(names.answers)] ?? {}) as OrgRow;
  const read = answerRow.parse({
    id: row["Id"],
    at: row["SystemModstamp"],
    by: row["CreatedById"],
    editor: row["LastModifiedById"],
    revision: row[names.entryRevision],
    text: row[names.text],
    side: row[names.side],
    turn: row[names.turn],
    state: row[names.state],
    deleted: row["IsDeleted"],
    case: row[names.entryCase],
    files: row["ContentDocumentLinks"],
    parent: { number: parent["CaseNumber"], key: parent[names.caseKey] },
    answers: { id: row[names.answers], key: chosen[names.entryKey] },
  });
  const { id, at, text = "", side, turn, files } = read;
  if ((text.trim() === "" && files.length === 0) || read.case === undefined) return undefined;
  const conversation = conversationOf(read.parent.key);
  const { number } = read.parent;
  const of = { ...(conversation === undefined ? {} : { conversation }), by: { kind: "agent", id: read.by } } as const;
  if (read.deleted || read.state?.toLowerCase() === "withdrawn") return readWithdrawal(at, of, id);
  const answers = entryOf(read.answers);
  const words = readWords(
    {
      at,
      ...of,
      case: { crm: name, id: read.case, ...(number === undefined ? {} : { number }) },
      entry: answerKey(id),
      ...(side === undefined ? {} : { side }),
      ...(answers === undefined ? {} : { answers }),
      text,
      ...(files.length === 0 ? {} : { media: files.map((file) => mediaOf(file, links)) }),
      ...(turn == null ? {} : { turn }),
    },
    id,
    files.map(({ version }) => version),
  );
  if (read.state?.toLowerCase() !== "release") return words;
  const { editor = read.by, revision } = read;
  const order: Ordered = {
    as: "ordered",
    // What is held once more, for another reason, has a higher revision; what may not be released by one may be by another.
    key: keyOf.event(name, "release", id, revision ?? 0, editor),
    at,
    source: "poll",
    ...of,
    by: { kind: "agent", id: editor },
    what: { order: "release", draft: answerKey(id) },
  };
  return { ...words, order };
};
