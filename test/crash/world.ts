import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { type Bridge, createBridge, type Perform, type Store } from "casethread";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { createDesk, type Desk, deskCrm } from "../made-up/desk.ts";
import { createPark, type Park, parkChannel } from "../made-up/park.ts";
import { around, type Fuse } from "./fuse.ts";
import { shapes, wrapped } from "./wrap.ts";

/** A park, a desk and a bridge between them whose process may die, on a clock that passes only while nothing else does. */
export interface World extends AsyncDisposable {
  readonly park: Park;
  readonly desk: Desk;
  /** The store, as it can be looked at from outside. */
  readonly store: Store;
  /** Ends the process and starts another that acts as far as this. */
  restart(perform: Perform): Promise<void>;
  /** A person does something through the bridge, and again if it failed. */
  insist<T>(act: (bridge: Bridge) => Promise<T>): Promise<T>;
  /** The network never tells of what happens on it now. */
  forget(): Promise<void>;
  /** Deliveries, work and time, until nothing is due. False: there is no end to it. */
  settle(): Promise<boolean>;
}

/** Steps of the event loop without a call under way until nothing but time can bring anything about: a store's queue takes one, a chain of promises none. */
const calmTurns = 4;
const deskPollMs = 1_000;

interface Process {
  readonly bridge: Bridge;
  readonly stop: AbortController;
  readonly worked: Promise<void>;
}

const keepWorking = async (bridge: Bridge, clock: SandboxClock, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    // Whoever runs it starts it again.
    await bridge.work({ signal }).catch(() => clock.sleep(1_000, signal));
  }
};

/** What a world is kept in. */
export interface Ground {
  /** Opens the store, again when a process has died; without, it is kept in memory, in place of the disk. */
  readonly open: (clock: SandboxClock) => Store;
  readonly again: boolean;
  readonly remove: () => Promise<void>;
}

/** In memory. */
export const inMemory = (): Ground => ({
  open: (clock) => sqlite({ file: ":memory:", durable: false, clock }),
  again: false,
  remove: () => Promise.resolve(),
});

/** In a file. */
export const inFile = (): Ground => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-crash-"));
  return {
    open: (clock) => sqlite({ file: join(folder, "story.db"), durable: false, clock }),
    again: true,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
};

/** Begins a world. */
export const createWorld = (fuse: Fuse, first: Perform, ground: Ground): World => {
  const clock = createClock({ still: true, start: 1_750_000_000_000 });
  const park = createPark(clock.now);
  const desk = createDesk(clock.now);
  const open = (): Store => ground.open(clock);
  let store = open();
  let reach = first;

  const start = (): Process => {
    fuse.life += 1;
    const stop = new AbortController();
    const burning = around(fuse);
    const bridge = createBridge({
      channels: [wrapped(parkChannel(park), "channel", shapes.channel, burning)],
      crm: wrapped({ ...deskCrm(desk), pollMs: deskPollMs }, "crm", shapes.crm, burning),
      policy: { words: { closing: ({ greeting }) => `Glad it is sorted, ${greeting}.` } },
      store: wrapped(store, "store", shapes.store, burning),
      perform: reach,
      clock,
    });
    return { bridge, stop, worked: keepWorking(bridge, clock, stop.signal) };
  };
  let process = start();
  // Beginning takes no time on this clock, and a while of the machine's: the policy is hashed in another thread.
  const begun = async (): Promise<void> => {
    await process.bridge.fetch(new Request("http://bridge.test/"));
  };

  /** Runs the event loop until the promise has ended or, without one, until all is calm. Lets time pass for a promise that waits. */
  const drive = async (wanted?: Promise<unknown>): Promise<void> => {
    const ended = { over: false };
    wanted?.then(
      () => (ended.over = true),
      () => (ended.over = true),
    );
    for (let calm = 0; !ended.over;) {
      await turn();
      calm = fuse.underWay === 0 ? calm + 1 : 0;
      if (calm < calmTurns) continue;
      if (wanted === undefined) return;
      await clock.advance(500);
      calm = 0;
    }
  };
  const end = async (): Promise<void> => {
    process.stop.abort();
    await drive(process.worked);
  };
  const revive = async (): Promise<void> => {
    if (fuse.dead !== fuse.life) return;
    await end();
    if (ground.again) {
      await store[Symbol.asyncDispose]();
      store = open();
    }
    process = start();
    await begun();
  };
  const tried = async <T>(act: (bridge: Bridge) => Promise<T>): Promise<{ readonly value: T } | undefined> => {
    const doing = act(process.bridge);
    await drive(doing);
    return doing.then(
      (value) => ({ value }),
      () => undefined,
    );
  };
  const untold: Request[] = [];

  return {
    park,
    desk,
    get store() {
      return store;
    },
    restart: async (perform) => {
      await end();
      reach = perform;
      process = start();
      await begun();
    },
    insist: async (act) => {
      for (let tries = 0; tries < 5; tries++) {
        const done = await tried(act);
        await revive();
        if (done !== undefined) return done.value;
      }
      throw new Error("a person tried five times, in vain");
    },
    forget: async () => {
      await drive();
      park.pending();
    },
    settle: async () => {
      await begun();
      for (let rounds = 0; rounds < 400; rounds++) {
        untold.push(...park.pending());
        for (const request of untold.splice(0)) {
          const answered = await tried((bridge) => bridge.fetch(request.clone()));
          // The network tells again what was not answered with 200.
          if (answered?.value.status !== 200) untold.push(request);
        }
        await drive();
        await revive();
        const due = await store.nextDue();
        const known = await store.unit((one) => one.note("cursor/crm/desk").read());
        untold.push(...park.pending());
        if (due === undefined && untold.length === 0 && Number(known ?? 0) === desk.newest()) return true;
        await clock.advance(Math.max(deskPollMs, Math.min((due ?? 0) - clock.now(), 120_000)));
      }
      return false;
    },
    [Symbol.asyncDispose]: async () => {
      await end();
      await store[Symbol.asyncDispose]();
      await ground.remove();
    },
  };
};
