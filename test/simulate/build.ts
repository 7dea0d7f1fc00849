import { type Bridge, createBridge } from "casethread";
import { salesforce as salesforceCrm } from "casethread/salesforce";
import { createSalesforceSandbox, type SalesforceSandbox } from "casethread/salesforce/sandbox";
import { createChance } from "casethread/sandbox";
import type { PoolConfig } from "pg";
import { type Base, createBase } from "./base.ts";
import { createDatabase } from "./database.ts";
import { createFacebook } from "./facebook.ts";
import { contractsOf, createHand, type Hand } from "./hands.ts";
import { type Notes, noTally } from "./seen.ts";
import type { Owner, Timeline } from "./time.ts";
import type { Network } from "./network.ts";
import { openWays } from "./ways.ts";
import { beyond, type Moment, within, type World } from "./world.ts";
import { createXNetwork } from "./x.ts";

const rebornMs = 4_000;
/** How often a network is asked what is new, in ms. */
export const pollsMs = { often: 60_000, seldom: 240_000, never: 1_000_000_000 } as const;

/** Tells whoever waits for it that a worker has come to a moment that matters. */
const createMoments = () => {
  const waiting = new Map<Moment, (owner: Owner) => void>();
  return {
    reached: (at: Moment, owner: Owner): void => {
      waiting.get(at)?.(owner);
      waiting.delete(at);
    },
    next: (at: Moment): Promise<Owner> => new Promise((resolve) => void waiting.set(at, resolve)),
  };
};

interface Working {
  readonly hand: Hand;
  bridge: Bridge;
  over: boolean;
}

/** Everything between the people and the database. */
export interface Built {
  readonly base: Base;
  readonly org: SalesforceSandbox;
  readonly net: Network;
  readonly notes: Notes;
  readonly workers: readonly Working[];
  readonly moments: ReturnType<typeof createMoments>;
  readonly hearing: { deaf: boolean };
  /** A person does something through one of the bridges, and again through another if it did not come to an end. */
  readonly insist: <T>(act: (bridge: Bridge) => Promise<T>) => Promise<T>;
  readonly deliver: (request: Request) => Promise<Response>;
  readonly stop: AbortController;
}

export const build = async (world: World, timeline: Timeline, reach: PoolConfig | undefined): Promise<Built> => {
  const chance = createChance(world.chance);
  const notes: Notes = { tally: noTally(), requests: [], leased: new Map(), silences: [], struck: new Set(), met: [] };
  const moments = createMoments();
  const clock = { now: timeline.now, sleep: timeline.sleep };
  const { weather, database } = world;
  const seed = world.chance;
  const base = await (database === undefined || reach === undefined
    ? createBase(timeline)
    : createDatabase({ timeline, reach, database, seed, notes }));
  const org = await createSalesforceSandbox({ clock, seed: world.chance, listen: false });
  const workers: Working[] = [];
  const hearing = { deaf: false };
  const attempts = new Map<string, number>();

  const deliver = async (request: Request): Promise<Response> => {
    const body = await request.clone().text();
    await timeline.sleep(Math.ceil(chance() * weather.lateMs));
    const tries = (attempts.get(body) ?? 0) + 1;
    attempts.set(body, tries);
    if (tries > 1) notes.tally["a delivery was told again"] += 1;
    const alive = workers.filter(({ hand }) => !hand.owner.dead);
    const to = alive[Math.floor(chance() * alive.length)];
    if (to === undefined || hearing.deaf) throw new Error("nobody listens");
    if (!weather.echoes && net.isOwn(body)) return new Response("lost on its way, and nobody knows");
    const fresh = new Request(request.url, {
      method: request.method,
      headers: request.headers,
      ...(request.method === "POST" ? { body } : {}),
    });
    const taken = timeline.as(to.hand.owner, () => to.bridge.fetch(fresh));
    // The network has given up this delivery, which arrives all the same.
    request.signal.throwIfAborted();
    const given = new Promise<never>((_, reject) =>
      request.signal.addEventListener("abort", () => reject(request.signal.reason as Error), { once: true }),
    );
    given.catch(() => undefined);
    const response = await Promise.race([taken, given]);
    if (response.status === 200) ways.told(body);
    return response;
  };
  const net = await (world.channel === "facebook" ? createFacebook(world, clock) : createXNetwork(world, clock));
  const ways = openWays({ world, timeline, chance, net, salesforce: org, notes });
  const bounds = world.bounds === "within" ? { ...within, repeat: "afterQuiet" as const } : beyond;
  const unknown = {
    quietMs: bounds.quietMs,
    reads: bounds.reads,
    ...("repeat" in bounds ? { repeat: bounds.repeat } : {}),
  };

  const start = (hand: Hand): Bridge => {
    const channel = net.channel(hand, ways, unknown);
    const crm = salesforceCrm({
      connection: ways.salesforce(hand),
      origin: org.origin,
      pollMs: weather.crmPollMs,
      // Shorter than what a slow request takes: it is repeated, and arrives after what came later.
      timeoutMs: 10_000,
      overlapMs: 60_000,
    });
    const contracts = contractsOf(
      hand,
      { store: base.open(hand), channel: { ...channel, pollMs: pollsMs[weather.polls] }, crm },
      notes,
      timeline.now,
    );
    return createBridge({
      channels: [contracts.channel],
      crm: contracts.crm,
      store: contracts.store,
      clock: hand.clock,
      log: contracts.log,
      policy: {
        words: {
          closing: ({ greeting, conversation }) => `Glad we could sort it out, ${greeting}. (${conversation.revision})`,
        },
      },
    });
  };

  const stop = new AbortController();
  const enlist = (number: number): void => {
    const hand = createHand({ number, world, timeline, notes }, moments.reached);
    const working: Working = { hand, over: false, bridge: undefined as unknown as Bridge };
    const live = (): void => {
      const owner = { frozenUntil: 0, slept: 0, dead: false };
      hand.owner = owner;
      hand.underWay = 0;
      hand.marked.clear();
      hand.died = () => {
        for (const request of notes.requests) if (request.life === owner) request.killedAt ??= timeline.now();
        base.left(owner);
        // Whoever runs it starts it again.
        timeline.outside(() => void timeline.sleep(rebornMs).then(live));
      };
      timeline.as(owner, () => {
        const bridge = start(hand);
        working.bridge = bridge;
        void (async () => {
          while (!stop.signal.aborted && !owner.dead) {
            await bridge.work({ signal: stop.signal }).catch(() => hand.clock.sleep(1_000, stop.signal));
          }
        })();
      });
    };
    live();
    workers.push(working);
  };
  for (let number = 0; number < world.workers; number++) enlist(number);
  await net.shown();

  const insist = async <T>(act: (bridge: Bridge) => Promise<T>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      const alive = workers.filter(({ hand }) => !hand.owner.dead);
      const working = alive[Math.floor(chance() * alive.length)];
      if (working !== undefined) {
        const { owner } = working.hand;
        const acting = timeline
          .as(owner, () => act(working.bridge))
          .then(
            (value) => ({ value }),
            () => undefined,
          );
        const died = (async () => {
          while (!owner.dead) await timeline.sleep(1_000);
          return undefined;
        })();
        const done = await Promise.race([acting, died]);
        if (done !== undefined) return done.value;
      }
      if (tries > 50) throw new Error("a person tried fifty times, in vain");
      await timeline.sleep(1_000);
    }
  };
  return { base, org, net, notes, workers, moments, hearing, insist, deliver, stop };
};
