import type { ChannelTask } from "../core/contracts/channel.ts";
import type { Unit } from "../core/contracts/store.ts";
import type { Act } from "../core/words/effect.ts";
import type { Actor } from "../core/words/entry.ts";
import type { BridgeEvent, Said } from "../core/words/event.ts";
import { type AccountRef, door } from "../core/words/ref.ts";
import { channelOf, type House } from "./house.ts";

/** What happened before a person was erased, and is told again or late, brings them not back. */
export const wasErased = async (unit: Unit, event: BridgeEvent): Promise<boolean> => {
  const of =
    event.as === "said"
      ? [event.by, ...(event.to === undefined ? [] : [event.to])]
      : event.as === "profiled" || event.as === "opened"
        ? [event.persona]
        : [];
  const people = await Promise.all(of.map((ref) => unit.persona(ref)));
  return people.some((one) => one?.erased !== undefined && event.at <= one.erased);
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
