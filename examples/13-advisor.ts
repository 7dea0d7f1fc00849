// An advisor: somebody outside who knows more (a language model, a loyalty programme) says whose matter it is.
// Run it:          node 13-advisor.ts
// In a checkout:   node --conditions=casethread:source examples/13-advisor.ts
// You should see:  whose case each is with the advice, and with none: a model that thinks for too long keeps nobody waiting.
// With X_* and SALESFORCE_* set (see the adapters' READMEs) the same bridge serves the real ones; ADVISOR_URL is asked for
// advice: it gets {"text"} and answers {"department"}.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Advisor, createBridge } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { serve } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";

const real = process.env["X_CONSUMER_SECRET"] !== undefined;
await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
await using org = await createSalesforceSandbox({ queues: ["Social Support", "IT"] });
// In the model's place: it knows what a login is, and of one thing it thinks for too long.
await using model = await serve(async (request) => {
  const { text } = (await request.json()) as { text: string };
  if (text.includes("think")) await sleep(60_000, undefined, { ref: false });
  return Response.json({ department: text.includes("log in") ? "it" : "support" });
});
const env = real ? process.env : { ...network.env(), ...org.env(), ADVISOR_URL: model.origin };

const departments = { support: { queue: "Social Support", promise: "30m" }, it: { queue: "IT", promise: "4h" } };
const triage: Advisor = {
  // Asked in a lane of its own, once the words are kept. What it throws is asked again until its time is over.
  ask: async ({ text }, { signal }) => {
    const response = await fetch(env["ADVISOR_URL"] ?? "", { method: "POST", body: JSON.stringify({ text }), signal });
    const { department } = (await response.json()) as { readonly department: string };
    return department;
  },
  withinMs: real ? 10_000 : 2_000,
  otherwise: "nobody knows",
};

await using bridge = createBridge({
  channels: [x.fromEnv(env)],
  crm: salesforce.fromEnv(env),
  policy: {
    departments,
    advisors: { triage },
    // Asked when she speaks, and again with the answer. A model says anything: only what is a department counts.
    route: ({ conversation: { advice } }) => (advice["triage"] === "it" ? "it" : "support"),
  },
  store: sqlite(real ? { file: "casethread.db" } : { file: ":memory:", durable: false }),
});

if (real) {
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
  await bridge.work();
}

// From here on the sandbox is X.
await network.attach(bridge.fetch);
await bridge.work({ until: "idle" });
for (const [by, text] of [
  ["maria_k", "@acme_help I cannot log in to your shop."],
  ["jo_b", "@acme_help think of my parcel!"],
] as const) {
  const { id } = await network.say({ by: await network.persona(by), text });
  await network.settled();
  await bridge.work({ until: "idle" });
  const talk = await bridge.conversation({ url: `https://x.com/i/status/${id}` });
  const owner = (await org.caseOf(talk?.key ?? ""))?.owner;
  console.log(`${by}: advice ${JSON.stringify(talk?.conversation.advice["triage"])}, case of ${owner}`);
}
