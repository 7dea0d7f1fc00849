import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createXSandbox } from "casethread/x/sandbox";
import type { LambdaEvent } from "hono/aws-lambda";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run as casethread } from "../../src/cli/casethread/program.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(resolve(root, "examples", name), "utf8");

const edge = (name: string): RegExp =>
  new RegExp(`^${name}: case \\d{8}; without a signature: 401; beside it: the shop$`, "m");
const skipped = /^skipped: no PostgreSQL can be reached \(.+\): set PGHOST, PGUSER, PGPASSWORD$/m;

/** What each example prints, line by line. */
const printed: Readonly<Record<string, readonly RegExp[]>> = {
  "01-quickstart.ts": [
    /^https:\/\/x\.com\/i\/status\/\d+ is case \d{8}$/m,
    /^on the feed: @maria_k We are looking for it, Maria\. https:\/\/x\.com\/messages\/compose\?recipient_id=1001/m,
    /^invited, case \d{8}, waiting for the customer$/m,
    /the customer spoke in public: nobody known: a new conversation begins; given to support; a case is to be opened$/m,
  ],
  "02-set-up-x.ts": [
    /^before: x: no webhook is registered at http:\/\/127\.0\.0\.1:\d+\/x: register it\.$/m,
    /^before: x: account 1001 is not subscribed to post\.create/m,
    /^registered and valid$/m,
    /^subscribed to \d+ kinds of events$/m,
    /^after: nothing is wrong$/m,
    /^lapsed: x: X sends the webhook http:\S+ nothing any more/m,
    /^lapsed: x: account 1001 is not subscribed to/m,
  ],
  "03-your-own-rules.ts": [
    /^Hanna: support, public, case of Social Support$/m,
    /^Jo: press, public, case of PR$/m,
    /^Kim: support, watched, case of nobody$/m,
    /^held: KD-123456$/m,
    /^on the feed: @Lou Sorry! The right ones are on their way\. \^AB$/m,
    /^on the feed: @Hanna Schön, dass es geklappt hat, Hanna\. \(automatische Nachricht\)$/m,
  ],
  "04-edge-node-http.ts": [edge("node:http")],
  "05-edge-hono.ts": [edge("Hono")],
  "06-edge-next.ts": [edge("Next\\.js")],
  "07-edge-express.ts": [edge("Express")],
  "08-edge-fastify.ts": [edge("Fastify")],
  "09-edge-lambda.ts": [
    /^a GET is answered 200$/m,
    /^a POST is answered 200$/m,
    /^kept in (?:memory|PostgreSQL): case \d{8}$/m,
  ],
  "10-postgres-three-workers.ts": [
    /^6 cases for 6 posts$/m,
    /^killed as it answered, which is left (?:sending|unknown)$/m,
    /^6 answers under 6 posts$/m,
    /^the one in doubt is done, known by echo$/m,
  ],
  "11-your-own-transaction.ts": [
    /^rolled back: order 1 was never paid$/m,
    /^order 1: refunded false, answers on the feed 0$/m,
    /^order 2: refunded true, answers on the feed 1$/m,
  ],
  "12-back-office.ts": [
    /^\[bridge: missing\] no conversation is known there/m,
    /^(?:the answer is a draft; it waits for: no-private-side\n){2}/m,
    /^in private: We have found order 4711\. It reaches you tomorrow\.$/m,
  ],
  "13-advisor.ts": [/^maria_k: advice "it", case of IT$/m, /^jo_b: advice "nobody knows", case of Social Support$/m],
  "14-several-brands.ts": [
    /^x\/1001: case \d{8} of Acme Support$/m,
    /^x\/1002: case \d{8} of Zeta Support$/m,
    /^facebook\/2001: case \d{8} of Acme Support$/m,
    /^x\/1001: @maria_k Thank you, Maria\. Your Acme team \(automatic message\)$/m,
    /^2001: Thank you, Jo\. Your Acme team \(automatic message\)$/m,
    /^x\/1002\/public would have said: reply$/m,
  ],
  "15-your-own-channel.ts": [
    /^https:\/\/forum\.example\/t\/1 is case \d{8}$/m,
    /^below 1: A new one is on its way\.$/m,
  ],
  "16-your-own-crm.ts": [
    /^ticket 1: https:\/\/desk\.example\/tickets\/1$/m,
    /^on the feed: @maria_k We are looking for it\.$/m,
    /^on the ticket: the answer is sent$/m,
  ],
  "17-rehearsal.ts": [
    /^perform: "none"\n {2}rehearsed: open at crm\/salesforce/m,
    /^ {2}rehearsed: reply at x\/1001\/public, for \$\d.*: We are looking for it\.\n {2}seen outside: 0 cases, 0 posts of ours$/m,
    /^perform: "crm"\n {2}done: open at crm\/salesforce/m,
    /^ {2}rehearsed: reply at .+\n {2}seen outside: 1 cases, 0 posts of ours$/m,
  ],
  "19-opentelemetry.ts": [
    /^casethread\.deliver \{"adapter":"x","status":200\} $/m,
    /^casethread\.write \{"crm":"salesforce","acts":2\} after casethread\.deliver$/m,
    /^casethread\.acts \{"door":"crm\/salesforce","act":"open","outcome":"done","learned":"answer"\} 1$/m,
    /^casethread\.parked \{\} 0$/m,
  ],
};
const names = Object.keys(printed);
/** Processes of their own, which take as long as all the others. */
const crowd = "10-postgres-three-workers.ts";
const onPostgres = [crowd, "11-your-own-transaction.ts"];
/** Where none is, and nothing else. */
const nowhere = "PGPORT=1";

