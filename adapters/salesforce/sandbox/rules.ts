import { defaultNames as n, missingMark, olderMark } from "../fields.ts";
import { type Row, textOf } from "./schema.ts";
import type { Stored } from "./tables.ts";

const revisions: Readonly<Record<string, string>> = {
  Case: n.caseRevision,
  [n.conversation]: n.talkRevision,
  [n.entry]: n.entryRevision,
  [n.persona]: n.personaRevision,
};

/** The package's validation rules, as `metadata/` has them: the message and the field of the one that is broken. */
export const brokenRule = (
  { type, row, before }: { readonly type: string; readonly row: Row; readonly before: Stored | undefined },
  bridge: boolean,
  lacks: (type: string, field?: string) => boolean,
): readonly [string, ...string[]] | undefined => {
  const revision = revisions[type] ?? "";
  const [older, newer] = [before?.row[revision], row[revision]];
  if (typeof older === "number" && typeof newer === "number" && newer < older)
    return [`${olderMark}: a newer state is here already.`, revision];
  // The package is there, or it is not: with it this one, which comes with no field of its own.
  if (lacks(n.entry)) return undefined;
  if (
    type === "Case" &&
    before === undefined &&
    bridge &&
    textOf(row[n.caseKey]) !== "" &&
    textOf(row["Subject"]) === ""
  )
    return [`${missingMark}: the case was deleted, or merged into another.`];
  if (type !== n.entry || bridge) return undefined;
  const was = (field: string): string => textOf(before?.row[field]);
  const is = (field: string): string => textOf({ ...before?.row, ...row }[field]);
  if (is(n.direction) === "inbound" || was(n.direction) === "inbound")
    return ["What others said is written by the bridge, and cannot be changed."];
  if (["sent", "said"].includes(was(n.state))) return ["This has been sent: write a new answer."];
  if (is(n.state) === "release" && was(n.state) === "release")
    return ["This is released as it stands: choose Draft to change it."];
  const chosen = before === undefined || is(n.state) !== was(n.state);
  const theirs = ["writing", "draft", "withdrawn", ...(before === undefined ? [] : ["release"])];
  if (chosen && !theirs.includes(is(n.state)))
    return [
      "Choose Writing, Draft, Release for what is held, or Withdrawn to take it back. The other states are written by the bridge.",
      n.state,
    ];
  return undefined;
};
