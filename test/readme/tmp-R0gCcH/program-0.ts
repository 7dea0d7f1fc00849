import { createServer } from "node:http";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";

const bridge = createBridge({
  channels: [x.fromEnv(process.env)],
  crm: salesforce.fromEnv(process.env),
  policy: {
    departments: { support: { queue: "Social Support", promise: "30m" }, press: { queue: "PR" } },
    route: (matter) => (matter.mentions("journalist", "press") ? "press" : "support"),
    words: { closing: ({ greeting }) => `Glad we could sort it out, ${greeting}.` },
  },
}); // the store: a file beside you, until you pass another

createServer(toNode(bridge.fetch)).listen(8080); // webhooks: /x
await bridge.work(); // performs what was promised, and asks what is new
