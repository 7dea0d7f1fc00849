import type { Conversation, Decision } from "../core/words/conversation.ts";
import type { Effect } from "../core/words/effect.ts";
import type { Advised, BridgeEvent, Settled } from "../core/words/event.ts";
import { isPast } from "../core/rules/past.ts";
import { accountName, door } from "../core/words/ref.ts";
import type { House } from "./house.ts";

/** Links what is promised now to the span that it was promised in. */
export const traced = (decision: Decision, trace: string | undefined): Decision => {
  if (trace === undefined) return decision;
  return { ...decision, effects: decision.effects.map((effect): Effect => ({ ...effect, trace })) };
};

/** Tells that an event counted, and how long after it had happened. */
export const toldEvent = ({ telemetry, clock, crm }: House, event: BridgeEvent): void => {
  telemetry.count("casethread.admitted", 1, { as: event.as, source: event.source });
  if (isPast(event)) return;
  const seconds = Math.max(0, clock.now() - event.at) / 1_000;
  if (event.as === "said" && event.actor.kind === "customer")
    telemetry.lag(seconds, { channel: event.by.account.channel, side: event.side });
  // What code says by itself is kept as it is said: only what the CRM tells can be late.
  const told = event.source === "poll" || event.source === "stream" || event.source === "webhook";
  if (told && (event.as === "answered" || event.as === "case")) telemetry.lag(seconds, { crm: crm.name });
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

/** Takes what is to be told once a unit is committed. */
export type Later = (told: () => void) => void;

/** Runs what keeps, and tells what came of it once that is kept. A unit may be run again: then only its last run counts. */
export const onceKept = async <T>(keep: (begin: () => Later) => Promise<T>): Promise<T> => {
  let after: (() => void)[] = [];
  const kept = await keep(() => {
    after = [];
    return (told) => void after.push(told);
  });
  for (const told of after) told();
  return kept;
};

/**
 * How it was learned that an act ended: an answer, or a rule that let it go no further; a look, as it was in doubt; an echo that
 * came before an answer; an answer that came when the lane was not ours any more; a person's word; its hour, which was over.
 */
export type Learned = "answer" | "look" | "echo" | "late" | "person" | "deadline";

/** Tells how an act ended, once for each end. */
export const toldEnd = ({ telemetry }: House, event: Settled | Advised, learned: Learned): void => {
  const end =
    event.as === "settled"
      ? { door: event.effect.door, act: event.effect.act.do, outcome: event.outcome.as, learned }
      : { door: door.advisor(event.advisor), act: "ask", outcome: "done", learned: event.late ? "deadline" : learned };
  telemetry.count("casethread.acts", 1, end);
};
