import type { Unit } from "../core/contracts/store.ts";
import type { Instant } from "../core/words/ref.ts";
import type { House } from "./house.ts";

/** Who asked a source last, when, and when anybody last had an answer. */
interface Asked {
  readonly by: string;
  readonly at: Instant;
  readonly answered?: Instant;
}

/** Another process has begun to ask. */
export interface Elsewhere {
  readonly at: Instant;
  /** When whoever asked last had an answer. */
  readonly answered?: Instant;
}

/** One source, asked by all processes of a store together as often as by one: vendors count and bill by account. */
export interface Turns {
  /**
   * Is it ours to ask now? Otherwise another process has begun to. A source that has news is asked unless
   * that was after the news. Whoever has just started always asks: nobody knows what was missed.
   */
  take(everyMs: number, news: Instant | undefined): Promise<Elsewhere | undefined>;
  /** It answers: a catch-up may take longer than a turn. In the unit that keeps a page, and at the end of all. */
  answered(unit: Unit): Promise<true>;
}

/** The turns of one process at one source; none where one process works a store alone. */
export const turnsAt = (house: House, source: string, me: string): Turns | undefined => {
  if (house.store.shared !== true) return undefined;
  const name = `asked/${source}`;
  let begun = false;
  return {
    take: (everyMs, news) =>
      house.store.unit(async (unit) => {
        const note = unit.note(name);
        const before = await note.read();
        const last = before === undefined ? undefined : (JSON.parse(before) as Asked);
        const now = house.clock.now();
        const since = news ?? now - everyMs;
        // A clock that is far ahead of ours is one that nobody can wait for.
        const taken = last !== undefined && last.by !== me && last.at > since && last.at < now + everyMs;
        const answered = last?.answered === undefined ? {} : { answered: last.answered };
        if (begun && taken) return { at: last.at, ...answered };
        const ours = await note.swap(before, JSON.stringify({ by: me, at: now, ...answered } satisfies Asked));
        if (begun && !ours) return { at: now, ...answered };
        begun = true;
        return undefined;
      }),
    answered: async (unit) => {
      const note = unit.note(name);
      const now = house.clock.now();
      // Whoever swaps meanwhile has just begun: two of them go on from the same cursor, and one stops.
      void (await note.swap(await note.read(), JSON.stringify({ by: me, at: now, answered: now } satisfies Asked)));
      return true;
    },
  };
};
