import { createBridge } from "casethread";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";

const bridge = createBridge({
  channels: [x.fromEnv(process.env)],
  crm: salesforce.fromEnv(process.env),
  policy: {
    guard: {
      regions: ["DE", "AT"], // whose phone numbers are known without a country code
      patterns: { customer: /KD-\d{6}/ },
      allow: ["help@acme.com", "+49 800 1234567", "Roadrunner"], // gives nobody away
      links: ["acme.com"],
      mentions: ["AcmeHelp"],
    },
    words: { exposed: ({ greeting }) => `${greeting}, we hid your post: it shows private data.` },
  },
  alert: ({ conversation, why }) => console.error("look at once", conversation, why.code), // page somebody
});

for (const { entry, trouble } of await bridge.held()) console.log(entry.key, trouble); // the very words, and what they are
const persona = { account: { channel: "x", id: "2244994945" }, space: "user", id: "871" };
const { kept } = await bridge.erase({ key: "request-17", persona }); // conversations on hold are named, and kept
console.log(kept);
