import type { Clock } from "../core/contracts/clock.ts";
import type { Instant } from "../core/words/ref.ts";

/** A clock under a test's control. */
export interface SandboxClock extends Clock {
  /** Lets time pass at once: whoever sleeps until then wakes, in order. */
  advance(ms: number): Promise<void>;
}

/**
 * Makes a clock. `still`: time stands until it is advanced. Otherwise it runs with the machine's, from `start` on.
 *
 * @default start now, running
 */
export const createClock = (options: { readonly start?: Instant; readonly still?: boolean } = {}): SandboxClock => {
  const began = Date.now();
  let shift = (options.start ?? began) - began;
  const sleepers = new Set<{ readonly due: Instant; readonly wake: () => void }>();
  const real = (): number => (options.still === true ? began : Date.now());
  const now = (): Instant => real() + shift;

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true || ms <= 0) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { due: now() + ms, wake };
      const timer = options.still === true ? undefined : setTimeout(wake, ms);
      sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });

  const advance = async (ms: number): Promise<void> => {
    const until = now() + ms;
    for (;;) {
      const next = [...sleepers].filter((s) => s.due <= until).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      shift += Math.max(0, next.due - now());
      next.wake();
      // Whoever woke may go to sleep again before `until`: let it run first.
      await new Promise((resolve) => setImmediate(resolve));
    }
    shift += Math.max(0, until - now());
  };

  return { now, sleep, advance };
};
