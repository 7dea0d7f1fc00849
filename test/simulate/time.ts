import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { Chance } from "casethread/sandbox";

/** One life of a process: what it may be hindered by. Whatever has no owner belongs to networks, people and the database. */
export interface Owner {
  /** It stands still until then. */
  frozenUntil: number;
  /** How much of its standing still its steady clock has not noticed: a machine that slept, in ms. */
  slept: number;
  /** It was killed: nothing of it ever runs again. */
  dead: boolean;
}

/** The only time there is, and the only order in which things happen. */
export interface Timeline {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Runs for a process: all that it ever schedules is its own. */
  as<T>(owner: Owner, run: () => T): T;
  /** Runs outside of any process. */
  outside<T>(run: () => T): T;
  /**
   * Asks something that lies truly outside, a server: no time passes before it has answered. What only waits there for
   * somebody else, as `waits` says, holds nobody up: the others go on.
   */
  abroad<T>(ask: () => Promise<T>, waits?: () => Promise<boolean>): Promise<T>;
  /** Lets things happen until the promise has settled. */
  drive<T>(wanted: Promise<T>): Promise<T>;
  /** How many steps were taken. */
  readonly steps: number;
}

interface Task {
  readonly owner: Owner | undefined;
  readonly run: () => void;
  readonly due: number;
  readonly order: number;
}

const start = Date.UTC(2026, 0, 5, 9);
/** A world that takes more steps than this has no end; one on a server takes a step for each statement. */
const mostSteps = { inside: 400_000, abroad: 4_000_000 } as const;
/** How long an answer from outside is waited for before it is asked whether it waits for somebody, in true ms. */
const lookMs = 2;

const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
} as const;
const microtasks = (): Promise<void> => new Promise((resolve) => void real.setImmediate(resolve));

/** Tasks by due time; those of one moment in an order of chance. */
const createHeap = () => {
  const heap: Task[] = [];
  const before = (a: Task, b: Task): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);
  const at = (i: number): Task => heap[i] as Task;
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [at(j), at(i)];
  };
  return {
    size: () => heap.length,
    push: (task: Task): void => {
      heap.push(task);
      for (let i = heap.length - 1; i > 0;) {
        const up = (i - 1) >> 1;
        if (!before(at(i), at(up))) break;
        swap(i, up);
        i = up;
      }
    },
    pop: (): Task | undefined => {
      const [top] = heap;
      const last = heap.pop();
      if (top === undefined || last === undefined || heap.length === 0) return top;
      heap[0] = last;
      for (let i = 0; ;) {
        const [left, right] = [2 * i + 1, 2 * i + 2];
        let least = i;
        if (left < heap.length && before(at(left), at(least))) least = left;
        if (right < heap.length && before(at(right), at(least))) least = right;
        if (least === i) break;
        swap(i, least);
        i = least;
      }
      return top;
    },
  };
};

/** What is asked outside of all this, and has not answered. */
const createAbroad = () => {
  interface Asked {
    readonly waits: () => Promise<boolean>;
    waiting: boolean;
  }
  const open = new Set<Asked>();
  let used = false;
  let answered = (): void => undefined;
  return {
    used: () => used,
    ask: async <T>(ask: () => Promise<T>, waits: () => Promise<boolean> = async () => false): Promise<T> => {
      used = true;
      const asked = { waits, waiting: false };
      open.add(asked);
      try {
        return await ask();
      } finally {
        open.delete(asked);
        // Whatever it has let go, others may go on with.
        for (const other of open) other.waiting = false;
        answered();
      }
    },
    /** Until everything has answered, or waits for somebody. */
    calm: async (): Promise<void> => {
      for (;;) {
        const awaited = [...open].filter(({ waiting }) => !waiting);
        if (awaited.length === 0) return;
        const first = await new Promise<boolean>((resolve) => {
          const timer = real.setTimeout(resolve, lookMs, false);
          answered = () => {
            real.clearTimeout(timer);
            resolve(true);
          };
        });
        if (first) await microtasks();
        else for (const asked of awaited) asked.waiting = open.has(asked) && (await asked.waits());
      }
    },
  };
};

const replaced = (target: object, name: string, value: unknown): (() => void) => {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
};

/**
 * Puts time, chance and the event loop of this process under a seed, for as long as the work takes: timers, immediates,
 * clocks, random values and hashes that other threads would make. One task runs at a time, microtasks end before the
 * next, and of tasks that are due together chance takes one.
 */
