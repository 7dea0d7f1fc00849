import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBridge } from "casethread";
import type { Crm } from "casethread/adapter";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox, type SalesforceSandbox, type SeenRequest } from "casethread/salesforce/sandbox";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { type Figure, figureOf, type OnProgress } from "./figure.ts";
import { type Deliveries, makeDeliveries } from "./intake/deliveries.ts";
import { straightforward } from "./straightforward.ts";

// A single record is written at /sobjects; `writes` counts those of a batch.
const writes = ({ method, path, writes: records }: SeenRequest): boolean =>
  records > 0 || (method !== "GET" && path.includes("/sobjects/"));

/** What the org saw. */
interface Seen {
  readonly calls: number;
  readonly cases: number;
  readonly entries: number;
  readonly conversations: number;
  readonly personas: number;
}

const seenBy = async (org: SalesforceSandbox): Promise<Seen> => {
  const { requests, cases, entries, conversations, personas } = await org.state();
  return {
    calls: requests.filter(writes).length,
    cases: cases.length,
    entries: entries.length,
    conversations: conversations.length,
    personas: personas.length,
  };
};

const told = (what: string, { cases, entries }: Seen, authors: number): void => {
  if (cases !== authors || entries !== authors)
    throw new Error(`${what}: ${cases} cases and ${entries} entries for ${authors} authors`);
};

/** All are admitted, and then there is work. */
const inBurst = async ({ bodies, signatures, options }: Deliveries): Promise<Seen> => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-bench-"));
  const { accounts, app } = options;
  await using network = await createXSandbox({
    accounts: [{ id: "1001", handle: "acme_help", tier: "enterprise" }],
    app: { consumerSecret: String(app.consumerSecret) },
  });
  await using org = await createSalesforceSandbox({ seed: 5 });
  try {
    await using bridge = createBridge({
      channels: [x({ ...network.options(), accounts })],
      crm: salesforce({ origin: org.origin, login: org.login }),
      store: sqlite({ file: join(folder, "casethread.db") }),
    });
    const statuses = await Promise.all(
      bodies.map(async (body, at) => {
        const headers = { "x-twitter-webhooks-signature": signatures[at] ?? "" };
        return (await bridge.fetch(new Request("http://bench.test/x", { method: "POST", headers, body }))).status;
      }),
    );
    if (statuses.some((status) => status !== 200)) throw new Error("not all deliveries were taken");
    const stop = new AbortController();
    const working = bridge.work({ signal: stop.signal });
    await Promise.race([bridge.settled(), working]);
    const seen = await seenBy(org);
    stop.abort();
    await working;
    return seen;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Writes under way. */
interface Traffic {
  under: number;
}

/** The CRM, with its writes counted while they are under way. */
const counted = (crm: Crm, traffic: Traffic): Crm => ({
  ...crm,
  write: async (batch, kit) => {
    traffic.under += 1;
    try {
      return await crm.write(batch, kit);
    } finally {
      traffic.under -= 1;
    }
  },
});

/** One a second, by a clock that is turned by hand: an hour's traffic in a moment. Time stands while a write is under way. */
const inTrickle = async ({ bodies, signatures, options }: Deliveries, gatherMs: number): Promise<Seen> => {
  const clock = createClock({ still: true });
  const traffic: Traffic = { under: 0 };
  await using org = await createSalesforceSandbox({ seed: 5, clock, listen: false });
  const connection = await org.connect();
  await using bridge = createBridge({
    channels: [{ ...x(options), since: undefined as never }],
    crm: counted(salesforce({ connection, gatherMs }), traffic),
    clock,
    store: sqlite({ file: ":memory:", durable: false, clock }),
  });
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  /** Whatever this second asks for has begun and ended. */
  const quiet = async (): Promise<void> => {
    for (let idle = 0; idle < 3; idle = traffic.under > 0 ? 0 : idle + 1) await sleep(1);
  };
  for (const [at, body] of bodies.entries()) {
    const headers = { "x-twitter-webhooks-signature": signatures[at] ?? "" };
    const { status } = await bridge.fetch(new Request("http://bench.test/x", { method: "POST", headers, body }));
    if (status !== 200) throw new Error("a delivery was not taken");
    await quiet();
    await clock.advance(1_000);
  }
  for (let waited = 0; waited < 2; waited++) {
    await clock.advance(gatherMs);
    await quiet();
  }
  await Promise.race([bridge.settled(), working]);
  stop.abort();
  await working;
  return seenBy(org);
};

const oneByOne = async ({ bodies, signatures, options: xOptions }: Deliveries): Promise<Seen> => {
  await using org = await createSalesforceSandbox({ seed: 5 });
  const program = await straightforward({ salesforce: org.origin, login: org.login, xOptions });
  for (const [at, body] of bodies.entries()) await program.take(Buffer.from(body), signatures[at] ?? "");
  return seenBy(org);
};

/** How long a write to the CRM waits to fill up, in the trickle. */
const gatherMs = 20_000;

/**
 * HTTP requests that write to the CRM, from the first lease to the last settle, for so many authors who each said one
 * thing: all admitted before, and one a second with writes gathered for twenty; against one call a record, of which the
 * bridge writes twice as many (persona and conversation besides case and entry). Given per 1,000 interactions; signing in
 * and asking for changes are not counted.
 */
export const benchCrmCalls = async (
  { authors }: { readonly authors: number },
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  const deliveries = await makeDeliveries(authors);
  const burst = await inBurst(deliveries);
  onProgress?.(1, 3);
  const trickle = await inTrickle(deliveries, gatherMs);
  onProgress?.(2, 3);
  const single = await oneByOne(deliveries);
  onProgress?.(3, 3);
  for (const seen of [burst, trickle]) {
    told("the bridge", seen, authors);
    if (seen.conversations !== authors || seen.personas !== authors)
      throw new Error(`the bridge: ${seen.conversations} conversations and ${seen.personas} personas`);
  }
  told("the straightforward program", single, authors);
  const per = (calls: number): number => (calls * 1_000) / authors;
  const unit = "writing requests per 1,000 interactions";
  const figure = (name: string, seen: Seen, bound: number): Figure =>
    figureOf({ name, unit, target: { of: "value", is: "at most", bound } }, [
      { value: per(seen.calls), floor: per(single.calls) },
    ]);
  return [figure("crm-calls", burst, 6), figure("crm-calls-trickle", trickle, 60)];
};
