import type { Lease, Promised } from "../core/contracts/store.ts";
import type { Instant } from "../core/words/ref.ts";
import { traces } from "../core/rules/traces.ts";
import { type Moment, type Permission, permit } from "../core/rules/permit.ts";
import { speaks } from "../core/rules/advance/plan.ts";
import { channelOf, type House } from "./house.ts";
import { beforeOf, privyOf, withoutShown } from "./secrets.ts";

/**
 * This moment, no earlier than when the store handed the lane out. An hour has come when the store says so: a worker whose
 * clock runs behind would otherwise put off what is due to an hour that is over, or let go what has been silenced since,
 * and be handed it again at once, for ever.
 */
export const momentOf = (house: House, lease: Lease): Instant => Math.max(house.clock.now(), lease.at);

/** Asks whether leased effects may still go, with all that this moment knows. */
export const permissions = async (
  house: House,
  leases: readonly Lease[],
): Promise<readonly (readonly Permission[])[]> =>
  house.store.unit(async (unit) => {
    const pauses = await unit.pauses();
    const ask = async (lease: Lease, promised: Promised): Promise<Permission> => {
      const { conversation } = lease;
      const words = promised.entry?.text;
      const { personas, claims } = conversation;
      const claimed = claims === undefined ? undefined : await unit.load(claims.conversation);
      const open = lease.door.endsWith("/public") && typeof words === "string" && speaks(promised.effect.act);
      const now = momentOf(house, lease);
      const { tellers, recent } = open
        ? await privyOf(unit, [conversation], now)
        : { tellers: claimed?.personas ?? [], recent: [] };
      const before = beforeOf(recent, promised.entry?.key);
      const [first] = personas;
      const crm = lease.door.startsWith("crm/");
      const wanted = !crm ? personas : promised.persona === undefined && first !== undefined ? [first] : [];
      const known = (await Promise.all(wanted.map((ref) => unit.persona(ref)))).flatMap((one) => one ?? []);
      const channel = crm ? undefined : channelOf(house, conversation.account);
      const moment: Moment = {
        can: channel?.can(conversation.account),
        perform: house.perform(conversation.account),
        pauses,
        persona: promised.persona ?? known[0],
        ...(crm ? {} : { personas: known }),
        mass: house.crowd.isMass(conversation.account),
        leaked:
          typeof words === "string" && tellers.length > 0
            ? withoutShown(await unit.privately(tellers, traces(words, before)), known)
            : [],
        before,
        handles: known.flatMap(({ profile }) => profile.handle ?? []),
        ...(channel?.parts === undefined ? {} : { parts: channel.parts.bind(channel) }),
        rules: house.rules,
        now,
      };
      return permit(conversation, promised, moment);
    };
    return Promise.all(leases.map((lease) => Promise.all(lease.run.map((promised) => ask(lease, promised)))));
  });
