import { type Clock, systemClock } from "../core/contracts/clock.ts";
import type { Chance } from "./faults.ts";

/** How a network treats those who listen to it. */
export interface DeliveryManners {
  /** Deliveries under way at the same time. @default 16 */
  readonly inFlight?: number;
  /** How likely a delivery comes twice. @default 0 */
  readonly doubleRate?: number;
  /** Is the next to go drawn from the first eight that wait, instead of taken in order? @default false */
  readonly reorder?: boolean;
  /** Each delivery is under way for up to this long, in ms of the machine's time. @default 0 */
  readonly spreadMs?: number;
  /** Pauses before a refused delivery is tried again, by the sandbox's clock, in ms. @default none: it is lost */
  readonly retriesMs?: readonly number[];
}

/** What became of deliveries. */
export interface DeliveryTally {
  /** Not yet under way, or under way. */
  readonly pending: number;
  /** Refused, and waiting for their next try. */
  readonly waiting: number;
  readonly delivered: number;
  readonly doubled: number;
  readonly refused: number;
  /** Refused for the last time. */
  readonly lost: number;
}

/** Deliveries of a network that doubles, reorders and tries again. */
export interface Deliveries<Item> {
  /** Queues an item. Resolves after its first try, whatever came of it. */
  push(item: Item): Promise<void>;
  tally(): DeliveryTally;
  /** Resolves when nothing is pending or waiting any more. */
  settled(): Promise<void>;
  /** Forgets what waits. */
  stop(): void;
}

const drawnFrom = 8;

/**
 * Makes deliveries. `post` brings one item to the listener and says whether it was accepted; throwing counts as refused.
 */
export const createDeliveries = <Item>(
  post: (item: Item) => Promise<boolean>,
  ground: { readonly clock: Clock; readonly chance: Chance },
  manners: DeliveryManners = {},
): Deliveries<Item> => {
  const { inFlight = 16, doubleRate = 0, reorder = false, spreadMs = 0, retriesMs = [] } = manners;
  const queue: { readonly item: Item; readonly tries: number; readonly tried: () => void }[] = [];
  const stopped = new AbortController();
  const count = { running: 0, waiting: 0, delivered: 0, doubled: 0, refused: 0, lost: 0 };
  let idle: (() => void)[] = [];

  const rest = (): void => {
    if (count.running + queue.length + count.waiting > 0) return;
    for (const wake of idle) wake();
    idle = [];
  };

  const again = async (item: Item, tries: number, pauseMs: number): Promise<void> => {
    count.waiting++;
    await ground.clock.sleep(pauseMs, stopped.signal);
    count.waiting--;
    if (!stopped.signal.aborted) queue.push({ item, tries, tried: () => undefined });
    turn();
  };

  const carry = async ({ item, tries, tried }: (typeof queue)[number]): Promise<void> => {
    count.running++;
    if (spreadMs > 0) await systemClock.sleep(ground.chance() * spreadMs, stopped.signal);
    const accepted = await post(item).catch(() => false);
    count.running--;
    if (accepted) count.delivered++;
    else {
      count.refused++;
      const pause = retriesMs[tries];
      if (pause === undefined) count.lost++;
      else void again(item, tries + 1, pause);
    }
    tried();
    turn();
  };

  const turn = (): void => {
    while (count.running < inFlight && queue.length > 0) {
      const at = reorder ? Math.floor(ground.chance() * Math.min(drawnFrom, queue.length)) : 0;
      for (const next of queue.splice(at, 1)) void carry(next);
    }
    rest();
  };

  return {
    push: (item) =>
      new Promise((tried) => {
        queue.push({ item, tries: 0, tried });
        if (ground.chance() < doubleRate) {
          count.doubled++;
          queue.push({ item, tries: 0, tried: () => undefined });
        }
        turn();
      }),
    tally: () => ({
      pending: queue.length + count.running,
      waiting: count.waiting,
      delivered: count.delivered,
      doubled: count.doubled,
      refused: count.refused,
      lost: count.lost,
    }),
    settled: () =>
      new Promise((resolve) => {
        idle.push(resolve);
        rest();
      }),
    stop: () => {
      stopped.abort();
      for (const { tried } of queue.splice(0)) tried();
      rest();
    },
  };
};
