// An advisor: somebody outside who knows more (a language model, a loyalty programme) says whose matter it is.
// Run it:          node --conditions=casethread:source examples/13-advisor.ts
// You should see:  a case that is open before the advisor has answered, and whose it is then; and one that got no advice.
// With X_* and SALESFORCE_* set (see the adapters' READMEs) the same bridge serves the real ones; ADVISOR_URL is asked for
// advice: it gets {"text"} and answers {"department"}.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createBridge, type LedgerRow } from "casethread";
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
  if (text.includes("think")) await sleep(1_000);
  return Response.json({ department: text.includes("log in") ? "it" : "support" });
});
const env = real ? process.env : { ...network.env(), ...org.env(), ADVISOR_URL: model.origin };

const departments = { support: { queue: "Social Support", promise: "30m" }, it: { queue: "IT", promise: "4h" } };
await using bridge = createBridge({
  channels: [x.fromEnv(env)],
  crm: salesforce.fromEnv(env),
  policy: { departments, route: () => "support" }, // until somebody knows better: nobody waits for advice
  store: sqlite(real ? { file: "casethread.db" } : { file: ":memory:", durable: false }),
});

/** What the model says, within a deadline; without an answer nothing changes. */
const advice = async (text: string): Promise<keyof typeof departments | undefined> => {
  try {
    const signal = AbortSignal.timeout(500);
    const response = await fetch(env["ADVISOR_URL"] ?? "", { method: "POST", body: JSON.stringify({ text }), signal });
    const { department } = (await response.json()) as { department?: string };
    // A model says anything: only what there is counts.
    return (["support", "it"] as const).find((one) => one === department);
  } catch {
    return undefined;
  }
};

const advise = async ({ kind, conversation, row }: LedgerRow): Promise<void> => {
  const { as, entry } = row as { readonly as?: string; readonly entry?: string };
  if (kind !== "event" || as !== "said" || conversation === undefined) return;
  // The ledger holds nobody's words; the conversation does.
  const talk = await bridge.conversation({ conversation });
  const said = talk?.entries.find(({ key, by }) => key === entry && by.kind === "customer");
  if (typeof said?.text !== "string") return;
  const to = await advice(said.text);
  console.log(`"${said.text.slice(11)}": ${to ?? "no advice"}`);
  if (to === undefined || to === talk?.conversation.department?.name) return;
  // An order with a key: read again after a crash, the same row gives the same order, which counts once.
  await bridge.route({ conversation, to, key: `advice/${entry}`, by: { kind: "automation", id: "model" } });
};

// Keep the position with your own data: then a restart goes on where it was.
let after: string | undefined;
const readOn = async (): Promise<void> => {
  for (;;) {
    const rows = await bridge.ledger({ ...(after === undefined ? {} : { after }), limit: 100 });
    for (const row of rows) await advise(row);
    if (rows.length === 0) return;
    after = rows.at(-1)?.position;
  }
};

if (real) {
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
  const follow = async (): Promise<never> => {
    for (;;) await readOn().then(() => sleep(1_000));
  };
  await Promise.all([bridge.work(), follow()]);
}

// From here on the sandbox is X.
await network.attach(bridge.fetch);
await bridge.work({ until: "idle" });
for (const text of ["@acme_help I cannot log in to your shop.", "@acme_help think of my parcel!"]) {
  const { id } = await network.say({ by: await network.persona(`cust_${text.length}`), text });
  await network.settled();
  await bridge.work({ until: "idle" });
  const owner = async (): Promise<string | undefined> =>
    (await org.caseOf((await bridge.conversation({ url: `https://x.com/i/status/${id}` }))?.key ?? ""))?.owner;
  console.log(`open for ${await owner()}`);
  await readOn();
  await bridge.work({ until: "idle" });
  console.log(`with advice, of ${await owner()}`);
}
