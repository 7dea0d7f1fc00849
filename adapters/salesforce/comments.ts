import type { CrmTask, Side } from "casethread/adapter";
import { z } from "zod";
import type { SalesforceNames } from "./fields.ts";
import { answerKey, answerRecord, conversationOf, digest, externalId, name } from "./keys.ts";
import { type OrgRow, readWithdrawal, readWords, stamp, type Told } from "./read.ts";
import type { Hands } from "./lookup.ts";
import { entryKeyOf } from "./entries.ts";
import { reasonOf } from "./reason.ts";
import { channelName, type Prepared, shownName, type Written } from "./records.ts";
import { inPortions, queryPath, quote } from "./soql.ts";
import { bytesOf, longBytes, withMedia } from "./text.ts";

/** A comment holds so many bytes of UTF-8: sforce_api_objects_casecomment.htm */
const mostBytes = 4_000;

// ---- what people write -----------------------------------------------------------------------------------------------

const maybe = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);

/**
 * Asks for comments that may be answers: of people with a licence of their own, never of a guest, a portal, the org's
 * automation, or whoever the bridge and the org's other programs sign in as.
 */
export const commentsAsked = ({ caseKey }: SalesforceNames, me: string): string =>
  "SELECT Id, ParentId, Parent.CaseNumber, " +
  `Parent.${caseKey}, CommentBody, IsPublished, IsDeleted, CreatedById, CreatedDate, LastModifiedDate, SystemModstamp FROM CaseComment` +
  ` WHERE Parent.${caseKey} != null AND CreatedBy.UserType = 'Standard' AND CreatedById != ${quote(me)}`;

const comment = z.object({
  id: z.string(),
  at: stamp,
  by: z.string(),
  made: maybe,
  changed: maybe,
  text: maybe,
  published: z.boolean(),
  deleted: z.boolean().default(false),
  case: z.string(),
  parent: z.object({ CaseNumber: maybe }).nullish(),
  key: maybe,
});

/** Which side the words are for, where their author says so: `[public]` or `[private]` before them. */
const sided = (text: string): { readonly text: string; readonly side?: Side } => {
  const found = /^\s*\[(public|private)\]\s*/i.exec(text);
  if (found === null) return { text };
  return { text: text.slice(found[0].length), side: found[1]?.toLowerCase() === "public" ? "public" : "private" };
};

/**
 * An agent's comment as an answer: what is marked Public there is for the customer, all else stays among colleagues.
 * Throws a ZodError when it is none.
 */
export const readComment = (row: OrgRow, names: SalesforceNames): Told | undefined => {
  const parent = row["Parent"] as OrgRow | null | undefined;
  const read = comment.parse({
    id: row["Id"],
    at: row["SystemModstamp"],
    by: row["CreatedById"],
    made: row["CreatedDate"],
    changed: row["LastModifiedDate"],
    text: row["CommentBody"],
    published: row["IsPublished"],
    deleted: row["IsDeleted"],
    case: row["ParentId"],
    parent,
    key: parent?.[names.caseKey],
  });
  const { id, at, text = "" } = read;
  if (text.trim() === "") return undefined;
  const conversation = conversationOf(read.key);
  const of = { ...(conversation === undefined ? {} : { conversation }), by: { kind: "agent", id: read.by } } as const;
  if (!read.published || read.deleted) {
    // Never public, as far as can be seen: colleagues talking.
    if (!read.deleted && read.made === read.changed) return undefined;
    return readWithdrawal(at, of, id);
  }
  const number = read.parent?.CaseNumber;
  return readWords(
    {
      at,
      ...of,
      case: { crm: name, id: read.case, ...(number === undefined ? {} : { number }) },
      entry: answerKey(id),
      ...sided(text),
    },
    id,
  );
};

// ---- what the bridge writes ------------------------------------------------------------------------------------------

/** What stands at the end of each comment of ours: which entry it is, and in which revision. Comments have no field for it. */
interface Mark {
  readonly of: string;
  readonly revision: number;
}
const markOf = ({ of, revision }: Mark): string => `— casethread ${of}.${revision}`;
const markIn = (body: string): Mark | undefined => {
  const found = /— casethread ([\w-]{16})\.(\d{1,15})\s*$/.exec(body);
  return found?.[1] === undefined ? undefined : { of: found[1], revision: Number(found[2]) };
};

/** A comment of ours that is there. */
export interface Standing {
  readonly id: string;
  readonly revision: number;
}
/** Comments of ours by conversation's external id and mark. */
export type Comments = Map<string, Standing>;
const placeOf = (key: string, of: string): string => `${key} ${of}`;

const rows = z.object({
  records: z.array(z.looseObject({ Id: z.string(), CommentBody: maybe, Parent: z.record(z.string(), z.unknown()) })),
  nextRecordsUrl: z.string().startsWith("/services/data/").nullish(),
});

