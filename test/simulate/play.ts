import { type Bridge, createBridge, type LedgerRow, type Promised, type Store, type Talk, type Why } from "casethread";
import { salesforce as salesforceCrm } from "casethread/salesforce";
import { createSalesforceSandbox, type SandboxState } from "casethread/salesforce/sandbox";
import { createChance } from "casethread/sandbox";
import type { PoolConfig } from "pg";
import { type Base, createBase } from "./base.ts";
import { createDatabase } from "./database.ts";
import { createFacebook } from "./facebook.ts";
import { contractsOf, createHand, type Hand } from "./hands.ts";
import type { Network, Shown } from "./network.ts";
import { type Danger, type Notes, noTally } from "./seen.ts";
import { type Owner, type Timeline, underSeed } from "./time.ts";
import { createTown, type Town } from "./town.ts";
import { openWays } from "./ways.ts";
import { beyond, type Moment, within, type World } from "./world.ts";
import { createXNetwork } from "./x.ts";

/** What stands when a world has come to rest. */
export interface Ending {
  readonly world: World;
  readonly notes: Notes;
  readonly town: Town;
  readonly shown: Shown;
  readonly org: SandboxState;
  readonly parked: readonly (Promised & { readonly why: Why })[];
  readonly held: Awaited<ReturnType<Store["held"]>>;
  readonly unread: number;
  /** Acts that are promised and have no end. */
  readonly open: number;
  /** Lanes that had something to do and were due at no time. */
  readonly unarmed: number;
  readonly ledger: readonly LedgerRow[];
  /** What somebody read of the ledger while it was written, in order. */
  readonly heard: readonly LedgerRow[] | undefined;
  readonly talks: readonly Talk[];
  readonly steps: number;
  /** When it came to rest, and whether it did. */
  readonly endedAt: number;
  readonly rested: boolean;
}

/** A world that has not come to rest by then never will: its people and its slowest looks are done within half an hour, and Facebook tries a delivery again for nearly a day. */
const longestMs = { x: 5_400_000, facebook: 86_400_000 } as const;
const rebornMs = 4_000;
const pollsMs = { often: 60_000, seldom: 240_000, never: 1_000_000_000 } as const;

interface Working {
  readonly hand: Hand;
  bridge: Bridge;
  over: boolean;
}