/** The PostgreSQL that runs here, as `pg` reads it from the environment. */
const findPostgres = async (): Promise<Readonly<Record<string, string>> | undefined> => {
  const { PGHOST = "127.0.0.1", PGUSER = "postgres", PGDATABASE = "postgres", ...rest } = process.env;
  const more = Object.entries(rest).filter((one): one is [string, string] => /^PG[A-Z]+$/.test(one[0]));
  const client = new Client({ host: PGHOST, user: PGUSER, database: PGDATABASE, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return { PGHOST, PGUSER, PGDATABASE, ...Object.fromEntries(more) };
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const cache = mkdtempSync(join(tmpdir(), "casethread-examples-"));
afterAll(() => rmSync(cache, { recursive: true }));

/** Runs examples in one process; what each printed, by name. */
const play = async (of: readonly string[], more: Readonly<Record<string, string>>): Promise<Map<string, string[]>> => {
  const args = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning", "test/examples/child.ts"];
  const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: cache, ...more };
  const { stdout, stderr } = await run(process.execPath, [...args, ...of], { cwd: root, env });
  // A title and what stands below it, in turn.
  const [out = [], err = []] = [stdout, stderr].map((text) => text.split(/^=== (.*)\n/m).slice(1));
  return new Map(out.flatMap((name, at) => (at % 2 === 0 ? [[name, [out[at + 1] ?? "", err[at + 1] ?? ""]]] : [])));
};

describe("every example", () => {
  let told: ReadonlyMap<string, readonly string[]> = new Map();
  let postgres: Readonly<Record<string, string>> | undefined;
  beforeAll(async () => {
    postgres = await findPostgres();
    if (postgres === undefined) console.warn(`${onPostgres.join(", ")} skip themselves: no PostgreSQL runs here`);
    const rest = names.filter((name) => name !== crowd);
    const [many, one] = await Promise.all([
      play([...rest, nowhere, ...onPostgres], postgres ?? {}),
      play([crowd], postgres ?? {}),
    ]);
    told = new Map([...many, ...one]);
  }, 120_000);

  it("has an output to compare with", () => {
    expect(readdirSync(resolve(root, "examples")).filter((name) => /(?<!\.test)\.ts$/.test(name))).toEqual(names);
  });

  it.for(names)("%s runs as it is, against the sandbox", (name) => {
    const [out = "", err] = told.get(name) ?? [];
    expect(err).toBe("");
    const due = postgres === undefined && onPostgres.includes(name) ? [skipped] : (printed[name] ?? []);
    for (const line of due) expect(out).toMatch(line);
  });

  it.for(onPostgres)("%s without a PostgreSQL says so and ends", (name) => {
    expect(told.get(`${name} ${nowhere}`)).toEqual([expect.stringMatching(skipped), ""]);
  });

  it.for(names)("%s says how it is run, what is seen, and how it meets the real ones", (name) => {
    const [, command = "", here = "", see = "", ...more] = read(name).split("\n");
    expect(command).toMatch(new RegExp(`^// Run it: {10}.*node ${name}$`));
    expect(here).toMatch(new RegExp(`^// In a checkout: {3}.*node --conditions=casethread:source examples/${name}$`));
    expect(see).toMatch(/^\/\/ You should see: {2}\S/);
    expect(more.slice(0, 4).join("\n")).toMatch(/^\/\/ .*(?:_\*|_ORIGIN)/m);
  });
});

it.for([
  ["15-your-own-channel.ts", 25],
  ["16-your-own-crm.ts", 15],
] as const)("%s keeps all laws in under 100 lines", async ([name, laws]) => {
  let out = "";
  const shell = { env: {}, cwd: root, err: (text: string) => void (out += text), stop: AbortSignal.timeout(20_000) };
  const argv = ["check", `examples/${name}`];
  expect(await casethread({ ...shell, argv, out: (text) => void (out += text) })).toBe(0);
  expect(out.trim().split("\n").at(-1)).toBe(`${laws} laws kept, 0 broken`);
  const [, adapter = ""] = read(name).split(/^\/\/ ── .*$/m);
  expect(adapter.trim().split("\n").length).toBeLessThan(100);
});

it("on Lambda the two handlers serve for as long as they are called", async () => {
  await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
  await using org = await createSalesforceSandbox();
  for (const [name, value] of Object.entries({ ...network.env(), ...org.env() })) vi.stubEnv(name, value);
  vi.stubEnv("PGHOST", undefined);
  const { deliveries, scheduled } = await import("../../examples/09-edge-lambda.ts");
  vi.unstubAllEnvs();
  const by = await network.persona("maria_k");
  for (const text of ["@acme_help where is my parcel?", "@acme_help where is it?"]) {
    const { id } = await network.say({ by, text });
    for (const body of network.announces(id)) {
      const { url, method, headers } = network.signed(body);
      const event = { rawPath: new URL(url).pathname, rawQueryString: "", headers: Object.fromEntries(headers), body };
      const http = { domainName: "fn.example", http: { method } };
      const answer = await deliveries({ ...event, version: "2.0", requestContext: http } as unknown as LambdaEvent);
      expect(answer.statusCode).toBe(200);
    }
    await scheduled();
  }
  const { cases, entries } = await org.state();
  expect(cases).toHaveLength(1);
  expect(entries.map(({ text }) => text)).toEqual(["@acme_help where is my parcel?", "@acme_help where is it?"]);
});
