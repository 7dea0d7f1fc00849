import { createServer } from "node:http";
import { createBridge } from "casethread";
import { toNode } from "casethread/node";
import { postgres } from "casethread/postgres";
import { x } from "casethread/x";
import { startChild } from "../../../src/cli/demo/child.ts";
import { type Figure, figureOf, inRounds, type OnProgress } from "../figure.ts";
import { makeDeliveries } from "../intake/deliveries.ts";
import { bareServer } from "../intake/floor.ts";
import { expectAll, firedAt, idle, type IntakeSize } from "../intake/index.ts";
import { findGround } from "./ground.ts";

/** How many connections a process has to its database: what the README says of a pool. */
const connections = 10;

/**
 * Signed deliveries committed per second on PostgreSQL: the bridge, against bare node:http, HMAC, JSON.parse and one insert
 * per delivery in its own transaction, with a pool of the same size.
 */
export const benchIntakePostgres = async (size: IntakeSize, onProgress?: OnProgress): Promise<readonly Figure[]> => {
  await using ground = await findGround();
  const deliveries = await makeDeliveries(size.deliveries);
  await using load = startChild("the process of the load", new URL("../intake/child.ts", import.meta.url), (line) =>
    process.stderr.write(line),
  );
  await load.ask("load", { bodies: deliveries.bodies, signatures: deliveries.signatures });

  const floor = async (): Promise<number> => {
    const schema = await ground.schema();
    await ground.ask(`CREATE TABLE "${schema}".delivery(id TEXT PRIMARY KEY, body BYTEA NOT NULL)`);
    const pool = ground.pool(connections);
    const text = `INSERT INTO "${schema}".delivery(id, body) VALUES($1, $2) ON CONFLICT DO NOTHING`;
    const keep = async (id: string, body: Buffer): Promise<void> => {
      const client = await pool.connect();
      try {
        await client.query({ text, values: [id, body] });
      } finally {
        client.release();
      }
    };
    const perSecond = await firedAt(bareServer(deliveries.secret, keep), load, size);
    await pool.end();
    expectAll("deliveries", await ground.count(schema, "$.delivery"), size.deliveries);
    return perSecond;
  };
  const value = async (): Promise<number> => {
    const schema = await ground.schema();
    const pool = ground.pool(connections);
    const bridge = createBridge({ channels: [x(deliveries.options)], crm: idle(), store: postgres({ pool, schema }) });
    // Opening the store is no delivery.
    await bridge.held();
    const perSecond = await firedAt(createServer(toNode(bridge.fetch)), load, size);
    await bridge[Symbol.asyncDispose]();
    await pool.end();
    expectAll("entries", await ground.count(schema, "$.entry"), size.deliveries);
    return perSecond;
  };

  const measured = await inRounds(size.rounds, { floor, value }, onProgress);
  return [figureOf({ name: "intake-postgres", unit: "deliveries/s" }, measured)];
};
