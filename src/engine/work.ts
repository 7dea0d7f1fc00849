import type { Lease } from "../core/contracts/store.ts";
import { door as doorOf, type Door, type Instant } from "../core/words/ref.ts";
import { alarm } from "./alarm.ts";
import type { Pass } from "./breaker.ts";
import { type House, thrownBy } from "./house.ts";
import { consult } from "./consult.ts";
import { listen } from "./listen.ts";
import { leaseMs, send } from "./send.ts";
import { askable, createWatch, ring, type Watch } from "./watch.ts";
import { type Told, write, writeLeaseMs } from "./write.ts";

/** How to work. */
export interface WorkOptions {
  /** Stops gracefully: nothing new is begun, calls under way are finished and settled. */
  readonly signal?: AbortSignal;
  /** `idle`: return when nothing is due any more but what waits for a CRM that does not answer. */
  readonly until?: "idle";
  /** Return after this many ms, finishing what is under way. */
  readonly forMs?: number;
}

/** How many lanes of one channel's door are in hand at once. */
const width = 8;
/** How many conversations travel in one write to the CRM, and how many acts of each. */
const crmLanes = 200;
const crmEach = 25;
/** A few conversations whose acts keep failing are no CRM that is away: it takes so many of them at once, or one that had not failed before. */
const mostDoubts = 8;
/** So many of those that fail are looked with, 1, 2, 4 and 8 at once: one that is written tells that it is only they that fail. */
const mostLooks = 15;
/** A CRM that has told no more than that for so long, in ms, is away: its writes may be waiting in vain. */
const doubtMs = 16_000;

/** Whole runs, as many as one write may carry. */
const batches = (leases: readonly Lease[], most: number): readonly (readonly Lease[])[] => {
  const all: Lease[][] = [];
  let room = 0;
  for (const lease of leases) {
    if (lease.run.length > room) {
      all.push([]);
      room = most;
    }
    all.at(-1)?.push(lease);
    room -= lease.run.length;
  }
  return all;
};

/** Writes what is due at a CRM's door, as much of it as may go, and tells how the door stands. */
const writeDue = async ({ house, stop }: Pick<Machine, "house" | "stop">, door: Door, passed: Pass): Promise<void> => {
  const { batch: most, gatherMs = 0 } = house.crm.can;
  const lanes = Math.min(crmLanes, most);
  let pass = passed;
  let doubts = 0;
  let away = false;
  let since = house.clock.now();
  while (pass !== "closed" && !stop.aborted) {
    if (doubts === 0) since = house.clock.now();
    const wanted = pass === "open" || doubts >= mostLooks ? lanes : Math.min(doubts + 1, lanes);
    const leases = await house.store.lease({ door, lanes: wanted, each: Math.min(crmEach, most), forMs: writeLeaseMs });
    if (leases.length === 0) break;
    const told = new Set<Told>();
    for (const batch of batches(leases, most)) told.add(await write(house, batch));
    if (told.has("there")) {
      await house.breaker.answered(door);
      pass = "open";
      doubts = 0;
      away = false;
    } else if (told.has("away") || told.has("little")) {
      doubts += leases.length;
      away ||= told.has("away");
      // A CRM that is away need not refuse a whole backlog. What tells little is followed by all that is due: it would hide what is behind it.
      if (away && (pass === "open" || doubts >= mostLooks)) break;
      if (house.clock.now() - since >= doubtMs) return house.breaker.failed(door);
    }
    // Not full: what became due meanwhile gathers again, and no more can be learned.
    if (leases.length < wanted && (gatherMs > 0 || doubts > 0)) break;
  }
  if (away || doubts >= mostDoubts) return house.breaker.failed(door);
  // Nothing to look with, too little told, or no time to: whoever has something does.
  if (pass === "probe") await house.breaker.unasked(door);
};

