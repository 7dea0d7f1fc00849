import type { BridgeError } from "../core/contracts/errors.ts";
import type { Instant } from "../core/words/ref.ts";

/** What keeps failing, by name: a source, a door. */
export interface Faults {
  note(name: string, error: BridgeError): void;
  /** It answered: whatever was noted is over. */
  mend(name: string): void;
  /** What has failed three times in a row, each in a sentence. Once or twice is weather. */
  lasting(): readonly string[];
}

// Refusals of one post or person say nothing about the way itself. Reading and writing are two ways: one that works must
// not hide the other.
const ofTheWay: ReadonlySet<string> = new Set(["unauthorized", "unavailable"]);

/** Remembers which ways to the outside keep failing, and why. */
export const createFaults = (now: () => Instant): Faults => {
  const failing = new Map<string, { readonly since: Instant; readonly times: number; readonly said: string }>();
  return {
    note: (name, error) => {
      if (!ofTheWay.has(error.fault)) return;
      const before = failing.get(name);
      failing.set(name, { since: before?.since ?? now(), times: (before?.times ?? 0) + 1, said: error.message });
    },
    mend: (name) => void failing.delete(name),
    lasting: () =>
      [...failing]
        .filter(([, { times }]) => times >= 3)
        .map(
          ([name, { since, times, said }]) =>
            `${name} failed ${times} times since ${new Date(since).toISOString()}: ${said}`,
        ),
  };
};
