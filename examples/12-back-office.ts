// An answer from your own back office: a parcel turns up in the warehouse, and whoever asked for it is told.
// Run it:          node 12-back-office.ts
// In a checkout:   node --conditions=casethread:source examples/12-back-office.ts
// You should see:  a message told twice and said once, what it waits for, and that it goes when she writes in private.
// With X_* and SALESFORCE_* set (see the adapters' READMEs), the same bridge serves the real ones.
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { type BridgeError, createBridge } from "casethread";
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
});

/** What the warehouse calls, by a queue that may tell a thing twice. It knows the case's link, for an agent noted it there. */
const parcelFound = async ({ order, link }: { readonly order: string; readonly link: string }): Promise<void> => {
  const text = `We have found order ${order}. It reaches you tomorrow.`;
  try {
    // The key is of the fact, not of the call: the same key acts once, however often it comes. In private by default.
    const { state, holds } = await bridge.answer({ key: `found/${order}`, url: link, text });
    console.log(`the answer is a ${state}; it waits for: ${holds.map(({ kind }) => kind).join() || "nothing"}`);
  } catch (thrown) {
    // A link that leads nowhere is a mistake of somebody's; everything else may work in a minute: tell the queue so.
    if ((thrown as BridgeError).fault !== "missing") throw thrown;
    console.log((thrown as BridgeError).message);
  }
};

if (real) {
  const hooks = toNode(bridge.fetch);
  createServer((request, response) => {
    if (request.url !== "/warehouse") return hooks(request, response);
    // Your own checks of who calls, and of what, stand here.
    void json(request)
      .then((told) => parcelFound(told as Parameters<typeof parcelFound>[0]))
      .then(
        () => response.end("ok\n"),
        () => response.writeHead(503).end(),
      );
  }).listen(8080, () => console.log("webhooks: http://localhost:8080/x, the warehouse: /warehouse"));
  await bridge.work();
}

// From here on the sandbox is X, and you are Maria and the warehouse.
await network.attach(bridge.fetch);
const settle = async (): Promise<void> => {
  await network.settled();
  await bridge.work({ until: "idle" });
  await network.settled();
};
await settle();
const maria = await network.persona("maria_k", { name: "Maria Keller" });
const post = await network.say({ by: maria, text: "@acme_help where is my parcel?" });
await settle();
const link = (await bridge.conversation({ url: `https://x.com/i/status/${post.id}` }))?.case.url ?? "";

await parcelFound({ order: "4711", link: "https://acme.my.salesforce.com/lightning/r/Case/500000000000000AAA/view" });
await parcelFound({ order: "4711", link });
await parcelFound({ order: "4711", link });
await settle();

// X lets nobody write first. Ann answers in public; the answer carries the way into private, and Maria takes it.
await org.agent("Ann").answer((await org.state()).cases[0]?.id ?? "", { text: "Write to us, Maria.", side: "public" });
await settle();
const invite = (await network.state()).posts.find(({ by }) => by === "1001");
await network.followInvite({ by: maria, post: invite?.id ?? "", text: "Here I am." });
await settle();
const { dms } = await network.state();
for (const { text } of dms.filter(({ from }) => from === "1001")) console.log(`in private: ${text}`);
