// Webhooks as a route of Next.js: app/hooks/[channel]/route.ts.
// Run it:          node 06-edge-next.ts
// In a checkout:   node --conditions=casethread:source examples/06-edge-next.ts
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

// Not `await using`: in Next it is to outlive the module.
const bridge = createBridge({
  channels: [x.fromEnv(env)],
  crm: salesforce.fromEnv(env),
  store: sqlite(real ? { file: "casethread.db" } : { file: ":memory:", durable: false }),
  intake: { basePath: "/hooks" }, // webhooks: /hooks/x
});

// The route. Next calls these; it hands over a web-standard request, its body unread.
export const runtime = "nodejs"; // the bridge's SDKs and its store are Node's
type Route = (request: Request) => Promise<Response>;
export const GET: Route = bridge.fetch; // X asks whether the address is ours
export const POST: Route = bridge.fetch;
// Elsewhere: bridge.work() in a process that stays (`npx casethread serve`), or by the clock, as in 09-edge-lambda.ts.
// A development server loads modules anew: keep one bridge, `globalThis.bridge ??= createBridge(…)`.

// Here node:http is in Next's place.
const routes: Readonly<Record<string, Route>> = { GET, POST };
const page = async (): Promise<Response> => new Response("the shop");
const server = createServer(
  toNode((request) =>
    ((new URL(request.url).pathname.startsWith("/hooks/") && routes[request.method]) || page)(request),
  ),
);
server.listen(real ? 8080 : 0);
await once(server, "listening");
if (real) await bridge.work();

// From here on the sandbox is X: it asks whether this is ours, tells what was said, and signs it. Somebody else does not sign.
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
await network.connect({ url: `${origin}/hooks/x` });
await network.say({ by: await network.persona("maria_k"), text: "@acme_help where is my parcel?" });
await network.settled();
await bridge.work({ until: "idle" });
const [opened] = (await org.state()).cases;
const forged = await fetch(`${origin}/hooks/x`, { method: "POST", body: '{"for_user_id":"1001"}' });
console.log(
  `Next.js: case ${opened?.number}; without a signature: ${forged.status}; beside it: ${await (await fetch(origin)).text()}`,
);
server.close();
await bridge[Symbol.asyncDispose]();
