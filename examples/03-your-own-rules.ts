// The brand's own rules and words: whose matter it is, what matters, what may be said, and what the machine says itself.
// Run it:          node 03-your-own-rules.ts
// In a checkout:   node --conditions=casethread:source examples/03-your-own-rules.ts
// You should see:  which department has which post, an answer that is held and why, and a closing word in German.
// With X_* and SALESFORCE_* set (see the adapters' READMEs), the same bridge serves the real ones.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createBridge, type Policy } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";

// Rules are plain functions of what was said: no clock, no network. What they need from outside an advisor knows (13-advisor.ts).
const policy: Policy = {
  departments: { support: { queue: "Social Support", promise: "30m" }, press: { queue: "PR", promise: "2h" } },
  route: (matter) => (matter.mentions("journalist", "interview") ? "press" : "support"),
  // It only ever raises: words of danger stay danger, whatever is returned here.
  urgency: ({ author }) => ((author.followers ?? 0) > 100_000 ? "press" : undefined),
  // Entered, and no case until somebody opens one: a thousand of these are no thousand cases.
  campaigns: ["#winacme"],
  guard: { patterns: { customer: /KD-\d{6}/ }, allow: ["help@acme.example"] },
  // Stands below a person's public words, where it fits.
  signature: ({ id }) => (id === undefined ? undefined : "^AB"),
  // Said once, and only where no person has said the last word. The language is the customer's: X tells it, or else her words do.
  words: {
    closing: {
      en: ({ greeting }) => `Glad we could sort it out, ${greeting}.`,
      de: ({ greeting }) => `Schön, dass es geklappt hat, ${greeting}.`,
    },
  },
};

const real = process.env["X_CONSUMER_SECRET"] !== undefined;
await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
await using org = await createSalesforceSandbox();
const env = real ? process.env : { ...network.env(), ...org.env() };

await using bridge = createBridge({
  channels: [x.fromEnv(env)],
  crm: salesforce.fromEnv(env),
  policy,
  store: sqlite(real ? { file: "casethread.db" } : { file: ":memory:", durable: false }),
});

if (real) {
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
  await bridge.work();
}

// From here on you are everybody else: X, its people, and Ann, who works on cases.
await network.attach(bridge.fetch);
const settle = async (): Promise<void> => {
  await network.settled();
  await bridge.work({ until: "idle" });
  await network.settled();
};
await settle();

const ann = org.agent("Ann Bauer");
const say = async (handle: string, text: string, language = "en"): Promise<string> => {
  const { id } = await network.say({ by: await network.persona(handle, { name: handle }), text, language });
  await settle();
  const talk = await bridge.conversation({ url: `https://x.com/i/status/${id}` });
  const owner = talk === undefined ? undefined : (await org.caseOf(talk.key))?.owner;
  console.log(`${handle}: ${talk?.conversation.department?.name}, ${talk?.stage}, case of ${owner ?? "nobody"}`);
  return talk?.key ?? "";
};
const feed = async (): Promise<string> =>
  (await network.state()).posts.findLast(({ by }) => by === "1001")?.text.replace(/ https:\S+/, "") ?? "nothing";

const hanna = await say(
  "Hanna",
  "@acme_help wo bleibt eigentlich mein Paket? Ich warte seit einer Woche darauf.",
  "de",
);
await say("Jo", "@acme_help I am a journalist and would like an interview about your parcels.");
await say("Kim", "@acme_help look at my new shoes! #winacme");
const lou = await say("Lou", "@acme_help your shop has sent me the wrong shoes.");

const answer = await ann.answer(lou, { text: "Sorry! Is KD-123456 your number?", side: "public" });
await settle();
for (const { trouble } of await bridge.held()) console.log(`held: ${trouble.map(({ words }) => words).join()}`);
await ann.edit(answer, { text: "Sorry! The right ones are on their way.", side: "public" });
await settle();
console.log(`on the feed: ${await feed()}`);

await sleep(1_000); // closed in the very second of her word, the case would be opened again: nobody can have read it
await ann.close(hanna);
await settle();
console.log(`on the feed: ${await feed()}`);
