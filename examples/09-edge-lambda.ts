// AWS Lambda: a function URL takes deliveries, a scheduled function works, PostgreSQL keeps.
// Run it:          node 09-edge-lambda.ts
// In a checkout:   node --conditions=casethread:source examples/09-edge-lambda.ts
// You should see:  what Lambda is answered, and the case that the schedule's next minute came to.
// With PGHOST and its kin set it keeps in that PostgreSQL, else in memory. On Lambda, set X_* and SALESFORCE_* as well
// (see the adapters' READMEs): it exports the two handlers and does nothing by itself.
import { createBridge } from "casethread";
import { postgres } from "casethread/postgres";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { Hono } from "hono";
import { handle, type LambdaEvent } from "hono/aws-lambda";
import { Pool } from "pg";

const real = process.env["X_CONSUMER_SECRET"] !== undefined;
const network = real ? undefined : await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
const org = real ? undefined : await createSalesforceSandbox();
const env = real ? process.env : { ...network?.env(), ...org?.env() };
const schema = real ? "casethread" : `casethread_example_${process.pid}`;

// Lambda runs as many copies as there are deliveries, each with a pool of its own: few connections, or a pooler between.
const pool = process.env["PGHOST"] === undefined ? undefined : new Pool({ max: 2 });
// Not `await using`: it is to outlive this module, whose handlers are called later.
const bridge = createBridge({
  channels: [x.fromEnv(env)],
  crm: salesforce.fromEnv(env),
  // A file or the memory of a Lambda is gone with it.
  store: pool === undefined ? sqlite({ file: ":memory:", durable: false }) : postgres({ pool, schema }),
});

// Behind the function URL. It answers when all is kept, so nothing has to run on after the answer.
const app = new Hono();
app.all("*", (c) => bridge.fetch(c.req.raw));
export const deliveries: ReturnType<typeof handle> = handle(app);

// By EventBridge, every minute, with a timeout above 60 s: until nothing is due, and no longer than there is time.
export const scheduled = async (): Promise<void> => bridge.work({ until: "idle", forMs: 50_000 });

if (network !== undefined && org !== undefined) {
  // From here on the sandbox is X, and this is Lambda: each request becomes an event, as AWS hands it over.
  await network.attach(async (request) => {
    const { pathname: rawPath, search, hostname: domainName } = new URL(request.url);
    const answer = await deliveries({
      version: "2.0",
      rawPath,
      rawQueryString: search.slice(1),
      headers: Object.fromEntries(request.headers),
      requestContext: { domainName, http: { method: request.method } },
      body: Buffer.from(await request.arrayBuffer()).toString("base64"),
      isBase64Encoded: true,
    } as unknown as LambdaEvent);
    console.log(`a ${request.method} is answered ${answer.statusCode}`);
    return new Response(answer.statusCode === 200 ? answer.body : null, { status: answer.statusCode });
  });
  await network.say({ by: await network.persona("maria_k"), text: "@acme_help where is my parcel?" });
  await network.settled();
  await scheduled();
  console.log(`kept in ${pool === undefined ? "memory" : "PostgreSQL"}: case ${(await org.state()).cases[0]?.number}`);
  await bridge[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
  await org[Symbol.asyncDispose]();
  await pool?.query(`DROP SCHEMA "${schema}" CASCADE`);
  await pool?.end();
}
