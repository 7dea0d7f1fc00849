import type { Store } from "casethread";
import { type Figure, figureOf, median, type OnProgress } from "../figure.ts";
import { accounts, fill } from "./filling.ts";
import { findGround, type Ground, storeOn } from "./ground.ts";

/** How large the stores are. */
export interface LeaseSize {
  /** How many conversations each holds. */
  readonly conversations: readonly number[];
  /** How many of them, at most, have something due: one lane each at the CRM's door. */
  readonly backlog: number;
  /** How many leases of each are measured. */
  readonly leases: number;
}

const lanes = 20;
const door = "crm/slow";

/**
 * Multiplies what one person's first word left behind: rows as the store writes them, each person's under a name of their
 * own. The clones have one act each, the case to be opened, as far as the backlog goes.
 */
const multiply = async (ground: Ground, schema: string, conversations: number, backlog: number): Promise<void> => {
  const at = `"${schema}"`;
  const [row] = await ground.ask(
    `SELECT conversation.key, conversation.value, effect.value AS act FROM ${at}.effect JOIN ${at}.conversation ON conversation.key = effect.conversation
     WHERE door = '${door}' AND effect.key LIKE '%/open' LIMIT 1`,
  );
  if (row === undefined) throw new Error("nothing to multiply");
  const quote = (value: unknown): string => `'${String(value).replaceAll("'", "''")}'`;
  const key = String(row["key"]);
  const own = (text: unknown): string => `replace(${quote(text)}, ${quote(key)}, ${quote(`${key}-`)} || n)`;
  const account = `'park/brand-' || n % ${accounts.length}`;
  const now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
  await ground.ask(
    `SET synchronous_commit = off;
     INSERT INTO ${at}.conversation(key, account, value, updated)
       SELECT ${quote(`${key}-`)} || n, ${account}, ${own(row["value"])}, n FROM generate_series(1, ${conversations}) AS n;
     INSERT INTO ${at}.lane(key, door, conversation, seq, next_at, priority, account, locked_until, epoch)
       SELECT ${quote(`${key}-`)} || n || '|${door}', '${door}', ${quote(`${key}-`)} || n, 1,
         CASE WHEN n <= ${backlog} THEN ${now} - ${backlog} + n END, 50, ${account}, 0, 0 FROM generate_series(1, ${conversations}) AS n;
     INSERT INTO ${at}.effect(key, lane, seq, conversation, door, state, priority, revision, at, tries, reads, run_at, value, changed)
       SELECT ${quote(`${key}-`)} || n || '/open', ${quote(`${key}-`)} || n || '|${door}', 1, ${quote(`${key}-`)} || n, '${door}',
         CASE WHEN n <= ${backlog} THEN 'promised' ELSE 'done' END, 50, 1, ${now}, 0, 0, ${now}, ${own(row["act"])}, ${now}
       FROM generate_series(1, ${conversations}) AS n;
     RESET synchronous_commit`,
  );
  await ground.ask(`VACUUM ANALYZE ${at}.lane`);
  await ground.ask(`VACUUM ANALYZE ${at}.effect`);
  await ground.ask(`VACUUM ANALYZE ${at}.conversation`);
};

/** Takes lanes as a worker does, and brings them to their end. The answer is how long taking them took, in ms. */
const leased = async (store: Store): Promise<number> => {
  const began = performance.now();
  const leases = await store.lease({ door, lanes, each: 1, forMs: 60_000 });
  const took = performance.now() - began;
  if (leases.length < lanes) throw new Error(`${leases.length} of ${lanes} lanes were leased`);
  await store.settle(
    leases.map((lease) => ({
      lease,
      outcomes: lease.run.map(({ effect }) => ({
        effect: effect.key,
        outcome: { as: "done", receipt: { at: lease.at, case: { crm: "slow", id: effect.conversation } } },
      })),
    })),
    () => Promise.resolve(),
  );
  return took;
};

/**
 * How long it takes to lease twenty lanes of a door that eight accounts share, in stores that differ in nothing but how much
 * they hold. They are asked in turn, so that a noisy moment meets all of them; the smallest is the floor.
 */
export const benchLease = async (size: LeaseSize, onProgress?: OnProgress): Promise<readonly Figure[]> => {
  await using ground = await findGround();
  await using all = new AsyncDisposableStack();
  const stores: { readonly holds: number; readonly store: Store; readonly took: number[] }[] = [];
  for (const holds of size.conversations) {
    const schema = await ground.schema();
    const store = all.use(storeOn(ground, schema, 4));
    await fill(store, 1);
    await multiply(ground, schema, holds, Math.min(size.backlog, holds));
    stores.push({ holds, store, took: [] });
  }
  for (const { store } of stores) for (let n = 0; n < 5; n += 1) await leased(store);
  for (let n = 0; n < size.leases; n += 1) {
    for (const { store, took } of n % 2 ? stores : stores.toReversed()) took.push(await leased(store));
    onProgress?.(n + 1, size.leases);
  }
  const [floor] = stores;
  const least = median(floor?.took ?? []);
  return stores.map(({ holds, took }) =>
    figureOf(
      {
        name: `lease-${holds >= 1_000_000 ? `${holds / 1_000_000}m` : `${holds / 1_000}k`}`,
        unit: `ms for ${lanes} lanes`,
        ...(holds === floor?.holds ? {} : { target: { of: "ratio", is: "at most", bound: 1.5 } as const }),
      },
      [{ value: median(took), ...(holds === floor?.holds ? {} : { floor: least }) }],
    ),
  );
};