/** Everything between the people and the database. */
const build = async (world: World, timeline: Timeline, reach: PoolConfig | undefined) => {
  const chance = createChance(world.chance);
  const notes: Notes = { tally: noTally(), requests: [], leased: new Map(), silences: [], met: [] };
  const moments = createMoments();
  const clock = { now: timeline.now, sleep: timeline.sleep };
  const { weather } = world;
  const { database } = world;
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

  /** A person does something through one of the bridges, and again through another if it did not come to an end. */
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

/** How long somebody waits for the moment to ask for silence, in ms. */
const momentMs = 120_000;

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

type Built = Awaited<ReturnType<typeof build>>;

/** Somebody silences the brand for a while. */
const silence = async (world: World, timeline: Timeline, built: Built): Promise<void> => {
  const { insist, net, notes, workers, moments } = built;
  for (const { when, forMs, side } of world.pauses) {
    if ("atMs" in when) await timeline.sleep(when.atMs + 1);
    else {
      const owner = await Promise.race([moments.next(when.at), timeline.sleep(momentMs)]);
      if (owner === undefined) continue;
      owner.frozenUntil = Math.max(owner.frozenUntil, timeline.now() + when.holdMs);
    }
    if (workers.some(({ hand }) => hand.underWay > 0)) notes.tally["paused with a call under way"] += 1;
    const made = await insist((bridge) =>
      bridge.pause({ account: net.account, reason: "a storm", ...(side === "both" ? {} : { side }) }),
    );
    const quiet = { from: timeline.now(), until: Number.POSITIVE_INFINITY, side };
    notes.silences.push(quiet);
    await timeline.sleep(forMs);
    quiet.until = timeline.now();
    await insist(async (bridge) => {
      for (const pause of (await bridge.health()).pauses) {
        await bridge.resume(pause.id).catch((thrown: unknown) => {
          if (!String(thrown).includes("no pause")) throw thrown;
        });
      }
      return made;
    });
  }
};

/** A network gives up whoever has not heard for this long, in ms. */
const networkPatienceMs = 3_600_000;

/** Nobody hears what the network delivers, and it accepts nobody, for a while. */
const outages = async ({ deaf, revoked }: World, timeline: Timeline, built: Built): Promise<void> => {
  const { hearing, net, notes } = built;
  const nobodyHears = async (): Promise<void> => {
    if (deaf === undefined) return;
    await timeline.sleep(deaf.atMs + 1);
    hearing.deaf = true;
    notes.tally["nobody heard for a while"] += 1;
    const patientMs = Math.min(deaf.forMs, networkPatienceMs);
    await timeline.sleep(patientMs);
    if (patientMs < deaf.forMs) await net.disable?.();
    await timeline.sleep(deaf.forMs - patientMs);
    hearing.deaf = false;
  };
  const nobodyIsAccepted = async (): Promise<void> => {
    if (revoked === undefined || net.revoke === undefined) return;
    await timeline.sleep(revoked.atMs + 1);
    await net.revoke(timeline.sleep(revoked.forMs));
  };
  await Promise.all([nobodyHears(), nobodyIsAccepted()]);
};

/** Time passes until nothing is due any more, and some more, for all that polls may bring. */
const rest = async (timeline: Timeline, world: World, { base, net, insist }: Built): Promise<boolean> => {
  const store = base.open();
  const until = timeline.now() + longestMs[world.channel ?? "x"];
  // What the index shows last, the next poll finds, and what follows from it takes a while.
  const { indexLagMs, polls } = world.weather;
  const patienceMs = indexLagMs + (polls === "never" ? 0 : pollsMs[polls]) + 45_000;
  let quietSince: number | undefined;
  let before = "";
  const asked = new Set<string>();
  const began = timeline.now();
  while (timeline.now() < until) {
    // After an hour all that is left to wait for are deliveries, which take hours.
    await timeline.sleep(timeline.now() - began > 3_600_000 ? 60_000 : 5_000);
    const { lanes } = await store.census();
    const busy = lanes.some(({ due, waiting }) => due + waiting > 0);
    const [deliveries, { posts, dms }] = [await net.deliveries(), await net.shown()];
    const now = JSON.stringify([busy, deliveries.pending, deliveries.waiting, posts.length, dms.length]);
    if (busy || deliveries.pending + deliveries.waiting > 0 || now !== before) quietSince = undefined;
    before = now;
    quietSince ??= timeline.now();
    if (busy) continue;
    const waiting = (await store.held()).filter(({ draft }) => draft.holds.some(({ kind }) => kind === "approval"));
    for (const { draft } of waiting) {
      // Once: what a person has to look at first stays held.
      const words = `${draft.entry} ${draft.content.version}`;
      if (asked.has(words)) continue;
      asked.add(words);
      const key = `yes-${draft.entry}-${timeline.now()}`;
      await insist((bridge) => bridge.release({ key, draft: draft.entry }));
      quietSince = undefined;
    }
    if (quietSince !== undefined && timeline.now() - quietSince > patienceMs) return true;
  }
  return false;
};

/** Acts that nobody will do: lanes that are due tell nothing of one that was forgotten. Behind one that waits for a person, others may. */
const openIn = async (store: Store): Promise<number> => {
  let open = 0;
  for (let after: Parameters<Store["standing"]>[0]; ;) {
    const some = await store.standing(after, 500);
    for (const { promised, parked } of some) if (parked === 0) open += promised;
    after = some.at(-1)?.conversation.key;
    if (after === undefined) return open;
  }
};

/** What was said before the first look at each source is nobody's business. */
const listening = async ({ base, net }: Built, timeline: Timeline, { polls }: World["weather"]): Promise<void> => {
  const store = base.open();
  const source = `cursor/${net.account.channel}/${net.account.id}`;
  for (const name of ["cursor/crm/salesforce", ...(polls === "never" ? [] : [source])]) {
    while ((await store.unit((unit) => unit.note(name).read())) === undefined) await timeline.sleep(5_000);
  }
};

/** How often that somebody looks, in ms. */
const lookMs = 500;

/** Somebody who looks on while a PostgreSQL is worked: who reads the ledger as it is written, where what is numbered first may be kept last, and looks for lanes that nothing would wake. */
const lookOn = (base: Base, timeline: Timeline, { database }: World) => {
  if (database === undefined) return undefined;
  const store = base.open();
  const heard: LedgerRow[] = [];
  let unarmed = 0;
  const state = { over: false };
  const readOn = async (): Promise<number> => {
    const some = await store.ledger(heard.at(-1)?.position, 100);
    heard.push(...some);
    return some.length;
  };
  const reading = (async () => {
    while (!state.over) {
      await readOn();
      unarmed += await base.unarmed();
      await timeline.sleep(lookMs);
    }
  })();
  return {
    end: async () => {
      state.over = true;
      await reading;
      while ((await readOn()) > 0);
      return { heard, unarmed };
    },
  };
};

/** Whoever answers the network's challenge may be stopped just then: the brand asks for another one. */
const attached = async (net: Network, deliver: Built["deliver"], timeline: Timeline): Promise<void> => {
  for (let tries = 1; ; tries++) {
    try {
      return await net.attach(deliver);
    } catch (thrown) {
      if (tries === 30) throw thrown;
      await timeline.sleep(10_000);
    }
  }
};

/** Plays a world from its first word to its last consequence. */
export const play = (world: World, reach?: PoolConfig): Promise<Ending> =>
  underSeed(createChance(world.chance ^ 0x5eed), (timeline) => {
    const story = async (): Promise<Ending> => {
      const built = await build(world, timeline, reach);
      const { base, org, net, notes, stop, workers, deliver } = built;
      await attached(net, deliver, timeline);
      const looker = lookOn(base, timeline, world);
      net.lose(world.weather.polls === "never" ? 0 : world.weather.lostRate);
      await listening(built, timeline, world.weather);
      const town = await createTown({ world, timeline, net, salesforce: org, notes });
      const silenced = silence(world, timeline, built);
      await Promise.all([town.done, silenced, outages(world, timeline, built), base.misfortunes()]);
      await net.calm();
      await org.mend();
      const rested = await rest(timeline, world, built);
      stop.abort();
      const store = base.open();
      const { unarmed = 0 } = await store.census();
      const parked = await store.parked();
      const held = await store.held();
      const unread = (await store.unread()).length;
      const ledger: LedgerRow[] = [];
      for (let after: string | undefined; ;) {
        const some = await store.ledger(after, 500);
        if (some.length === 0) break;
        ledger.push(...some);
        after = some.at(-1)?.position;
      }
      const looked = await looker?.end();
      const keys = new Set(ledger.flatMap(({ conversation }) => conversation ?? []));
      const talks: Talk[] = [];
      for (const conversation of keys) {
        const talk = await built.insist((bridge) => bridge.conversation({ conversation }));
        if (talk !== undefined) talks.push(talk);
      }
      const [shown, orgState] = [await net.shown(), await org.state()];
      notes.tally["a delivery was lost for good"] += (await net.deliveries()).lost;
      for (const [danger, times] of Object.entries((await net.seen?.()) ?? {})) notes.tally[danger as Danger] += times;
      notes.tally["a private reply whose answer was lost"] += notes.requests.filter(
        ({ once, done, answeredAt }) => once === true && done && answeredAt === undefined,
      ).length;
      const ending: Ending = {
        world,
        notes,
        town,
        shown,
        org: orgState,
        parked,
        held,
        unread,
        open: await openIn(store),
        unarmed: unarmed + (looked?.unarmed ?? 0),
        ledger,
        heard: looked?.heard,
        talks,
        steps: timeline.steps,
        endedAt: timeline.now(),
        rested,
      };
      for (const { hand } of workers) hand.owner.dead = true;
      await net[Symbol.asyncDispose]();
      await base[Symbol.asyncDispose]();
      return ending;
    };
    return timeline.drive(story());
  });
