import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BridgeOptions, createBridge, door } from "casethread";
import { facebook } from "casethread/facebook";
import { postgres } from "casethread/postgres";
import { deploy, salesforce } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { describe, expect, it } from "vitest";
import { createCaller } from "../../adapters/facebook/client.ts";
import { createUsage } from "../../adapters/facebook/usage.ts";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";
import { findServer } from "../postgres/server.ts";

const loose = (options: object): never => options as never;

describe("what factories say", () => {
  const app = { consumerKey: "k", consumerSecret: "s" };
  const account = { id: "1", handle: "acme", credentials: { accessToken: "t", accessSecret: "s" } };
  const origin = "https://acme.my.salesforce.com";
  const org = (over: object) => () => salesforce(loose({ origin, login: { accessToken: "t" }, ...over }));
  const house = (policy: NonNullable<BridgeOptions["policy"]>) => () =>
    createBridge({ channels: [parkChannel(createPark(Date.now))], crm: deskCrm(createDesk(Date.now)), policy });
  const page = () => facebook({ app: { id: "1", secret: "s", verifyToken: "v" }, pages: [{ id: "2", token: "t" }] });
  it.each<[string, () => unknown, string]>([
    [
      "facebook, of a stranger's Page",
      () => page().can({ channel: "facebook", id: "3" }),
      "facebook() was asked about Page 3: add the Page to its options.",
    ],
    [
      "x, of a stranger's account",
      () => x({ app, accounts: [account] }).can({ channel: "x", id: "3" }),
      "x() was asked about account 3: add the account to its options.",
    ],
    [
      "x, of an invite without its token",
      () => x(loose({ app, accounts: [account], inviteText: () => "Write to us" })),
      "inviteText must hold the token it is given",
    ],
    [
      "x, of a word that is none",
      () => x(loose({ app, accounts: [{ ...account, keywords: ['"'] }] })),
      "it must be a word or a phrase of 2 to 100 letters, without quotation marks",
    ],
    [
      "salesforce, of nobody",
      org({ login: { clientId: "c", username: "", privateKey: "k" } }),
      "is missing: the user to act as (SALESFORCE_USERNAME)",
    ],
    [
      "salesforce, of a token",
      org({ login: { accessToken: "" } }),
      "login.accessToken is missing: an access token (SALESFORCE_ACCESS_TOKEN), or a function that gives it",
    ],
    [
      "salesforce, of no key and no signature",
      org({ login: { clientId: "c", username: "u" } }),
      "login.privateKey is missing, or given beside sign: one of the two",
    ],
    [
      "salesforce, of a private key",
      org({ login: { clientId: "c", username: "u", privateKey: "" } }),
      "login.privateKey is missing: the private key in PEM (SALESFORCE_PRIVATE_KEY), or a function that gives it",
    ],
    [
      "salesforce, of what a session is kept under",
      org({ login: { clientId: "c", refreshToken: "r", key: "short" } }),
      "login.key is missing: 32 bytes in base64 that the session is kept under, made with `openssl rand -base64 32` (SALESFORCE_TOKEN_KEY)",
    ],
    [
      "salesforce, of what was handed in",
      org({ login: undefined, connection: 1 }),
      "connection must be a jsforce Connection, or a function that gives one",
    ],
    ["salesforce, of a rule", org({ assignment: "support" }), "must be true, or the id of an assignment rule"],
    [
      "x, of a tier",
      () => x(loose({ app, accounts: [{ ...account, tier: "gold" }] })),
      'accounts.0.tier (X_ACCOUNT_TIER) is not valid: it must be "self-serve" or "enterprise"',
    ],
    ["salesforce, of duty", org({ onDuty: "always" }), 'onDuty must be "presence", "hours", or a function'],
    [
      "salesforce, of a country",
      org({ countryCode: "0" }),
      `countryCode must be a country's calling code, such as "49"`,
    ],
    [
      "the bridge, of an advisor",
      house({ advisors: { "a/b": { ask: async () => null } } }),
      'policy.advisors: "a/b" is no name; write one such as "loyalty"',
    ],
    [
      "the bridge, of a door without the token",
      house({ doors: [door({ url: () => "https://acme.example/help" })] }),
      'policy.doors: the url of "form" must hold the token it is given',
    ],
    [
      "the bridge, of two doors",
      house({ doors: [door({ url: (token) => token }), door({ url: (token) => token })] }),
      'policy.doors: two are called "form": give each a name of its own',
    ],
  ])("%s", (_name, make, sentence) => expect(make).toThrow(sentence));
});

