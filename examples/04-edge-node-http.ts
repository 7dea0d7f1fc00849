// Webhooks behind node:http, beside what else is served there.
// Run it:          node 04-edge-node-http.ts
// In a checkout:   node --conditions=casethread:source examples/04-edge-node-http.ts
// You should see:  the case that a signed delivery came to, and what one without a signature was answered.
// With X_* and SALESFORCE_* set (see the adapters' READMEs), the same program serves the real ones at port 8080.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";

const real = process.env["X_CONSUMER_SECRET"] !== undefined;
await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
await using org = await createSalesforceSandbox();
const env = real ? process.env : { ...network.env(), ...org.env() };

await using bridge = createBridge({
  channels: [x.fromEnv(env)],
  crm: salesforce.fromEnv(env),
  store: sqlite(real ? { file: "casethread.db" } : { file: ":memory:", durable: false }),
  intake: { basePath: "/hooks" }, // webhooks: /hooks/x
});

const hooks = toNode(bridge.fetch);
const server = createServer((request, response) => {
  if (request.url?.startsWith("/hooks/")) hooks(request, response);
  else response.end("the shop");
});
server.listen(real ? 8080 : 0);
await once(server, "listening");
if (real) await bridge.work(); // performs what was promised, in this process or in another on the same store

// From here on the sandbox is X: it asks whether this is ours, tells what was said, and signs it. Somebody else does not sign.
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
await network.connect({ url: `${origin}/hooks/x` });
await network.say({ by: await network.persona("maria_k"), text: "@acme_help where is my parcel?" });
await network.settled();
await bridge.work({ until: "idle" });
const [opened] = (await org.state()).cases;
const forged = await fetch(`${origin}/hooks/x`, { method: "POST", body: '{"for_user_id":"1001"}' });
console.log(
  `node:http: case ${opened?.number}; without a signature: ${forged.status}; beside it: ${await (await fetch(origin)).text()}`,
);
server.close();
