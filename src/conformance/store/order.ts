import assert from "node:assert/strict";
import type { Outcome } from "../../core/words/effect.ts";
import { account, caseActOf, crmDoor, keepIn, talkOf } from "../make.ts";
import { leaseAt, settleAs, storeLaw, type StoreLaw } from "./subject.ts";

const doneAt = (at: number): Outcome => ({ as: "done", receipt: { at } });

/** Which of the lanes that are due are leased first. */
export const orderLaws: readonly StoreLaw[] = [
  storeLaw("the most urgent lane comes first", async ({ store, subject }) => {
    const at = subject.now();
    for (const [name, priority] of [
      ["usual", 50],
      ["danger", 0],
      ["press", 10],
    ] as const) {
      const talk = talkOf(name, at);
      await keepIn(store, talk, at, { effects: [caseActOf(talk, name, at, { priority })] });
    }
    const leases = await leaseAt(store, crmDoor);
    assert.deepEqual(
      leases.map((lease) => lease.run[0]?.effect.priority),
      [0, 10, 50],
    );
  }),

  storeLaw(
    "of equally urgent lanes the one comes first in which something expires first",
    async ({ store, subject }) => {
      const at = subject.now();
      const orders: string[] = [];
      const promiseAll = async (): Promise<void> => {
        for (const [name, inMs, priority] of [
          ["lasting", undefined, 50],
          ["late", 50_000, 50],
          ["soon", 20_000, 50],
          ["urgent", undefined, 10],
        ] as const) {
          const talk = talkOf(name, at);
          const notAfter = inMs === undefined ? {} : { notAfter: at + inMs };
          const first = caseActOf(talk, `${name}-first`, at, { priority });
          await keepIn(store, talk, subject.now(), {
            effects: [first, caseActOf(talk, `${name}-then`, at, { priority, ...notAfter })],
          });
          await subject.advance(1);
        }
      };
      const inOrder = async (each: number): Promise<void> => {
        const leases = await store.lease({ door: crmDoor, lanes: 10, each, forMs: 60_000 });
        orders.push(leases.map(({ run }) => String(run[0]?.effect.key).replace(/^.*\/(\w+)-\w+$/, "$1")).join(" "));
        for (const lease of leases) await settleAs(store, lease, doneAt(at));
      };
      await promiseAll();
      // What stands behind the head counts for it: it goes no sooner than its lane.
      await inOrder(1);
      await inOrder(1);
      assert.deepEqual(orders, ["urgent soon late lasting", "urgent soon late lasting"]);
      const talk = talkOf("soon", at);
      await keepIn(store, talk, subject.now(), { effects: [caseActOf(talk, "soon-again", at, { priority: 50 })] });
      const other = talkOf("other", at);
      const notAfter = at + 60_000;
      await keepIn(store, other, subject.now(), {
        effects: [caseActOf(other, "other-act", at, { priority: 50, notAfter })],
      });
      await inOrder(1);
      assert.equal(orders[2], "other soon", "what has ended expires no more");
    },
  ),

  storeLaw("at a door that accounts share each has its turn, whatever floods another", async ({ store, subject }) => {
    const began = subject.now();
    const owners = new Map<string, string>();
    const say = async (id: string, count: number): Promise<void> => {
      const talks = Array.from({ length: count }, (_, n) =>
        talkOf(`${id}-${n}`, began, { account: { ...account, id } }),
      );
      for (const talk of talks) owners.set(talk.key, id);
      await Promise.all(
        talks.map((talk) => keepIn(store, talk, began, { effects: [caseActOf(talk, `${id}-act`, began)] })),
      );
      await subject.advance(1);
    };
    for (const early of ["a", "b", "c", "d", "e"]) await say(early, 4);
    await say("flood", 60);
    for (const late of ["f", "g"]) await say(late, 4);
    const waits = new Map<string, number[]>();
    for (let round = 1; ; round += 1) {
      const leases = await store.lease({ door: crmDoor, lanes: 8, each: 1, forMs: 60_000 });
      if (leases.length === 0) break;
      for (const lease of leases) {
        const id = owners.get(lease.conversation.key) ?? "";
        waits.set(id, [...(waits.get(id) ?? []), round]);
      }
      await store.settle(
        leases.map((lease) => ({
          lease,
          outcomes: lease.run.map(({ effect }) => ({ effect: effect.key, outcome: doneAt(began) })),
        })),
        () => Promise.resolve(),
      );
    }
    assert.equal([...waits.values()].flat().length, 88, "everybody in the end");
    const means = [...waits].map(([id, rounds]) => ({
      id,
      mean: rounds.slice(0, 4).reduce((sum, n) => sum + n, 0) / 4,
    }));
    const median = means.map(({ mean }) => mean).sort((a, b) => a - b)[4] ?? 0;
    for (const { id, mean } of means) assert.ok(mean <= 2 * median, `${id} waited ${mean} turns, the median ${median}`);
  }),
];
