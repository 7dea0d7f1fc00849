// One post, from the feed to a case and back, against the sandboxes of X and Salesforce.
// Run it:          node --conditions=casethread:source examples/01-quickstart.ts
// You should see:  a case number, the agent's answer on the feed, and why it all happened.
// With X_* and SALESFORCE_* set (see the adapters' READMEs), the same bridge serves the real ones.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createBridge, type Policy } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";

const policy: Policy = {
  departments: { support: { queue: "Social Support", promise: "30m" }, press: { queue: "PR" } },
  route: (matter) => (matter.mentions("journalist", "press") ? "press" : "support"),
  words: { closing: ({ greeting }) => `Glad we could sort it out, ${greeting}.` },
};

if (process.env["X_CONSUMER_SECRET"] !== undefined) {
  const bridge = createBridge({ channels: [x.fromEnv(process.env)], crm: salesforce.fromEnv(process.env), policy });
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
  await bridge.work();
}

await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
await using org = await createSalesforceSandbox();
await using bridge = createBridge({
  channels: [x(network.options())],
  crm: salesforce({ origin: org.origin, login: org.login, pollMs: 200 }),
  policy,
  store: sqlite({ file: ":memory:", durable: false }),
});
const server = createServer(toNode(bridge.fetch)).listen(0, "127.0.0.1");
await once(server, "listening");
await network.connect({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x` });
const stop = new AbortController();
const working = bridge.work({ signal: stop.signal });

const until = async <T>(ask: () => Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const maria = await network.persona("maria_k", { name: "Maria Keller" });
const post = await network.say({ by: maria, text: "@acme_help where is my parcel?" });
const url = `https://x.com/i/status/${post.id}`;

const opened = await until(async () => {
  const talk = await bridge.conversation({ url });
  return talk?.case.number === undefined ? undefined : talk;
});
console.log(`${url} is case ${opened.case.number}`);

await bridge.answer({ key: "answer-1", url, text: "We are looking for it, Maria.", side: "public" });
const reply = await until(async () => (await network.state()).posts.find((one) => one.by === "1001"));
console.log(`on the feed: ${reply.text}`);

await bridge.settled();
const talk = await bridge.conversation({ url });
if (talk !== undefined) console.log(bridge.explain(talk));

stop.abort();
await working;
server.close();
