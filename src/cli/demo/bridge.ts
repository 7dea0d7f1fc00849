import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bridge, createBridge, type Log, type Perform, type Policy } from "casethread";
import { toNode } from "casethread/node";
import { facebook } from "casethread/facebook";
import { salesforce } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { answerParent } from "./child.ts";
import type { GroundOrigins } from "./sandbox.ts";

/** How the demo's bridge is to be. */
export interface BridgeSettings {
  readonly ground: GroundOrigins;
  /** The store's file; in memory without one. */
  readonly file?: string;
  readonly perform: Perform;
  /** Does the machine say a closing word? */
  readonly closing: boolean;
  readonly guard: "block" | "report";
  /** Do the accounts belong to several brands? What is told to two of them is then two matters. */
  readonly severalBrands: boolean;
  /** How often the CRM is asked what is new, in ms. */
  readonly crmPollMs: number;
  /** How far back each such question looks again, in ms. @default the adapter's */
  readonly crmOverlapMs?: number;
  /** The quiet period of X, in ms: the sandbox's lag is known, X's own is not. */
  readonly quietMs: number;
  readonly verbose: boolean;
}

/** An act that a rehearsal has planned and not done. */
export interface Planned {
  readonly door: string;
  readonly act: string;
  readonly words?: string;
  readonly usd?: number;
}

/** A conversation as the demo shows it. */
export interface Shown {
  readonly stage: string;
  readonly number?: string;
  readonly url?: string;
  readonly key: string;
  readonly entries: number;
  readonly explained: string;
}

/** An act that waits for a person, and why. */
interface Parked {
  readonly effect: string;
  readonly because: string;
}

/** How much waits for a person, and how many deliveries could not be read. */
interface Waiting {
  readonly parked: number;
  readonly held: number;
  readonly unread: number;
}

/** What the demo asks of its bridge. */
export interface BridgeDesk {
  conversation(url: string): Promise<Shown | undefined>;
  planned(url: string): Promise<readonly Planned[]>;
  settled(): Promise<void>;
  parked(): Promise<readonly Parked[]>;
  waiting(): Promise<Waiting>;
  /** Says yes to what only waits because another person has answered the same words, or is about to. */
  confirm(): Promise<void>;
  /** How many whys of each code stand in the ledger. */
  whys(): Promise<Readonly<Record<string, number>>>;
}

const stderr = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
const quiet = (): void => {};

const logOf = (verbose: boolean): Log =>
  verbose
    ? { debug: quiet, info: stderr("info"), warn: stderr("warn"), error: stderr("error") }
    : { debug: quiet, info: quiet, warn: quiet, error: stderr("error") };

/** There once `start` was answered, before which nothing is asked. */
let bridge: Bridge;

const start = async (settings: BridgeSettings): Promise<string> => {
  const { ground, file, perform, closing, guard, severalBrands, quietMs } = settings;
  const unknown = { quietMs, reads: [quietMs, 2 * quietMs] };
  const policy: Policy = {
    departments: { support: { queue: "Social Support", promise: "30m" } },
    route: () => "support",
    guard,
    ...(severalBrands ? { dispose: () => "case" } : {}),
    ...(closing ? { words: { closing: ({ greeting }) => `Glad we could sort it out, ${greeting}.` } } : {}),
  };
  bridge = createBridge({
    channels: [
      x({ ...ground.xOptions, unknown }),
      ...(ground.facebook === undefined ? [] : [facebook({ ...ground.facebook.options, unknown, pollMs: 5_000 })]),
    ],
    crm: salesforce({
      origin: ground.salesforce,
      login: ground.login,
      pollMs: settings.crmPollMs,
      ...(settings.crmOverlapMs === undefined ? {} : { overlapMs: settings.crmOverlapMs }),
    }),
    policy,
    perform,
    store: file === undefined ? sqlite({ file: ":memory:", durable: false }) : sqlite({ file }),
    log: logOf(settings.verbose),
  });
  const server = createServer(toNode(bridge.fetch));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  bridge
    .work({ signal: stop.signal })
    .then(() => process.exit(0))
    .catch((thrown: unknown) => {
      process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
      process.exit(1);
    });
  // A first start hears what comes after it: nobody is to speak before every source has been asked once.
  const sources = ground.xOptions.accounts.length + (ground.facebook?.options.pages.length ?? 0) + 1;
  while (Object.keys((await bridge.health()).asked).length < sources) await sleep(20);
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/${ground.facebook === undefined ? "x" : "facebook"}`;
};

const conversation = async (url: string): Promise<Shown | undefined> => {
  const talk = await bridge.conversation({ url });
  if (talk === undefined) return undefined;
  return {
    stage: talk.stage,
    key: talk.key,
    entries: talk.entries.length,
    explained: bridge.explain(talk),
    ...(talk.case.number === undefined ? {} : { number: talk.case.number }),
    ...(talk.case.url === undefined ? {} : { url: talk.case.url }),
  };
};

const planned = async (url: string): Promise<readonly Planned[]> => {
  const talk = await bridge.conversation({ url });
  return (talk?.effects ?? []).flatMap(({ effect, entry, outcome }) =>
    outcome?.as === "rehearsed"
      ? [
          {
            door: effect.door,
            act: effect.act.do,
            ...(typeof entry?.text === "string" ? { words: entry.text } : {}),
            ...(outcome.price === undefined ? {} : { usd: outcome.price.usd }),
          },
        ]
      : [],
  );
};

const settled = async (): Promise<void> => bridge.settled();
const parked = async (): Promise<readonly Parked[]> =>
  (await bridge.parked()).map(({ effect, why }) => ({ effect: effect.key, because: why.code }));
const whys = async (): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (let after: string | undefined; ;) {
    const rows = await bridge.ledger({ limit: 1_000, ...(after === undefined ? {} : { after }) });
    for (const { row } of rows) {
      for (const [, code] of JSON.stringify(row).matchAll(/"code":"([a-z-]+)"/g))
        if (code !== undefined) counts[code] = (counts[code] ?? 0) + 1;
    }
    const last = rows.at(-1);
    if (last === undefined) return counts;
    after = last.position;
  }
};

const waiting = async (): Promise<Waiting> => ({
  parked: (await bridge.parked()).length,
  held: (await bridge.held()).length,
  unread: (await bridge.unread()).length,
});

const confirm = async (): Promise<void> => {
  for (const { draft } of await bridge.held()) {
    const asked = draft.holds.every(({ kind }) => kind === "stale" || kind === "claimed");
    const key = `confirm/${draft.entry}/${draft.turn}`;
    if (asked) await bridge.release({ key, draft: draft.entry });
  }
};

const desk: BridgeDesk = { conversation, planned, settled, parked, waiting, confirm, whys };
answerParent({ start, ...desk });
