import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBridge } from "casethread";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox, type SeenRequest } from "casethread/salesforce/sandbox";
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
}

const told = (what: string, { cases, entries }: Seen, authors: number): void => {
  if (cases !== authors || entries !== authors)
    throw new Error(`${what}: ${cases} cases and ${entries} entries for ${authors} authors`);
};

const throughBridge = async ({ bodies, signatures, options }: Deliveries): Promise<Seen> => {
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
    const { requests, cases, entries } = await org.state();
    stop.abort();
    await working;
    return { calls: requests.filter(writes).length, cases: cases.length, entries: entries.length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const oneByOne = async ({ bodies, signatures, options: xOptions }: Deliveries): Promise<Seen> => {
  await using org = await createSalesforceSandbox({ seed: 5 });
  const program = await straightforward({ salesforce: org.origin, login: org.login, xOptions });
  for (const [at, body] of bodies.entries()) await program.take(Buffer.from(body), signatures[at] ?? "");
  const { requests, cases, entries } = await org.state();
  return { calls: requests.filter(writes).length, cases: cases.length, entries: entries.length };
};

/**
 * HTTP requests that write to the CRM, from the first lease to the last settle, for so many authors who each said one
 * thing and were all admitted before; against one call a record. Given per 1,000 interactions.
 */
export const benchCrmCalls = async (
  { authors }: { readonly authors: number },
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  const deliveries = await makeDeliveries(authors);
  const batched = await throughBridge(deliveries);
  onProgress?.(1, 2);
  const single = await oneByOne(deliveries);
  onProgress?.(2, 2);
  told("the bridge", batched, authors);
  told("the straightforward program", single, authors);
  const per = (calls: number): number => (calls * 1_000) / authors;
  const target = { of: "value", is: "at most", bound: 25 } as const;
  return [
    figureOf({ name: "crm-calls", unit: "writing requests per 1,000 interactions", target }, [
      { value: per(batched.calls), floor: per(single.calls) },
    ]),
  ];
};
