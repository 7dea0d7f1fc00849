import type { Conversation } from "../../words/conversation.ts";
import type { BridgeEvent } from "../../words/event.ts";
import type { EntryKey } from "../../words/ref.ts";
import { byHand } from "../holds.ts";

const orders: ReadonlySet<string> = new Set(["open", "merge", "unmerge", "split", "part", "erase", "preserve", "hide"]);

/** Of these conversations, those that a decision on the event looks at with all that was said in them. */
export const whole = (event: BridgeEvent, talks: readonly Conversation[]): readonly Conversation[] => {
  if (event.as === "ordered" && orders.has(event.what.order)) return talks;
  if (event.as === "case" && event.gone !== undefined) return talks.slice(1);
  // Are these the words that were said by hand?
  if (event.as === "answered") return talks.filter(({ lately }) => lately?.answered?.by === byHand);
  if (event.as === "advised") return talks.filter((talk) => talk.case.stage === "none");
  // What is one with another is moved there; what was only watched may be a case now.
  return event.as === "said"
    ? talks.filter(({ disposition, turn }, at) => at > 0 || (disposition !== "case" && turn > 0))
    : [];
};

/** The entries that a change of the case may show again. */
export const hiddenIn = (event: BridgeEvent, talks: readonly Conversation[]): readonly EntryKey[] =>
  event.as === "case" ? talks.flatMap((talk) => (talk.hidden ?? []).flatMap(({ entry }) => entry ?? [])) : [];
