import assert from "node:assert/strict";
import { BridgeError } from "../../core/contracts/errors.ts";
import { type LedgerKind, ledgerKinds, type LedgerRow } from "../../core/contracts/ledger.ts";
import { clue, door, keyOf } from "../../core/words/ref.ts";
import { account, caseActOf, crmDoor, keepIn, post, publicDoor, replyOf, said, talkOf } from "../make.ts";
import { keysOf, leaseAt, one, settleAs, storeLaw, type StoreLaw } from "./subject.ts";

const why = { code: "made-up" };

/** Ledger, alarms, and what waits. */
export const recordLaws: readonly StoreLaw[] = [
  storeLaw("the ledger is ordered and complete, under racing units too", async ({ store, other, subject }) => {
    const at = subject.now();
    const talks = Array.from({ length: 12 }, (_, n) => talkOf(`ledger-${n}`, at));
    await Promise.all(talks.map((talk, n) => keepIn(n % 2 ? store : other, talk, at)));
    const all = await store.ledger(undefined, 1_000);
    assert.deepEqual(new Set(all.map((row) => row.position)).size, all.length, "every row has a place of its own");
    for (const talk of talks) {
      assert.deepEqual(
        (await store.trail(talk.key)).map((row) => row.kind),
        ["event", "decided"],
        `the trail of ${talk.key}`,
      );
    }
    const paged: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await other.ledger(after, 5);
      if (page.length === 0) break;
      paged.push(...page.map((row) => row.position));
      after = page.at(-1)?.position;
    }
    assert.deepEqual(
      paged,
      all.map((row) => row.position),
      "page by page",
    );
  }),

  storeLaw(
    "the ledger of some kinds leaves out the others and nothing else, page by page, and goes on where it was",
    async ({ store, other, subject }) => {
      const at = subject.now();
      const write = async (n: number): Promise<void> => {
        await keepIn(n % 2 ? store : other, talkOf(`kinds-${n}`, at), at);
        await store.unit((unit) => unit.raw({ reason: `no such kind ${n}`, raw: `{"n":${n}}` }));
      };
      for (const n of [1, 2, 3, 4, 5]) await write(n);
      const read = async (
        kinds: readonly LedgerKind[],
        from: string | undefined,
        most = 2,
      ): Promise<readonly LedgerRow[]> => {
        const rows: LedgerRow[] = [];
        for (;;) {
          const page = await other.ledger(rows.at(-1)?.position ?? from, most, kinds);
          assert.ok(page.length <= most, "no more than were asked for");
          if (page.length === 0) return rows;
          rows.push(...page);
        }
      };
      const all = await store.ledger(undefined, 1_000);
      const unread = await read(["unread"], undefined);
      for (const kinds of [["unread"], ["decided"], ["event", "unread"], ["erased"], ledgerKinds] as const) {
        const wanted = new Set<LedgerKind>(kinds);
        const expected = all.filter(({ kind }) => wanted.has(kind));
        assert.deepEqual(await read(kinds, undefined), expected, kinds.join());
      }
      assert.equal(unread.length, 5, "all five");
      await write(6);
      const [sixth] = await read(["unread"], unread.at(-1)?.position);
      assert.ok(sixth?.kind === "unread" && sixth.row.reason === "no such kind 6", "the next one, from there on");
      assert.deepEqual(await read(["unread"], sixth.position), [], "and no more");
    },
  ),

  storeLaw(
    "all conversations stand in order, page by page, each with what is to be done of it",
    async ({ store, other, subject }) => {
      const at = subject.now();
      const talks = Array.from({ length: 5 }, (_, n) => talkOf(`standing-${n}`, at));
      for (const [n, talk] of talks.entries())
        await keepIn(store, talk, at, n === 2 ? { effects: [replyOf(talk, "reply", at)] } : {});
      const found: string[] = [];
      const promised = new Map<string, number>();
      for (let after: (typeof talks)[number]["key"] | undefined; ;) {
        const page = await other.standing(after, 2);
        if (page.length === 0) break;
        for (const { conversation, ...counts } of page) {
          found.push(conversation.key);
          promised.set(conversation.key, counts.promised);
          assert.deepEqual([counts.parked, counts.drafts], [0, 0], "nothing else");
        }
        after = page.at(-1)?.conversation.key;
      }
      assert.deepEqual(found, talks.map(({ key }) => key).sort(), "each once, in order");
      assert.deepEqual(
        talks.map(({ key }) => promised.get(key)),
        [0, 0, 1, 0, 0],
        "promised acts",
      );
    },
  ),

  storeLaw(
    "an event is written down with its three times, its policy, and why nothing follows",
    async ({ store, subject }) => {
      const at = subject.now();
      const event = said("none", "Nice weather", at - 5_000);
      await store.unit((unit) => unit.keep({ none: why }, { event, received: at - 1_000, policy: "policy-hash" }));
      const row = one(await store.ledger(undefined, 10), "a row");
      assert.equal(row.kind, "event");
      const { row: body } = row;
      assert.ok(typeof body === "object" && body !== null && !Array.isArray(body), "a record");
      const { at: happened, received, recorded, policy, none } = body as Readonly<Record<string, unknown>>;
      assert.deepEqual(
        { happened, received, recorded, policy, none },
        { happened: at - 5_000, received: at - 1_000, recorded: at, policy: "policy-hash", none: why },
      );
    },
  ),

  storeLaw(
    "which policies decided lately is known, and when each did so first and last",
    async ({ store, subject }) => {
      const at = subject.now();
      const decided = (n: number, policy: string) =>
        store.unit((unit) =>
          unit.keep({ none: why }, { event: said(`policy-${n}`, "Nice weather", at), received: at, policy }),
        );
      await decided(1, "old");
      await subject.advance(1_000);
      for (const [n, policy] of ["one", "two", "one"].entries()) await decided(n + 2, policy);
      await subject.advance(1_000);
      await decided(5, "two");
      assert.deepEqual(await store.policies(at + 1_000), [
        { policy: "two", first: at + 1_000, last: at + 2_000 },
        { policy: "one", first: at + 1_000, last: at + 1_000 },
      ]);
    },
  ),

  storeLaw("what was sealed holds for all who share the store, and for nothing else", async ({ store, other }) => {
    const sealed = await store.unit(async ({ seal }) => seal.make("kind", "text"));
    assert.equal(sealed.mac.length, 16, "128 bits");
    assert.ok(sealed.key >= 0 && sealed.key < 1_024, "a key of the ring");
    const holds = await other.unit(async ({ seal }) => [
      seal.holds("kind", "text", sealed),
      seal.holds("kind", "texts", sealed),
      seal.holds("another", "text", sealed),
      seal.holds("kind", "text", { ...sealed, key: (sealed.key + 1) % 1_024 }),
      seal.holds("kind", "text", { ...sealed, mac: sealed.mac.map((byte, n) => (n === 15 ? byte ^ 1 : byte)) }),
      seal.holds("kind", "text", { ...sealed, mac: sealed.mac.subarray(0, 8) }),
    ]);
    assert.deepEqual(holds, [true, false, false, false, false, false]);
  }),

  storeLaw("an alarm rings at its hour, and each decision sets it anew", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("alarm", at);
    await keepIn(store, talk, at, { wake: at + 10_000 });
    assert.deepEqual([await store.due(10), await store.nextDue()], [[], at + 10_000]);
    await subject.advance(10_000);
    assert.deepEqual(await store.due(10), [{ conversation: talk.key, at: at + 10_000 }]);
    await keepIn(store, talk, at + 1);
    assert.deepEqual([await store.due(10), await store.nextDue()], [[], undefined], "a decision without one");
  }),

  storeLaw("somebody who waits is stirred when something becomes due", async ({ store, subject }) => {
    const stop = new AbortController();
    // What was missed before anybody listened may come at once, and for nothing.
    await Promise.race([store.stirred(stop.signal), subject.advance(0)]);
    const woken = store.stirred(stop.signal);
    const talk = talkOf("stir", subject.now());
    await keepIn(store, talk, subject.now(), { effects: [caseActOf(talk, "act", subject.now())] });
    await woken;
    const aborted = store.stirred(stop.signal);
    stop.abort();
    await aborted;
  }),

  storeLaw("what could not be read is kept once, with its reason", async ({ store, subject }) => {
    const item = { reason: "no such kind", raw: '{"kind":"new"}', account };
    for (const _ of [1, 2]) await store.unit((unit) => unit.raw(item));
    const kept = one(await store.unread(), "an item");
    assert.deepEqual([kept.reason, kept.raw, kept.at], [item.reason, item.raw, subject.now()]);
    assert.equal((await store.census()).raw, 1);
  }),

  storeLaw("what could not be read waits until somebody has seen to it, and is known then", async ({ store }) => {
    const item = { reason: "no such kind", raw: '{"kind":"new"}', account };
    await store.unit((unit) => unit.raw(item));
    const { id } = one(await store.unread(), "an item");
    assert.deepEqual(
      [await store.dismiss("none"), await store.dismiss(id), await store.dismiss(id)],
      [false, true, false],
    );
    await store.unit((unit) => unit.raw(item));
    assert.deepEqual([await store.unread(), (await store.census()).raw], [[], 0]);
    const rows = await store.ledger(undefined, 10);
    assert.deepEqual(
      rows.map(({ kind, row }) => [kind, "id" in row && row.id]),
      [
        ["unread", id],
        ["dismissed", id],
      ],
    );
  }),

  storeLaw("the census tells what waits where", async ({ store, subject }) => {
    const at = subject.now();
    assert.deepEqual(await store.census(), { lanes: [], parked: 0, drafts: 0, raw: 0 });
    const [now, later] = [talkOf("now", at), talkOf("later", at)];
    await keepIn(store, now, at, { effects: [caseActOf(now, "act", at)] });
    await keepIn(store, later, at, { effects: [caseActOf(later, "act", at, { notBefore: at + 60_000 })] });
    await leaseAt(store, door.crm("nobody"));
    assert.deepEqual(await store.census(), {
      lanes: [{ door: crmDoor, due: 1, waiting: 1, oldestDue: at }],
      parked: 0,
      drafts: 0,
      raw: 0,
      leasedAt: at,
    });
  }),

  storeLaw(
    "what a CRM was spared in a rehearsal is promised again, in its order; words are not",
    async ({ store, subject }) => {
      const at = subject.now();
      const talk = talkOf("rehearsed", at);
      await keepIn(store, talk, at, {
        effects: [caseActOf(talk, "open", at), caseActOf(talk, "entry", at), replyOf(talk, "reply", at)],
      });
      for (const way of [crmDoor, publicDoor])
        await settleAs(store, one(await leaseAt(store, way), "a lane"), { as: "rehearsed" });
      await keepIn(store, talk, at + 1, { effects: [caseActOf(talk, "newer", at + 1)] });
      assert.equal(await store.unrehearse({ ...account, id: "another" }), 0);
      assert.equal(await store.unrehearse(account), 2);
      const lease = one(await leaseAt(store, crmDoor), "the CRM's lane");
      assert.deepEqual(
        keysOf(lease),
        ["open", "entry", "newer"].map((name) => keyOf.effect(talk.key, name)),
      );
      assert.deepEqual(await leaseAt(store, publicDoor), []);
    },
  ),

  storeLaw(
    "a store that one process works excludes a second worker, and admits beside it",
    async ({ store, other, subject }) => {
      const [first, again] = [await store.working(), await store.working()];
      const refused = await other.working().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(
        refused instanceof BridgeError && refused.fault === "taken" && refused.landed === "no",
        `refused with ${String(refused)}`,
      );
      const talk = talkOf("beside", subject.now());
      await keepIn(other, talk, subject.now(), { clues: [clue.post(post("beside"))] });
      await first[Symbol.asyncDispose]();
      await assert.rejects(other.working(), BridgeError, "while the first store still works");
      await again[Symbol.asyncDispose]();
      const late = await other.working();
      await late[Symbol.asyncDispose]();
    },
    "exclusive",
  ),
];
