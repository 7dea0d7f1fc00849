import assert from "node:assert/strict";
import type { Conversation, Pause } from "../../core/words/conversation.ts";
import type { Effect } from "../../core/words/effect.ts";
import { type Instant, keyOf } from "../../core/words/ref.ts";
import { account, caseActOf, crmDoor, entryOf, keepIn, promiseWords, publicDoor, said, talkOf } from "../make.ts";
import { leaseAt, markOf, one, storeLaw, type StoreLaw } from "./subject.ts";

const why = { code: "made-up" };

const pauseOf = (id: string, since: Instant, more: Partial<Pause> = {}): Pause => ({
  id,
  since,
  by: { kind: "agent" },
  reason: "made up",
  ...more,
});

/** Silence, and what wakes when it is over. */
export const pauseLaws: readonly StoreLaw[] = [
  storeLaw(
    "from the moment a pause is kept nothing it matches is marked, nor what waited through it",
    async ({ store, other, subject }) => {
      const at = subject.now();
      const [a, b] = [talkOf("a", at), talkOf("b", at)];
      const [first, second] = [await promiseWords(store, a, "reply", at), await promiseWords(store, b, "reply", at)];
      await keepIn(store, a, at + 1, { effects: [caseActOf(a, "act", at)] });
      const leases = await leaseAt(store, publicDoor);
      const leaseOf = (effect: Effect): (typeof leases)[number] =>
        one(
          leases.filter((lease) => lease.conversation.key === effect.conversation),
          "its lease",
        );
      assert.ok((await store.sending([markOf(leaseOf(first), first.key)]))[0] !== undefined, "before the pause");

      const pause = pauseOf("p", at, { account, side: "public" });
      await other.pause(pause);
      assert.deepEqual(await store.sending([markOf(leaseOf(second), second.key)]), [undefined], "paused");
      assert.deepEqual(await store.outbound(pause, 10_000), [first.key], "what may be on its way out");
      assert.deepEqual(await store.outbound(pauseOf("q", at, { side: "private" }), 10_000), [], "another side");
      const crm = one(await leaseAt(store, crmDoor), "the CRM's lane");
      assert.ok(
        (await store.sending([markOf(crm, keyOf.effect(a.key, "act"))]))[0] !== undefined,
        "a CRM is not paused",
      );

      await subject.advance(1_000);
      assert.equal(await store.resume("p", subject.now()), true);
      assert.equal(await store.resume("p", subject.now()), false, "lifted a second time");
      assert.equal(await store.resume("never", subject.now()), false, "a pause that never was");
      await subject.advance(1_000);
      assert.deepEqual(
        await store.sending([markOf(leaseOf(second), second.key)]),
        [undefined],
        "waited through the pause",
      );
      const fresh = await promiseWords(store, talkOf("c", at), "reply", subject.now());
      const lease = one(await leaseAt(store, publicDoor), "the lane of what was promised since");
      assert.ok((await store.sending([markOf(lease, fresh.key)]))[0] !== undefined, "promised since");
      assert.deepEqual(await store.pauses(), [{ ...pause, until: at + 1_000 }]);

      await subject.advance(11_000);
      assert.deepEqual(await store.outbound(pause, 10_000), [fresh.key], "a call that must be over by now");
    },
  ),

  storeLaw("resuming wakes the conversations that have a draft held by the pause", async ({ store, subject }) => {
    const at = subject.now();
    const [held, other] = [talkOf("held", at), talkOf("other", at)];
    const draft = (talk: Conversation, kind: "paused" | "guard"): Parameters<typeof keepIn>[3] => {
      const entry = entryOf(talk.key, said(`draft-${talk.key}`, "Soon.", at));
      const { key, content, by } = entry;
      const holds = [{ kind, why }];
      const rest = { words: "person", side: "public", turn: 1, at, approvals: [] } as const;
      return {
        entries: [entry],
        drafts: [{ entry: key, conversation: talk.key, content, by, holds, ...rest }],
        wake: at + 60_000,
      };
    };
    await keepIn(store, held, at, draft(held, "paused"));
    await keepIn(store, other, at, draft(other, "guard"));
    await store.pause(pauseOf("p", at));
    await store.resume("p", at + 1);
    assert.deepEqual(await store.due(10), [{ conversation: held.key, at: subject.now() }]);
  }),
];
