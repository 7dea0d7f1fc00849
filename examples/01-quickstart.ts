// One post, from the feed to a case and back, against the sandboxes of X and Salesforce.
// Run it:          node 01-quickstart.ts
// In a checkout:   node --conditions=casethread:source examples/01-quickstart.ts
// You should see:  a case number, the agent's answer on the feed, and why it all happened.
// With X_* and SALESFORCE_* set (see the adapters' READMEs), the same bridge serves the real ones.
import { createServer } from "node:http";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { settle } from "casethread/sandbox";
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
  policy: {
    departments: { support: { queue: "Social Support", promise: "30m" }, press: { queue: "PR" } },
    route: (matter) => (matter.mentions("journalist", "press") ? "press" : "support"),
    words: { closing: ({ greeting }) => `Glad we could sort it out, ${greeting}.` },
  },
  store: real ? sqlite({ file: "casethread.db" }) : sqlite({ file: ":memory:", durable: false }),
});

if (real) {
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
  await bridge.work();
}

// From here on you are everybody else: X, which delivers; Maria, who is cross; Ann, who answers on the case.
await network.attach(bridge.fetch);
await settle(bridge, network);

const maria = await network.persona("maria_k", { name: "Maria Keller" });
const post = await network.say({ by: maria, text: "@acme_help where is my parcel?" });
const url = `https://x.com/i/status/${post.id}`;
await settle(bridge, network);

const opened = await bridge.conversation({ url });
console.log(`${url} is case ${opened?.case.number}`);

await org.agent("Ann").answer(opened?.key ?? "", { text: "We are looking for it, Maria.", side: "public" });
await settle(bridge, network);
const { posts } = await network.state();
console.log(`on the feed: ${posts.find(({ by }) => by === "1001")?.text}`);

const talk = await bridge.conversation({ url });
if (talk !== undefined) console.log(bridge.explain(talk));
