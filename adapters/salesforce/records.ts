import {
  type CaseFields,
  type CrmTask,
  type Entry,
  type Json,
  type Persona,
  type PersonaRef,
  personaName,
} from "casethread/adapter";
import { type SalesforceNames, relationOf } from "./fields.ts";
import { answerRecord, externalId, isRecordId, linked } from "./keys.ts";
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
  /** A case of nobody's that a duplicate rule says is this one: it is taken over instead of making another. */
  readonly linked?: string;
  /** Whom the customer's own words lead to, and how. */
  readonly suggested?: { readonly contact: string; readonly basis: string };
  /** Where a newer state stands already. */
  readonly skips?: ReadonlySet<Part>;
}

/** What of the org's records an act may speak of. */
export type Part = "persona" | "case" | "conversation" | "entry";

/**
 * How a record is written: a persona by key; a case taken over by id, made, or by key; a conversation and an entry by
 * key; a person's answer by id.
 */
export type Kind = "persona" | "adopt" | "create" | "case" | "conversation" | "entry" | "answer";

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

const shownName = (persona: Persona | undefined): string | undefined => {
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
  const name = shownName(task.persona);
  return {
    Subject: line(said, 255) || `A conversation on ${origin}`,
    Description: cut(long(said, 32_000 - link.length) + link, 32_000),
    Origin: origin,
    Priority: priorityName(task.effect.priority),
    ...(name === undefined ? {} : { SuppliedName: line(name, 80) }),
    ...defaults,
  };
};

const caseFields = (fields: CaseFields, names: SalesforceNames): Row => {
  const { awaiting, awaitingSince, answerBy, priority, postUrl, topic, mergedInto } = fields;
  return {
    ...(awaiting === undefined ? {} : { [names.caseAwaiting]: awaiting }),
    ...(awaitingSince === undefined ? {} : { [names.caseAwaitingSince]: timestamp(awaitingSince) }),
    ...(answerBy === undefined ? {} : { [names.caseAnswerBy]: answerBy === null ? null : timestamp(answerBy) }),
    ...(priority === undefined ? {} : { Priority: priorityName(priority) }),
    ...(fits(postUrl) ? { [names.casePostUrl]: postUrl } : {}),
    ...(topic === undefined ? {} : { [names.caseTopic]: cut(topic, 255) }),
    ...linked(mergedInto, "Parent", "ParentId", names.caseKey),
  };
};

/** How cases are made in this org. */
export interface Making {
  /** Further fields of every new case. */
  readonly defaults: Readonly<Record<string, Json>>;
  /** Entitlements count from when the customer spoke. */
  readonly entitlements: boolean;
  /** The org's assignment rules choose an owner: new cases are made apart from all else. */
  readonly assignment: boolean;
}

/** The record of a conversation's case from all acts on it: of two that say the same thing, the newer one's word stands. */
export const caseRecord = (acts: readonly Prepared[], names: SalesforceNames, making: Making): Written => {
  const row: Row = {};
  let kind: Kind = "case";
  let revision = 0;
  for (const prepared of acts.toSorted((a, b) => a.task.effect.revision - b.task.effect.revision)) {
    const { act, conversation, revision: newer } = prepared.task.effect;
    revision = Math.max(revision, newer);
    row[names.caseKey] = externalId(conversation);
    if (act.do === "answerState") row[names.caseUnsent] = act.state === "failed";
    if (act.do !== "open" && act.do !== "state") continue;
    const there = act.do === "open" ? (act.adopts?.id ?? prepared.linked) : undefined;
    if (there !== undefined) {
      kind = "adopt";
      row["id"] = there;
    } else if (act.do === "open" && prepared.exists !== true) {
      if (making.assignment) kind = "create";
      Object.assign(row, creation(prepared.task, act.persona, making.defaults));
      if (making.entitlements) row["SlaStartDate"] = timestamp(act.saidAt);
      if (act.follows !== undefined && isRecordId(act.follows.id)) row["ParentId"] = act.follows.id;
    }
    const set = caseFields(act.fields, names);
    // Two references for one lookup would be refused.
    if ("Parent" in set) delete row["ParentId"];
    Object.assign(row, set);
    if (prepared.owner !== undefined && prepared.exists !== true) row["OwnerId"] = prepared.owner;
    if (prepared.status !== undefined) row["Status"] = prepared.status;
  }
  row[names.caseRevision] = revision;
  return { kind, row: { attributes: { type: "Case" }, ...row }, acts };
};

/** What of a conversation is worth telling its record: where it began is; who is awaited stands on the case. */
export const tellsConversation = ({ task }: Prepared): boolean => {
  const { act } = task.effect;
  if (act.do === "open") return true;
  if (act.do !== "state") return false;
  const { postUrl, topic, claims, mergedInto } = act.fields;
  return [postUrl, topic, claims, mergedInto].some((one) => one !== undefined);
};

