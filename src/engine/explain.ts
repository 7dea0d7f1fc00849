import type { LedgerRow } from "../core/contracts/store.ts";
import { explainWhy } from "../core/rules/explain.ts";
import type { Json, Why } from "../core/words/ref.ts";
import type { Talk } from "./talk.ts";

type Row = Readonly<Record<string, Json>>;

const isRow = (value: Json | undefined): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const rowOf = (value: Json | undefined): Row => (isRow(value) ? value : {});

// The resolution of an event that names its conversation says no more than the event itself.
const plain = new Set(["settled", "answered", "case", "woken", "gone", "controlled", "advised", "opened", "profiled"]);

const whysOf = (row: Row): readonly string[] => {
  const list = row["why"];
  if (!Array.isArray(list)) return [];
  return list
    .filter((why) => isRow(why) && !plain.has(textOf(why["code"])))
    .map((why) => explainWhy(why as unknown as Why));
};

const speakers: Readonly<Record<string, string>> = {
  customer: "the customer spoke",
  brand: "the brand spoke",
  employee: "an employee spoke",
  other: "somebody else spoke",
};
const outcomes: Readonly<Record<string, string>> = {
  done: "is done",
  rehearsed: "was rehearsed",
  refused: "was refused",
  held: "is held",
  parked: "waits for a person",
};

/** What happened, in a few words. */
const happened = (event: Row): string => {
  const side = textOf(event["side"]) === "private" ? "in private" : "in public";
  switch (textOf(event["as"])) {
    case "said":
      return `${speakers[textOf(event["actor"])] ?? "somebody spoke"} ${side}`;
    case "answered":
      return event["side"] === undefined ? "an agent wrote an answer" : `an agent wrote an answer, ${side}`;
    case "case":
      return `the case is "${textOf(event["status"])}"`;
    case "settled": {
      const outcome = textOf(rowOf(event["outcome"])["as"]);
      return `${textOf(event["do"])} at ${textOf(event["door"])} ${outcomes[outcome] ?? outcome}`;
    }
    case "ordered":
      return `a person said: ${textOf(event["order"])}`;
    case "gone":
      return `a post was ${textOf(event["how"])}`;
    case "woken":
      return "the hour to look again came";
    default:
      return textOf(event["as"]);
  }
};

/** Entries and states written to the CRM as they should be are no news. */
const routine = (event: Row): boolean =>
  textOf(event["as"]) === "settled" &&
  textOf(event["door"]).startsWith("crm/") &&
  textOf(rowOf(event["outcome"])["as"]) === "done";

const lineOf = (decided: LedgerRow, events: ReadonlyMap<string, Row>): readonly string[] => {
  const row = rowOf(decided.row);
  const event = events.get(textOf(row["event"])) ?? {};
  const whys = whysOf(row);
  if (whys.length === 0 && (routine(event) || textOf(event["as"]) === "case")) return [];
  const at = new Date(decided.at).toISOString().replace("T", " ").slice(0, 19);
  return [`${at}  ${happened(event)}${whys.length === 0 ? "" : `: ${whys.join("; ")}`}`];
};

/** Tells the trail of a conversation as a person would. It repeats no one's words. */
export const explain = (talk: Talk): string => {
  const events = new Map(
    talk.trail.filter(({ kind }) => kind === "event").map(({ row }) => [textOf(rowOf(row)["event"]), rowOf(row)]),
  );
  const number = talk.case.number === undefined ? "no case yet" : `case ${talk.case.number}`;
  const { awaiting } = talk.conversation;
  return [
    `${talk.stage}, ${number}, ${awaiting === "nobody" ? "nobody is waited for" : `waiting for ${awaiting === "us" ? "us" : "the customer"}`}`,
    ...talk.trail.filter(({ kind }) => kind === "decided").flatMap((row) => lineOf(row, events)),
    ...talk.drafts.map((draft) => `waits: ${draft.holds.map((hold) => explainWhy(hold.why)).join("; ")}`),
  ].join("\n");
};
