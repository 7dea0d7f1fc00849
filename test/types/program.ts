// What a stranger writes against the package: compiled against its declarations by consumer.test.ts, never run.
import { createServer } from "node:http";
import { type Bridge, BridgeError, createBridge, type Policy, type Store, systemClock, type Talk } from "casethread";
import { type Channel, type ChannelAbilities, type Crm, door, findToken, keyOf } from "casethread/adapter";
import {
  type ChannelLaw,
  channelLaws,
  type CrmLaw,
  crmLaws,
  type StoreLaw,
  storeLaws,
  type StoreSubject,
} from "casethread/conformance";
import { type FetchHandler, toNode } from "casethread/node";
import { openTelemetry, type Telemetry } from "casethread/opentelemetry";
import { type PgPool, postgres, type PostgresOptions } from "casethread/postgres";
import { salesforce, type SalesforceAdapter, type SalesforceConnection } from "casethread/salesforce";
import { createSalesforceSandbox, type SandboxCase, salesforceSandboxClient } from "casethread/salesforce/sandbox";
import { createClock, createFaults, createChance, type SandboxClock } from "casethread/sandbox";
import { sqlite, type SqliteOptions } from "casethread/sqlite";
import { facebook, type FacebookAdapter, type FacebookClient } from "casethread/facebook";
import {
  createFacebookNetwork,
  type FacebookNetwork,
  facebookSandboxClient,
  type FbNode,
} from "casethread/facebook/sandbox";
import { x, type XAdapter, type XClient, type XOptions } from "casethread/x";
import { createXSandbox, type XPeople, xSandboxClient } from "casethread/x/sandbox";

export const policy: Policy = {
  departments: { support: { queue: "Social Support", promise: "30m" }, press: { queue: "PR" } },
  route: (matter) => (matter.mentions("journalist", "press") ? "press" : "support"),
  words: { closing: ({ greeting, case: { number } }) => `Glad we could sort it out, ${greeting} (${number ?? "–"}).` },
};

// Both shapes of both factories.
export const network: XAdapter = x;
export const records: SalesforceAdapter = salesforce;
const credentials = { accessToken: "token", accessSecret: async () => "secret" };
export const options: XOptions = {
  app: { consumerKey: "key", consumerSecret: ["new", "old"] },
  accounts: [{ id: "783214", credentials }],
};
export const channels: readonly Channel[] = [x(options), x.fromEnv(process.env), x.fromEnv({}, { messagesEvery: 3 })];
export const crms: readonly Crm[] = [
  salesforce({ origin: "https://acme.my.salesforce.com", login: { clientId: "id", clientSecret: "secret" } }),
  salesforce.fromEnv(process.env, { batch: 50 }),
];

export const telemetry: Telemetry = openTelemetry();

// A client of one's own fits by its shape, without an SDK.
const answer = { data: {}, rateLimit: undefined };
const client: XClient = {
  v2: {
    get: async () => answer,
    post: async () => answer,
    put: async () => answer,
    delete: async () => answer,
  },
};
const connection: SalesforceConnection = { instanceUrl: "https://acme.example", request: async () => ({}) };
export const ownX: Channel = x({ ...options, client: () => client });
export const ownSalesforce: Crm = salesforce({ connection });

const storing: SqliteOptions = { file: ":memory:", durable: false };
export const store: Store = sqlite(storing);

// A pool of one's own fits by its shape, without pg.
const pool: PgPool = {
  connect: async () => ({ query: async () => ({}), on: () => undefined, release: () => undefined }),
};
const pooled: PostgresOptions = { pool, schema: "brand", migrate: "check" };
export const shared: Store = postgres(pooled);
export const ddl: string = postgres.sql({ schema: "brand", role: "bridge" });

export const serve = async (crm: Crm): Promise<Bridge> => {
  const bridge = createBridge({ channels, crm, policy, store, perform: { "x/783214": "crm" }, clock: systemClock });
  const handler: FetchHandler = bridge.fetch;
  createServer(toNode(handler)).listen(8080);
  await bridge.work({ signal: AbortSignal.timeout(1_000) });
  return bridge;
};

export const numberOf = (talk: Talk): string | undefined => talk.case.number;

/** The hour to come back, where the error names one: absent, not undefined. */
export const hour = (thrown: unknown): { readonly retryAt?: number } => {
  if (!(thrown instanceof BridgeError) || thrown.fault !== "throttled" || thrown.landed !== "no") return {};
  return thrown.retryAt === undefined ? {} : { retryAt: thrown.retryAt };
};

export const quiet: ChannelAbilities["unknown"] = {
  reply: { repeat: "never", quietMs: 1_000, reads: [1_000], source: "https://vendor.example/limits" },
};
const account = { channel: "park", id: "1" };
export const keys: readonly (string | undefined)[] = [
  keyOf.entry(account, "post", "7"),
  door.of(account, "public"),
  findToken("ct-0000000000000000"),
];

export const laws: readonly [readonly ChannelLaw[], readonly CrmLaw[], readonly StoreLaw[]] = [
  channelLaws,
  crmLaws,
  storeLaws,
];
export const obey = async (subject: StoreSubject): Promise<void> => {
  for (const law of storeLaws) await law.run(subject);
};

export const play = async (): Promise<readonly SandboxCase[]> => {
  const clock: SandboxClock = createClock({ still: true });
  createFaults<"503">(createChance(7)).inject("503");
  await using people = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }], clock });
  await using org = await createSalesforceSandbox({ clock });
  const elsewhere: XPeople = xSandboxClient(people.origin);
  const maria = await elsewhere.persona("maria_k", { name: "Maria Keller" });
  await people.say({ by: maria, text: "@acme_help where is my parcel?" });
  return (await salesforceSandboxClient(org.origin).state()).cases;
};

const graph: FacebookClient = { call: async (method, url) => ({ method, url }) };
export const onFacebook: readonly ReturnType<FacebookAdapter>[] = [
  facebook({ app: { secret: "s", verifyToken: "v" }, pages: [{ id: "1", token: () => "t" }], client: () => graph }),
  facebook.fromEnv({ FACEBOOK_PAGE_ID: undefined }, { pages: [{ id: "1", token: "t", humanAgent: true }] }),
];
export const page: Promise<FacebookNetwork> = createFacebookNetwork({ pages: [{ id: "1", name: "Acme" }] });
export const commented: Promise<FbNode> = facebookSandboxClient("http://127.0.0.1:1").comment({
  by: "1",
  under: "1_2",
  text: "hello",
});
