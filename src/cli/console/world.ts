import { type Bridge, createBridge, type Policy } from "casethread";
import { facebook } from "casethread/facebook";
import { createFacebookNetwork, type FacebookNetwork } from "casethread/facebook/sandbox";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox, type SalesforceSandbox } from "casethread/salesforce/sandbox";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox, type XSandbox } from "casethread/x/sandbox";
import type { Cast } from "./page/model.ts";

/** The brand's account on X. */
export const account = { id: "1001", handle: "acme_help" };
/** The brand's Page. */
export const page = { id: "448242228374517", name: "Acme Help" };

/** Who can be spoken as. */
export const cast: Cast = {
  customers: [
    { id: "maria", name: "Maria Keller", handle: "maria_k" },
    { id: "tom", name: "Tom Berg", handle: "tom_berg" },
    { id: "ada", name: "Ada Obi", handle: "ada_obi" },
  ],
  agents: [
    { id: "ann", name: "Ann Bauer", handle: "^AN" },
    { id: "ben", name: "Ben Okafor", handle: "^BE" },
  ],
  brands: { x: `@${account.handle}`, facebook: page.name },
};

const policy: Policy = {
  departments: { support: { queue: "Social Support", promise: "30m" }, press: { queue: "PR", promise: "10m" } },
  route: (matter) => (matter.mentions("journalist", "press") ? "press" : "support"),
  approve: ({ text }) => (/\brefund/i.test(text) ? ["ben"] : undefined),
  guard: { regions: ["DE", "GB", "US"] },
  words: { closing: ({ greeting }) => `Glad we could sort it out, ${greeting}.` },
};

// The sandboxes' lag is known, the networks' own is not.
const hostile = { indexLagMs: 500 };
const unknown = { quietMs: 1_500, reads: [1_500, 3_000] };

/** Networks, a CRM and a bridge between them, in this process and without a socket: no SDK is needed. */
export interface World extends AsyncDisposable {
  readonly clock: SandboxClock;
  readonly x: XSandbox;
  readonly facebook: FacebookNetwork;
  readonly org: SalesforceSandbox;
  readonly bridge: Bridge;
  /** Rejects when the bridge stops working unasked. */
  readonly working: Promise<void>;
}

/** Begins a world: nobody has spoken, and the bridge works. */
export const createWorld = async (): Promise<World> => {
  const clock = createClock();
  const network = await createXSandbox({ clock, accounts: [account], hostile, listen: false });
  const pages = await createFacebookNetwork({
    clock,
    pages: [page],
    hostile,
    deliver: (request) => bridge.fetch(request),
  });
  const org = await createSalesforceSandbox({ clock, listen: false });
  const bridge = createBridge({
    channels: [
      x({ ...network.options(), unknown }),
      facebook({ ...pages.options(), client: pages.client, unknown, pollMs: 10_000 }),
    ],
    crm: salesforce({ connection: () => org.connect(), pollMs: 400, overlapMs: 5_000 }),
    policy,
    clock,
    store: sqlite({ file: ":memory:", durable: false, clock }),
  });
  for (const { name, handle } of cast.customers) {
    await network.persona(handle, { name });
    await pages.persona(name);
  }
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  working.catch(() => undefined);
  // A first start hears what comes after it: nobody is to speak before every source has been asked once.
  while (!stop.signal.aborted && Object.keys((await bridge.health()).asked).length < 3) await clock.sleep(5);
  await network.attach(bridge.fetch);
  await pages.connect({ url: "http://facebook.sandbox.invalid/facebook" });
  await pages.post({ by: page.id, page: page.id, text: "Our depots are open this Sunday. Bring your parcel card." });
  return {
    clock,
    x: network,
    facebook: pages,
    org,
    bridge,
    working,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await bridge[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
      await pages[Symbol.asyncDispose]();
      await org[Symbol.asyncDispose]();
    },
  };
};