const pumpCrm = async ({ house, stop, began }: Machine, door: Door): Promise<void> => {
  const { gatherMs = 0 } = house.crm.can;
  const waits = (began.get(door) ?? 0) + gatherMs - house.clock.now();
  // What becomes due meanwhile travels with it: a CRM may count calls, not records.
  if (gatherMs > 0 && waits > 0) await house.clock.sleep(Math.min(gatherMs, waits), stop);
  began.set(door, house.clock.now());
  const pass = await house.breaker.pass(door);
  try {
    await writeDue({ house, stop }, door, pass);
  } catch (thrown) {
    // What failed is the store: nobody is kept from looking for as long as a look may take.
    if (pass === "probe") await house.breaker.unasked(door);
    throw thrown;
  }
};

/** Tells that something has become due. */
interface Bell {
  ring(): void;
  /** Resolves at the first ring from now on. */
  next(): Promise<void>;
}

const createBell = (): Bell => {
  let coming = Promise.withResolvers<void>();
  return {
    ring: () => {
      coming.resolve();
      coming = Promise.withResolvers<void>();
    },
    next: () => coming.promise,
  };
};

/** Works the lanes of a door side by side, one act of each at a time. */
const pumpLanes = async (house: House, door: Door, stop: AbortSignal, due: Bell): Promise<void> => {
  const perform = door.startsWith("advisor/") ? consult : send;
  const inHand = new Set<Promise<void>>();
  for (;;) {
    const free = stop.aborted ? 0 : width - inHand.size;
    const rung = due.next();
    const leases = free === 0 ? [] : await house.store.lease({ door, lanes: free, each: 1, forMs: leaseMs });
    for (const lease of leases) {
      const sending: Promise<void> = perform(house, lease, stop)
        .catch((thrown: unknown) => {
          const reason = thrownBy(thrown, door).message;
          // The lease runs out by itself; whoever has the lane next sees what was written down.
          house.log.error({ door, lane: lease.lane, reason }, "a lane could not be worked");
        })
        .finally(() => inHand.delete(sending));
      inHand.add(sending);
    }
    if (inHand.size === 0) return;
    // What becomes due meanwhile does not wait for the slowest of those in hand.
    if (inHand.size === width || stop.aborted) await Promise.race(inHand);
    else if (leases.length === 0) await Promise.race([...inHand, rung]);
  }
};

/** The work at one door. */
interface Pump {
  readonly run: Promise<void>;
  readonly due: Bell;
}

/** Everything that runs while a bridge works. */
interface Machine {
  readonly house: House;
  readonly watch: Watch;
  readonly stop: AbortSignal;
  readonly pumps: Map<Door, Pump>;
  /** When the store was last asked whether it came back from the past. */
  lookedBack: Instant;
  /** When the newest write at a CRM's door began. */
  readonly began: Map<Door, number>;
  /** Wakes the loop. */
  readonly stir: () => void;
  /** What aborts when somebody stirs; one that was aborted is handed out once. */
  readonly stirred: () => AbortController;
}

const startPump = (machine: Machine, at: Door): void => {
  const { house, stop, pumps } = machine;
  const due = createBell();
  const run = (at.startsWith("crm/") ? pumpCrm(machine, at) : pumpLanes(house, at, stop, due))
    .catch(async (thrown: unknown) => {
      house.log.error({ door: at, reason: thrownBy(thrown, at).message }, "a door could not be worked");
      await house.clock.sleep(1_000, stop);
    })
    .finally(() => {
      pumps.delete(at);
      machine.stir();
    });
  pumps.set(at, { run, due });
};

/** Is this an advisor's door, whose acts end by themselves, or one of an adapter that is configured? Acts at others wait, and health says so. */
export const isOurs = (house: House, name: Door): boolean =>
  name === doorOf.crm(house.crm.name) ||
  name.startsWith("advisor/") ||
  [...house.channels.values()].some((channel) =>
    channel
      .accounts()
      .some((account) => name === doorOf.of(account, "public") || name === doorOf.of(account, "private")),
  );

/** The longest a late copy may take anywhere, doubled: after a restore nobody knows what had left. */
const returnQuietMs = 240_000;

/** How often a store is asked whether it came back from the past while we work, in ms. Until then it hands nothing out: a moment later costs nobody anything but the moment. */
const lookBackMs = 1_000;

