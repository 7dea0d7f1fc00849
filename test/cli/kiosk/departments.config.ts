import type { Configuration, Policy } from "casethread";
import kiosk from "./casethread.config.ts";

export const policy: Policy = {
  departments: { service: { queue: "Service", promise: "30m" }, press: { queue: "PR", promise: "0m" } },
  route: (matter) => (matter.mentions("journalist") ? "press" : "service"),
};

export default (env: NodeJS.ProcessEnv): Configuration => ({ ...kiosk(env), policy });
