import { BridgeError, type Kit } from "casethread/adapter";
import { blocked, type Breaker } from "./breaker.ts";
import type { XCall } from "./client.ts";
import { isBlocked } from "./faults.ts";
import type { Gauge } from "./limits.ts";
import type { Caller } from "./lookup.ts";
import type { Spend } from "./spend.ts";

const later = (retryAt: number): BridgeError =>
  new BridgeError("X lets so many through in a window: what is left of it is spread over the rest.", {
    fault: "throttled",
    adapter: "x",
    landed: "no",
    retryAt,
  });

/** The same way out, kept within X's limits and the day's budget, and silent while the account is locked. */
export const paced =
  (ask: Caller, gauge: Gauge, spend: Spend, breaker: Breaker): Caller =>
  async (call: XCall, kit: Kit) => {
    const closed = gauge.closedUntil(call, kit.now());
    if (closed !== undefined) throw later(closed);
    const leads = call.acts || call.purpose === "upload";
    const until = leads ? await breaker.until(call.account.id, kit) : undefined;
    if (until !== undefined) throw blocked(until);
    if (leads) await spend.allow("act", call.account.id, kit);
    try {
      const answer = await ask(call, kit);
      gauge.note(call, answer.rateLimit, kit.now());
      await spend.billed(call, answer.data, kit);
      return answer;
    } catch (thrown) {
      if (leads && isBlocked(thrown)) throw await breaker.block(call.account.id, kit);
      const reset = thrown instanceof BridgeError && thrown.fault === "throttled" ? thrown.retryAt : undefined;
      if (reset !== undefined) gauge.spent(call, reset);
      throw thrown;
    }
  };
