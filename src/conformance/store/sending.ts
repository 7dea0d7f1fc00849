import assert from "node:assert/strict";
import type { Promised, Store } from "../../core/contracts/store.ts";
import type { Effect, Outcome, Receipt } from "../../core/words/effect.ts";
import { clue, type Instant, keyOf } from "../../core/words/ref.ts";
import { caseActOf, crmDoor, keepIn, person, personaOf, post, promiseWords, publicDoor, talkOf } from "../make.ts";
import { leaseAt, markOf, one, settleAs, storeLaw, type StoreLaw, type StoreSubject } from "./subject.ts";

const why = { code: "made-up" };
const doubt = (at: Instant): Outcome => ({ as: "again", at, doubt: true, counts: true, why });
const receipt = (at: Instant, id: string): Receipt => ({ at, post: post(id) });

const seen = async (store: Store, effect: Effect): Promise<Promised & { readonly receipt?: Receipt }> => {
  const found = (await store.effects(effect.conversation)).find((each) => each.effect.key === effect.key);
  assert.ok(found !== undefined, `the effect ${effect.key}`);
  return found;
};

/** Puts an effect in doubt, and its quiet period behind us. */
const inDoubt = async (store: Store, subject: StoreSubject, effect: Effect): Promise<void> => {
  const lease = one(await leaseAt(store, effect.door, 1), "a lane");
  const [sent] = await store.sending([markOf(lease, effect.key, { words: "We are on it." })]);
  assert.ok(sent !== undefined, "the mark");
  await settleAs(store, lease, doubt(subject.now()));
  await subject.advance(32_000);
};

const park = async (store: Store, effect: Effect): Promise<void> => {
  await settleAs(store, one(await leaseAt(store, effect.door, 1), "a lane"), { as: "parked", why, doubt: true });
};

