import type { Found } from "../core/contracts/kit.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import { backoff } from "../core/rules/verdict.ts";
import { accountName, type AccountRef, type Instant, keyOf } from "../core/words/ref.ts";
import type { BridgeEvent } from "../core/words/event.ts";
import { type House, kitFor } from "./house.ts";
import { admit, admitAll } from "./inbox.ts";

/** One source that is asked again and again what is new. */
interface Watched {
  readonly name: string;
  readonly everyMs: number;
  next: Instant;
  failures: number;
  /** Asks until there is nothing new. */
  ask(signal: AbortSignal): Promise<void>;
}

/** What the watch of all sources is doing. */
export interface Watch {
  /** Asks every source whose hour has come; resolves when all have answered. */
  round(signal: AbortSignal): Promise<void>;
  nextDue(): Instant | undefined;
  /** When each source last answered. */
  readonly answered: ReadonlyMap<string, Instant>;
}

type Pages = AsyncIterable<Found<BridgeEvent> & { readonly cursor: string }>;

/** Admits pages one after the other. The cursor is kept when all of its page is: a crash repeats pages and skips none. */
const follow = async (
  house: House,
  note: string,
  pages: (cursor: string | undefined) => Pages,
  account?: AccountRef,
): Promise<void> => {
  const at = await house.store.unit((unit) => unit.note(note).read());
  let cursor = at;
  for await (const page of pages(at)) {
    await admitAll(house, page, account);
    if (page.cursor === cursor) continue;
    const from = cursor;
    const ours = await house.store.unit((unit) => unit.note(note).swap(from, page.cursor));
    // Another process follows the same source and is further on: what it has admitted counts once all the same.
    if (!ours) return;
    cursor = page.cursor;
  }
};

/** Watches every account and the CRM, each at its own pace, backing off where asking fails. */
export const createWatch = (house: House): Watch => {
  const answered = new Map<string, Instant>();
  const sources: Watched[] = [];
  for (const channel of house.channels.values()) {
    const since = channel.since?.bind(channel);
    if (since === undefined) continue;
    for (const account of channel.accounts()) {
      const name = accountName(account);
      const ask = (signal: AbortSignal): Promise<void> => {
        const kit = kitFor(house, channel.name, signal);
        return follow(
          house,
          `cursor/${name}`,
          (cursor) => since(account, cursor === undefined ? {} : { cursor }, kit),
          account,
        );
      };
      sources.push({ name, everyMs: channel.pollMs ?? 60_000, next: 0, failures: 0, ask });
    }
  }
  const { crm } = house;
  sources.push({
    name: `crm/${crm.name}`,
    everyMs: crm.pollMs ?? 5_000,
    next: 0,
    failures: 0,
    ask: (signal) =>
      follow(house, `cursor/crm/${crm.name}`, (cursor) => crm.since(cursor, kitFor(house, crm.name, signal))),
  });

  const ask = async (source: Watched, signal: AbortSignal): Promise<void> => {
    try {
      await source.ask(signal);
      answered.set(source.name, house.clock.now());
      source.failures = 0;
      source.next = house.clock.now() + source.everyMs;
    } catch (thrown) {
      if (signal.aborted) return;
      const error = BridgeError.from(thrown, source.name);
      source.failures += 1;
      source.next = Math.max(
        house.clock.now() + source.everyMs + backoff(source.failures, house.roll()),
        error.retryAt ?? 0,
      );
      house.log.warn({ source: source.name, fault: error.fault }, `asking what is new failed: ${error.message}`);
    }
  };

  return {
    answered,
    nextDue: () => sources.map((source) => source.next).sort((a, b) => a - b)[0],
    round: async (signal) => {
      const now = house.clock.now();
      await Promise.all(sources.filter((source) => source.next <= now).map((source) => ask(source, signal)));
    },
  };
};

/** Wakes conversations whose hour has come. */
export const ring = async (house: House): Promise<number> => {
  const due = await house.store.due(100);
  for (const { conversation, at } of due) {
    await admit(house, {
      as: "woken",
      key: keyOf.event(conversation, "woken", at),
      at,
      source: "engine",
      conversation,
    });
  }
  return due.length;
};
