/** A bridge in a process of its own, over a store that is there already, and how much memory it takes. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Bridge, createBridge } from "casethread";
import { salesforce } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { answerParent } from "../../../src/cli/demo/processes.ts";
import type { Sandboxes } from "../straightforward.ts";

/** What the bridge is made of. */
export interface HouseSettings {
  readonly file: string;
  readonly sandboxes: Sandboxes;
  /** How long it works before it is measured, in ms. */
  readonly workMs: number;
}

/** What it takes, in bytes, once nothing is left to collect. */
export interface Taken {
  readonly rss: number;
  readonly heap: number;
  /** Effects that have not ended. */
  readonly open: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const measure = async ({ file, sandboxes, workMs }: HouseSettings): Promise<Taken> => {
  const store = sqlite({ file });
  const bridge: Bridge = createBridge({
    channels: [x(sandboxes.xOptions)],
    crm: salesforce({ origin: sandboxes.salesforce, login: sandboxes.login }),
    store,
  });
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  await Promise.race([sleep(workMs), working]);
  for (let n = 0; n < 3; n++) {
    collect();
    await sleep(50);
  }
  const { rss, heapUsed: heap } = process.memoryUsage();
  const { lanes } = await store.census();
  stop.abort();
  await working;
  const open = lanes.reduce((sum, { due, waiting, parked }) => sum + due + waiting + parked, 0);
  return { rss, heap, open };
};

process.once("SIGTERM", () => process.exit(0));
answerParent({ measure });
