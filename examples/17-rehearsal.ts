// A rehearsal beside an old system: everything is heard and decided, and nothing is done; then cases only, words later.
// Run it:          node 17-rehearsal.ts
// In a checkout:   node --conditions=casethread:source examples/17-rehearsal.ts
// You should see:  what would have been done and at what price, and the case that is opened once the reach is raised.
// With X_* and SALESFORCE_* set (see the adapters' READMEs) the same bridge rehearses beside the real ones; PERFORM raises it.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bridge, createBridge, type Perform } from "casethread";
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
const folder = real ? "." : await mkdtemp(join(tmpdir(), "casethread-"));

// The same file each time: what was rehearsed is known, and is planned after all where that still makes sense.
const start = (perform: Perform): Bridge =>
  createBridge({
    channels: [x.fromEnv(env)],
    crm: salesforce.fromEnv(env),
    policy: { words: { closing: ({ greeting }) => `Glad we could sort it out, ${greeting}.` } },
    perform,
    store: sqlite({ file: join(folder, "casethread.db") }),
  });

if (real) {
  const bridge = start((env["PERFORM"] ?? "none") as Perform); // anything else than a reach is refused, with a sentence
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
  await bridge.work();
}

const print = async (bridge: Bridge, url: string): Promise<void> => {
  const talk = await bridge.conversation({ url });
  for (const { effect, entry, outcome, state } of talk?.effects ?? []) {
    const price = outcome?.as === "rehearsed" && outcome.price !== undefined ? `, for $${outcome.price.usd}` : "";
    console.log(`  ${state}: ${effect.act.do} at ${effect.door}${price}${entry?.text ? `: ${entry.text}` : ""}`);
  }
  console.log(`  seen outside: ${(await org.state()).cases.length} cases, ${await spoken()} posts of ours`);
};
const spoken = async (): Promise<number> => (await network.state()).posts.filter(({ by }) => by === "1001").length;

let url = "";
console.log('perform: "none"');
{
  await using bridge = start("none");
  await network.attach(bridge.fetch);
  await bridge.work({ until: "idle" });
  const maria = await network.persona("maria_k", { name: "Maria Keller" });
  const { id } = await network.say({ by: maria, text: "@acme_help where is my parcel?" });
  url = `https://x.com/i/status/${id}`;
  await network.settled();
  await bridge.answer({ key: "answer-1", url, text: "We are looking for it.", side: "public" });
  await bridge.work({ until: "idle" });
  await print(bridge, url);
}
console.log('perform: "crm"');
{
  await using bridge = start("crm");
  await bridge.work({ until: "idle" });
  await print(bridge, url);
}
if (!real) await rm(folder, { recursive: true });
