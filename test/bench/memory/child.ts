/** A bridge in a process of its own, over a store that is there already, and how much memory it takes. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createBridge } from "casethread";
import { salesforce } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { answerParent } from "../../../src/cli/demo/child.ts";
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
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const measure = async ({ file, sandboxes, workMs }: HouseSettings): Promise<Taken> => {
  const bridge = createBridge({
    channels: [x(sandboxes.xOptions)],
    crm: salesforce({ origin: sandboxes.salesforce, login: sandboxes.login }),
    store: sqlite({ file }),
  });
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  await Promise.race([sleep(workMs), working]);
  for (let n = 0; n < 3; n++) {
    collect();
    await sleep(50);
  }
  const { rss, heapUsed: heap } = process.memoryUsage();
  stop.abort();
  await working;
  await bridge[Symbol.asyncDispose]();
  return { rss, heap };
};

process.once("SIGTERM", () => process.exit(0));
answerParent({ measure });
