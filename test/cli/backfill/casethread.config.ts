import type { Configuration } from "casethread";
import { salesforce } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";

const town: Configuration = {
  channels: [x.fromEnv],
  crm: salesforce.fromEnv,
  store: (env) => sqlite({ file: env["TOWN_DB"] ?? ":memory:", durable: false }),
};
export default town;
