// Three workers on one PostgreSQL, and one of them is killed in the middle of an answer: this process, and two of its own.
// Run it:          PGHOST=127.0.0.1 PGUSER=postgres node 10-postgres-three-workers.ts
// In a checkout:   PGHOST=127.0.0.1 PGUSER=postgres node --conditions=casethread:source examples/10-postgres-three-workers.ts
// You should see:  every case once, every answer once, and how the one that was under way was found.
// Without a PostgreSQL it says so and ends. With X_* and SALESFORCE_* set as well it works for the real ones; start as many
// as you like.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { postgres } from "casethread/postgres";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";
import { Client, Pool } from "pg";

const { env } = process;

/** A bridge on the one database. Each process may take webhooks, work, or both. */
const makeBridge = (from: typeof env) => {
  const pool = new Pool({ max: 8 }); // from PGHOST and its kin
  const listen = async (): Promise<Client> => {
    const client = new Client();
    await client.connect();
    return client; // wakes workers at once; a connection of its own, past any pooler
  };
  const store = postgres({ pool, listen, schema: from["CASETHREAD_SCHEMA"] ?? "casethread" });
  return { pool, bridge: createBridge({ channels: [x.fromEnv(from)], crm: salesforce.fromEnv(from), store }) };
};

const play = async (): Promise<void> => {
  const { createXSandbox } = await import("casethread/x/sandbox"); // workers need neither
  const { createSalesforceSandbox } = await import("casethread/salesforce/sandbox");
  await using network = await createXSandbox({
    accounts: [{ id: "1001", handle: "acme_help" }],
    hostile: { echoFirst: 1 },
  });
  await using org = await createSalesforceSandbox();
  const schema = `casethread_example_${process.pid}`;
  const settings = { ...env, ...network.env(), ...org.env(), CASETHREAD_SCHEMA: schema };
  const startWorker = () => fork(import.meta.filename, { env: settings });
  const { bridge, pool } = makeBridge(settings);

  // This process takes webhooks. For a moment X will be slow to tell of the brand's own words.
  let held: Promise<void> = Promise.resolve();
  await network.attach(async (request) => {
    await held;
    return bridge.fetch(request);
  });

  const first = startWorker();
  const urls: string[] = [];
  for (const by of ["ann", "ben", "cem", "dee", "eva", "fay"]) {
    const { id } = await network.say({ by: await network.persona(by), text: "@acme_help where is my parcel?" });
    urls.push(`https://x.com/i/status/${id}`);
  }
  await network.settled();
  await bridge.settled();
  console.log(`${(await org.state()).cases.length} cases for ${urls.length} posts`);

  // Killed when its words are on the feed, and X's own answer is lost: nobody knows that they are there.
  await network.inject({ fault: "lost-response" });
  const release = Promise.withResolvers<void>();
  held = release.promise;
  const [url = "", ...others] = urls;
  await bridge.answer({ key: "answer-1", url, text: "It is found.", side: "public" });
  for (;;) {
    const { effects = [] } = (await bridge.conversation({ url })) ?? {};
    const on = (await network.state()).posts.some(({ by }) => by === "1001");
    if (on && effects.every(({ effect, state }) => effect.act.do === "reply" || state === "done")) break;
    await sleep(10);
  }
  first.kill("SIGKILL");
  const replyTo = async (post: string) =>
    (await bridge.conversation({ url: post }))?.effects.find(({ effect }) => effect.act.do === "reply");
  console.log(`killed as it answered, which is left ${(await replyTo(url))?.state}`);
  release.resolve();

  const second = startWorker();
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  for (const [at, other] of others.entries())
    await bridge.answer({ key: `answer-${at + 2}`, url: other, text: "It is found.", side: "public" });
  await bridge.settled();
  await network.settled();
  await bridge.settled();
  const said = (await network.state()).posts.filter(({ by }) => by === "1001");
  const reply = await replyTo(url);
  console.log(`${said.length} answers under ${new Set(said.map((one) => one.replyTo)).size} posts`);
  console.log(`the one in doubt is ${reply?.state}, known by ${reply?.receipt?.proof}`);

  second.kill("SIGTERM");
  stop.abort();
  await Promise.all([working, once(second, "exit")]);
  await pool.query(`DROP SCHEMA "${schema}" CASCADE`);
  await bridge[Symbol.asyncDispose]();
  await pool.end();
};

const probe = new Client({ connectionTimeoutMillis: 2_000 });
const reason = await probe.connect().then(
  () => probe.end(),
  (thrown: Error) => thrown.message,
);
if (reason !== undefined)
  console.log(`skipped: no PostgreSQL can be reached (${reason}): set PGHOST, PGUSER, PGPASSWORD`);
else if (env["X_CONSUMER_SECRET"] === undefined) await play();
else {
  const { bridge, pool } = makeBridge(env);
  if (process.send === undefined) createServer(toNode(bridge.fetch)).listen(8080);
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort()); // what is under way is finished
  await bridge.work({ signal: stop.signal });
  await bridge[Symbol.asyncDispose]();
  await pool.end();
  process.disconnect?.();
}
