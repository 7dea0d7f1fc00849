import type { Lease } from "../core/contracts/store.ts";
import type { Door } from "../core/words/ref.ts";
import { type House } from "./house.ts";
import { createPace, type Pace } from "./pace.ts";
import { leaseMs, send } from "./send.ts";
import { createWatch, ring, type Watch } from "./watch.ts";
import { write, writeTimeoutMs } from "./write.ts";

/** How to work. */
export interface WorkOptions {
  /** Stops gracefully: nothing new is begun, calls under way are finished and settled. */
  readonly signal?: AbortSignal;
  /** `idle`: return when nothing is due any more. */
  readonly until?: "idle";
  /** Return after this many ms, finishing what is under way. */
  readonly forMs?: number;
}

/** How many lanes of one channel's door are in hand at once. */
const width = 8;
/** How many conversations travel in one write to the CRM, and how many acts of each. */
const crmLanes = 200;
const crmEach = 25;

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

const pumpCrm = async (house: House, door: Door, stop: AbortSignal): Promise<void> => {
  while (!stop.aborted) {
    const most = house.crm.can.batch;
    const each = Math.min(crmEach, most);
    const leases = await house.store.lease({
      door,
      lanes: Math.min(crmLanes, most),
      each,
      forMs: writeTimeoutMs + 30_000,
    });
    if (leases.length === 0) return;
    for (const batch of batches(leases, most)) await write(house, batch, stop);
  }
};

const pumpChannel = async (house: House, pace: Pace, door: Door, stop: AbortSignal): Promise<void> => {
  const inHand = new Set<Promise<void>>();
  for (;;) {
    const free = stop.aborted ? 0 : width - inHand.size;
    const leases = free === 0 ? [] : await house.store.lease({ door, lanes: free, each: 1, forMs: leaseMs });
    for (const lease of leases) {
      const sending: Promise<void> = send(house, pace, lease, stop)
        .catch((thrown: unknown) => {
          const reason = thrown instanceof Error ? thrown.message : String(thrown);
          // The lease runs out by itself; whoever has the lane next sees what was written down.
          house.log.error({ door, lane: lease.lane, reason }, "a lane could not be worked");
        })
        .finally(() => inHand.delete(sending));
      inHand.add(sending);
    }
    if (inHand.size === 0) return;
    if (leases.length === 0 || inHand.size === width) await Promise.race(inHand);
  }
};

/** Everything that runs while a bridge works. */
interface Machine {
  readonly house: House;
  readonly pace: Pace;
  readonly watch: Watch;
  readonly stop: AbortSignal;
  readonly pumps: Map<Door, Promise<void>>;
  watching: Promise<void> | undefined;
  /** Wakes the loop. */
  stir: () => void;
}

const startPump = (machine: Machine, door: Door): void => {
  const { house, pace, stop, pumps } = machine;
  const run = door.startsWith("crm/") ? pumpCrm(house, door, stop) : pumpChannel(house, pace, door, stop);
  const pump = run
    .catch(async (thrown: unknown) => {
      house.log.error(
        { door, reason: thrown instanceof Error ? thrown.message : String(thrown) },
        "a door could not be worked",
      );
      await house.clock.sleep(1_000, stop);
    })
    .finally(() => {
      pumps.delete(door);
      machine.stir();
    });
  pumps.set(door, pump);
};

const startWatching = (machine: Machine): void => {
  const due = machine.watch.nextDue();
  if (machine.watching !== undefined || due === undefined || due > machine.house.clock.now()) return;
  machine.watching = machine.watch.round(machine.stop).finally(() => {
    machine.watching = undefined;
    machine.stir();
  });
};

/** One look around: what is due is begun. False when there was nothing to begin. */
const turn = async (machine: Machine): Promise<boolean> => {
  const { house, pumps } = machine;
  startWatching(machine);
  const rang = await ring(house);
  const doors = (await house.store.doors()).filter((door) => !pumps.has(door));
  for (const door of doors) startPump(machine, door);
  return rang > 0 || doors.length > 0;
};

const rest = async (machine: Machine, until: number): Promise<void> => {
  const { house, stop } = machine;
  const woken = new AbortController();
  machine.stir = () => woken.abort();
  const signal = AbortSignal.any([woken.signal, stop]);
  const now = house.clock.now();
  const next = Math.min(until, (await house.store.nextDue()) ?? until, machine.watch.nextDue() ?? until, now + 60_000);
  // What is due at a door that nobody here works, or in another's hands, would make this a busy wait.
  await Promise.race([house.store.stirred(signal), house.clock.sleep(next > now ? next - now : 100, signal)]);
  woken.abort();
};

/** Performs what was promised, asks what is new, and wakes who is to be woken, until it is told to stop. */
export const work = async (house: House, options: WorkOptions, onWatch: (watch: Watch) => void): Promise<void> => {
  await using _claim = await house.store.working();
  // The longest a late copy may take anywhere, doubled: after a restore nobody knows what had left.
  const back = await house.store.recovered(240_000);
  if (back !== undefined) {
    house.alarms.push(
      `the store came back from the past, to ${new Date(back).toISOString()}: every open act is looked for before it is sent`,
    );
    house.log.error({ back }, "the store came back from the past; open acts are looked for before anything is sent");
  }
  const stop = options.signal ?? new AbortController().signal;
  const until = options.forMs === undefined ? Number.POSITIVE_INFINITY : house.clock.now() + options.forMs;
  const watch = createWatch(house);
  onWatch(watch);
  const machine: Machine = {
    house,
    pace: createPace(),
    watch,
    stop,
    pumps: new Map(),
    watching: undefined,
    stir: () => {},
  };

  while (!stop.aborted && house.clock.now() < until) {
    const busy = await turn(machine).catch(async (thrown: unknown) => {
      house.log.error(
        { reason: thrown instanceof Error ? thrown.message : String(thrown) },
        "the store did not answer",
      );
      await house.clock.sleep(1_000, stop);
      return true;
    });
    const quiet = !busy && machine.pumps.size === 0 && machine.watching === undefined;
    if (quiet && options.until === "idle") break;
    if (!busy) await rest(machine, until);
  }
  await Promise.all([...machine.pumps.values(), machine.watching]);
};
