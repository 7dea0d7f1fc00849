/** The bridge of the surge, in a process of its own: both networks, Salesforce, PostgreSQL, and a stop-watch at each end. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Bridge, createBridge, type Crm } from "casethread";
import { facebook } from "casethread/facebook";
import { toNode } from "casethread/node";
import { postgres } from "casethread/postgres";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";
import { Pool, type PoolConfig } from "pg";
import { answerParent } from "../../../src/cli/demo/child.ts";
import type { GroundOrigins } from "../../../src/cli/demo/sandbox.ts";

/** What the bridge is made of. */
export interface SurgeSettings {
  readonly connection: PoolConfig;
  readonly schema: string;
  readonly origins: GroundOrigins;
  readonly budgetUsdPerDay: number;
}

/** What the stop-watches show, in ms, and the memory, in bytes. */
export interface SurgeSeen {
  /** How long each delivery took to be answered. */
  readonly admitted: readonly number[];
  /** From said to a case in the org: urgent matters, and all others. */
  readonly urgent: readonly number[];
  readonly usual: readonly number[];
  readonly refused: number;
  readonly rss: number;
}

const seen = { admitted: [] as number[], urgent: [] as number[], usual: [] as number[], refused: 0 };
const answerEvery = 20;
let bridge: Bridge | undefined;
let stop: AbortController | undefined;
let over: Promise<void> = Promise.resolve();
let opened = 0;

/** The org, where each case is timed as it is there, and every twentieth is answered in public by an agent. */
const timed = (crm: Crm): Crm => ({
  ...crm,
  write: async (tasks, kit) => {
    const outcomes = await crm.write(tasks, kit);
    for (const [n, { effect }] of tasks.entries()) {
      const outcome = outcomes[n];
      if (effect.act.do !== "open" || outcome === undefined || outcome instanceof Error) continue;
      seen[effect.act.fields.priority === 0 ? "urgent" : "usual"].push(Date.now() - effect.act.saidAt);
      opened += 1;
      if (opened % answerEvery !== 0) continue;
      void bridge
        ?.answer({
          conversation: effect.conversation,
          key: `surge/${opened}`,
          text: "We are on it.",
          side: "public",
          by: { kind: "agent", id: "ann" },
        })
        .catch((thrown: unknown) => {
          // The last ones come when it is over.
          if (stop?.signal.aborted !== true) process.stderr.write(`${String(thrown)}\n`);
        });
    }
    return outcomes;
  },
});

const begin = async ({ connection, schema, origins, budgetUsdPerDay }: SurgeSettings): Promise<string> => {
  const pool = new Pool({ ...connection, max: 10 });
  const page = origins.facebook;
  if (page === undefined) throw new Error("the ground has no Facebook");
  const made = createBridge({
    channels: [x({ ...origins.xOptions, budgetUsdPerDay }), facebook(page.options)],
    crm: timed(salesforce({ origin: origins.salesforce, login: origins.login })),
    store: postgres({ pool, schema }),
    perform: "all",
    alert: () => undefined,
  });
  bridge = made;
  await made.health();
  const { fetch } = made;
  const server = createServer(
    toNode(async (request) => {
      const began = performance.now();
      const response = await fetch(request);
      seen.admitted.push(performance.now() - began);
      if (response.status !== 200) seen.refused += 1;
      return response;
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ending = new AbortController();
  stop = ending;
  over = made.work({ signal: ending.signal }).then(async () => {
    server.close();
    await made[Symbol.asyncDispose]();
    await pool.end();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const look = (): Promise<SurgeSeen> => Promise.resolve({ ...seen, rss: process.memoryUsage().rss });

const end = async (): Promise<void> => {
  stop?.abort();
  await over;
};

process.once("SIGTERM", () => process.exit(0));
answerParent({ begin, look, end });
