// Webhooks behind Fastify: in a scope of their own, where no body is parsed.
// Run it:          node 08-edge-fastify.ts
// In a checkout:   node --conditions=casethread:source examples/08-edge-fastify.ts
// You should see:  the case that a signed delivery came to, and what one without a signature was answered.
// With X_* and SALESFORCE_* set (see the adapters' READMEs), the same program serves the real ones at port 8080.
import type { AddressInfo } from "node:net";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import fastify from "fastify";

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

const app = fastify();
const hooks = toNode(bridge.fetch);
app.register(async (scope) => {
  // Fastify parses JSON by itself; in here a body of any type is left as the stream it came as.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _body, done) => done(null));
  scope.all("/hooks/*", (request, reply) => {
    reply.hijack(); // the bridge answers
    hooks(request.raw, reply.raw);
  });
});
app.get("/", async () => "the shop");

await app.listen({ port: real ? 8080 : 0 });
const { server } = app;
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
  `Fastify: case ${opened?.number}; without a signature: ${forged.status}; beside it: ${await (await fetch(origin)).text()}`,
);
await app.close();
