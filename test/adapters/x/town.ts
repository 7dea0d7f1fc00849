import { type Bridge, type BridgeOptions, createBridge, type Talk } from "casethread";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x, type XClient, type XOptions } from "casethread/x";
import { createXSandbox, type XHostility, type XSandbox, type XSandboxOptions } from "casethread/x/sandbox";
import { createDesk, type Desk, deskCrm } from "../../made-up/desk.ts";
import { acme } from "./subject.ts";

/** X, a desk and a bridge between them, in one process. */
export interface Town extends AsyncDisposable {
  readonly net: XSandbox;
  readonly desk: Desk;
  readonly bridge: Bridge;
  readonly clock: SandboxClock;
  settle(): Promise<void>;
  /** Settles all that becomes due within so many ms; the time between passes at once. */
  pass(ms: number): Promise<void>;
  talk(post: string): Promise<Talk>;
}

export const createTown = async (
  over: {
    readonly hostile?: XHostility;
    readonly tier?: "self-serve" | "enterprise";
    readonly sandbox?: Partial<XSandboxOptions>;
    readonly options?: Partial<XOptions>;
    readonly listens?: readonly string[];
    readonly bridge?: Partial<BridgeOptions>;
    /** Is called before each post that the bridge makes, with how many it has made before. */
    readonly beforePost?: (net: XSandbox, made: number) => Promise<void>;
    /** Is X asked by the real SDK? Without, in process. */
    readonly overSocket?: boolean;
    /** Does X deliver to the bridge's webhook? @default true */
    readonly webhook?: boolean;
  } = {},
): Promise<Town> => {
  const clock = createClock();
  const desk = createDesk(clock.now, { lawful: true });
  const store = sqlite({ file: ":memory:", durable: false, clock });
  const net = await createXSandbox({
    clock,
    accounts: [{ id: acme, handle: "AcmeHelp", tier: over.tier ?? "self-serve" }],
    hostile: { lateAnswers: 0, indexLagMs: 500, ...over.hostile },
    listen: over.overSocket ?? false,
    ...over.sandbox,
  });
  let made = 0;
  const client = (account: { readonly id: string }): XClient => {
    const real = net.client(account);
    const post: XClient["v2"]["post"] = async (path, body, how) => {
      if (path === "tweets") await over.beforePost?.(net, made++);
      return real.v2.post(path, body, how);
    };
    return { ...real, v2: { ...real.v2, post } };
  };
  const { accounts, ...options } = net.options();
  const listening = accounts.map((one) => (over.listens === undefined ? one : { ...one, keywords: over.listens }));
  const bridge = createBridge({
    channels: [
      x({
        ...options,
        accounts: listening,
        ...(over.overSocket === true ? {} : { client }),
        unknown: { quietMs: 1_000, reads: [1_000, 2_000] },
        ...over.options,
      }),
    ],
    crm: deskCrm(desk),
    clock,
    store,
    ...over.bridge,
  });
  if (over.webhook ?? true) await net.attach(bridge.fetch);
  // What is asked is asked in every turn; what is done or written is news.
  const news = async (): Promise<number> => {
    const { requests } = await net.state();
    return requests.filter(({ method }) => method !== "GET").length + desk.writes.length;
  };
  const settle = async (): Promise<void> => {
    for (let calm = 0; calm < 2;) {
      const before = await news();
      await bridge.work({ until: "idle" });
      // Deliveries under way are made; those that wait for their next try are time's.
      while ((await net.state()).deliveries.pending > 0) await new Promise((resolve) => setImmediate(resolve));
      calm = (await news()) === before ? calm + 1 : 0;
    }
  };
  await settle();

  return {
    net,
    desk,
    bridge,
    clock,
    settle,
    pass: async (ms) => {
      const end = clock.now() + ms;
      while (clock.now() < end) {
        await settle();
        const next = (await store.nextDue()) ?? end;
        await clock.advance(Math.min(end - clock.now(), Math.max(1, Math.min(next - clock.now(), 30_000))));
      }
      await settle();
    },
    talk: async (id) => {
      const found = await bridge.conversation({ post: { account: { channel: "x", id: acme }, id } });
      if (found === undefined) throw new Error(`no conversation about ${id}`);
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      await net[Symbol.asyncDispose]();
      await bridge[Symbol.asyncDispose]();
    },
  };
};