describe("facebook calls nobody", () => {
  const call = createCaller(
    { app: { secret: "s", verifyToken: "v" }, pages: [{ id: "2", token: "t" }] },
    createUsage(),
  );
  const asked = { method: "GET", path: "me", acts: false, bucket: "pages" };
  const kit = loose({ signal: AbortSignal.timeout(20_000), now: () => 0 });
  it.each([
    [{ account: { id: "3" } }, "facebook() was asked about Page 3: add the Page to its options."],
    [
      { account: { id: "2" }, as: "app" },
      "app.id (FACEBOOK_APP_ID) is not given: give it, for what belongs to the app itself is asked with it.",
    ],
  ])("of %j", async (more, sentence) => {
    await expect(call(loose({ ...asked, ...more }), kit)).rejects.toThrow(`[facebook: invalid] ${sentence}`);
  });
});

it("what is optional and is not installed is named, with what to do", async () => {
  const argv = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"];
  const child = new URL("child.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [...argv, child]);
  expect(JSON.parse(stdout)).toEqual([
    '[x: unavailable] the X channel needs its SDK: run "npm install twitter-api-v2".',
    expect.stringContaining('the Facebook channel needs its SDK: run "npm install facebook-nodejs-business-sdk".'),
    expect.stringContaining("No Salesforce SDK is installed: npm install jsforce (or the smaller"),
    "[salesforce: unavailable] The package jsforce is installed and cannot be loaded (SyntaxError: Unexpected end of input): install it anew.",
    '[opentelemetry: unavailable] telemetry needs its API: run "npm install @opentelemetry/api"; a bundler has to leave it outside.',
    "[sqlite: unavailable] this runtime has no node:sqlite: run Node 22.18 or newer, or pass another store",
    '[casethread: invalid] PostgreSQL needs its client: run "npm install pg".\n',
  ]);
});

it("a copy that the database does not keep is told", async ({ skip }) => {
  await using server = await findServer();
  if (server.kind !== "real") return skip("PGlite has one connection");
  const folder = mkdtempSync(join(tmpdir(), "casethread-copy-"));
  const schema = server.schema();
  const pool = server.pool();
  const file = join(folder, "bridge.db");
  try {
    await using store = sqlite({ file, durable: false });
    await store.migrate();
    await store[Symbol.asyncDispose]();
    const connect = async () => {
      const client = await pool.connect();
      const query = async (asked: Parameters<typeof client.query>[0]) => {
        const answer = await client.query(asked);
        if (asked.text.includes("setval")) copied = true;
        return asked.text === "COMMIT" && copied ? Object.assign({}, answer, { command: "ROLLBACK" }) : answer;
      };
      return { ...client, query, release: client.release.bind(client), on: client.on?.bind(client) };
    };
    let copied = false;
    await expect(postgres.copy({ file, pool: { connect }, schema })).rejects.toThrow(
      "nothing was copied: see the server's log",
    );
  } finally {
    await server.drop(schema);
    rmSync(folder, { recursive: true, force: true });
  }
});

it("what is no org is told when a deployment begins", async () => {
  const connection = loose({ request: async () => ({ records: [] }) });
  await expect(deploy(connection)).rejects.toThrow(
    "[salesforce: unavailable] The org answered in a shape that is not known here: is this a connection to Salesforce?",
  );
});

it("what an org refuses without a word is told, with what to do", async () => {
  const metadata = {
    deploy: async () => ({ id: "0Af1" }),
    checkDeployStatus: async () => ({ done: true, success: false }),
  };
  await expect(deploy(loose({ metadata }), { production: true })).rejects.toThrow(
    "The org took nothing of the package: change in the org what it objects to, and deploy again (deployment 0Af1: it says no more)",
  );
});

it("a deployment that does not end is told, with where to look", async () => {
  const metadata = {
    deploy: async () => ({ id: "0Af1" }),
    checkDeployStatus: async () => ({ done: false, success: false }),
  };
  const connection = loose({ metadata });
  await expect(deploy(connection, { production: true, timeoutMs: -1 })).rejects.toThrow(
    "The org is still at it after -1 ms: see deployment 0Af1 in Setup",
  );
});
