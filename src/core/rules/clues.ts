import type { BridgeEvent, Said } from "../words/event.ts";
import { clue, type Clue, type ConversationKey, type EntryKey } from "../words/ref.ts";
import { speaks } from "./advance/plan.ts";

const present = <T>(value: T | undefined): value is T => value !== undefined;

const ofSaid = (said: Said): readonly (Clue | undefined)[] => {
  const whom = said.actor.kind === "brand" ? said.to : said.by;
  return [
    said.token === undefined ? undefined : clue.token(said.token),
    said.post && clue.post(said.post),
    said.parent && clue.post(said.parent),
    whom && said.root && clue.branch(said.root, whom),
    // Told late, it may be what words of hers were an answer to.
    whom && said.side === "public" ? said.post && clue.branch(said.post, whom) : undefined,
    said.thread && clue.thread(said.thread),
    whom && clue.persona(whom),
  ];
};

const key = (conversation: ConversationKey | undefined): Clue | undefined =>
  conversation === undefined ? undefined : clue.talk(conversation);

/** The words that an event is about, if it belongs where they stand: they may have been moved while it was on its way. */
export const wordsIn = (event: BridgeEvent): EntryKey | undefined =>
  event.as === "advised"
    ? event.entry
    : event.as === "settled" && speaks(event.effect.act)
      ? event.effect.content?.entry
      : undefined;

const all = (event: BridgeEvent, standing: ConversationKey | undefined): readonly (Clue | undefined)[] => {
  switch (event.as) {
    case "said":
      return ofSaid(event);
    case "profiled":
      return [clue.persona(event.persona)];
    case "opened":
      return [clue.token(event.token), clue.persona(event.persona)];
    case "gone":
      return [clue.post(event.post)];
    case "controlled":
      return [clue.thread(event.thread)];
    case "case":
      return [event.into && clue.case(event.into), key(event.conversation), clue.case(event.case)];
    case "answered":
      return [key(event.conversation), event.case && clue.case(event.case)];
    case "ordered":
      return [
        key(event.conversation),
        event.what.order === "merge" ? clue.talk(event.what.with) : undefined,
        ...(event.what.order === "adopt" ? [clue.post(event.what.post), clue.case(event.what.case)] : []),
        (event.what.order === "hide" || event.what.order === "like") && event.what.post
          ? clue.post(event.what.post)
          : undefined,
        event.what.order === "unmerge" ? clue.talk(event.what.from) : undefined,
        event.what.order === "erase" || event.what.order === "mute" ? clue.persona(event.what.persona) : undefined,
        ...(event.what.order === "topic" ? event.what.join.map((k) => clue.talk(k)) : []),
      ];
    case "advised":
      return [clue.talk(standing ?? event.conversation)];
    case "woken":
      return [clue.talk(event.conversation)];
    case "settled":
      return [clue.talk(standing ?? event.effect.conversation)];
  }
};

/** By what the conversation of an event is found. `standing`: where the {@link wordsIn} it stand now. */
export const clues = (event: BridgeEvent, standing?: ConversationKey): readonly Clue[] => [
  ...new Set(all(event, standing).filter(present)),
];
