import { throughDoor } from "../core/rules/move.ts";
import { findToken, judgeToken } from "../core/rules/token.ts";
import { clue, type ConversationKey, keyOf } from "../core/words/ref.ts";
import type { House } from "./house.ts";
import { admit } from "./inbox.ts";
import { refusal } from "./refusal.ts";
import { followed } from "./talk.ts";

/** What a customer said through a door of the brand's own. */
export interface Redeemed {
  /** The same key counts once, however often it is sent. */
  readonly key: string;
  /** The token from the door's link, or a text that holds it. */
  readonly token: string;
  readonly text: string;
  /** The brand's own id of the visitor: who comes again with it is the same person. @default the key: another person each time */
  readonly who?: string;
  /**
   * The brand knows that this is whom the invite was given to: the words join that conversation. Without it the token is a
   * hint, for links are passed on: the words get a case of their own that says where it belongs, and an agent confirms.
   *
   * @default false
   */
  readonly vouched?: boolean;
}

/** Brings home what came through a door. */
export const redeem = async (house: House, wanted: Redeemed): Promise<{ readonly conversation: ConversationKey }> => {
  const { key, text, who = key, vouched = false } = wanted;
  const token = findToken(wanted.token);
  if (token === undefined)
    throw refusal("invalid", "redeem: there is no invite's token in what was given: pass it as it stands in the link");
  if (text.trim() === "") throw refusal("invalid", "redeem: there are no words: pass what the customer said as text");
  const now = house.clock.now();
  const account = await house.store.unit(async (unit) => {
    const [found] = await unit.find([clue.token(token)]);
    if (found === undefined) return undefined;
    const talk = await followed(unit, found.talk);
    const judged = judgeToken({ account: talk.account, token, at: now }, unit.seal);
    if (judged === "good") return talk.account;
    throw refusal("invalid", `redeem: this invite is ${judged}: take the words as a new matter`);
  });
  if (account === undefined)
    throw refusal("missing", "redeem: this invite was given to nobody: take the words as a new matter");
  const by = { account, space: throughDoor, id: who };
  const entry = keyOf.entry(account, throughDoor, key);
  await admit(house, {
    as: "said",
    key: keyOf.said(entry, 1),
    at: now,
    source: "person",
    entry,
    by,
    actor: { kind: "customer", persona: by },
    side: "private",
    text,
    version: 1,
    token,
    ...(vouched ? { vouched } : {}),
  });
  const [said] = await house.store.unit((unit) => unit.entries([entry]));
  if (said === undefined)
    throw refusal(
      "missing",
      "redeem: the words were kept on no conversation: the ledger says why, see bridge.ledger()",
    );
  return { conversation: said.conversation };
};
