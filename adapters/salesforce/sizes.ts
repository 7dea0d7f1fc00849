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
  /** What was too many, and until when that is believed: triggers change. */
  readonly ceiling: number;
  readonly until: Instant;
  /** How many full requests in a row went through. */
  readonly full: number;
}

const ceilingMs = 3_600_000;
/** So many full requests in a row earn a tenth more. */
const patience = 10;

/** Makes sizes: halved at once, grown slowly, and for an hour never up to what was too many. */
export const createSizes = (largest: number): Sizes => {
  const sizes = new Map<string, Size>();
  const of = (kind: string, now: Instant): Size => {
    const known = sizes.get(kind) ?? { most: largest, ceiling: largest + 1, until: 0, full: 0 };
    return known.until > now ? known : { ...known, ceiling: largest + 1 };
  };
  return {
    most: (kind, now) => of(kind, now).most,
    limit: (kind, count, now) => {
      const { most, ceiling } = of(kind, now);
      sizes.set(kind, {
        most: Math.max(1, Math.min(most, Math.floor(count / 2))),
        ceiling: Math.max(2, Math.min(ceiling, count)),
        until: now + ceilingMs,
        full: 0,
      });
    },
    lock: (kind, now) => {
      const size = of(kind, now);
      sizes.set(kind, { ...size, most: Math.max(1, Math.floor(size.most / 2)), full: 0 });
    },
    through: (kind, count, now) => {
      const size = of(kind, now);
      if (count < size.most || size.most >= largest) return;
      const full = size.full + 1;
      const grown = Math.min(largest, size.ceiling - 1, size.most + Math.max(1, Math.floor(size.most / 10)));
      sizes.set(kind, full < patience ? { ...size, full } : { ...size, most: Math.max(size.most, grown), full: 0 });
    },
  };
};