/** A failover takes seconds, and connections are made anew: whoever works may not have noticed. */
const lookBack = async (house: House): Promise<void> => {
  const back = await house.store.recovered(returnQuietMs, askable(house));
  if (back === undefined) return;
  const say = `the store came back from the past, to ${new Date(back).toISOString()}: every open act is looked for before it is sent`;
  alarm(house, say, { level: "error", back });
};

/** One look around: what is due is begun. False when there was nothing to begin. */
const turn = async (machine: Machine): Promise<boolean> => {
  const { house, pumps } = machine;
  const since = house.clock.now() - machine.lookedBack;
  // A clock that was put back is no reason to wait until it has caught up.
  if (since >= lookBackMs || since < 0) {
    machine.lookedBack = house.clock.now();
    await lookBack(house);
  }
  machine.watch.begin(machine.stop, () => machine.stir());
  // Asked together: an embedded store answers both in one transaction. Whoever was woken may have something to do.
  const [rang, doors] = await Promise.all([ring(house), house.store.doors()]);
  const closed = house.breaker.closed();
  const due = (rang === 0 ? doors : await house.store.doors()).filter((at) => isOurs(house, at) && !closed.has(at));
  for (const at of due) pumps.get(at)?.due.ring();
  const fresh = due.filter((at) => !pumps.has(at));
  for (const at of fresh) startPump(machine, at);
  return rang > 0 || fresh.length > 0;
};

/** A bell that may ring before anybody listens: it is heard all the same. */
const bell = (): Pick<Machine, "stir" | "stirred"> => {
  let rung = new AbortController();
  return {
    stir: () => rung.abort(),
    stirred: () => {
      const heard = rung;
      if (heard.signal.aborted) rung = new AbortController();
      return heard;
    },
  };
};

const rest = async (machine: Machine, until: number): Promise<void> => {
  const { house, stop } = machine;
  const stirred = machine.stirred();
  if (stirred.signal.aborted) return;
  const signal = AbortSignal.any([stirred.signal, stop]);
  const now = house.clock.now();
  const closed = house.breaker.closed();
  const due = await house.store.nextDue([...closed.keys()]);
  const next = Math.min(until, due ?? until, machine.watch.nextDue() ?? until, ...closed.values(), now + 60_000);
  // Both waits end together: whichever is first, the other must not linger.
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  // What is due at a door that nobody here works, or in another's hands, would make this a busy wait.
  await Promise.race([house.store.stirred(either), house.clock.sleep(next > now ? next - now : 100, either)]);
  over.abort();
};

/** Performs what was promised, asks what is new, and wakes who is to be woken, until it is told to stop. */
export const work = async (house: House, options: WorkOptions, onWatch: (watch: Watch) => void): Promise<void> => {
  await using _claim = await house.store.working();
  const ending = new AbortController();
  const stop = options.signal === undefined ? ending.signal : AbortSignal.any([options.signal, ending.signal]);
  const until = options.forMs === undefined ? Number.POSITIVE_INFINITY : house.clock.now() + options.forMs;
  const watch = createWatch(house);
  onWatch(watch);
  const machine: Machine = {
    house,
    watch,
    stop,
    pumps: new Map(),
    lookedBack: Number.NEGATIVE_INFINITY,
    began: new Map(),
    ...bell(),
  };
  const listening = listen(house, stop);

  while (!stop.aborted && house.clock.now() < until) {
    try {
      const busy = await turn(machine);
      const quiet = !busy && machine.pumps.size === 0 && !watch.busy();
      if (quiet && options.until === "idle") break;
      // What follows from what was begun is told: by the commits, and by every pump as it ends.
      await rest(machine, until);
    } catch (thrown) {
      house.log.error({ reason: thrownBy(thrown, house.store.name).message }, "the store did not answer");
      await house.clock.sleep(1_000, stop);
    }
  }
  ending.abort();
  await Promise.all([...[...machine.pumps.values()].map(({ run }) => run), watch.over(), listening]);
};
