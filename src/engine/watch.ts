import type { Page } from "../core/contracts/kit.ts";
import { backoff } from "../core/rules/verdict.ts";
import { accountName, type AccountRef, door, type Door, type Instant, keyOf } from "../core/words/ref.ts";
import type { BridgeEvent, Woken } from "../core/words/event.ts";
import { type House, kitFor, thrownBy } from "./house.ts";
import { admit, admitAll } from "./inbox.ts";
import { lookAgain } from "./recheck.ts";
import { type Turns, turnsAt } from "./taking-turns.ts";

/** One source that is asked again and again what is new. */
interface Watched {
  readonly name: string;
  readonly everyMs: () => number;
  next: Instant;
  failures: number;
  /** News came in while it was being asked. */
  rung: boolean;
  /** When news last came in that nobody here has asked for. */
  news: Instant | undefined;
  readonly turns: Turns | undefined;
  /** While it is being asked. */
  asking: Promise<void> | undefined;
  /** Asks until there is nothing new; false when it is not its turn, and nobody was asked. */
  readonly ask: (signal: AbortSignal) => Promise<boolean>;
  /** Waits beside it, and rings when there may be something to ask for. */
  readonly listen?: (signal: AbortSignal, ring: () => void) => Promise<void>;
  listening?: Promise<void> | undefined;
}

/** The watch over all sources. */
export interface Watch {
  /** Begins to ask every source whose hour has come. A slow one keeps nobody waiting. `done` is called as each has answered. */
  begin(signal: AbortSignal, done: () => void): void;
  /** Is anybody being asked? */
  busy(): boolean;
  /** Resolves when all that are being asked have answered. */
  over(): Promise<void>;
  /** When the next one is to be asked. */
  nextDue(): Instant | undefined;
  /** When each source last answered. */
  readonly answered: ReadonlyMap<string, Instant>;
  /** Sources that have not answered for much longer than they are to be asked, each in a sentence; none once the watch is over. */
  late(): readonly string[];
}

/** A network is told of so many conversations at most that somebody waits in: the newest. */
const mostWaiting = 1_000;

/** A source is late when it has missed so many of its turns, and so many ms besides: a long catch-up takes its time. */
const lateAfter = 5;
const lateMs = 300_000;

/** One time that a source is asked. */
interface Asking {
  readonly signal: AbortSignal;
  readonly turns: Turns | undefined;
  /** It has told a page, and that is kept. */
  kept(): void;
}

type Pages = AsyncIterable<Page<BridgeEvent>>;

/** Admits pages one after the other, and says whether it came to their end. The cursor is kept when all of its page is: a crash repeats pages and skips none. */
const follow = async (
  house: House,
  note: string,
  pages: (cursor: string | undefined) => Pages,
  from: Asking & { readonly account?: AccountRef; missed?(): Promise<void> },
): Promise<boolean> => {
  const at = await house.store.unit((unit) => unit.note(note).read());
  let cursor = at;
  for await (const page of pages(at)) {
    await admitAll(house, page, from.account);
    if (page.missed === true) await from.missed?.();
    if (page.cursor === cursor) continue;
    const before = cursor;
    const { turns } = from;
    const ours = await house.store.unit((unit) => {
      const swapped = unit.note(note).swap(before, page.cursor);
      return turns === undefined ? swapped : swapped.then(async (still) => still && (await turns.answered(unit)));
    });
    // Another process follows the same source and is further on: what it has admitted counts once all the same.
    if (!ours) return false;
    from.kept();
    cursor = page.cursor;
  }
  return true;
};

/** The doors of an account. */
const doorsOf = (account: AccountRef): readonly Door[] => [door.of(account, "public"), door.of(account, "private")];

/** Doors of the accounts that can be caught up with. */
export const askable = (house: House): readonly Door[] =>
  [...house.channels.values()]
    .filter((channel) => channel.since !== undefined)
    .flatMap((channel) => channel.accounts().flatMap((account) => doorsOf(account)));

/** Everything that tells what is new: each account of a channel that can be asked, and the CRM. */
const sourcesOf = (house: House, answered: Map<string, Instant>): readonly Watched[] => {
  const sources: Watched[] = [];
  const me = globalThis.crypto.randomUUID();
  const add = (
    name: string,
    everyMs: () => number,
    ask: (asking: Asking) => Promise<boolean>,
    listen?: Watched["listen"],
  ): void => {
    const turns = turnsAt(house, name, me);
    sources.push({
      name,
      everyMs,
      turns,
      news: undefined,
      ask: (signal) => ask({ signal, turns, kept: () => void answered.set(name, house.clock.now()) }),
      ...(listen === undefined ? {} : { listen }),
      next: 0,
      failures: 0,
      rung: false,
      asking: undefined,
    });
  };
  for (const channel of house.channels.values()) {
    const since = channel.since?.bind(channel);
    if (since === undefined) continue;
    for (const account of channel.accounts()) {
      const name = accountName(account);
      add(
        name,
        () => channel.pollMs ?? 60_000,
        async (asking) => {
          // Known before it is asked: what waits for this network waits for an answer to a question asked after the return.
          const waiting = new Set(await house.store.catching());
          const ours = doorsOf(account).filter((one) => waiting.has(one));
          const kit = kitFor(house, channel.name, asking.signal);
          const recent = house.clock.now() - house.rules.windows.public;
          const waited = await house.store.waiting({ account, since: recent, most: mostWaiting });
          const pages = (cursor: string | undefined): Pages =>
            since(account, { waiting: waited, ...(cursor === undefined ? {} : { cursor }) }, kit);
          const whole = await follow(house, `cursor/${name}`, pages, {
            ...asking,
            account,
            missed: () => lookAgain(house, channel, account, kit),
          });
          if (whole && ours.length > 0) await house.store.caughtUp(ours);
          return true;
        },
      );
    }
  }
  const asked = new Set(askable(house));
  const { crm } = house;
  const name = `crm/${crm.name}`;
  const news = async (asking: Asking): Promise<boolean> => {
    // An answer in a conversation that the store has lost, and is about to learn of again, would find nobody.
    const waiting = await house.store.catching();
    if (waiting.some((one) => asked.has(one))) return false;
    const kit = kitFor(house, crm.name, asking.signal);
    await follow(house, `cursor/${name}`, (cursor) => crm.since(cursor, kit), asking);
    return true;
  };
  const listen = crm.listen?.bind(crm);
  add(
    name,
    () => crm.pollMs ?? 5_000,
    news,
    listen === undefined ? undefined : (signal, rung) => listen(kitFor(house, crm.name, signal), rung),
  );
  return sources;
};

