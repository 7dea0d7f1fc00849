import { setTimeout as pause } from "node:timers/promises";
import { postgres } from "casethread/postgres";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createChance } from "casethread/sandbox";
import { createXSandbox } from "casethread/x/sandbox";
import { Pool, type PoolConfig } from "pg";
import { audit, type Findings } from "../crash/kill/audit.ts";
import {
  attentive,
  connected,
  customersAtOnce,
  found,
  impatient,
  indexLagMs,
  peace,
  quietMs,
  unkind,
} from "../crash/kill/run.ts";
import { openActs } from "../crash/open.ts";
import { acme, createTown } from "../crash/kill/town.ts";
import { createCluster } from "../postgres/cluster.ts";
import { reach } from "../postgres/server.ts";
import { createBalance } from "./balance.ts";
import { createCrew } from "./crew.ts";

/** How long, and by which chance. */
export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly onBlow?: (what: string) => void;
}

/** What came of it. */
export interface Result extends Findings {
  readonly seed: number;
  readonly kills: number;
  readonly freezes: number;
  readonly restarts: number;
  /** Acts whose outcome was found by looking or by the network's own telling. */
  readonly found: number;
  /** Lanes that the store had forgotten to arm: none. */
  readonly unarmed: number;
  readonly seconds: number;
}

const workers = 4;
/** Between two blows, at most, in ms. */
const betweenMs = 1_500;
/** Of so many blows one takes the database away. */
const restartEvery = 6;
/** After the last blow: a killed worker's lane at the CRM is its own for a minute and a half. */
const peaceMs = 180_000;

const poolOn = (config: PoolConfig): Pool & AsyncDisposable => {
  const pool = new Pool({ ...config, max: 3 });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
};

/** Four bridges on one database under blows, then peace, then a look at what is left from outside. */
export const run = async ({ seconds, seed, onBlow = () => undefined }: ChaosOptions): Promise<Result> => {
  const began = performance.now();
  const chance = createChance(seed);
  const home = new AbortController();
  await using cluster = await createCluster();
  await using x = await createXSandbox({ seed, accounts: [acme], clock: impatient, hostile: { indexLagMs } });
  await using salesforce = await createSalesforceSandbox({ seed });
  const { origin, login } = salesforce;
  const keep = { postgres: reach(cluster) };
  await using crew = await createCrew(workers, { keep, x: x.options(), salesforce: { origin, login }, quietMs });
  await using balance = await createBalance(() => crew.ports());
  await connected(() => x.connect({ url: `http://127.0.0.1:${balance.port}/x` }), crew);
  await using pool = poolOn(reach(cluster));
  await using store = postgres({ pool });
  // What was said before that is nobody's, should its delivery be lost.
  await attentive(store);
  // Thrown out of here, nobody in the town goes on waiting.
  using _over = { [Symbol.dispose]: () => home.abort() };
  const town = createTown({ x, salesforce, chance, signal: home.signal }, customersAtOnce);
  await unkind(x, salesforce);

  // An act that a blow met may wait for a person; any other may not.
  const blows: number[] = [];
  const count = { kills: 0, freezes: 0, restarts: 0 };
  const under = new Set<Promise<void>>();
  const keepUp = (work: Promise<void>): void => {
    const over: Promise<void> = work.finally(() => {
      blows.push(Date.now());
      under.delete(over);
    });
    under.add(over);
  };
  const blow = async (n: number): Promise<void> => {
    const which = Math.floor(chance() * workers);
    const [kill, crash, ms] = [chance() < 0.5, chance() < 0.5, 300 + chance() * 5_000];
    blows.push(Date.now());
    if (n % restartEvery === 2) {
      count.restarts += 1;
      onBlow("the database restarts");
      await cluster.stop(crash ? "immediate" : "fast");
      await cluster.start();
      blows.push(Date.now());
      return;
    }
    const work = kill ? crew.kill(which) : crew.freeze(which, ms);
    if (work === false) return;
    count[kill ? "kills" : "freezes"] += 1;
    onBlow(kill ? "a worker is killed" : "a worker stands still");
    keepUp(work);
  };
  const end = performance.now() + seconds * 1_000;
  for (let n = 0; performance.now() < end; n += 1) {
    await pause(chance() * betweenMs);
    await blow(n);
  }
  await Promise.all(under);
  onBlow("peace");
  const unsettled = await peace({ town, store, x, salesforce }, peaceMs);
  home.abort();
  await crew.stop();
  const findings = audit({
    words: town.words,
    x: await x.state(),
    salesforce: await salesforce.state(),
    parked: await store.parked(),
    held: (await store.held()).length,
    unread: (await store.unread()).length,
    open: await openActs(store),
    kills: blows,
  });
  const unarmed = (await store.census()).unarmed ?? 0;
  const more = [...unsettled, ...(unarmed === 0 ? [] : [`${unarmed} lanes had lost their alarm`])];
  return {
    ...findings,
    broken: [...more, ...findings.broken],
    seed,
    ...count,
    found: await found(store),
    unarmed,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  };
};
