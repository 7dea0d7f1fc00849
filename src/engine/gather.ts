import type { Unit } from "../core/contracts/store.ts";
import type { Known } from "../core/rules/advance/plan.ts";
import { saysNothing } from "../core/rules/advance/settled.ts";
import { hiddenIn, whole } from "../core/rules/advance/wants.ts";
import { marks } from "../core/rules/marks.ts";
import type { Conversation, Persona } from "../core/words/conversation.ts";
import type { BridgeEvent } from "../core/words/event.ts";
import { type EntryKey, personaName, type PersonaRef } from "../core/words/ref.ts";
import type { House } from "./house.ts";
import { crowdOf } from "./crowd.ts";
import { freshToken } from "./tokens.ts";

/** Where it is remembered that something was taken back before it was told of. */
export const goneNote = (entry: EntryKey): string => `gone/${entry}`;

/** The entries a decision on this event needs to see. */
const entriesFor = (event: BridgeEvent, drafts: readonly EntryKey[]): readonly EntryKey[] => {
  const named: readonly (EntryKey | undefined)[] =
    event.as === "said" || event.as === "gone"
      ? [event.entry]
      : event.as === "answered"
        ? [event.entry, event.answers]
        : event.as === "settled"
          ? [event.effect.content?.entry]
          : event.as === "ordered" && "draft" in event.what
            ? [event.what.draft]
            : event.as === "ordered" && "entry" in event.what
              ? [event.what.entry]
              : [];
  return [...new Set([...named, ...drafts])].filter((key) => key !== undefined);
};

/** All that a decision on this event may look at. */
export const gather = async (
  house: House,
  unit: Unit,
  event: BridgeEvent,
  talks: readonly Conversation[],
): Promise<Known> => {
  // Nothing waits in a conversation that has just begun.
  const begun = talks.filter(({ revision }) => revision > 0);
  const drafts = (await Promise.all(begun.map((talk) => unit.drafts(talk.key)))).flat();
  const pauses = await unit.pauses();
  // Most of what is admitted.
  if (event.as === "settled" && saysNothing(event))
    return { personas: [], drafts, entries: [], leaked: [], pauses, token: "" };
  const people = new Map<string, PersonaRef>();
  for (const ref of talks.flatMap((talk) => [...talk.personas, ...(talk.hints ?? [])]))
    people.set(personaName(ref), ref);
  if (event.as === "said") people.set(personaName(event.by), event.by);
  if (event.as === "profiled") people.set(personaName(event.persona), event.persona);
  const personas: Persona[] = [];
  for (const ref of people.values()) {
    const persona = await unit.persona(ref);
    if (persona !== undefined) personas.push(persona);
  }
  const all = (await Promise.all(whole(event, talks).map((talk) => unit.entries({ conversation: talk.key })))).flat();
  const known = new Set(all.map(({ key }) => key));
  const hidden = hiddenIn(event, talks);
  const named = entriesFor(event, [...drafts.map((draft) => draft.entry), ...hidden]).filter((key) => !known.has(key));
  const entries = [...all, ...(named.length === 0 ? [] : await unit.entries(named))];
  const texts = [
    ...(event.as === "answered" ? [event.text] : []),
    ...[...drafts.map((d) => d.entry), ...hidden].map((key) => entries.find((e) => e.key === key)?.text ?? ""),
  ];
  const leaked = await unit.privately(
    [...people.values()],
    texts.flatMap((text) => marks(text)),
  );
  // What is known already says itself whether it is gone.
  const isNew = event.as === "said" && event.side === "public" && entries.every(({ key }) => key !== event.entry);
  const gone = isNew && (await unit.note(goneNote(event.entry)).read()) !== undefined;
  let token: string | undefined;
  return {
    personas,
    drafts,
    entries,
    leaked,
    pauses,
    ...(await crowdOf(house, unit, event, talks[0])),
    ...(gone ? { gone } : {}),
    // Made when it is asked for: few events lead to an invite.
    get token() {
      return (token ??= freshToken(house, unit, talks[0]?.account));
    },
  };
};
