// Setting up X: a webhook, the account's subscriptions, and a look at whether all is well.
// Run it:          node 02-set-up-x.ts
// In a checkout:   node --conditions=casethread:source examples/02-set-up-x.ts
// You should see:  what is missing, its registration, that nothing is wrong, and what is when X has ended it all.
// With X_* set (see adapters/x/README.md) and a bridge that X can reach at X_WEBHOOK_URL, it sets up the real one.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x, type XSetup, xSetup } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";

const tell = async (when: string, setup: XSetup, url: string): Promise<void> => {
  const wrong = await setup.doctor(url);
  for (const sentence of wrong) console.log(`${when}: ${sentence}`);
  if (wrong.length === 0) console.log(`${when}: nothing is wrong`);
};

const setUp = async (setup: XSetup, url: string): Promise<void> => {
  await tell("before", setup, url);
  const webhook = await setup.register(url);
  console.log(`registered${webhook.valid ? " and valid" : ", and not valid: it did not sign the challenge"}`);
  const events = await setup.subscribe(webhook.id);
  console.log(`subscribed to ${events.length} kinds of events`);
  await tell("after", setup, url);
};

const address = process.env["X_WEBHOOK_URL"];
if (address !== undefined) {
  await setUp(xSetup.fromEnv(process.env), address);
  process.exit(0);
}

await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
await using org = await createSalesforceSandbox();
await using bridge = createBridge({
  channels: [x(network.options())],
  crm: salesforce({ origin: org.origin, login: org.login }),
  store: sqlite({ file: ":memory:", durable: false }),
});
const server = createServer(toNode(bridge.fetch)).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
const setup = xSetup(network.options());
await setUp(setup, url);
// X ends what has failed its challenge for a day. A channel with `webhook` notices, and mends it by itself.
await network.lapse();
await tell("lapsed", setup, url);
server.close();
