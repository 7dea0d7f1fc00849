import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bridge, createBridge, type Perform, type Store } from "casethread";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { createDesk, type Desk, deskCrm } from "../made-up/desk.ts";
import { createPark, type Park, parkChannel } from "../made-up/park.ts";
import type { Fuse } from "./fuse.ts";
import { createLife } from "./life.ts";
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

const deskPollMs = 1_000;

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

  const life = createLife({
    fuse,
    clock,
    open: (burning) =>
      createBridge({
        channels: [wrapped(parkChannel(park), "channel", shapes.channel, burning)],
        crm: wrapped({ ...deskCrm(desk), pollMs: deskPollMs }, "crm", shapes.crm, burning),
        policy: { words: { closing: ({ greeting }) => `Glad it is sorted, ${greeting}.` } },
        store: wrapped(store, "store", shapes.store, burning),
        perform: reach,
        clock,
      }),
  });
  const { drive, end } = life;
  life.start();
  // Beginning takes no time on this clock, and a while of the machine's: the policy is hashed in another thread.
  const begun = async (): Promise<void> => {
    await life.bridge.fetch(new Request("http://bridge.test/"));
  };

  const revive = async (): Promise<void> => {
    if (!life.died()) return;
    await end();
    if (ground.again) {
      await store[Symbol.asyncDispose]();
      store = open();
    }
    life.start();
    await begun();
  };
  const tried = async <T>(act: (bridge: Bridge) => Promise<T>): Promise<{ readonly value: T } | undefined> => {
    const doing = act(life.bridge);
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
      life.start();
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
