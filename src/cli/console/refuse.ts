import { BridgeError } from "casethread";

/** What the visitor is told where something cannot be done. */
export const refuse = (say: string): BridgeError =>
  new BridgeError(say, { fault: "invalid", adapter: "console", landed: "no" });
