import type { Instant } from "casethread/adapter";

/** How many records of one kind go into one request: learnt from what the org could not bear. */
export interface Sizes {
  most(kind: string, now: Instant): number;
  /** A limit of triggers and flows was met with so many. */
  limit(kind: string, count: number, now: Instant): void;
  /** A row was locked: fewer at once meet fewer locks. */
  lock(kind: string, now: Instant): void;
  /** So many went through. */
  through(kind: string, count: number, now: Instant): void;
}

interface Size {
  readonly most: number;
  /** The largest that went through since the last time that fewer were needed. */
  readonly good: number;
  /** What was too many, and until when that is believed: triggers change. */
  readonly ceiling: number;
  readonly until: Instant;
  /** How many full requests in a row went through, and how many it takes to try a tenth more. */
  readonly full: number;
  readonly patience: number;
}

const ceilingMs = 3_600_000;
const patience = 20;
/** Locks come and go: for their sake no call gets smaller than this, or an org with a few of them would be called for each record. */
const fewest = 25;

/** Makes sizes: halved at once, grown slowly, and for an hour never up to what was too many. */
export const createSizes = (largest: number): Sizes => {
  const sizes = new Map<string, Size>();
  const fresh: Size = { most: largest, good: 0, ceiling: largest + 1, until: 0, full: 0, patience };
  const of = (kind: string, now: Instant): Size => {
    const known = sizes.get(kind) ?? fresh;
    return known.until > now ? known : { ...known, ceiling: largest + 1, patience };
  };
  return {
    most: (kind, now) => of(kind, now).most,
    limit: (kind, count, now) => {
      const size = of(kind, now);
      // It only tried a little more than what it bears: back to that, and not again so soon.
      const tried = size.good > 0 && size.good < count && count <= size.good * 1.2;
      sizes.set(kind, {
        most: tried ? size.good : Math.max(1, Math.min(size.most, Math.floor(count / 2))),
        good: tried ? size.good : 0,
        ceiling: Math.max(2, Math.min(size.ceiling, count)),
        until: now + ceilingMs,
        full: 0,
        patience: tried ? size.patience * 2 : size.patience,
      });
    },
    lock: (kind, now) => {
      const size = of(kind, now);
      const fewer = Math.max(Math.min(size.most, fewest), Math.floor(size.most / 2));
      sizes.set(kind, { ...size, most: fewer, good: 0, full: 0 });
    },
    through: (kind, count, now) => {
      const size = of(kind, now);
      if (count < size.most || size.most >= largest) return;
      const learnt = { ...size, good: Math.max(size.good, count), full: size.full + 1 };
      const grown = Math.min(largest, size.ceiling - 1, size.most + Math.max(1, Math.floor(size.most / 10)));
      const grows = learnt.full >= size.patience && grown > size.most;
      sizes.set(kind, grows ? { ...learnt, most: grown, full: 0 } : learnt);
    },
  };
};
