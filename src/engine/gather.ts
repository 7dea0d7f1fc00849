import type { Unit } from "../core/contracts/store.ts";
import type { Known } from "../core/rules/advance/plan.ts";
import { saysNothing } from "../core/rules/advance/settled.ts";
import { hiddenIn, whole } from "../core/rules/advance/wants.ts";
import { traces } from "../core/rules/traces.ts";
import type { Conversation, Persona } from "../core/words/conversation.ts";
import type { BridgeEvent } from "../core/words/event.ts";
import { door, type EntryKey, type EventKey, keyOf, personaName, type PersonaRef } from "../core/words/ref.ts";
import { crowdOf } from "./crowd.ts";
import type { House } from "./house.ts";
import { peopleIn } from "./known.ts";
import { beforeOf, privyOf, withoutShown } from "./secrets.ts";
import { freshToken } from "./tokens.ts";

/** The entries a decision on this event needs to see. */
const entriesFor = async (
  unit: Unit,
  event: BridgeEvent,
  drafts: readonly EntryKey[],
): Promise<readonly EntryKey[]> => {
  // A post of ours that is gone has its words under the answer's own name.
  const ours = event.as === "gone" ? await unit.known(door.of(event.post.account, "public"), event) : undefined;
  const named: readonly (EntryKey | undefined)[] =
    event.as === "said" || event.as === "gone"
      ? [event.entry, ours?.content?.entry]
      : event.as === "answered"
        ? [event.entry, event.answers]
        : event.as === "advised"
          ? [event.entry]
          : event.as === "settled"
            ? [event.effect.content?.entry]
            : event.as === "ordered" && "draft" in event.what
              ? [event.what.draft]
              : event.as === "ordered" && "entry" in event.what
                ? [event.what.entry]
                : [];
  return [...new Set([...named, ...drafts])].filter((key) => key !== undefined);
};

/** Reads all that a decision on this event may look at. `kin`: of an erasure, every name of the person. */
export const gather = async (
  house: House,
  unit: Unit,
  event: BridgeEvent,
  { talks, kin }: { readonly talks: readonly Conversation[]; readonly kin: readonly PersonaRef[] },
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
  for (const ref of peopleIn(event)) people.set(personaName(ref), ref);
  const asked = await Promise.all([...people.values()].map((ref) => unit.persona(ref)));
  const personas: readonly Persona[] = asked.filter((persona) => persona !== undefined);
  const all = (await Promise.all(whole(event, talks).map((talk) => unit.entries({ conversation: talk.key })))).flat();
  const known = new Set(all.map(({ key }) => key));
  const wanted = await entriesFor(unit, event, [...drafts.map((draft) => draft.entry), ...hiddenIn(event, talks)]);
  const named = wanted.filter((key) => !known.has(key));
  const entries = [...all, ...(named.length === 0 ? [] : await unit.entries(named))];
  const texts: readonly (readonly [EntryKey, string])[] = [
    ...(event.as === "answered" ? [[event.entry, event.text] as const] : []),
    ...drafts.map((d) => [d.entry, entries.find((e) => e.key === d.entry)?.text ?? ""] as const),
  ];
  const { tellers, recent } =
    texts.length === 0 ? { tellers: [], recent: [] } : await privyOf(unit, talks, house.clock.now());
  const given = texts.flatMap(([key, text]) => traces(text, beforeOf(recent, key)));
  const leaked = withoutShown(await unit.privately(tellers, [...new Set(given)]), personas);
  // What is known already says itself whether it is gone.
  const isNew = event.as === "said" && event.side === "public" && entries.every(({ key }) => key !== event.entry);
  const gone = isNew && (await unit.counted(goneBefore(event.entry)));
  let token: string | undefined;
  return {
    personas,
    drafts,
    entries,
    leaked,
    recent,
    pauses,
    ...(kin.length === 0 ? {} : { kin }),
    ...(await crowdOf(house, unit, event, talks[0])),
    ...(gone ? { gone } : {}),
    // Made when it is asked for: few events lead to an invite.
    get token() {
      return (token ??= freshToken(house, unit, talks[0]?.account));
    },
  };
};

/** Counts where something was taken back before it was told of: sixteen bytes, like any event. */
export const goneBefore = (entry: EntryKey): EventKey => keyOf.event("gone", entry);
