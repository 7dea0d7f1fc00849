import { createBridge } from "casethread";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";

declare const vault: { read(name: string): Promise<string> };
const from = (name: string) => () => vault.read(name);

const bridge = createBridge({
  channels: [
    x({
      app: { consumerKey: from("x/key"), consumerSecret: from("x/secret") },
      accounts: [
        { id: "2244994945", credentials: { accessToken: from("x/token"), accessSecret: from("x/token-secret") } },
      ],
    }),
  ],
  crm: salesforce({
    origin: "https://acme.my.salesforce.com",
    login: { clientId: "3MVG9…", clientSecret: from("salesforce/secret") },
  }),
  intake: { basePath: "/hooks" },
});
await bridge.work({ until: "idle", forMs: 50_000 });
