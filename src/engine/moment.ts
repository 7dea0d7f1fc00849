import type { Lease, Promised } from "../core/contracts/store.ts";
import { marks } from "../core/rules/marks.ts";
import { type Moment, type Permission, permit } from "../core/rules/permit.ts";
import { channelOf, type House } from "./house.ts";

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
      const { personas, hints = [], claims } = conversation;
      const claimed = claims === undefined ? undefined : await unit.load(claims.conversation);
      const tellers = lease.door.endsWith("/public") ? [...personas, ...hints] : (claimed?.personas ?? []);
      const [first] = conversation.personas;
      const channel = lease.door.startsWith("crm/") ? undefined : channelOf(house, conversation.account);
      const moment: Moment = {
        can: channel?.can(conversation.account),
        perform: house.perform(conversation.account),
        pauses,
        persona: promised.persona ?? (first && (await unit.persona(first))),
        leaked: typeof words === "string" ? await unit.privately(tellers, marks(words)) : [],
        ...(channel?.parts === undefined ? {} : { parts: channel.parts.bind(channel) }),
        rules: house.rules,
        now: house.clock.now(),
      };
      return permit(conversation, promised, moment);
    };
    return Promise.all(leases.map((lease) => Promise.all(lease.run.map((promised) => ask(lease, promised)))));
  });
