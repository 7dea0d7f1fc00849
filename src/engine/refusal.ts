import { BridgeError } from "../core/contracts/errors.ts";
import type { Fault } from "../core/words/effect.ts";

/** What was asked of the bridge cannot be done, and nothing was. The sentence says what to do next. */
export const refusal = (fault: Fault, say: string): BridgeError =>
  new BridgeError(say, { fault, adapter: "bridge", landed: "no" });
