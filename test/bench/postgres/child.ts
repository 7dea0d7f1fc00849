/** One worker in a process of its own: a bridge on PostgreSQL, before a CRM that takes its time. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Crm, createBridge } from "casethread";
import { BridgeError } from "casethread/adapter";
import { postgres } from "casethread/postgres";
import { Pool, type PoolConfig } from "pg";
import { answerParent } from "../../../src/cli/demo/child.ts";
import { createPark, parkChannel } from "../../made-up/park.ts";
import { accounts } from "./filling.ts";

/** Where it works, and what it works for. */
export interface WorkerSettings {
  readonly connection: PoolConfig;
  readonly schema: string;
  /** How long the CRM takes to answer a call, in ms, and how many acts one may carry. */
  readonly latencyMs: number;
  readonly batch: number;
}

const slow = ({ latencyMs, batch }: WorkerSettings): Crm => ({
  name: "slow",
  can: { batch },
  pollMs: 60_000,
  write: async (tasks, kit) => {
    kit.depart();
    await sleep(latencyMs);
    return tasks.map(({ effect }) =>
      effect.act.do === "open"
        ? { at: kit.now(), case: { crm: "slow", id: effect.conversation, number: "1" } }
        : { at: kit.now() },
    );
  },
  since: async function* (cursor) {
    yield { events: [], unread: [], alarms: [], cursor: cursor ?? "0" };
  },
  url: ({ id }) => new URL(`https://slow.test/${encodeURIComponent(id)}`),
});

let stop: AbortController | undefined;
let over: Promise<void> = Promise.resolve();

const begin = async (settings: WorkerSettings): Promise<void> => {
  const pool = new Pool({ ...settings.connection, max: 8 });
  const ending = new AbortController();
  stop = ending;
  const bridge = createBridge({
    channels: [parkChannel(createPark(Date.now), { accounts: accounts.map(({ id }) => id) })],
    crm: slow(settings),
    store: postgres({ pool, schema: settings.schema }),
    perform: "all",
  });
  await bridge.health();
  over = bridge.work({ signal: ending.signal }).then(async () => {
    await bridge[Symbol.asyncDispose]();
    await pool.end();
  });
  over.catch((thrown: unknown) => {
    process.stderr.write(`${BridgeError.from(thrown, "bench").message}\n`);
  });
};

const end = async (): Promise<void> => {
  stop?.abort();
  await over;
};

process.once("SIGTERM", () => process.exit(0));
answerParent({ begin, end });
