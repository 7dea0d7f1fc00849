import {
  type CaseFields,
  type CrmTask,
  type Json,
  type Persona,
  type PersonaRef,
  personaName,
} from "casethread/adapter";
import { type SalesforceNames, relationOf } from "./fields.ts";
import { externalId, isRecordId, linked } from "./keys.ts";
import type { Comments } from "./comments.ts";
import type { Suggestion } from "./people.ts";
import { cut, line, long } from "./text.ts";

/** A record's fields by API name. */
export type Row = Record<string, Json>;

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
  /** The case that has the conversation's key, and gives it up to the one that is taken over. */
  readonly leaves?: string;
  /** Whom the customer's own words lead to, and how. */
  readonly suggested?: Suggestion;
  /** In an org without the package: the comments of ours that are there. */
  readonly comments?: Comments;
  /** Where a newer state stands already. */
  readonly skips?: ReadonlySet<Part>;
}

/** What of the org's records an act may speak of. */
export type Part = "persona" | "case" | "conversation" | "entry";

/**
 * How a record is written: a persona by key; a case that gives up its key, and one taken over, by id; a case made, or by
 * key; a conversation and an entry by key; a person's answer by id; a comment made, or changed by id.
 */
export type Kind =
  | "persona"
  | "leave"
  | "adopt"
  | "create"
  | "case"
  | "conversation"
  | "entry"
  | "answer"
  | "comment"
  | "recomment";

/** One record and the acts it carries. */
export interface Written {
  readonly kind: Kind;
  readonly row: Row;
  readonly acts: readonly Prepared[];
  /** To be told under which id it stands. */
  readonly landed?: (id: string) => void;
}

/** A moment as the org takes it. */
export const timestamp = (at: number): string => new Date(at).toISOString();
/** A channel, as its name is written. */
export const channelName = (channel: string): string => channel.charAt(0).toUpperCase() + channel.slice(1);
/** Does an address fit into its field? */
export const fits = (url: string | undefined): url is string => url !== undefined && url.length <= 255;

/** 0 is most urgent and 50 usual; the standard picklist has three values. */
const priorityName = (priority: number): string => (priority < 30 ? "High" : priority <= 60 ? "Medium" : "Low");

/** How people are shown to people. */
export const shownName = (persona: Persona | undefined): string | undefined => {
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

/** What stands where words were. */
const forgotten = "(taken back by its author)";

const caseFields = (fields: CaseFields, names: SalesforceNames): Row => {
  const { awaiting, awaitingSince, answerBy, priority, postUrl, topic, mergedInto, forget } = fields;
  return {
    // What the case was opened with is kept nowhere else any more.
    ...(forget === undefined ? {} : { Subject: forgotten, Description: forgotten }),
    ...(forget === "person" ? { SuppliedName: null, [names.casePostUrl]: null } : {}),
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

/** Cases that are left for others: two must not have one key. */
export const leaveRecords = (acts: readonly Prepared[], names: SalesforceNames): readonly Written[] =>
  acts.flatMap((act) =>
    act.leaves === undefined
      ? []
      : [{ kind: "leave", row: { attributes: { type: "Case" }, id: act.leaves, [names.caseKey]: null }, acts: [act] }],
  );

/** What of a conversation is worth telling its record: where it began is; who is awaited stands on the case. */
export const tellsConversation = ({ task }: Prepared): boolean => {
  const { act } = task.effect;
  if (act.do === "open") return true;
  if (act.do !== "state") return false;
  const { postUrl, topic, claims, mergedInto, forget } = act.fields;
  return [postUrl, topic, claims, mergedInto, forget].some((one) => one !== undefined);
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
    const { postUrl, topic, claims, mergedInto, forget } = act.fields;
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
    if (forget === "person") row[names.talkPostUrl] = null;
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
  if (act.do === "state" && act.fields.forget === "person") return task.persona?.ref;
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
      ...(persona?.erased === undefined
        ? {}
        : { [names.handle]: null, [names.personaName]: null, [names.followers]: null, [names.suggested]: null }),
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
