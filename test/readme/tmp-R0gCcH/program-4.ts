import type { Configuration } from "casethread";
import { facebook } from "casethread/facebook";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";

const configuration: Configuration = {
  channels: [x.fromEnv, facebook.fromEnv],
  crm: (env) => salesforce.fromEnv(env, { queues: { support: "Social_Support" } }),
};
export default configuration;
