import type { Order } from "../core/words/event.ts";
import type { ConversationKey, PersonaRef } from "../core/words/ref.ts";
import type { House } from "./house.ts";
import { find, type Where } from "./talk.ts";
import { type ByKey, orderAt, order } from "./verbs.ts";

/** What an erasure left, and for whose sake. */
export interface Erasure {
  /** Conversations on hold, each with the matters that hold it: nothing of them was erased. It is, when the last is lifted. */
  readonly kept: readonly { readonly conversation: ConversationKey; readonly holds: readonly string[] }[];
}

/** Erases a person, under every name that their conversations know. */
export const erase = async (house: House, wanted: ByKey & { readonly persona: PersonaRef }): Promise<Erasure> => {
  const what: Order = { order: "erase", persona: wanted.persona };
  await order(house, undefined, what, wanted);
  const kept = await house.store.unit(async (unit) => {
    const { conversations } = await unit.kin([wanted.persona]);
    const talks = await Promise.all(conversations.map((key) => unit.load(key)));
    return talks.flatMap((talk) =>
      talk === undefined || talk.record.holds.length === 0
        ? []
        : [{ conversation: talk.key, holds: talk.record.holds }],
    );
  });
  if (kept.length > 0)
    house.log.warn({ kept: kept.length }, "a person was erased, but for conversations that are on hold");
  return { kept };
};

/** Keeps a conversation from being erased for the sake of a matter, or lets it go; what was to be erased meanwhile is erased then. */
export const preserve = async (
  house: House,
  wanted: Where & ByKey & { readonly hold: string; readonly lift?: boolean },
): Promise<void> => {
  const { hold, lift = false } = wanted;
  await orderAt(house, wanted, { order: "preserve", hold, ...(lift ? { lift } : {}) });
  const talk = lift ? await find(house, wanted) : undefined;
  if (talk === undefined || talk.record.holds.length > 0) return;
  for (const persona of talk.personas) {
    const known = await house.store.unit((unit) => unit.persona(persona));
    if (known?.erased === undefined) continue;
    await erase(house, { ...wanted, key: `${wanted.key}/erase`, persona });
    return;
  }
};
