import type { Clock } from "../core/contracts/clock.ts";
import type { Store } from "../core/contracts/store.ts";
import { backoff } from "../core/rules/verdict.ts";
import type { Door, Instant } from "../core/words/ref.ts";
import { writeLeaseMs } from "./write.ts";

/** What may go through a door: anything, as little as tells whether it answers again, or nothing yet. */
export type Pass = "open" | "probe" | "closed";

/**
 * Closes a door that does not answer, to all who work one store: one of them looks from time to time whether it is back, and what
 * waits for it is not touched meanwhile.
 */
export interface Breaker {
  /** May something go? `probe` is answered to one of all who ask. */
  pass(door: Door): Promise<Pass>;
  /** It did not answer. Of all who were let through before one of them said so, the first counts: it is one outage. */
  failed(door: Door): Promise<void>;
  answered(door: Door): Promise<void>;
  /** Whoever was to look did not: the next who has something may, at once. */
  unasked(door: Door): Promise<void>;
  /** Doors that are closed as far as this process knows, and until when. */
  closed(): ReadonlyMap<Door, Instant>;
}

/** How a door stands: how often it did not answer, one time after the other, and until when nobody asks it again. */
interface Standing {
  readonly failed: number;
  readonly until: Instant;
}

const open: Standing = { failed: 0, until: 0 };

/** The exponent of the longest pause, which is 16 s: nobody waits longer once it is back. */
const longest = 4;
const longestMs = 16_000;
/** Whoever looks is given as long before another one looks, in ms, as its lanes are its own: it may have died of it. */
const lookMs = writeLeaseMs;

/** After one more failure. Half of the pause is certain: an even draw from nothing would knock again at once. Pure. */
const after = ({ failed }: Standing, now: Instant, roll: number): Standing => ({
  failed: failed + 1,
  until: now + backoff(Math.min(failed + 1, longest), (1 + roll) / 2),
});

/** More than the longest look was never agreed on: a clock was put back. Pure. */
const isClosed = (until: Instant, now: Instant): boolean => until > now && until <= now + lookMs;

/** May something go, and how does the door stand then? Pure. */
const passAt = (standing: Standing, now: Instant): { readonly pass: Pass; readonly next: Standing } => {
  if (standing.failed === 0) return { pass: "open", next: standing };
  if (isClosed(standing.until, now)) return { pass: "closed", next: standing };
  return { pass: "probe", next: { ...standing, until: now + lookMs } };
};

const parse = (text: string | undefined): Standing => (text === undefined ? open : JSON.parse(text));

/** How a door stood when this process last asked. */
interface Known extends Standing {
  readonly askedAt: Instant;
}

/** Makes the breaker of a process on a store. */
export const createBreaker = (store: Store, clock: Clock, roll: () => number): Breaker => {
  const known = new Map<Door, Known>();

  /** Changes how a door stands. The answer is what it was; none where another was faster, and how it stands then is asked for with the next pass. */
  const change = async (door: Door, to: (before: Standing) => Standing): Promise<Standing | undefined> => {
    const { before, stands, swapped } = await store.unit(async (unit) => {
      const note = unit.note(`breaker/${door}`);
      const text = await note.read();
      const from = parse(text);
      const next = to(from);
      const same = next === from;
      return { before: from, stands: next, swapped: same || (await note.swap(text, JSON.stringify(next))) };
    });
    if (swapped) known.set(door, { ...stands, askedAt: clock.now() });
    else known.delete(door);
    return swapped ? before : undefined;
  };

  /** Changes it only where it stands as this process knows it: what another has written since is newer than what is told here. */
  const changeKnown = async (door: Door, to: (before: Standing) => Standing): Promise<void> => {
    const { failed, until } = known.get(door) ?? open;
    await change(door, (before) => (before.failed === failed && before.until === until ? to(before) : before));
  };

  return {
    pass: async (door) => {
      const now = clock.now();
      const before = await change(door, (standing) => passAt(standing, now).next);
      // Somebody else has just begun to look.
      return before === undefined ? "closed" : passAt(before, now).pass;
    },
    failed: (door) => changeKnown(door, (standing) => after(standing, clock.now(), roll())),
    answered: async (door) => {
      if ((known.get(door) ?? open).failed > 0) await change(door, () => open);
    },
    unasked: (door) => changeKnown(door, ({ failed }) => ({ failed, until: 0 })),
    closed: () => {
      const now = clock.now();
      // Whoever looks may find it open long before their time is over: it is asked for again as soon as after a pause.
      const asked = [...known].map(
        ([door, { until, askedAt }]) => [door, Math.min(until, askedAt + longestMs)] as const,
      );
      return new Map(asked.filter(([, until]) => isClosed(until, now)));
    },
  };
};
