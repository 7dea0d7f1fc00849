import type { ChannelTask } from "../core/contracts/channel.ts";
import type { Persona } from "../core/words/conversation.ts";
import type { Act } from "../core/words/effect.ts";
import type { Actor } from "../core/words/entry.ts";
import type { BridgeEvent, Said } from "../core/words/event.ts";
import { type AccountRef, door, type PersonaRef, samePersona } from "../core/words/ref.ts";
import { channelOf, type House } from "./house.ts";

/** Whom an event is of: who spoke and to whom, who changed their name, who came. */
export const peopleIn = (event: BridgeEvent): readonly PersonaRef[] => {
  if (event.as === "said") return event.to === undefined ? [event.by] : [event.by, event.to];
  return event.as === "profiled" || event.as === "opened" ? [event.persona] : [];
};

/** What happened before a person was erased, and is told again or late, brings them not back. Asked of what was read while their name was held: an erasure may be under way. */
export const wasErased = (personas: readonly Persona[], event: BridgeEvent): boolean => {
  const people = peopleIn(event);
  return personas.some(
    ({ ref, erased }) => erased !== undefined && event.at <= erased && people.some((one) => samePersona(one, ref)),
  );
};

/** Who somebody is to the brand: an employee, a helper, or as the network has it. */
export const inRole = ({ rules: { roster, helpers } }: House, { actor, by }: Said): Actor => {
  if (actor.kind !== "customer") return actor;
  if (roster.has(by.id)) return { ...actor, kind: "employee" };
  return helpers.has(by.id) ? { ...actor, kind: "other" } : actor;
};

/** What an act would cost, as its channel prices it. */
export const costOf = (house: House, account: AccountRef, act: Act, text: string): number | undefined => {
  const at = door.of(account, act.do === "reply" ? "public" : "private");
  try {
    return channelOf(house, account).price({
      effect: { act, door: at },
      attempt: 1,
      words: text,
    } as unknown as ChannelTask).usd;
  } catch {
    // A price that cannot be told must not keep an answer from its way.
    return undefined;
  }
};
