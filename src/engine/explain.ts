import type { DecidedRecord, EventRecord, LedgerRow, OutcomeRecord } from "../core/contracts/ledger.ts";
import { explainWhy } from "../core/rules/explain.ts";
import type { Act } from "../core/words/effect.ts";
import type { Actor } from "../core/words/entry.ts";
import type { EventKey } from "../core/words/ref.ts";
import type { Talk } from "./talk.ts";

// The resolution of an event that names its conversation says no more than the event itself.
const plain = new Set(["settled", "answered", "case", "woken", "gone", "controlled", "advised", "opened", "profiled"]);

const whysOf = ({ why }: DecidedRecord, event: EventRecord | undefined): readonly string[] => {
  const order = event?.as === "ordered" ? event.order : undefined;
  return why.filter(({ code }) => !plain.has(code) && code !== order).map((one) => explainWhy(one));
};

const speakers: Readonly<Partial<Record<Actor["kind"], string>>> = {
  customer: "the customer spoke",
  brand: "the brand spoke",
  employee: "an employee spoke",
  other: "somebody else spoke",
};
const outcomes: Readonly<Record<OutcomeRecord["as"], string>> = {
  done: "is done",
  rehearsed: "was rehearsed",
  refused: "was refused",
  held: "is held",
  parked: "waits for a person",
};

const deeds: Readonly<Record<Act["do"], string>> = {
  reply: "the public answer",
  privateReply: "the private answer to the post",
  message: "the private message",
  hide: "hiding or showing the post",
  retract: "taking the post back",
  like: "the like",
  look: "the look at what the network allows",
  control: "the hand-over of the thread",
  open: "the case",
  entry: "the entry",
  state: "the state of the case",
  answerState: "the state of the answer",
  ask: "the question to the advisor",
};

/** What happened, in a few words. */
const happened = (event: EventRecord | undefined): string => {
  switch (event?.as) {
    case "said":
      return `${speakers[event.actor] ?? "somebody spoke"} ${event.side === "private" ? "in private" : "in public"}`;
    case "answered":
      return event.side === undefined
        ? "an agent wrote an answer"
        : `an agent wrote an answer, ${event.side === "private" ? "in private" : "in public"}`;
    case "case":
      return `the case is "${event.status}"`;
    case "settled":
      return `${deeds[event.do]} at ${event.door} ${outcomes[event.outcome.as]}`;
    case "ordered":
      return `a person said: ${event.order}`;
    case "gone":
      return `a post was ${event.how}`;
    case "woken":
      return "the hour to look again came";
    case "profiled":
      return "the network showed a profile";
    case "opened":
      return "somebody followed an invite";
    case "controlled":
      return "the private thread changed hands";
    case "advised":
      return "an advisor answered";
    case undefined:
      return "";
  }
};

/** Entries and states written to the CRM as they should be are no news. */
const routine = (event: EventRecord | undefined): boolean =>
  event?.as === "settled" && event.door.startsWith("crm/") && event.outcome.as === "done";

const lineOf = (decided: LedgerRow<"decided">, events: ReadonlyMap<EventKey, EventRecord>): readonly string[] => {
  const event = events.get(decided.row.event);
  const whys = whysOf(decided.row, event);
  if (whys.length === 0 && (routine(event) || event?.as === "case")) return [];
  const at = new Date(decided.at).toISOString().replace("T", " ").slice(0, 19);
  return [`${at}  ${happened(event)}${whys.length === 0 ? "" : `: ${whys.join("; ")}`}`];
};

/** Tells the trail of a conversation as a person would. It repeats no one's words. */
export const explain = (talk: Talk): string => {
  const events = new Map(talk.trail.filter((line) => line.kind === "event").map(({ row }) => [row.event, row]));
  const number = talk.case.number === undefined ? "no case yet" : `case ${talk.case.number}`;
  const { awaiting } = talk.conversation;
  return [
    `${talk.stage}, ${number}, ${awaiting === "nobody" ? "nobody is waited for" : `waiting for ${awaiting === "us" ? "us" : "the customer"}`}`,
    ...talk.trail.filter((line) => line.kind === "decided").flatMap((row) => lineOf(row, events)),
    ...talk.drafts.map((draft) => `waits: ${draft.holds.map((hold) => explainWhy(hold.why)).join("; ")}`),
  ].join("\n");
};