/** Watches every source, each at its own pace, backing off where asking fails. */
export const createWatch = (house: House): Watch => {
  const answered = new Map<string, Instant>();
  const sources = sourcesOf(house, answered);
  /** What channels do first, subscribing for one, they have done. */
  const heard = new Set<Watched>();
  const began = house.clock.now();
  let looked = began;
  let over = false;

  /** It has answered, here or to another process of this store. */
  const hears = (source: Watched): void => {
    if (!heard.has(source)) house.log.info({ source: source.name }, "nothing that happens from now on is missed");
    heard.add(source);
  };
  const ask = async (source: Watched, signal: AbortSignal): Promise<void> => {
    try {
      const { news, turns } = source;
      source.news = undefined;
      const elsewhere = turns && (await turns.take(source.everyMs(), news));
      if (elsewhere !== undefined) {
        if (elsewhere.answered !== undefined) answered.set(source.name, elsewhere.answered);
        if ((elsewhere.answered ?? -Infinity) >= began) hears(source);
        source.next = source.rung ? house.clock.now() : elsewhere.at + source.everyMs();
        return;
      }
      if (await house.telemetry.span("casethread.poll", { source: source.name }, () => source.ask(signal))) {
        if (turns !== undefined) await house.store.unit((unit) => turns.answered(unit));
        hears(source);
        answered.set(source.name, house.clock.now());
        house.faults.mend(`${source.name}, asked what is new,`);
        source.failures = 0;
      }
      source.next = house.clock.now() + (source.rung ? 0 : source.everyMs());
    } catch (thrown) {
      if (signal.aborted) return;
      const error = thrownBy(thrown, source.name);
      source.failures += 1;
      house.faults.note(`${source.name}, asked what is new,`, error);
      const later = house.clock.now() + source.everyMs() + backoff(source.failures, house.roll());
      source.next = Math.max(later, error.retryAt ?? 0);
      house.log.warn({ source: source.name, fault: error.fault }, `asking what is new failed: ${error.message}`);
    }
  };
  const idle = (): readonly Watched[] => sources.filter((source) => source.asking === undefined);

  return {
    answered,
    busy: () => idle().length < sources.length,
    late: () =>
      sources.flatMap(({ name, everyMs }) => {
        const silentMs = house.clock.now() - (answered.get(name) ?? began);
        if (over || silentMs < lateAfter * everyMs() + lateMs) return [];
        const minutes = Math.round(silentMs / 60_000);
        return [`${name} has not told what is new for ${minutes} minutes: the log says why; see also bridge.check()`];
      }),
    over: async () => {
      over = true;
      await Promise.all(sources.flatMap(({ asking, listening }) => [asking ?? [], listening ?? []].flat()));
    },
    nextDue: () =>
      idle()
        .map((source) => source.next)
        .sort((a, b) => a - b)[0],
    begin: (signal, done) => {
      const now = house.clock.now();
      // A clock that was put back is no reason to wait until it has caught up.
      if (now < looked) for (const source of sources) source.next = 0;
      looked = now;
      for (const source of sources) {
        source.listening ??= source
          .listen?.(signal, () => {
            source.rung = true;
            source.news = house.clock.now();
            if (source.asking === undefined && source.failures === 0) source.next = 0;
            done();
          })
          .catch((thrown: unknown) => {
            const reason = thrownBy(thrown, source.name).message;
            house.log.warn({ source: source.name }, `listening for news ended; it is asked all the same: ${reason}`);
          });
      }
      for (const source of idle().filter(({ next }) => next <= now)) {
        source.rung = false;
        source.asking = ask(source, signal).finally(() => {
          source.asking = undefined;
          done();
        });
      }
    },
  };
};

/** Wakes conversations whose hour has come. */
export const ring = async (house: House): Promise<number> => {
  const due = await house.store.due(100);
  let rang = 0;
  for (const { conversation, at } of due) {
    const woken: Woken = {
      as: "woken",
      // With the moment: an alarm that rings again for the same hour must be heard again.
      key: keyOf.event(conversation, "woken", at, house.clock.now()),
      at,
      source: "engine",
      conversation,
    };
    try {
      await admit(house, woken);
      rang += 1;
    } catch (thrown) {
      // One that cannot be woken keeps nobody else asleep.
      house.log.error({ conversation }, `a conversation could not be woken: ${thrownBy(thrown, "bridge").message}`);
    }
  }
  return rang;
};
