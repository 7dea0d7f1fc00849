import type { Instant } from "casethread/adapter";
import { commentsAsked } from "./comments.ts";
import { relationOf } from "./fields.ts";
import { filesOf } from "./files.ts";
import type { Settings } from "./options.ts";
import { moment, quote } from "./soql.ts";
import type { Kind } from "./stream.ts";

/** Which records are asked for: those changed from a moment on, or those with these ids. */
export type Which = Readonly<Record<Kind, Instant | readonly string[]>>;
const chosen = (which: Instant | readonly string[]): string =>
  typeof which === "number" ? `SystemModstamp >= ${moment(which)}` : `Id IN (${which.map(quote).join(", ")})`;

/** Fields of a case that was merged by hand. An org without case merge does not know them. */
const mergeFields = ({ names }: Settings): string =>
  `MasterRecordId, MasterRecord.CaseNumber, MasterRecord.${names.caseKey}, `;

/** The queries for both kinds of records. */
export const queries = (
  settings: Settings,
  which: Which,
  merges: boolean,
  me: string,
): Readonly<Record<Kind, string>> => {
  const { names, comments } = settings;
  return {
    case:
      "SELECT Id, CaseNumber, Status, IsClosed, ClosedDate, Priority, Owner.Name, LastModifiedById, IsDeleted, SystemModstamp," +
      ` ${merges ? mergeFields(settings) : ""}${names.caseKey} FROM Case` +
      ` WHERE ${names.caseKey} != null AND ${chosen(which.case)} ORDER BY SystemModstamp, Id`,
    entry: comments
      ? `${commentsAsked(names, me)} AND ${chosen(which.entry)} ORDER BY SystemModstamp, Id`
      : // What was sent is told no more: an answer leaves once.
        `SELECT Id, CreatedById, LastModifiedById, IsDeleted, SystemModstamp, ${names.entryRevision}, ${names.text}, ${names.side}, ${names.turn}, ${names.state}, ${names.entryCase},` +
        ` ${names.answers}, ${relationOf(names.answers)}.${names.entryKey},` +
        ` ${relationOf(names.entryCase)}.CaseNumber, ${relationOf(names.entryCase)}.${names.caseKey}, ${filesOf} FROM ${names.entry}` +
        ` WHERE ${names.entryKey} = null AND ${names.direction} = ${quote("outbound")}` +
        ` AND ${names.state} IN ('draft', 'held', 'release', 'queued', 'failed', 'withdrawn')` +
        ` AND ${chosen(which.entry)} ORDER BY SystemModstamp, Id`,
  };
};
