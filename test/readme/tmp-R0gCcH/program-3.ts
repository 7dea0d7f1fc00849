import { createBridge, door } from "casethread";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";

const bridge = createBridge({
  channels: [x.fromEnv(process.env)],
  crm: salesforce.fromEnv(process.env),
  policy: {
    departments: { support: { queue: "Social Support", promise: "30m" } },
    route: () => "support",
    reopen: ["Solved"], // from other closed statuses a word begins a new case that follows the old one
    campaigns: ["#winacme"], // watched; bridge.open({ all }) opens many at once
    helpers: ["7001"], // what they answer a customer is help, and no case
    hours: { zone: "Europe/Berlin", open: { mon: "09:00-18:00", tue: "09:00-18:00" }, quiet: "22:00-07:00" },
    doors: [door({ url: (token) => `https://acme.example/help?ref=${token}` })], // where X's messages would take too long
    signature: ({ id }) => (id === undefined ? undefined : `^${id.slice(0, 2).toUpperCase()}`),
    approve: ({ text }) => (/refund/i.test(text) ? ["team-lead"] : undefined),
    words: {
      closing: {
        en: ({ greeting }) => `Glad we could sort it out, ${greeting}.`,
        de: () => "Schön, dass es geklappt hat.",
      },
      followUp: { en: () => "We have not forgotten you.", de: () => "Wir haben Sie nicht vergessen." },
    },
  },
});

// What a rule needs from outside is asked of an advisor; the rules are asked again with the answer.
const tiered = createBridge({
  channels: [x.fromEnv(process.env)],
  crm: salesforce.fromEnv(process.env),
  policy: {
    departments: { support: { queue: "Social Support" }, gold: { queue: "Gold Desk", promise: "30m" } },
    advisors: {
      tier: {
        ask: async ({ author }, { signal }) => {
          const shop = `https://shop.example/tiers/${encodeURIComponent(author.handle ?? "")}`;
          return (await fetch(shop, { signal })).text();
        },
        withinMs: 5_000, // nothing waits for it
        otherwise: "unknown",
      },
    },
    route: ({ conversation: { advice } }) => (advice["tier"] === "gold" ? "gold" : "support"),
  },
});
await tiered.work();

// The backend of the form: `vouched` where the brand itself knows who it is, else an agent confirms.
await bridge.redeem({ key: "form-77", token: "ct-…", text: "It was order 4711.", vouched: true });
