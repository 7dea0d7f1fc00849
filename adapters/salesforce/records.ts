import type { CrmAct, CrmTask, Entry, Json, Persona, PersonaRef } from "casethread/adapter";
import { type SalesforceNames, relationOf } from "./fields.ts";
import { answerRecord, externalId } from "./keys.ts";
import { cut, line, long, withMedia } from "./text.ts";

/** A record's fields by API name. */
type Row = Record<string, Json>;

/** An act with what had to be looked up for it. */
export interface Prepared {
  /** Its place in the batch. */
  readonly index: number;
  readonly task: CrmTask;
  /** The queue or user that the case is to go to. */
  readonly owner?: string;
  /** The Status value that it is to have. */
  readonly status?: string;
  /** A repeated `open` whose case is there already: what people changed since is left alone. */
  readonly exists?: boolean;
}

/** How a record is written: a case taken over by id, a case by key, an entry by key, or a person's answer by id. */
export type Kind = "adopt" | "case" | "entry" | "answer";

/** One record and the acts it carries. */
export interface Written {
  readonly kind: Kind;
  readonly row: Row;
  readonly acts: readonly Prepared[];
}

const timestamp = (at: number): string => new Date(at).toISOString();
const channelName = (channel: string): string => channel.charAt(0).toUpperCase() + channel.slice(1);
const fits = (url: string | undefined): url is string => url !== undefined && url.length <= 255;

/** 0 is most urgent and 50 usual; the standard picklist has three values. */
const priorityName = (priority: number): string => (priority < 30 ? "High" : priority <= 60 ? "Medium" : "Low");

const personName = (persona: Persona | undefined): string | undefined => {
  const { handle, name } = persona?.profile ?? {};
  const at = handle === undefined ? undefined : `@${handle.replace(/^@/, "")}`;
  return name === undefined ? at : at === undefined ? name : `${name} (${at})`;
};

/** What is written once, when the case is made, and belongs to the agents afterwards. */
const creation = (task: CrmTask, persona: PersonaRef, defaults: Readonly<Record<string, Json>>): Row => {
  const origin = channelName(persona.account.channel);
  const said = task.entry?.text ?? "";
  const url = task.entry?.url;
  const link = url === undefined ? "" : `\n\n${url}`;
  const name = personName(task.persona);
  return {
    Subject: line(said, 255) || `A conversation on ${origin}`,
    Description: cut(long(said, 32_000 - link.length) + link, 32_000),
    Origin: origin,
    Priority: priorityName(task.effect.priority),
    ...(name === undefined ? {} : { SuppliedName: line(name, 80) }),
    ...defaults,
  };
};

const caseFields = (act: Extract<CrmAct, { do: "open" | "state" }>, names: SalesforceNames): Row => {
  const { fields } = act;
  const url = fields.postUrl;
  return {
    ...(fields.awaiting === undefined ? {} : { [names.caseAwaiting]: fields.awaiting }),
    ...(fields.awaitingSince === undefined ? {} : { [names.caseAwaitingSince]: timestamp(fields.awaitingSince) }),
    ...(fields.priority === undefined ? {} : { Priority: priorityName(fields.priority) }),
    ...(fits(url) ? { [names.casePostUrl]: cut(url, 255) } : {}),
    ...(fields.claims === undefined ? {} : { [names.caseClaims]: cut(fields.claims, 255) }),
    ...(fields.mergedInto === undefined ? {} : { Parent: { [names.caseKey]: externalId(fields.mergedInto) } }),
  };
};

/** The record of a conversation's case from all acts on it: of two that say the same thing, the newer one's word stands. */
export const caseRecord = (
  acts: readonly Prepared[],
  names: SalesforceNames,
  defaults: Readonly<Record<string, Json>>,
): Written => {
  const row: Row = {};
  let adopted: string | undefined;
  let revision = 0;
  for (const prepared of acts.toSorted((a, b) => a.task.effect.revision - b.task.effect.revision)) {
    const { act, conversation, revision: newer } = prepared.task.effect;
    if (act.do !== "open" && act.do !== "state") continue;
    revision = Math.max(revision, newer);
    row[names.caseKey] = externalId(conversation);
    const begins = act.do === "open" && act.adopts === undefined && prepared.exists !== true;
    if (begins) Object.assign(row, creation(prepared.task, act.persona, defaults));
    if (act.do === "open" && act.adopts !== undefined) adopted = act.adopts.id;
    if (act.do === "open" && act.follows !== undefined) row[names.caseFollows] = act.follows.id;
    Object.assign(row, caseFields(act, names));
    if (prepared.owner !== undefined && prepared.exists !== true) row["OwnerId"] = prepared.owner;
    if (prepared.status !== undefined) row["Status"] = prepared.status;
  }
  row[names.caseRevision] = revision;
  return adopted === undefined
    ? { kind: "case", row: { attributes: { type: "Case" }, ...row }, acts }
    : { kind: "adopt", row: { attributes: { type: "Case" }, id: adopted, ...row }, acts };
};