/** The mark before a call, and everything that is known or unknown after it. */
export const sendingLaws: readonly StoreLaw[] = [
  storeLaw("a mark tells its deadline, and whoever takes over finds its doubt", async ({ store, other, subject }) => {
    const at = subject.now();
    const effect = await promiseWords(store, talkOf("marked", at), "reply", at);
    const lease = one(await leaseAt(store, publicDoor), "a lane");
    assert.equal(lease.run[0]?.entry?.text, "We are on it.", "the words it carries");
    assert.deepEqual(lease.run[0]?.persona, personaOf(person("maria")), "whom it concerns");
    const [sent] = await store.sending([markOf(lease, effect.key, { since: "high", words: "We are on it, @maria." })]);
    assert.deepEqual(sent, { attempt: 1, sendBy: at + 2_000, since: "high" });
    assert.deepEqual(await store.sending([markOf(lease, effect.key)]), [undefined], "marked a second time");
    await subject.advance(100_000);
    const taken = one(await leaseAt(other, publicDoor), "the lane when nobody came back");
    assert.equal(taken.run[0]?.state, "sending");
    assert.deepEqual(taken.run[0]?.sent, {
      attempt: 1,
      sendBy: at + 2_000,
      quietUntil: at + 32_000,
      reads: 0,
      since: "high",
      words: "We are on it, @maria.",
    });
    assert.deepEqual(await store.sending([markOf(lease, effect.key)]), [undefined], "by who lost it");
    assert.deepEqual(await other.sending([markOf(taken, effect.key)]), [undefined], "what is in doubt is not sent");
  }),

  storeLaw(
    "what is in doubt is not looked for before its quiet period is over, and looks are counted",
    async ({ store, subject }) => {
      const at = subject.now();
      const effect = await promiseWords(store, talkOf("doubt", at), "reply", at);
      const lost = one(await store.lease({ door: publicDoor, lanes: 1, each: 1, forMs: 1_000 }), "a lane");
      await store.sending([markOf(lost, effect.key)]);
      assert.equal(await store.nextDue(), at + 32_000, "when somebody may look for it");
      await subject.advance(31_000);
      assert.deepEqual(await leaseAt(store, publicDoor), [], "in the quiet period, when nobody came back");
      await settleAs(store, lost, doubt(at));
      assert.deepEqual(await leaseAt(store, publicDoor), [], "in the quiet period");
      await subject.advance(1_000);
      for (const reads of [0, 1]) {
        const look = one(await leaseAt(store, publicDoor), "the lane after the quiet period");
        assert.deepEqual([look.run[0]?.state, look.run[0]?.sent?.reads, look.run[0]?.tries], ["unknown", reads, 1]);
        const unseen: Outcome = { as: "again", at: subject.now() + 60_000, doubt: true, counts: false, why };
        await settleAs(store, look, unseen);
        assert.deepEqual(await leaseAt(store, publicDoor), [], "before the next look");
        await subject.advance(60_000);
      }
      const proven = one(await leaseAt(store, publicDoor), "the lane");
      await settleAs(store, proven, { as: "again", at: subject.now(), doubt: false, counts: false, why });
      const free = one(await leaseAt(store, publicDoor), "the lane after a proof that it did not land");
      assert.deepEqual([free.run[0]?.state, free.run[0]?.sent, free.run[0]?.tries], ["promised", undefined, 1]);
    },
  ),

  storeLaw(
    "evidence settles what is in doubt or parked, and tells what it did not know from what it knew",
    async ({ store, subject }) => {
      const at = subject.now();
      const talk = talkOf("evidence", at);
      const effect = await promiseWords(store, talk, "reply", at);
      await inDoubt(store, subject, effect);
      await park(store, effect);
      assert.equal((await store.parked()).length, 1);
      assert.equal((await store.parked())[0]?.sent?.words, "We are on it.", "what may have left us");
      const tell = (id: string): Promise<string> => store.unit((unit) => unit.evidence(effect.key, receipt(at, id)));
      assert.equal(await tell("ours"), "settled");
      assert.deepEqual((await seen(store, effect)).receipt, receipt(at, "ours"));
      assert.equal(await tell("ours"), "known");
      assert.equal(await tell("another"), "twice");
      assert.deepEqual((await seen(store, effect)).receipt, receipt(at, "ours"), "after an act too many");
      assert.deepEqual(await store.parked(), []);
      assert.equal((await store.ledger(undefined, 100)).filter((row) => row.kind === "twice").length, 1);
      const stranger = keyOf.effect(talk.key, "stranger");
      assert.equal(await store.unit((unit) => unit.evidence(stranger, receipt(at, "x"))), "missing");
      const [open, entry] = [caseActOf(talk, "open", at), caseActOf(talk, "entry", at)];
      await keepIn(store, talk, at + 1, { effects: [open, entry] });
      await park(store, open);
      assert.equal(await store.unit((unit) => unit.evidence(open.key, { at })), "settled");
      assert.equal(one(await leaseAt(store, crmDoor), "the lane that it stopped").run[0]?.effect.key, entry.key);
    },
  ),

  storeLaw("evidence that comes before the answer stands, and arms what is behind", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("echo", at);
    const effect = await promiseWords(store, talk, "1", at);
    const behind = await promiseWords(store, talk, "2", at);
    const lease = one(await leaseAt(store, publicDoor, 1), "a lane");
    await store.sending([markOf(lease, effect.key)]);
    assert.equal(await store.unit((unit) => unit.evidence(effect.key, receipt(at, "ours"))), "settled");
    assert.equal(await settleAs(store, lease, doubt(at)), "kept", "the call itself was cut");
    assert.equal((await seen(store, effect)).state, "done");
    assert.deepEqual(
      one(await leaseAt(store, publicDoor), "the lane").run.map((each) => each.effect.key),
      [behind.key],
    );
  }),

  storeLaw("one act of a network is the receipt of one effect only", async ({ store, subject }) => {
    const at = subject.now();
    const [first, second] = [
      await promiseWords(store, talkOf("a", at), "reply", at),
      await promiseWords(store, talkOf("b", at), "reply", at),
    ];
    for (const lease of await leaseAt(store, publicDoor)) {
      await settleAs(store, lease, { as: "done", receipt: receipt(at, "same") });
    }
    const both = [await seen(store, first), await seen(store, second)];
    assert.deepEqual(both.map(({ state }) => state).sort(), ["done", "parked"]);
    assert.equal((await store.parked())[0]?.why.code, "receipt-taken");
    const parked = both[0]?.state === "parked" ? first : second;
    assert.equal(
      await store.unit((unit) => unit.evidence(parked.key, receipt(at, "same"))),
      "known",
      "another effect's proof",
    );
    assert.equal((await seen(store, parked)).state, "parked");
  }),

  storeLaw("our words at a place are found for an echo, newest first", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("place", at);
    const effects = [await promiseWords(store, talk, "1", at), await promiseWords(store, talk, "2", at + 1)];
    await keepIn(store, talk, at, { effects: [caseActOf(talk, "act", at)] });
    const found = await store.unit((unit) => unit.at(clue.post(post("under"))));
    assert.deepEqual(
      found.map((each) => each.effect.key),
      [...effects].reverse().map(({ key }) => key),
    );
    assert.deepEqual(
      found.map((each) => each.entry?.text),
      ["We are on it.", "We are on it."],
    );
    assert.deepEqual(await store.unit((unit) => unit.at(clue.post(post("elsewhere")))), []);
  }),

  storeLaw(
    "a store that comes back from the past puts what is open in doubt",
    async ({ store, other, subject, name }) => {
      assert.ok(subject.backup !== undefined, "a subject that can be put back");
      const at = subject.now();
      const effect = await promiseWords(store, talkOf("past", at), "reply", at);
      assert.equal(await store.recovered(60_000), undefined, "a store that did not");
      await store[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      const restore = await subject.backup(name);

      await subject.advance(10_000);
      const going = await subject.open(name);
      const lease = one(await leaseAt(going, publicDoor), "a lane");
      assert.ok(
        (await going.sending([markOf(lease, effect.key)]))[0] !== undefined,
        "the mark that the backup knows nothing of",
      );
      await going[Symbol.asyncDispose]();
      await restore();

      const back = await subject.open(name);
      try {
        assert.deepEqual(
          [await leaseAt(back, publicDoor), await back.doors()],
          [[], []],
          "before anybody has seen to it",
        );
        const went = await back.recovered(60_000, [publicDoor]);
        assert.ok(
          went !== undefined && went <= at + 1_000,
          `went back to ${went}, which is the last commit before ${at}`,
        );
        assert.equal(await back.recovered(60_000), undefined, "asked a second time");
        assert.deepEqual(await leaseAt(back, publicDoor), [], "while a late copy may still land");
        await subject.advance(60_000);
        assert.deepEqual(await leaseAt(back, publicDoor), [], "before the network is caught up with");
        assert.deepEqual([await back.doors(), await back.catching()], [[], [publicDoor]]);
        await back.caughtUp([publicDoor]);
        const doubtful = one(await leaseAt(back, publicDoor), "the lane when it is quiet");
        assert.equal(doubtful.run[0]?.state, "unknown");
        assert.ok(doubtful.run[0]?.sent !== undefined, "what it takes to look for it");
      } finally {
        await back[Symbol.asyncDispose]();
      }
    },
    "backup",
  ),
];
