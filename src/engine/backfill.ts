import type { Past, PastPlan } from "../core/contracts/past.ts";
import { accountName, type AccountRef, type Instant } from "../core/words/ref.ts";
import { type House, kitFor, thrownBy } from "./house.ts";
import { admitAll } from "./inbox.ts";
import { refusal } from "./refusal.ts";

/** What of the time before is wanted. */
export interface BackfillOptions {
  readonly from: Instant;
  /** Of this account only. @default all whose channels can read it */
  readonly account?: AccountRef;
  /** Entries are kept, and no case is opened until somebody says more, or `bridge.open` does. @default false: as the policy disposes */
  readonly watch?: boolean;
}

/** How far reading has come. */
export interface BackfillProgress {
  /** How much was read, in this run and those before it. */
  readonly read: number;
  /** How much of it was new, in this run. */
  readonly added: number;
  /** Up to when all was read, where the network lets it be read in order. */
  readonly upTo?: Instant;
  /** The network takes no more now: it goes on by itself then. */
  readonly waitsUntil?: Instant;
}

/** The time before of one account: what reading it would be, and how to. */
export interface Backfill extends PastPlan {
  readonly account: AccountRef;
  readonly to: Instant;
  /** So much of it was read before it was stopped: it goes on there. */
  readonly resumes?: number;
  /** All of it was read before. Nothing is left to do. */
  readonly done?: true;
  /**
   * Reads it, and admits it as if it had been told then. A stop between two pages loses nothing: whoever asks with the same `from`
   * goes on. What is read twice counts once.
   *
   * @throws BridgeError when the network cannot be read, `taken` when another process reads the same; the signal's reason when it was stopped.
   */
  run(how?: {
    readonly signal?: AbortSignal;
    readonly progress?: (at: BackfillProgress) => void;
  }): Promise<BackfillProgress>;
}

interface Place {
  readonly from: Instant;
  readonly to: Instant;
  readonly read: number;
  readonly cursor?: string;
  readonly done?: true;
}

const planMs = 120_000;

const noteOf = (account: AccountRef): string => `backfill/${accountName(account)}`;

const read = async (
  house: House,
  { name, past }: { readonly name: string; readonly past: Past },
  account: AccountRef,
  about: { readonly begun: string | undefined; readonly place: Place; readonly watch: boolean },
  { signal = new AbortController().signal, progress = () => {} }: NonNullable<Parameters<Backfill["run"]>[0]>,
): Promise<BackfillProgress> => {
  let { begun, place } = about;
  let told: BackfillProgress = { read: place.read, added: 0 };
  const keep = async (next: Place): Promise<void> => {
    const [from, to] = [begun, JSON.stringify(next)];
    if (from !== to && !(await house.store.unit((unit) => unit.note(noteOf(account)).swap(from, to))))
      throw refusal(
        "taken",
        `the time before of ${accountName(account)} was read meanwhile, or is read by another process: ask backfill again`,
      );
    [begun, place] = [to, next];
  };
  const pages = async (): Promise<void> => {
    const { from, to, cursor } = place;
    const at = { from, to, ...(cursor === undefined ? {} : { cursor }) };
    for await (const page of past.read(account, at, kitFor(house, name, signal))) {
      signal.throwIfAborted();
      const events = page.events.map((event) => {
        // Since it was planned people have gone on: that is of today, and told like it.
        if (event.at >= to) return { ...event, source: "poll" as const };
        return about.watch && event.as === "said" ? { ...event, watched: true as const } : event;
      });
      const added = await admitAll(house, { ...page, events }, account);
      await keep({ ...place, cursor: page.cursor, read: place.read + events.length });
      told = {
        read: place.read,
        added: told.added + added,
        ...(page.upTo === undefined ? {} : { upTo: page.upTo }),
      };
      progress(told);
      if (page.restMs !== undefined) await house.clock.sleep(page.restMs, signal);
      signal.throwIfAborted();
    }
  };
  await keep(place);
  for (;;) {
    try {
      await pages();
      break;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = thrownBy(thrown, name);
      if (error.fault !== "throttled" || error.retryAt === undefined) throw error;
      progress({ ...told, waitsUntil: error.retryAt });
      await house.clock.sleep(Math.max(1, error.retryAt - house.clock.now()), signal);
      signal.throwIfAborted();
    }
  }
  await keep({ ...place, done: true });
  return told;
};

/** What reading the time before would be, for each account whose channel can. Nothing is read yet. */
export const backfill = async (house: House, wanted: BackfillOptions): Promise<readonly Backfill[]> => {
  const now = house.clock.now();
  if (!Number.isFinite(wanted.from) || wanted.from >= now)
    throw refusal("invalid", "backfill: give a moment that has passed, in ms since 1970");
  const all = [...house.channels.values()].flatMap((channel) =>
    channel.accounts().map((account) => ({ channel, account })),
  );
  const { account: only } = wanted;
  const chosen = all.filter(({ account }) => only === undefined || accountName(account) === accountName(only));
  if (only !== undefined && chosen.length === 0)
    throw refusal(
      "invalid",
      `backfill: no account is called "${accountName(only)}"; there are ${all.map(({ account }) => accountName(account)).join(", ")}`,
    );
  const able = chosen.flatMap(({ channel: { name, past }, account }) =>
    past === undefined ? [] : [{ name, past, account }],
  );
  if (able.length === 0)
    throw refusal(
      "invalid",
      "backfill: no channel here can read the time before it began to listen: give one whose adapter has past",
    );
  return Promise.all(
    able.map(async ({ name, past, account }): Promise<Backfill> => {
      const begun = await house.store.unit((unit) => unit.note(noteOf(account)).read());
      const known = begun === undefined ? undefined : (JSON.parse(begun) as Place);
      const same = known?.from === wanted.from ? known : undefined;
      const place: Place = same ?? { from: wanted.from, to: now, read: 0 };
      const kit = kitFor(house, name, AbortSignal.timeout(planMs));
      const plan: PastPlan =
        same?.done === true
          ? { from: wanted.from, items: 0, price: { usd: 0, source: "nothing is read" }, notes: [] }
          : await past.plan(account, wanted.from, kit).catch((thrown: unknown) => {
              throw thrownBy(thrown, name);
            });
      return {
        ...plan,
        account,
        to: place.to,
        ...(same === undefined || same.done === true || same.cursor === undefined ? {} : { resumes: same.read }),
        ...(same?.done === true ? { done: true } : {}),
        run: async (how = {}) =>
          same?.done === true
            ? { read: same.read, added: 0 }
            : read(house, { name, past }, account, { begun, place, watch: wanted.watch ?? false }, how),
      };
    }),
  );
};
