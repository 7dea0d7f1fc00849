// An answer promised in your own transaction: the refund and the words about it are kept together, or neither is.
// Run it:          PGHOST=127.0.0.1 PGUSER=postgres node 11-your-own-transaction.ts
// In a checkout:   PGHOST=127.0.0.1 PGUSER=postgres node --conditions=casethread:source examples/11-your-own-transaction.ts
// You should see:  nothing said of an order that was never paid, and the answer to one that was.
// Without a PostgreSQL it says so and ends. With X_* and SALESFORCE_* set as well it serves the real ones.
import { createServer } from "node:http";
import { type BridgeOptions, createBridge } from "casethread";
import { toNode } from "casethread/node";
import { postgres } from "casethread/postgres";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { Pool } from "pg";

const real = process.env["X_CONSUMER_SECRET"] !== undefined;
const schema = real ? "casethread" : `casethread_example_${process.pid}`;
const orders = real ? "shop_orders" : `"${schema}".shop_orders`;
const pool = new Pool({ connectionTimeoutMillis: 2_000 }); // from PGHOST and its kin

/** Gives the money back, and promises to say so under the post. */
const refund = async (order: string, post: string, options: Omit<BridgeOptions, "store">): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rowCount } = await client.query(`UPDATE ${orders} SET refunded = true WHERE id = $1 AND paid`, [order]);
    // The same bridge, kept inside this transaction. It only promises: whoever works on the pool performs, after COMMIT.
    const inside = createBridge({ ...options, store: postgres({ client, schema }) });
    const text = "Your money is on its way back to you.";
    await inside.answer({ url: post, key: `refund/${order}`, text, side: "public" });
    // Whatever fails behind it takes the answer back with the rest.
    if (rowCount !== 1) throw new Error(`${order} was never paid`);
    await client.query("COMMIT");
  } catch (thrown) {
    await client.query("ROLLBACK");
    throw thrown;
  } finally {
    client.release();
  }
};

const play = async (): Promise<void> => {
  await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
  await using org = await createSalesforceSandbox();
  const env = real ? process.env : { ...network.env(), ...org.env() };
  const options = { channels: [x.fromEnv(env)], crm: salesforce.fromEnv(env) };
  await using bridge = createBridge({ ...options, store: postgres({ pool, schema }) });
  if (real) {
    createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
    await bridge.work();
  }

  // From here on the sandbox is X, and this is the shop.
  await network.attach(bridge.fetch);
  const settle = async (): Promise<void> => {
    await network.settled();
    await bridge.work({ until: "idle" });
  };
  await settle();
  await pool.query(`CREATE TABLE ${orders}(id text PRIMARY KEY, paid boolean, refunded boolean)`);
  for (const [by, order, paid] of [
    ["maria_k", "order 1", false],
    ["jo_b", "order 2", true],
  ] as const) {
    await pool.query(`INSERT INTO ${orders} VALUES ($1, $2, false)`, [order, paid]);
    const { id } = await network.say({ by: await network.persona(by), text: "@acme_help where is my money?" });
    await settle();
    const post = `https://x.com/i/status/${id}`;
    await refund(order, post, options).catch((thrown: Error) => console.log(`rolled back: ${thrown.message}`));
    // At least once: a job that is run again finds the key, and nothing is said twice.
    if (paid) await refund(order, post, options);
    await settle();
    const { rows } = await pool.query(`SELECT refunded FROM ${orders} WHERE id = $1`, [order]);
    const said = (await network.state()).posts.filter(({ replyTo }) => replyTo === id);
    console.log(`${order}: refunded ${rows[0]?.refunded}, answers on the feed ${said.length}`);
  }
  await pool.query(`DROP SCHEMA "${schema}" CASCADE`);
};

const reason = await pool.query("SELECT 1").then(
  () => undefined,
  (thrown: Error) => thrown.message,
);
if (reason === undefined) await play();
else console.log(`skipped: no PostgreSQL can be reached (${reason}): set PGHOST, PGUSER, PGPASSWORD`);
await pool.end();
