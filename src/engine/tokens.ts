import type { Unit } from "../core/contracts/store.ts";
import { judgeToken, makeToken } from "../core/rules/token.ts";
import type { BridgeEvent } from "../core/words/event.ts";
import type { AccountRef, Why } from "../core/words/ref.ts";
import type { House } from "./house.ts";

// An event on no conversation leads to no invite.
const nowhere: AccountRef = { channel: "none", id: "none" };

/** A token for an invite that is made now: it is good for as long as a private talk is one matter. */
export const freshToken = (house: House, { seal }: Unit, account: AccountRef = nowhere): string => {
  const random = globalThis.crypto.getRandomValues(new Uint8Array(12));
  return makeToken({ account, until: house.clock.now() + house.rules.windows.private, random }, seal);
};

/** The event without a token that is not ours, or too old: it leads nowhere, and the trail says why. */
export const redeemed = (event: BridgeEvent, { seal }: Unit): { readonly event: BridgeEvent; readonly why?: Why } => {
  if ((event.as !== "said" && event.as !== "opened") || event.token === undefined) return { event };
  const { account } = event.as === "said" ? event.by : event.persona;
  const found = judgeToken({ account, token: event.token, at: event.at }, seal);
  if (found === "good") return { event };
  const why: Why = { code: `invite-${found}` };
  if (event.as === "opened") return { event, why };
  const { token: _, ...bare } = event;
  return { event: bare, why };
};
