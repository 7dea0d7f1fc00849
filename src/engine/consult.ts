import { BridgeError } from "../core/contracts/errors.ts";
import { orGivenUp } from "../core/contracts/give-up.ts";
import type { Lease } from "../core/contracts/store.ts";
import { type Consulted, mostAdvice, sizeOf } from "../core/rules/advisor.ts";
import { matterIn, type Matter } from "../core/rules/matter.ts";
import { backoff } from "../core/rules/verdict.ts";
import type { AskAct } from "../core/words/effect.ts";
import type { Instant, Json, Why } from "../core/words/ref.ts";
import { type House, thrownBy, within } from "./house.ts";
import { momentOf } from "./moment.ts";
import { callTimeoutMs, markOf } from "./send.ts";
import { settle } from "./settle.ts";

/** How long a question is left for another process to take, in ms. */
const elsewhereMs = 1_000;

const refused = (say: string, fault: "invalid" | "unavailable" = "invalid"): BridgeError =>
  new BridgeError(say, { fault, adapter: "advisor", landed: "unknown" });

/** As it is stored: what JSON does not know is left out. */
const plain = (answer: Json | undefined): Json => {
  const text = JSON.stringify(answer) ?? "null";
  const advice = JSON.parse(text) as Json;
  if (sizeOf(advice) > mostAdvice) throw refused(`an answer has more than ${mostAdvice} bytes: answer with less`);
  return advice;
};

/** Asks once. Who does not look at the signal is waited for no longer either. */
const asked = async (advisor: Consulted, matter: Matter, ms: number, stop: AbortSignal): Promise<Json> =>
  within(ms, stop, (signal) => {
    // One that throws before it has begun to wait is no other than one that fails.
    const answer = async (): Promise<Json> => plain(await advisor.ask(matter, { signal }));
    return orGivenUp(answer(), signal).catch((thrown: unknown) => {
      throw signal.aborted
        ? refused("no answer came in time: make it quicker, or raise withinMs", "unavailable")
        : thrown;
    });
  });

/** Asks an advisor what the head of its lane is to ask, and settles with the answer, or at the deadline with what is taken for it. */
export const consult = async (house: House, lease: Lease, stop: AbortSignal): Promise<void> => {
  const [promised] = lease.run;
  if (promised === undefined) return settle(house, [{ lease, outcomes: [] }]);
  const act = promised.effect.act as AskAct;
  const { advisor: name, deadline, fallback } = act;
  const advised = (at: Instant, answer: Json, late: boolean): Promise<void> => {
    const outcome = { as: "done", receipt: { at } } as const;
    return settle(house, [{ lease, outcomes: [{ promised, outcome, advice: { advisor: name, answer, late } }] }]);
  };
  const now = momentOf(house, lease);
  const again = (at: Instant, counts: boolean, why: Why): Promise<void> => {
    const outcome = { as: "again", at: Math.min(deadline, at), doubt: false, counts, why } as const;
    return settle(house, [{ lease, outcomes: [{ promised, outcome }] }]);
  };
  const { conversation } = lease;
  const matter = promised.entry && matterIn(promised.entry, conversation, promised.persona);
  // In a rehearsal nobody outside is told her words.
  const silent = matter === undefined || house.perform(conversation.account) === "none";
  if (silent || now >= deadline) return advised(now, fallback, true);
  // Stopped between the lease and here: whoever works next asks.
  if (stop.aborted) return settle(house, [{ lease, outcomes: [] }]);
  const advisor = house.rules.advisors.get(name);
  // Who is not configured here may be in another process, which may lease it next.
  if (advisor === undefined)
    return again(now + elsewhereMs, false, { code: "advisor-is-elsewhere", params: { advisor: name } });
  let answer: Json;
  try {
    answer = await house.telemetry.span(
      "casethread.advise",
      { advisor: name },
      () => asked(advisor, matter, Math.min(deadline - now, callTimeoutMs), stop),
      markOf(promised.effect),
    );
  } catch (thrown) {
    if (stop.aborted) return settle(house, [{ lease, outcomes: [] }]);
    const error = thrownBy(thrown, lease.door);
    house.faults.note(lease.door, error);
    house.log.warn({ effect: promised.effect.key }, `an advisor did not answer: ${error.message}`);
    // The same question would have the same answer.
    if (error.fault === "invalid") return advised(momentOf(house, lease), fallback, true);
    const params = { fault: error.fault, tries: promised.tries + 1 };
    const at = momentOf(house, lease) + backoff(promised.tries, house.roll());
    return again(at, true, { code: "failed-for-now", params });
  }
  house.faults.mend(lease.door);
  return advised(momentOf(house, lease), answer, false);
};
