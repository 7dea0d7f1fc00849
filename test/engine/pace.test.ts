import type { Store } from "casethread";
import { postgres } from "casethread/postgres";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import type { Capacity } from "../../src/core/contracts/channel.ts";
import { createPace, grant } from "../../src/engine/pace.ts";
import { findServer } from "../postgres/server.ts";

const windowMs = 900_000;
const nobody = (): number => 0;

/** A vendor that counts what all do together, and tells each what was left when it last acted. */
const vendorOf = (limit: number, clock: { now(): number }) => {
  const window = { began: clock.now(), spent: 0, refused: 0 };
  return () => {
    let seen: Capacity | undefined;
    return {
      // Until the first answer nothing is known but what is documented.
      capacity: (): Promise<Capacity> =>
        Promise.resolve(
          seen !== undefined && seen.resetsAt > clock.now() ? seen : { left: limit, resetsAt: clock.now() + windowMs },
        ),
      act: (): void => {
        if (clock.now() >= window.began + windowMs) Object.assign(window, { began: clock.now(), spent: 0 });
        window.spent += 1;
        if (window.spent > limit) window.refused += 1;
        seen = { left: Math.max(0, limit - window.spent), resetsAt: window.began + windowMs };
      },
      window,
    };
  };
};

const server = await findServer();
afterAll(() => server[Symbol.asyncDispose]());

/** Ten workers on one database: in one file for all, or each on connections of its own. */
const grounds: Readonly<
  Record<string, (clock: SandboxClock) => { readonly stores: readonly Store[]; end(): PromiseLike<void> }>
> = {
  "one file": (clock) => {
    const store = sqlite({ file: ":memory:", durable: false, clock });
    return { stores: Array.from({ length: 10 }, () => store), end: () => store[Symbol.asyncDispose]() };
  },
  [server.name]: (clock) => {
    const schema = server.schema();
    const pools = Array.from({ length: 10 }, () => server.pool({ max: 2 }));
    const stores = pools.map((pool) => postgres({ pool, schema, clock }));
    return {
      stores,
      end: async () => {
        for (const store of stores) await store[Symbol.asyncDispose]();
        for (const pool of pools) await pool.end();
        await server.drop(schema);
      },
    };
  },
};

describe.each(Object.keys(grounds))("pace, on %s", (name) => {
  it.for([100, 15])("ten workers keep one account's %i together, and use them", async (limit) => {
    const clock = createClock({ still: true });
    const { stores, end } = grounds[name]?.(clock) ?? expect.fail("no such ground");
    const enter = vendorOf(limit, clock);
    const workers = stores.map((store) => ({ pace: createPace(store, clock), ...enter() }));
    const work = async (wanted: number): Promise<readonly number[]> => {
      const done = await Promise.all(
        workers.map(async ({ pace, capacity, act }) => {
          let mine = 0;
          for (let n = 0; n < wanted; n += 1) {
            if ((await pace.take("bucket", capacity)) !== undefined) continue;
            act();
            mine += 1;
          }
          return mine;
        }),
      );
      return done;
    };
    const first = await work(40);
    const acts = first.reduce((sum, n) => sum + n, 0);
    expect(workers[0]?.window.refused).toBe(0);
    expect(acts).toBeGreaterThan(limit * 0.8);
    expect(acts).toBeLessThanOrEqual(limit);
    await clock.advance(windowMs);
    expect((await work(40)).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(limit * 0.8);
    expect(workers[0]?.window.refused).toBe(0);
    await end();
  });

  it("what a vendor closes is closed for all, until it says", async () => {
    const clock = createClock({ still: true });
    const { stores, end } = grounds[name]?.(clock) ?? expect.fail("no such ground");
    const [first, second] = stores;
    if (first === undefined || second === undefined) expect.fail("no stores");
    const full = (): Promise<Capacity> => Promise.resolve({ left: 100, resetsAt: clock.now() + windowMs });
    const [one, other] = [createPace(first, clock), createPace(second, clock)];
    expect(await one.take("bucket", full)).toBeUndefined();
    const until = clock.now() + 60_000;
    await one.close("bucket", until);
    expect([await one.take("bucket", full), await other.take("bucket", full)]).toEqual([until, until]);
    expect(await other.take("another", full)).toBeUndefined();
    await clock.advance(60_000);
    expect([await one.take("bucket", full), await other.take("bucket", full)]).toEqual([undefined, undefined]);
    await end();
  });
});

describe("pace", () => {
  it("a leave that was not used is there for the next act", async () => {
    const clock = createClock({ still: true });
    const store = sqlite({ file: ":memory:", durable: false, clock });
    const pace = createPace(store, clock);
    let left = 1;
    const one = (): Promise<Capacity> => Promise.resolve({ left, resetsAt: clock.now() + windowMs });
    expect(await pace.take("bucket", one)).toBeUndefined();
    pace.giveBack("bucket");
    expect(await pace.take("bucket", one)).toBeUndefined();
    left = 0;
    expect(await pace.take("bucket", one)).toBe(clock.now() + windowMs);
    await store[Symbol.asyncDispose]();
  });

  it("a bucket that turns out larger is used as far as it goes, one that others use no further than the vendor says", () => {
    const level = { total: 100, granted: 100, until: 10 };
    expect(grant(level, { left: 0, resetsAt: 10 }, nobody, 0).portion).toBe(0);
    expect(grant(level, { left: 993, resetsAt: 10 }, () => 7, 0)).toEqual({
      level: { total: 1_000, granted: 157, until: 10 },
      portion: 57,
    });
    expect(grant({ ...level, granted: 0 }, { left: 2, resetsAt: 10 }, nobody, 0).portion).toBe(2);
    expect(grant({ ...level, closed: true }, { left: 993, resetsAt: 10 }, () => 7, 0).portion).toBe(0);
  });
});