const stateOf = (entry: Entry): string => (entry.state === "withdrawn" ? "gone" : entry.state);
const reasonText = (
  why: { readonly code: string; readonly params?: Readonly<Record<string, unknown>> } | undefined,
): string => {
  if (why === undefined) return "";
  const params = Object.entries(why.params ?? {}).map(([key, value]) => `${key}: ${String(value)}`);
  return line(params.length === 0 ? why.code : `${why.code} (${params.join(", ")})`, 255);
};

/** What an act says of an entry. A person's answer keeps the words, the side and the name that the person gave it. */
const entryFields = (prepared: Prepared, mine: boolean, names: SalesforceNames): Row => {
  const { effect, entry, persona } = prepared.task;
  const { act } = effect;
  if (act.do === "answerState") {
    return {
      [names.state]: act.state,
      [names.reason]: reasonText(act.why),
      ...(fits(act.url) ? { [names.permalink]: cut(act.url, 255) } : {}),
      ...(mine ? { [names.direction]: "outbound" } : {}),
    };
  }
  if (entry === undefined) return {};
  const fate: Row = {
    [names.state]: stateOf(entry),
    [names.sentAt]: timestamp(entry.at),
    [names.automatic]: entry.words === "automatic",
    [names.version]: entry.version,
    ...(fits(entry.url) ? { [names.permalink]: cut(entry.url, 255) } : {}),
  };
  if (!mine) return fate;
  const ours = ["brand", "agent", "automation"].includes(entry.by.kind);
  const author = ours ? (entry.by.id ?? entry.by.kind) : (personName(persona) ?? entry.by.id ?? entry.by.kind);
  const account = entry.post?.account ?? entry.thread?.account ?? persona?.ref.account ?? entry.by.persona?.account;
  return {
    ...fate,
    // An employee's help is ours, and in the employee's own name.
    [names.direction]: ours || entry.by.kind === "employee" ? "outbound" : "inbound",
    [names.side]: entry.side,
    [names.author]: line(author, 255),
    ...(account === undefined ? {} : { [names.network]: channelName(account.channel) }),
    // Erased words are erased there too.
    [names.text]: entry.text === null ? null : long(withMedia(entry.text, entry.media), 32_000),
    [names.turn]: effect.turn,
  };
};

/** The key of the entry that an act is about. */
export const entryKeyOf = (task: CrmTask): string | undefined => {
  const { act } = task.effect;
  return act.do === "answerState"
    ? act.answer
    : act.do === "entry"
      ? (task.entry?.key ?? task.effect.content?.entry)
      : undefined;
};

/** The record of one entry from all acts on it. */
export const entryRecord = (key: string, acts: readonly Prepared[], names: SalesforceNames): Written => {
  const record = answerRecord(key);
  const row: Row = {};
  let revision = 0;
  for (const prepared of acts.toSorted((a, b) => a.task.effect.revision - b.task.effect.revision)) {
    Object.assign(row, entryFields(prepared, record === undefined, names));
    revision = Math.max(revision, prepared.task.effect.revision);
  }
  row[names.entryRevision] = revision;
  const attributes = { attributes: { type: names.entry } };
  if (record !== undefined) return { kind: "answer", row: { ...attributes, id: record, ...row }, acts };
  const conversation = acts[0]?.task.effect.conversation ?? "";
  return {
    kind: "entry",
    row: {
      ...attributes,
      ...row,
      [names.entryKey]: externalId(key),
      [relationOf(names.entryCase)]: { [names.caseKey]: externalId(conversation) },
    },
    acts,
  };
};