/** What an act comes to in a comment; nothing where there is nothing to say. */
interface Said {
  readonly of: string;
  readonly text: string;
}

const when = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const outcomes = { held: "is held back", sent: "was sent", failed: "could not be sent" } as const;

const saidOf = (task: CrmTask): Said | undefined => {
  const { effect, entry, persona } = task;
  const { act } = effect;
  const key = entryKeyOf(task);
  if (key === undefined) return undefined;
  if (act.do === "answerState") {
    // On its way is nothing to act on, and a comment for each step would bury the talk.
    if (act.state === "queued") return undefined;
    const record = answerRecord(key);
    const why = reasonOf(task);
    const which = record === undefined ? "An answer" : `The answer in comment ${record}`;
    const told = [`${which} ${outcomes[act.state]}${why === "" ? "" : `: ${why}`}.`, act.url ?? ""];
    return { of: digest(key, "state").slice(0, 16), text: told.filter((one) => one !== "").join("\n") };
  }
  // An agent's own words stand on the case already.
  if (act.do !== "entry" || entry === undefined || answerRecord(key) !== undefined) return undefined;
  const ours = ["brand", "agent", "automation"].includes(entry.by.kind);
  const who = ours ? (entry.by.id ?? entry.by.kind) : (shownName(persona) ?? entry.by.id ?? entry.by.kind);
  const network = entry.post ?? entry.thread;
  const where = network === undefined ? "" : `, ${channelName(network.account.channel)}`;
  const fate = {
    draft: " (not sent yet)",
    withdrawn: " (taken back)",
    gone: " (deleted since)",
    "in-doubt": " (may have gone out)",
    said: "",
  };
  const words = entry.text === null ? "[erased]" : withMedia(entry.text, entry.media);
  const head = `${who}${entry.words === "automatic" ? " (automatic)" : ""}, ${entry.side}${where}, ${when(entry.at)}${fate[entry.state]}:`;
  return { of: digest(key).slice(0, 16), text: [head, words, entry.url ?? ""].filter((one) => one !== "").join("\n") };
};

/** Acts on one comment: what was said, and what became of an answer, stand in two. */
export const commentOf = ({ effect, entry }: CrmTask): string =>
  `${effect.act.do} ${effect.act.do === "answerState" ? effect.act.answer : (entry?.key ?? "")}`;

/** The comment that says the newest of these acts. None: they say nothing, or a newer state stands. */
export const commentRecord = (acts: readonly Prepared[], names: SalesforceNames): readonly Written[] => {
  const newest = acts.toSorted((a, b) => a.task.effect.revision - b.task.effect.revision).at(-1);
  const said = newest && saidOf(newest.task);
  if (newest?.comments === undefined || said === undefined) return [];
  const { comments } = newest;
  const { conversation, revision } = newest.task.effect;
  const place = placeOf(externalId(conversation), said.of);
  const before = comments.get(place);
  if (before !== undefined && before.revision >= revision) return [];
  const mark = markOf({ of: said.of, revision });
  const CommentBody = `${longBytes(said.text, mostBytes - bytesOf(mark) - 1)}\n${mark}`;
  const attributes = { attributes: { type: "CaseComment" } };
  const landed = (id: string): void => void comments.set(place, { id, revision });
  if (before !== undefined) {
    return [{ kind: "recomment", row: { ...attributes, id: before.id, CommentBody }, acts, landed }];
  }
  const Parent = { [names.caseKey]: externalId(conversation) };
  return [{ kind: "comment", row: { ...attributes, Parent, CommentBody, IsPublished: false }, acts, landed }];
};

/** Which of ours a conversation has already: comments have no key that could keep one from being written twice. */
export const standingComments = async (
  batch: readonly CrmTask[],
  { client, lookup, settings: { names }, kit }: Hands,
): Promise<Comments> => {
  const keys = new Set(
    batch.flatMap((task) => (saidOf(task) === undefined ? [] : [externalId(task.effect.conversation)])),
  );
  const found = new Map<string, Standing>();
  for (const some of inPortions([...keys])) {
    const soql =
      `SELECT Id, CommentBody, Parent.${names.caseKey} FROM CaseComment` +
      ` WHERE CreatedById = ${quote(await lookup.me(kit))} AND Parent.${names.caseKey} IN (${some.map(quote).join(", ")}) ORDER BY CreatedDate, Id`;
    for (let path: string | null | undefined = queryPath(soql); path != null;) {
      const page: z.infer<typeof rows> = await client.read({ method: "GET", path }, rows, kit);
      for (const { Id: id, CommentBody = "", Parent } of page.records) {
        const mark = markIn(CommentBody);
        const place = placeOf(String(Parent[names.caseKey]), mark?.of ?? "");
        if (mark !== undefined && !found.has(place)) found.set(place, { id, revision: mark.revision });
      }
      path = page.nextRecordsUrl;
    }
  }
  return found;
};
