// Several brands and accounts in one bridge: two accounts on X and a Page on Facebook, each with its own words and queue.
// Run it:          node 14-several-brands.ts
// In a checkout:   node --conditions=casethread:source examples/14-several-brands.ts
// You should see:  whose case each post is, what each brand says, and that one of them only rehearses yet.
// It wants facebook-nodejs-business-sdk beside the SDKs of X and Salesforce.
// With X_*, X_*_2, FACEBOOK_* and SALESFORCE_* set (see the adapters' READMEs), the same bridge serves the real ones.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createBridge, type Policy } from "casethread";
import { facebook } from "casethread/facebook";
import { createFacebookSandbox } from "casethread/facebook/sandbox";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { serve } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";

// By the account's id on its network. Accounts never share a conversation, whoever writes to them.
const brands: Readonly<Record<string, { readonly name: string; readonly department: string }>> = {
  "1001": { name: "Acme", department: "acme" },
  "1002": { name: "Zeta", department: "zeta" },
  "2001": { name: "Acme", department: "acme" },
};
const policy: Policy = {
  departments: { acme: { queue: "Acme Support", promise: "30m" }, zeta: { queue: "Zeta Support", promise: "4h" } },
  route: ({ account }) => brands[account.id]?.department,
  // A post that calls on two brands is a matter of each. Without this the first account told of it has the case.
  dispose: () => "case",
  words: {
    closing: ({ greeting, conversation: { account } }) =>
      `Thank you, ${greeting}. Your ${brands[account.id]?.name} team`,
  },
};

const real = process.env["X_CONSUMER_SECRET"] !== undefined;
const handles = ["acme_help", "zeta_help"] as const;
await using network = await createXSandbox({ accounts: handles.map((handle, n) => ({ id: `100${n + 1}`, handle })) });
await using page = await createFacebookSandbox({ pages: [{ id: "2001", name: "Acme" }] });
await using org = await createSalesforceSandbox({ queues: ["Acme Support", "Zeta Support"] });
const env = real ? process.env : { ...network.env(), ...org.env() };

await using bridge = createBridge({
  channels: [x.fromEnv(env), real ? facebook.fromEnv(env) : facebook(page.options())],
  crm: salesforce.fromEnv(env),
  policy,
  // Zeta is still answered from the old tool: cases come, and nothing is said there by this one.
  perform: real ? "all" : { "x/1002": "crm" },
  store: sqlite(real ? { file: "casethread.db" } : { file: ":memory:", durable: false }),
});
// Brands that may not see each other's cases are a bridge each, with a file or a schema of its own: postgres({ pool, schema }).

if (real) {
  createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x, /facebook"));
  await bridge.work();
}

// From here on the sandboxes are X and Facebook.
await using web = await serve(bridge.fetch);
await network.connect({ url: `${web.origin}/x` });
await page.connect({ url: `${web.origin}/facebook` });
const settle = async (): Promise<void> => {
  await Promise.all([network.settled(), page.settled()]);
  await bridge.work({ until: "idle" });
  await Promise.all([network.settled(), page.settled()]);
};
await settle();

const maria = await network.persona("maria_k", { name: "Maria Keller" });
await network.say({ by: maria, text: "@acme_help @zeta_help which of you has my parcel?" });
const post = await page.post({ by: "2001", page: "2001", text: "Our new parcels are blue." });
await page.comment({ by: await page.persona("Jo Bell"), under: post.id, text: "Mine is brown, and it is lost." });
await settle();
await sleep(1_000); // closed in the very second of a word, a case would be opened again: nobody can have read it
for (const { id, number, owner } of (await org.state()).cases) {
  const talk = await bridge.conversation({ case: { crm: "salesforce", id } });
  console.log(`${talk?.account.channel}/${talk?.account.id}: case ${number} of ${owner}`);
  await org.agent("Ann").close(id);
}
await settle();
for (const { by, text } of (await network.state()).posts.filter((one) => one.by !== maria.id))
  console.log(`x/${by}: ${text}`);
const { nodes } = await page.state();
for (const { by, text } of nodes.filter((one) => one.by === "2001" && one.id !== post.id))
  console.log(`${by}: ${text}`);
for (const { id } of (await org.state()).cases) {
  const talk = await bridge.conversation({ case: { crm: "salesforce", id } });
  for (const { effect, outcome } of talk?.effects ?? [])
    if (outcome?.as === "rehearsed") console.log(`${effect.door} would have said: ${effect.act.do}`);
}