export const underSeed = async <T>(chance: Chance, work: (timeline: Timeline) => Promise<T>): Promise<T> => {
  const here = new AsyncLocalStorage<Owner | undefined>();
  const later = createHeap();
  const soon: Task[] = [];
  const cancelled = new Set<object>();
  let now = start;
  let steps = 0;
  const abroad = createAbroad();

  const setTimer = (run: () => void, ms = 0): object => {
    const timer: Record<string | symbol, unknown> = {};
    Object.assign(timer, {
      ref: () => timer,
      unref: () => timer,
      hasRef: () => true,
      [Symbol.dispose]: () => clear(timer),
    });
    const due = now + Math.max(1, Math.ceil(Number.isFinite(ms) ? ms : 1));
    const fire = (): void => {
      if (!cancelled.delete(timer)) run();
    };
    later.push({ owner: here.getStore(), run: fire, due, order: chance() });
    return timer;
  };
  const clear = (timer: unknown): void => {
    if (typeof timer === "object" && timer !== null) cancelled.add(timer);
  };
  const sleep = (ms: number, value?: unknown, options: { readonly signal?: AbortSignal } = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const stop = (): void => reject(options.signal?.reason as Error);
      if (options.signal?.aborted === true) return stop();
      options.signal?.addEventListener("abort", stop, { once: true });
      setTimer(() => {
        options.signal?.removeEventListener("abort", stop);
        resolve(value);
      }, ms);
    });
  const pending = new Set<AbortController>();
  const timeout = (ms: number): AbortSignal => {
    const controller = new AbortController();
    pending.add(controller);
    setTimer(() => {
      pending.delete(controller);
      controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    }, ms);
    return controller.signal;
  };
  const fill = <A extends Uint8Array>(array: A): A => {
    for (let i = 0; i < array.length; i++) array[i] = Math.floor(chance() * 256);
    return array;
  };
  let ids = 0;
  const restore = [
    replaced(
      globalThis,
      "setTimeout",
      (run: (...args: readonly unknown[]) => void, ms?: number, ...args: readonly unknown[]) =>
        setTimer(() => run(...args), ms),
    ),
    replaced(globalThis, "clearTimeout", clear),
    replaced(globalThis, "setImmediate", (run: (...args: readonly unknown[]) => void, ...args: readonly unknown[]) => {
      const timer = {};
      const fire = (): void => {
        if (!cancelled.delete(timer)) run(...args);
      };
      soon.push({ owner: here.getStore(), run: fire, due: now, order: 0 });
      return timer;
    }),
    replaced(globalThis, "clearImmediate", clear),
    replaced(AbortSignal, "timeout", timeout),
    replaced(Date, "now", () => now),
    replaced(performance, "now", () => now - start - (here.getStore()?.slept ?? 0)),
    replaced(Math, "random", chance),
    replaced(globalThis.crypto, "getRandomValues", fill),
    replaced(globalThis.crypto, "randomUUID", () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, "0")}`),
    // The real one answers from another thread, whenever that is.
    replaced(
      globalThis.crypto.subtle,
      "digest",
      async (_name: string, data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()).buffer,
    ),
    replaced(timers, "setTimeout", sleep),
  ];
  syncBuiltinESMExports();

  /** Of a process that stands still nothing runs before it goes on; of a dead one nothing ever. */
  const ready = ({ owner }: Task): boolean => owner === undefined || (!owner.dead && owner.frozenUntil <= now);
  const next = (): Task | undefined => {
    for (let i = soon.length - 1; i >= 0; i--) if (soon[i]?.owner?.dead === true) soon.splice(i, 1);
    const able = soon.filter(ready);
    const chosen = able[Math.floor(chance() * able.length)];
    if (chosen !== undefined) {
      soon.splice(soon.indexOf(chosen), 1);
      return chosen;
    }
    for (;;) {
      const task = later.pop();
      if (task === undefined) return undefined;
      const { owner } = task;
      if (owner?.dead === true) continue;
      if (owner !== undefined && owner.frozenUntil > task.due) {
        later.push({ ...task, due: owner.frozenUntil, order: chance() });
        continue;
      }
      // What waits for the loop of a process that stands still goes on before anything later.
      const thaw = soon.map((one) => one.owner?.frozenUntil ?? now).sort((a, b) => a - b)[0];
      if (thaw !== undefined && thaw < task.due) {
        later.push(task);
        now = Math.max(now, thaw);
        return next();
      }
      now = Math.max(now, task.due);
      return task;
    }
  };

  const drive = async <V>(wanted: Promise<V>): Promise<V> => {
    const ended = { over: false };
    wanted.then(
      () => (ended.over = true),
      () => (ended.over = true),
    );
    for (;;) {
      await microtasks();
      await abroad.calm();
      if (ended.over) return wanted;
      const task = next();
      if (task === undefined)
        throw new Error("the world stands still: nothing is scheduled and something is waited for");
      steps += 1;
      const most = abroad.used() ? mostSteps.abroad : mostSteps.inside;
      if (steps > most)
        throw new Error(`the world did not come to rest in ${most} steps, at ${(now - start) / 1000} s`);
      if (task.owner === undefined) here.run(undefined, task.run);
      else here.run(task.owner, task.run);
    }
  };

  try {
    return await work({
      now: () => now,
      sleep: async (ms) => void (await sleep(ms)),
      as: (owner, run) => here.run(owner, run),
      outside: (run) => here.run(undefined, run),
      abroad: abroad.ask,
      drive,
      get steps() {
        return steps;
      },
    });
  } finally {
    // The runtime keeps every signal that somebody listens to until it is aborted, and with it the whole world.
    for (const controller of pending) controller.abort(new DOMException("the world is over", "AbortError"));
    await microtasks();
    for (const undo of restore.toReversed()) undo();
    syncBuiltinESMExports();
  }
};
