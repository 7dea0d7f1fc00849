import type { CrmTask, Entry } from "casethread/adapter";
import { relationOf, type SalesforceNames } from "./fields.ts";
import { answerRecord, externalId } from "./keys.ts";
import { reasonOf } from "./reason.ts";
import { channelName, fits, type Prepared, type Row, shownName, timestamp, type Written } from "./records.ts";
import { line, long, withMedia } from "./text.ts";

const stateOf = (entry: Entry): string => (entry.state === "withdrawn" ? "gone" : entry.state);
/** What an act says of an entry. A person's answer keeps the words, the side and the name that the person gave it. */
const entryFields = (prepared: Prepared, mine: boolean, names: SalesforceNames): Row => {
  const { effect, entry, persona } = prepared.task;
  const { act } = effect;
  if (act.do === "answerState") {
    return {
      [names.state]: act.state,
      [names.reason]: reasonOf(prepared.task),
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
    ...(fits(entry.url) ? { [names.permalink]: entry.url } : entry.text === null ? { [names.permalink]: null } : {}),
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
