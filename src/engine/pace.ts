import type { Instant } from "../core/words/ref.ts";

/** When a shared bucket of a vendor lets us act again. */
export interface Pace {
  /** Not before this; undefined: now. */
  closedUntil(bucket: string, now: Instant): Instant | undefined;
  close(bucket: string, until: Instant): void;
}

/** Remembers which buckets a vendor has closed, and until when: one 429 speaks for all that share the bucket. */
export const createPace = (): Pace => {
  const closed = new Map<string, Instant>();
  return {
    closedUntil: (bucket, now) => {
      const until = closed.get(bucket);
      if (until === undefined) return undefined;
      if (until > now) return until;
      closed.delete(bucket);
      return undefined;
    },
    close: (bucket, until) => void closed.set(bucket, Math.max(until, closed.get(bucket) ?? 0)),
  };
};