/** The record of a conversation from all acts that say something about it. */
export const conversationRecord = (acts: readonly Prepared[], names: SalesforceNames): Written | undefined => {
  const telling = acts.filter(tellsConversation);
  const row: Row = {};
  let revision = 0;
  for (const { task } of telling.toSorted((a, b) => a.task.effect.revision - b.task.effect.revision)) {
    const { act, conversation } = task.effect;
    if (act.do !== "open" && act.do !== "state") continue;
    revision = Math.max(revision, task.effect.revision);
    const { postUrl, topic, claims, mergedInto } = act.fields;
    row[names.talkKey] = externalId(conversation);
    row[relationOf(names.talkCase)] = { [names.caseKey]: externalId(conversation) };
    if (act.do === "open") {
      const { account } = act.persona;
      row[names.talkNetwork] = channelName(account.channel);
      row[names.talkAccount] = line(account.id, 255);
      row[names.talkBegan] = timestamp(act.saidAt);
      row[relationOf(names.talkPersona)] = { [names.personaKey]: externalId(personaName(act.persona)) };
    }
    if (fits(postUrl)) row[names.talkPostUrl] = postUrl;
    if (topic !== undefined) row[names.talkTopic] = cut(topic, 255);
    if (claims !== undefined) row[names.talkClaims] = cut(claims, 255);
    // Of a merge and its taking back in one batch the newer stands.
    if (mergedInto !== undefined)
      for (const name of [names.talkMergedInto, relationOf(names.talkMergedInto)]) delete row[name];
    Object.assign(row, linked(mergedInto, relationOf(names.talkMergedInto), names.talkMergedInto, names.talkKey));
  }
  if (telling.length === 0) return undefined;
  row[names.talkRevision] = revision;
  return { kind: "conversation", row: { attributes: { type: names.conversation }, ...row }, acts: telling };
};

/** Of whom an act tells something worth keeping with the persona: who opens a conversation, and whose words lead to a contact. */
export const personaOf = ({ task, suggested }: Prepared): PersonaRef | undefined => {
  const { act } = task.effect;
  if (act.do === "open") return act.persona;
  return suggested === undefined ? undefined : task.persona?.ref;
};

/** The record of one persona from all acts that tell of them: the newest that is known. */
export const personaRecord = (ref: PersonaRef, acts: readonly Prepared[], names: SalesforceNames): Written => {
  const newest = acts.toSorted((a, b) => b.task.effect.at - a.task.effect.at);
  const at = newest[0]?.task.effect.at ?? 0;
  const persona = newest.find(({ task }) => task.persona !== undefined)?.task.persona;
  const suggested = newest.find((act) => act.suggested !== undefined)?.suggested;
  const { handle, name: shown, followers, verified } = persona?.profile ?? {};
  const roles = persona?.roles.filter((role) => role.until === undefined).map(({ role }) => role) ?? [];
  return {
    kind: "persona",
    row: {
      attributes: { type: names.persona },
      [names.personaKey]: externalId(personaName(ref)),
      // Personas are met in many conversations: what was promised later is newer.
      [names.personaRevision]: at,
      [names.personaNetwork]: channelName(ref.account.channel),
      ...(handle === undefined ? {} : { [names.handle]: line(handle, 255) }),
      ...(shown === undefined ? {} : { [names.personaName]: line(shown, 255) }),
      ...(followers === undefined ? {} : { [names.followers]: followers }),
      ...(verified === undefined ? {} : { [names.verified]: verified }),
      ...(persona === undefined ? {} : { [names.muted]: isMuted(persona, at) }),
      ...(roles.length === 0 ? {} : { [names.role]: line(roles.join(", "), 255) }),
      ...(suggested === undefined
        ? {}
        : { [names.suggested]: suggested.contact, [names.suggestedBasis]: line(suggested.basis, 255) }),
    },
    acts,
  };
};

const isMuted = ({ optedOut, mutedUntil = 0 }: Persona, now: number): boolean =>
  optedOut !== undefined || mutedUntil > now;

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
      ...(fits(act.url) ? { [names.permalink]: act.url } : {}),
      ...(mine ? { [names.direction]: "outbound" } : {}),
    };
  }
  if (entry === undefined) return {};
  const fate: Row = {
    [names.state]: stateOf(entry),
    [names.sentAt]: timestamp(entry.at),
    [names.automatic]: entry.words === "automatic",
    [names.version]: entry.version,
    ...(fits(entry.url) ? { [names.permalink]: entry.url } : {}),
  };
  if (!mine) return fate;
  const ours = ["brand", "agent", "automation"].includes(entry.by.kind);
  const author = ours ? (entry.by.id ?? entry.by.kind) : (shownName(persona) ?? entry.by.id ?? entry.by.kind);
  const account = entry.post?.account ?? entry.thread?.account ?? persona?.ref.account ?? entry.by.persona?.account;
  return {
    ...fate,
    // An employee's help is ours, and in the employee's own name.
    [names.direction]: ours || entry.by.kind === "employee" ? "outbound" : "inbound",
    [names.side]: entry.side,
    [names.author]: line(author, 255),
    ...(ours || entry.by.kind === "employee" ? { [names.writtenBy]: line(entry.by.id ?? entry.by.kind, 255) } : {}),
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
  const conversation = externalId(acts[0]?.task.effect.conversation ?? "");
  row[relationOf(names.entryTalk)] = { [names.talkKey]: conversation };
  const attributes = { attributes: { type: names.entry } };
  if (record !== undefined) return { kind: "answer", row: { ...attributes, id: record, ...row }, acts };
  return {
    kind: "entry",
    row: {
      ...attributes,
      ...row,
      [names.entryKey]: externalId(key),
      [relationOf(names.entryCase)]: { [names.caseKey]: conversation },
    },
    acts,
  };
};
