import { BridgeError } from "casethread";

/** Why the demo cannot begin or go on, and what to do. */
export const refuse = (say: string, fault: "invalid" | "unavailable" = "unavailable"): BridgeError =>
  new BridgeError(say, { fault, adapter: "demo", landed: "no" });
