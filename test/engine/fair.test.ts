import type { Crm, Store } from "casethread";
import { createBridge } from "casethread";
import { postgres } from "casethread/postgres";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { caseActOf, keepIn, talkOf } from "../../src/conformance/make.ts";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";
import { findServer } from "../postgres/server.ts";

const server = await findServer();
afterAll(() => server[Symbol.asyncDispose]());

type Ground = (clock: SandboxClock) => { readonly stores: readonly Store[]; end(): Promise<void> };

const workers =
  (count: number): Ground =>
  (clock) => {
    const schema = server.schema();
    const pools = Array.from({ length: count }, () => server.pool({ max: 3 }));
    const stores = pools.map((pool) => postgres({ pool, schema, clock }));
    return {
      stores,
      end: async () => {
        for (const pool of pools) await pool.end();
        await server.drop(schema);
      },
    };
  };

/** So many processes work one database; an embedded one has one. */
const grounds: Readonly<Record<string, Ground>> = {
  "one file": (clock) => ({ stores: [sqlite({ file: ":memory:", durable: false, clock })], end: async () => {} }),
  [server.name]: workers(3),
  // Of several at one moment, those that pass by what another is just taking come upon the small accounts behind it, turns or not.
  [`${server.name}, worked by one`]: workers(1),
};

const small = ["anna", "ben", "cora", "dave", "elle"] as const;
/** How long one write takes, and how many acts it carries. */
const [writeMs, batch] = [1_000, 12];
/** Each of the small accounts has this many acts in all; the flooded one fifty times as many, at once. */
const [each, times] = [4, 50];
const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

describe.each(Object.keys(grounds))("accounts that share a CRM's door, on %s", (name) => {
  it(
    "wait for their turns no longer than twice the median, whatever one of them has to do",
    { timeout: 120_000 },
    async () => {
      const clock = createClock({ still: true });
      const { stores, end } = grounds[name]?.(clock) ?? expect.fail("no such ground");
      const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
      const owner = new Map<string, string>();
      /** Since when an account waits for its next turn, and how long it waited for those that it had. */
      const since = new Map<string, number>();
      const left = new Map<string, number>();
      const waits = new Map<string, number[]>();
      const now = { writing: 0, inHand: 0, due: 0 };
      const plain = deskCrm(desk);
      const write: Crm["write"] = async (tasks, kit) => {
        now.writing += 1;
        now.inHand += tasks.length;
        await clock.sleep(writeMs);
        const at = clock.now();
        for (const { effect } of tasks) {
          const account = owner.get(effect.conversation) ?? expect.fail("nobody's");
          // Acts of one moment are one turn.
          const waited = at - (since.get(account) ?? at);
          if (waited > 0) waits.set(account, [...(waits.get(account) ?? []), waited]);
          const more = (left.get(account) ?? 0) - 1;
          left.set(account, more);
          if (more > 0) since.set(account, at);
          else since.delete(account);
        }
        now.writing -= 1;
        now.inHand -= tasks.length;
        now.due -= tasks.length;
        return plain.write(tasks, kit);
      };
      const crm: Crm = { ...plain, can: { ...plain.can, batch, gatherMs: 0 }, write };
      const channel = parkChannel(park, { accounts: ["flooded", ...small] });
      const bridges = stores.map((store) => createBridge({ channels: [channel], crm, store, clock }));
      const [first] = stores;
      if (first === undefined) expect.fail("no store");
      const promise = async (account: string, words: string): Promise<void> => {
        const talk = talkOf(`${account}-${words}`, clock.now(), { account: { channel: "park", id: account } });
        owner.set(talk.key, account);
        left.set(account, (left.get(account) ?? 0) + 1);
        if (!since.has(account)) since.set(account, clock.now());
        now.due += 1;
        await keepIn(first, talk, clock.now(), { effects: [caseActOf(talk, "open", clock.now())] });
      };
      const stop = new AbortController();
      const working = bridges.map((bridge) => bridge.work({ signal: stop.signal }));
      /** Until everybody writes, or all there is to write is being written. */
      const settled = (): Promise<void> =>
        expect
          .poll(() => now.inHand === now.due || now.writing === stores.length, { timeout: 20_000, interval: 5 })
          .toBe(true);

      for (let round = 0; now.due > 0 || round < 4; round += 1) {
        // Somebody says something now and then, before the flood, in it and after it.
        if (round < each) await Promise.all(small.map((account) => promise(account, String(round))));
        if (round === 2) {
          await Promise.all(Array.from({ length: each * times }, (_, n) => promise("flooded", String(n))));
        }
        await settled();
        await clock.advance(writeMs);
      }
      stop.abort();
      await Promise.all(working);
      const all = [...waits.values()].flat();
      const longest = Object.fromEntries([...waits].map(([account, list]) => [account, Math.max(...list)]));
      expect(Object.keys(longest).toSorted()).toEqual([...small, "flooded"].toSorted());
      for (const [account, longestMs] of Object.entries(longest))
        expect([account, longestMs <= 2 * median(all), longestMs]).toEqual([account, true, longestMs]);
      for (const bridge of bridges) await bridge[Symbol.asyncDispose]();
      await end();
    },
  );
});
