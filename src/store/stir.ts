/** Tells whoever waits that something may have become due. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once when one was missed since anybody last listened, or when the signal aborts. */
  heard(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** How often commits of other processes are looked for: a quarter of a second is what their effects wait at most. */
const pollMs = 250;

/** Makes a bell. `version`: a value that changes when another process has committed; looked at only while somebody waits. */
export const createBell = (version: (() => Promise<number | string>) | undefined): Bell => {
  const listeners = new Set<() => void>();
  let missed = false;
  const stop = new AbortController();
  let polling = false;
  let timer: NodeJS.Timeout | undefined;
  let seen: number | string | undefined;

  const ring = (): void => {
    missed = listeners.size === 0;
    for (const wake of listeners) wake();
  };

  const poll = async (look: () => Promise<number | string>): Promise<void> => {
    if (polling) return;
    polling = true;
    while (listeners.size > 0 && !stop.signal.aborted) {
      // A store that cannot be read now tells its own callers so; here it is only not yet time to wake anybody.
      const now = await look().catch(() => seen);
      if (seen !== undefined && now !== seen) ring();
      seen = now;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, pollMs);
        // Alone it keeps no process alive: whoever waits has something else to wait for, or is done.
        timer.unref();
      });
    }
    polling = false;
  };

  return {
    ring,
    heard: (signal) =>
      new Promise((resolve) => {
        if (missed || stop.signal.aborted || signal.aborted) {
          missed = false;
          resolve();
          return;
        }
        const wake = (): void => {
          listeners.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        listeners.add(wake);
        signal.addEventListener("abort", wake, { once: true });
        if (version !== undefined) void poll(version);
      }),
    stop: () => {
      stop.abort();
      clearTimeout(timer);
      for (const wake of listeners) wake();
    },
  };
};
