import { type Bridge, type BridgeOptions, createBridge, type Talk } from "casethread";
import type { Channel } from "casethread/adapter";
import { facebook, type FacebookOptions } from "casethread/facebook";
import { createFacebookNetwork, type FacebookHostility, type FacebookNetwork } from "casethread/facebook/sandbox";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { createDesk, type Desk, deskCrm } from "../../made-up/desk.ts";
import { acme, appSecret, other, verifyToken } from "./subject.ts";

/** Facebook, a desk and a bridge between them, in one process and without a socket. */
export interface Town extends AsyncDisposable {
  readonly net: FacebookNetwork;
  readonly desk: Desk;
  readonly bridge: Bridge;
  readonly channel: Channel;
  readonly clock: SandboxClock;
  /** A post of the Page's, to comment on. */
  readonly post: string;
  /** While true nobody answers deliveries. */
  deaf: boolean;
  settle(): Promise<void>;
  /** Settles all that becomes due within so many ms; the time between passes at once. */
  pass(ms: number): Promise<void>;
  talk(post: string): Promise<Talk>;
}

export const createTown = async (
  over: {
    readonly hostile?: FacebookHostility;
    readonly options?: Partial<FacebookOptions>;
    readonly bridge?: Partial<BridgeOptions>;
    /** May the app use Messenger? */
    readonly messaging?: boolean;
  } = {},
): Promise<Town> => {
  const clock = createClock();
  const desk = createDesk(clock.now, { lawful: true });
  const store = sqlite({ file: ":memory:", durable: false, clock });
  const state = { deaf: false };
  let fetch: Bridge["fetch"] = async () => new Response(null, { status: 503 });
  const net = await createFacebookNetwork({
    clock,
    app: { id: "5550001", secret: appSecret, verifyToken },
    pages: [
      { id: acme, name: "Acme", messaging: over.messaging ?? true },
      { id: other, name: "Acme News" },
    ],
    hostile: { lateAnswers: 0, indexLagMs: 500, ...over.hostile },
    deliver: async (request) => (state.deaf ? new Response(null, { status: 503 }) : fetch(request)),
  });
  const channel = facebook({
    ...net.options(),
    client: (page, token) => net.client(page, token),
    unknown: { quietMs: 1_000, reads: [1_000, 2_000] },
    ...over.options,
  });
  const bridge = createBridge({
    channels: [channel],
    crm: deskCrm(desk),
    clock,
    store,
    ...over.bridge,
  });
  fetch = bridge.fetch;
  await net.connect({ url: "http://bridge.test/facebook" });
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
  const post = await net.post({ by: acme, page: acme, text: "Our new opening hours" });
  await settle();

  return {
    net,
    desk,
    bridge,
    channel,
    clock,
    post: post.id,
    get deaf() {
      return state.deaf;
    },
    set deaf(now) {
      state.deaf = now;
    },
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
      const found = await bridge.conversation({ post: { account: { channel: "facebook", id: acme }, id } });
      if (found === undefined) throw new Error(`no conversation about ${id}`);
      return found;
    },
    [Symbol.asyncDispose]: async () => {
      await net[Symbol.asyncDispose]();
      await bridge[Symbol.asyncDispose]();
    },
  };
};
