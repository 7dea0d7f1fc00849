import type { Json } from "casethread/adapter";
import { defaultNames as n } from "../fields.ts";
import type { SandboxCase, SandboxEntry } from "./board.ts";
import type { Org } from "./org.ts";
import { type Row, textOf } from "./schema.ts";
import type { Stored } from "./tables.ts";

/** A field that has a value, or none. */
export const optional = (key: string, value: Json | undefined): Row =>
  typeof value === "string" ? { [key]: value } : {};

/** Shows records as a page of the org does. */
export const createShown = (
  org: Org,
): {
  readonly shownCase: (stored: Stored) => SandboxCase;
  readonly shownEntry: (stored: Stored) => SandboxEntry;
} => {
  const shownCase = (stored: Stored): SandboxCase => ({
    id: stored.id,
    number: textOf(stored.row["CaseNumber"]),
    ...(optional("key", stored.row[n.caseKey]) as { key?: string }),
    status: textOf(stored.row["Status"]),
    closed: stored.row["IsClosed"] === true,
    owner: textOf(org.get(textOf(stored.row["OwnerId"]))?.row["Name"]),
    fields: stored.row,
    history: org.history(stored.id),
  });
  const shownEntry = (stored: Stored): SandboxEntry => ({
    id: stored.id,
    ...(optional("key", stored.row[n.entryKey]) as { key?: string }),
    ...(optional("case", stored.row[n.entryCase]) as { case?: string }),
    direction: textOf(stored.row[n.direction]),
    side: textOf(stored.row[n.side]),
    state: textOf(stored.row[n.state]),
    text: (stored.row[n.text] ?? null) as string | null,
    by: textOf(org.get(textOf(stored.row["CreatedById"]))?.row["Name"]),
    fields: stored.row,
    history: org.history(stored.id),
  });
  return { shownCase, shownEntry };
};
