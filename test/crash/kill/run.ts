import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock, Store } from "casethread";
import { accountName } from "casethread/adapter";
import { createSalesforceSandbox, type SalesforceSandbox } from "casethread/salesforce/sandbox";
import { createChance } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { createXSandbox, type XSandbox } from "casethread/x/sandbox";
import { freePort } from "../../postgres/cluster.ts";
import { openActs } from "../open.ts";
import { audit, type Findings, type Remains } from "./audit.ts";
import { acme, createTown, type Town } from "./town.ts";
import { createVictims, type Victims } from "./victims.ts";

/** How often to kill, and by which chance. */
export interface RunOptions {
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (done: number) => void;
  /** All kills are done: from now on everything may come to its end. */
  readonly onPeace?: () => void;
}

/** What came of it. */
export interface Result extends Findings {
  readonly kills: number;
  readonly seed: number;
  /** Acts whose outcome was found by looking or by the network's own telling. */
  readonly found: number;
  readonly seconds: number;
  /** The store as it was left, when a law is broken. */
  readonly kept?: string;
}

// X gives an address up after five minutes; on this clock its patience passes sixty times faster, kills and all.
const hurry = 60;
/** The patience of X, passing faster. */
export const impatient: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    pause(ms / hurry, undefined, { ...(signal === undefined ? {} : { signal }), ref: false }).catch(() => undefined),
};
export const indexLagMs = 500;
const cursor = `cursor/${accountName({ channel: "x", id: acme.id })}`;
/** Longer than that. */
export const quietMs = 1_000;
/** A process lives up to this long, in ms. */
const lifeMs = 1_500;
export const customersAtOnce = 8;
/** After the last kill everything must be over within this, in ms. */
const peaceMs = 60_000;

/** What goes wrong beside the kills, until peace: none of it alone may cost a word, or park one. */
export const unkind = async (x: XSandbox, salesforce: SalesforceSandbox): Promise<void> => {
  await x.rate({ fault: "lost-response", probability: 0.03 });
  await x.rate({ fault: "503-after", probability: 0.02 });
  await x.rate({ fault: "lost-webhook", probability: 0.03 });
  await salesforce.rate("timeout-after-commit", 0.02);
  await salesforce.rate("lock-row", 0.01);
  await salesforce.rate("late-commit", 0.03);
  await salesforce.rate("expired-session", 0.005);
};

/** Until the address answers X's challenge. */
export const connected = async (connect: () => Promise<void>, { said }: Pick<Victims, "said">): Promise<void> => {
  for (let tries = 0; ; tries++) {
    try {
      await connect();
      return;
    } catch (thrown) {
      if (tries === 100) throw new Error(`the bridge did not start:\n${said.join("\n")}`, { cause: thrown });
      await pause(100);
    }
  }
};

/** Until the account was asked what is new for the first time: a catch-up begins with that moment, and what was said before it is nobody's. */
export const attentive = async (store: Store): Promise<void> => {
  while ((await store.unit((unit) => unit.note(cursor).read())) === undefined) await pause(50);
};

/** Acts of unknown outcome that were found on the network. */
export const found = async (store: Store): Promise<number> => {
  let count = 0;
  for (let after: string | undefined; ;) {
    const rows = await store.ledger(after, 1_000);
    for (const { kind, row } of rows) if (kind === "event" && JSON.stringify(row).includes('"proof":')) count += 1;
    const last = rows.at(-1);
    if (last === undefined) return count;
    after = last.position;
  }
};

/** Waits until every matter is over and nothing is due for so long that all sources have been asked again. */
const settle = async (town: Town, store: Store, delivered: () => Promise<void>): Promise<void> => {
  await town.finish();
  await delivered();
  for (let calm = 0; calm < 12;) {
    await pause(250);
    calm = (await openActs(store)) === 0 ? calm + 1 : 0;
  }
};

/** What is at peace once nothing is broken any more. */
interface Scene {
  readonly town: Town;
  readonly store: Store;
  readonly x: XSandbox;
  readonly salesforce: SalesforceSandbox;
}

/** Mends everything, and lets all come to its end: or says who still waits for what after so many ms. */
export const peace = async ({ town, store, x, salesforce }: Scene, ms: number): Promise<readonly string[]> => {
  await x.calm();
  await salesforce.mend();
  const late = new AbortController();
  const over = await Promise.race([
    settle(town, store, () => x.settled()).then(() => true),
    pause(ms, false, { signal: late.signal }).catch(() => false),
  ]);
  late.abort();
  if (over) return [];
  const waits = town.waiting().map((what) => `somebody still waits for ${what}`);
  return [`it was not over ${ms / 1_000} seconds after the last blow`, ...waits];
};

/** Kills bridges at work so many times, then lets everything come to its end and audits it from outside. */
export const run = async ({ kills: wanted, seed, onKill, onPeace }: RunOptions): Promise<Result> => {
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "casethread-kill-"));
  const chance = createChance(seed);
  const home = new AbortController();
  let kept = false;
  try {
    await using x = await createXSandbox({
      seed,
      accounts: [acme],
      clock: impatient,
      hostile: { indexLagMs },
    });
    await using salesforce = await createSalesforceSandbox({ seed });
    const file = join(folder, "casethread.db");
    const { origin, login } = salesforce;
    const port = await freePort();
    await using victims = createVictims({
      keep: { file },
      port,
      x: x.options(),
      salesforce: { origin, login },
      quietMs,
    });
    await victims.begin();
    await connected(() => x.connect({ url: `http://127.0.0.1:${port}/x` }), victims);
    await using store = sqlite({ file, durable: false });
    await attentive(store);
    const town = createTown({ x, salesforce, chance, signal: home.signal }, customersAtOnce);

    await unkind(x, salesforce);
    const kills: number[] = [];
    while (kills.length < wanted) {
      await pause(chance() * lifeMs);
      kills.push(await victims.kill());
      onKill?.(kills.length);
      await victims.begin();
    }
    onPeace?.();
    const unsettled = await peace({ town, store, x, salesforce }, peaceMs);
    home.abort();
    await victims.stop();
    const remains: Remains = {
      words: town.words,
      x: await x.state(),
      salesforce: await salesforce.state(),
      parked: await store.parked(),
      held: (await store.held()).length,
      unread: (await store.unread()).length,
      open: await openActs(store),
      kills,
    };
    const findings = audit(remains);
    const broken = [...unsettled, ...findings.broken];
    kept = broken.length > 0;
    return {
      ...findings,
      broken,
      kills: kills.length,
      seed,
      found: await found(store),
      seconds: Math.round((performance.now() - began) / 100) / 10,
      ...(kept ? { kept: file } : {}),
    };
  } finally {
    home.abort();
    if (!kept) rmSync(folder, { recursive: true, force: true });
  }
};
