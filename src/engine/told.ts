import type { Conversation, Decision } from "../core/words/conversation.ts";
import type { Effect } from "../core/words/effect.ts";
import type { BridgeEvent } from "../core/words/event.ts";
import { accountName } from "../core/words/ref.ts";
import type { House } from "./house.ts";
import type { Result } from "./settle.ts";

/** Links what is promised now to the span that it was promised in. */
export const traced = (decision: Decision, trace: string | undefined): Decision => {
  if (trace === undefined) return decision;
  return { ...decision, effects: decision.effects.map((effect): Effect => ({ ...effect, trace })) };
};

/** Tells that an event counted, and how long after it had happened. */
export const toldEvent = ({ telemetry, clock }: House, event: BridgeEvent): void => {
  telemetry.count("casethread.admitted", 1, { as: event.as, source: event.source });
  if (event.as !== "said" || event.actor.kind !== "customer") return;
  const seconds = Math.max(0, clock.now() - event.at) / 1_000;
  telemetry.lag(seconds, { channel: event.by.account.channel, side: event.side });
};

/** Tells which steps invites have made: seen by comparing. */
export const toldInvites = (
  { telemetry }: House,
  before: readonly Conversation[],
  decisions: readonly Decision[],
): void => {
  for (const { conversation } of decisions) {
    const was = before.find(({ key }) => key === conversation.key)?.invite?.stage;
    const { stage } = conversation.invite ?? {};
    if (stage === undefined || stage === was) continue;
    telemetry.count("casethread.invites", 1, { account: accountName(conversation.account), stage });
  }
};

/** Tells how acts ended. */
export const toldEnds = ({ telemetry }: House, results: readonly Result[]): void => {
  for (const { lease, outcomes } of results)
    for (const { promised, outcome } of outcomes) {
      const facts = { door: lease.door, act: promised.effect.act.do, outcome: outcome.as };
      telemetry.count("casethread.acts", 1, { ...facts, doubt: promised.sent !== undefined });
    }
};
