import assert from "node:assert/strict";
import type { Store, Written } from "../../core/contracts/store.ts";
import type { Outcome } from "../../core/words/effect.ts";
import { keyOf } from "../../core/words/ref.ts";
import { caseActOf, crmDoor, keepIn, privateDoor, publicDoor, replyOf, talkOf } from "../make.ts";
import { keysOf, leaseAt, markOf, one, settleAs, storeLaw, type StoreLaw } from "./subject.ts";

const why = { code: "made-up" };
const doneAt = (at: number): Outcome => ({ as: "done", receipt: { at } });
const parkedOutcome: Outcome = { as: "parked", why, doubt: false };
const states = async (store: Store, talk: ReturnType<typeof talkOf>): Promise<readonly string[]> =>
  (await store.effects(talk.key)).map((one_) => one_.state);

/** Lanes: order, exclusion, what arms them and what stops them. */
export const laneLaws: readonly StoreLaw[] = [
  storeLaw("acts of a lane come in the order they were promised", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("order", at);
    const promised = ["z", "a", "m"].map((name) => caseActOf(talk, name, at));
    await keepIn(store, talk, at, { effects: promised });
    await keepIn(store, talk, at + 1, { effects: [caseActOf(talk, "b", at)] });
    const lease = one(await leaseAt(store, crmDoor), "a lane");
    assert.deepEqual(
      keysOf(lease),
      ["z", "a", "m", "b"].map((name) => keyOf.effect(talk.key, name)),
    );
    assert.deepEqual(lease.conversation, talk, "the conversation as it is now");
  }),

  storeLaw("a lease takes no more than it was asked to, and only at its door", async ({ store, subject }) => {
    const at = subject.now();
    for (const name of ["a", "b", "c"]) {
      const talk = talkOf(name, at);
      await keepIn(store, talk, at, {
        effects: [caseActOf(talk, "1", at), caseActOf(talk, "2", at), replyOf(talk, "r", at)],
      });
    }
    assert.deepEqual(await leaseAt(store, privateDoor), [], "another door");
    const leases = await store.lease({ door: crmDoor, lanes: 2, each: 1, forMs: 1_000 });
    assert.deepEqual(
      leases.map((lease) => lease.run.length),
      [1, 1],
    );
    assert.deepEqual([...(await store.doors())].sort(), [crmDoor, publicDoor].sort(), "doors with something to do");
  }),

  storeLaw("what is promised for later waits, and nothing behind it overtakes it", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("later", at);
    const effects = [
      caseActOf(talk, "1", at),
      caseActOf(talk, "2", at, { notBefore: at + 5_000 }),
      caseActOf(talk, "3", at),
    ];
    await keepIn(store, talk, at, { effects });
    const lease = one(await leaseAt(store, crmDoor), "a lane");
    assert.equal(lease.run.length, 1, "acts before the one that waits");
    await settleAs(store, lease, doneAt(at));
    assert.deepEqual(await leaseAt(store, crmDoor), []);
    assert.equal(await store.nextDue(), at + 5_000);
    assert.equal(await store.nextDue([crmDoor]), undefined, "what is due at a closed door");
    assert.equal(await store.nextDue([publicDoor]), at + 5_000, "what is due at an open door beside a closed one");
    await subject.advance(5_000);
    assert.equal(one(await leaseAt(store, crmDoor), "the lane when its hour has come").run.length, 2);
  }),

  storeLaw(
    "a lease excludes, expires and is taken over; the loser's settle says lost",
    async ({ store, other, subject }) => {
      const at = subject.now();
      const talk = talkOf("taken", at);
      await keepIn(store, talk, at, { effects: [caseActOf(talk, "act", at)] });
      const first = one(await leaseAt(store, crmDoor), "a lane");
      assert.deepEqual(await leaseAt(other, crmDoor), [], "while it is held");
      assert.equal(await store.renew(first, 60_000), true);
      await subject.advance(61_000);
      const second = one(await leaseAt(other, crmDoor), "the lane when the lease is over");
      assert.notDeepEqual([first.owner, first.epoch], [second.owner, second.epoch], "whose it is");
      assert.equal(await store.renew(first, 60_000), false, "renewed by the loser");
      assert.equal(await settleAs(store, first, doneAt(at)), "lost");
      assert.deepEqual(await states(store, talk), ["promised"], "after the loser's settle");
      assert.equal(await settleAs(other, second, doneAt(at)), "kept");
      assert.equal(await settleAs(other, second, doneAt(at)), "lost", "settled a second time");
      assert.deepEqual(await states(store, talk), ["done"]);
    },
  ),

  storeLaw(
    "of leases settled together each is fenced for itself, and what follows learns which",
    async ({ store, subject }) => {
      const at = subject.now();
      const talks = ["a", "b"].map((name) => talkOf(name, at));
      for (const talk of talks) await keepIn(store, talk, at, { effects: [caseActOf(talk, "act", at)] });
      const before = await leaseAt(store, crmDoor);
      await subject.advance(61_000);
      const [taken] = await store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 60_000 });
      let learned: readonly Written[] = [];
      const fates = await store.settle(
        before.map((lease) => ({ lease, outcomes: keysOf(lease).map((effect) => ({ effect, outcome: doneAt(at) })) })),
        (_unit, written) => {
          learned = written;
          return Promise.resolve();
        },
      );
      assert.deepEqual(
        fates,
        before.map((lease) => (lease.lane === taken?.lane ? "lost" : "kept")),
      );
      assert.deepEqual(
        learned.map((written) => written !== undefined),
        fates.map((fate) => fate === "kept"),
      );
    },
  ),

  storeLaw("a settle whose consequences fail is not kept", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("rolled", at);
    await keepIn(store, talk, at, { effects: [caseActOf(talk, "act", at)] });
    const lease = one(await leaseAt(store, crmDoor), "a lane");
    const outcomes = [{ effect: keyOf.effect(talk.key, "act"), outcome: doneAt(at) }];
    const failing = store.settle([{ lease, outcomes }], () => Promise.reject(new Error("made to fail")));
    await assert.rejects(failing, /made to fail/);
    assert.deepEqual(await states(store, talk), ["promised"]);
    assert.equal(await settleAs(store, lease, doneAt(at)), "kept", "the lease is still held");
  }),

  storeLaw("settle beside enqueue never leaves an open effect unarmed", async ({ store, other, subject }) => {
    const at = subject.now();
    const talk = talkOf("hot", at);
    const rounds = 150;
    await keepIn(store, talk, at, { effects: [caseActOf(talk, "0", at)] });
    for (let round = 1; round <= rounds; round += 1) {
      const lease = one(await leaseAt(store, crmDoor), `the lane in round ${round}`);
      assert.deepEqual(keysOf(lease), [keyOf.effect(talk.key, String(round - 1))]);
      const enqueue = (): Promise<unknown> =>
        keepIn(other, talk, at + round, { effects: [caseActOf(talk, String(round), at)] });
      const settle = (): Promise<unknown> => settleAs(store, lease, doneAt(at));
      await Promise.all(round % 2 ? [enqueue(), settle()] : [settle(), enqueue()]);
    }
    assert.equal((await store.effects(talk.key)).filter((effect) => effect.state === "done").length, rounds);
  }),

  storeLaw("a parked act stops a CRM's lane, and a channel's goes on", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("parked", at);
    await keepIn(store, talk, at, {
      effects: [
        caseActOf(talk, "open", at),
        caseActOf(talk, "entry", at),
        replyOf(talk, "r1", at),
        replyOf(talk, "r2", at),
      ],
    });
    const crm = one(await leaseAt(store, crmDoor, 1), "the CRM's lane");
    const channel = one(await leaseAt(store, publicDoor, 1), "the channel's lane");
    await settleAs(store, crm, parkedOutcome);
    await settleAs(store, channel, parkedOutcome);
    assert.deepEqual(await leaseAt(store, crmDoor), [], "the CRM's lane");
    assert.deepEqual(keysOf(one(await leaseAt(store, publicDoor), "the channel's lane")), [
      keyOf.effect(talk.key, "r2"),
    ]);
    const parked = (await store.parked()).map(({ effect, why: because }) => `${effect.key} ${because.code}`);
    assert.deepEqual(parked.sort(), [
      `${keyOf.effect(talk.key, "open")} made-up`,
      `${keyOf.effect(talk.key, "r1")} made-up`,
    ]);
    const told: string[] = [];
    const resolved = await store.resolveParked(keyOf.effect(talk.key, "open"), "retry", (_unit, effect) => {
      told.push(effect.key);
      return Promise.resolve();
    });
    assert.deepEqual([resolved, told], [true, [keyOf.effect(talk.key, "open")]]);
    assert.equal(one(await leaseAt(store, crmDoor), "the CRM's lane after a person's word").run.length, 2);
  }),

  storeLaw("a person may drop what is parked, or say that it is there", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("resolved", at);
    await keepIn(store, talk, at, { effects: ["1", "2", "3"].map((name) => caseActOf(talk, name, at)) });
    await settleAs(store, one(await leaseAt(store, crmDoor), "a lane"), parkedOutcome);
    const also = (): Promise<void> => Promise.resolve();
    const key = (name: string): ReturnType<typeof keyOf.effect> => keyOf.effect(talk.key, name);
    assert.equal(await store.resolveParked(key("1"), "drop", also), true);
    assert.equal(await store.resolveParked(key("2"), { done: { at, proof: "seen" } }, also), true);
    assert.equal(await store.resolveParked(key("2"), "retry", also), false, "what is not parked any more");
    const failing = store.resolveParked(key("3"), "drop", () => Promise.reject(new Error("made to fail")));
    await assert.rejects(failing, /made to fail/);
    const seen = await store.effects(talk.key);
    assert.deepEqual(
      seen.map((effect) => effect.state),
      ["refused", "done", "parked"],
    );
    assert.equal(seen[1]?.receipt?.proof, "seen");
  }),

  storeLaw("promised again, an act is replaced while nobody has it in hand", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("replaced", at);
    const act = (name: string, revision: number): ReturnType<typeof replyOf> =>
      replyOf(talk, name, at, { revision, turn: revision });
    await keepIn(store, talk, at, { effects: [act("1", 1), act("2", 1)] });
    await keepIn(store, talk, at + 1, { effects: [act("1", 2)] });
    const first = one(await leaseAt(store, publicDoor, 1), "a lane");
    assert.deepEqual(
      first.run.map(({ effect }) => [effect.key, effect.revision]),
      [[act("1", 1).key, 2]],
      "it kept its place",
    );
    await keepIn(store, talk, at + 2, { effects: [act("1", 3)] });
    assert.deepEqual(
      await store.sending([markOf(first, act("1", 1).key)]),
      [undefined],
      "what was replaced under our hands",
    );
    assert.equal(await settleAs(store, first, { as: "refused", fault: "withdrawn", why }), "kept");
    const second = one(await leaseAt(store, publicDoor, 1), "the lane again");
    assert.deepEqual(
      second.run.map(({ effect, state }) => [effect.revision, state]),
      [[3, "promised"]],
      "the newer one is still to go",
    );
    assert.equal((await store.sending([markOf(second, act("1", 1).key)]))[0]?.attempt, 1);
    await keepIn(store, talk, at + 3, { effects: [act("1", 4)] });
    await settleAs(store, second, doneAt(at));
    await keepIn(store, talk, at + 4, { effects: [act("1", 5)] });
    const seen = (await store.effects(talk.key)).find((effect) => effect.effect.key === act("1", 1).key);
    assert.deepEqual([seen?.state, seen?.effect.revision], ["done", 3], "sent and done, it stands");
  }),

  storeLaw("what was held, refused or rehearsed is promised anew, behind what waits", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("anew", at);
    const ends: readonly Outcome[] = [
      { as: "held", hold: { kind: "paused", why } },
      { as: "refused", fault: "withdrawn", why },
      { as: "rehearsed" },
    ];
    for (const [n, end] of ends.entries()) {
      const [name, behind] = [`act-${n}`, `behind-${n}`];
      await keepIn(store, talk, at + n * 10, { effects: [replyOf(talk, name, at), replyOf(talk, behind, at)] });
      await settleAs(store, one(await leaseAt(store, publicDoor, 1), "a lane"), end);
      await keepIn(store, talk, at + n * 10 + 1, { effects: [replyOf(talk, name, at, { revision: 2 })] });
      const lease = one(await leaseAt(store, publicDoor), "the lane again");
      assert.deepEqual(keysOf(lease), [keyOf.effect(talk.key, behind), keyOf.effect(talk.key, name)], end.as);
      await settleAs(store, lease, doneAt(at));
    }
  }),

  storeLaw(
    "an act that failed for now comes back at its hour, and tries are counted when they count",
    async ({ store, subject }) => {
      const at = subject.now();
      const talk = talkOf("again", at);
      await keepIn(store, talk, at, { effects: [caseActOf(talk, "act", at)] });
      const turn = async (counts: boolean): Promise<number> => {
        const lease = one(await leaseAt(store, crmDoor), "the lane");
        await settleAs(store, lease, { as: "again", at: subject.now() + 1_000, doubt: false, counts, why });
        assert.deepEqual(await leaseAt(store, crmDoor), [], "before its hour");
        await subject.advance(1_000);
        return lease.run[0]?.tries ?? -1;
      };
      assert.deepEqual([await turn(true), await turn(false), await turn(true)], [0, 1, 1]);
      assert.equal(one(await leaseAt(store, crmDoor), "the lane").run[0]?.tries, 2);
    },
  ),
];
