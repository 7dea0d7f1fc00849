import assert from "node:assert/strict";
import { BridgeError } from "../../core/contracts/errors.ts";
import type { Unit } from "../../core/contracts/store.ts";
import { clue, keyOf } from "../../core/words/ref.ts";
import {
  caseActOf,
  causeOf,
  crmDoor,
  decisionOf,
  entryOf,
  keepIn,
  person,
  personaOf,
  post,
  said,
  talkOf,
  wokenOf,
} from "../make.ts";
import { keysOf, leaseAt, one, storeLaw, type StoreLaw } from "./subject.ts";

const racers = Array.from({ length: 20 }, (_, n) => n);

/** Units: all or nothing, once, one after the other. */
export const unitLaws: readonly StoreLaw[] = [
  storeLaw("an event counts once under racers", async ({ store, other }) => {
    const event = keyOf.event("made-up", "race", 1);
    const firsts = await Promise.all(racers.map((n) => (n % 2 ? store : other).unit((unit) => unit.first(event))));
    assert.equal(firsts.filter(Boolean).length, 1, "how many of 20 were first");
    assert.equal(await store.unit((unit) => unit.first(event)), false, "first once more");
    const unheard = keyOf.event("made-up", "race", 2);
    for (const [key, has] of [
      [event, true],
      [unheard, false],
      [unheard, false],
    ] as const)
      assert.equal(await store.unit((unit) => unit.counted(key)), has, "who asks whether it counted made it count");
    assert.equal(await store.unit((unit) => unit.first(unheard)), true, "first, after it was asked for");
  }),

  storeLaw("a unit that throws keeps nothing and fails alone", async ({ store, subject }) => {
    const at = subject.now();
    const talks = ["a", "b", "c"].map((name) => talkOf(name, at));
    const admit = (talk: (typeof talks)[number], fail: boolean): Promise<boolean> =>
      store.unit(async (unit) => {
        const event = wokenOf(talk, at, "once");
        if (!(await unit.first(event.key))) return false;
        await unit.keep([decisionOf(talk, { effects: [caseActOf(talk, "act", at)] })], causeOf(event));
        if (fail) throw new Error("made to fail");
        return true;
      });
    const ends = await Promise.allSettled(talks.map((talk) => admit(talk, talk === talks[1])));
    assert.deepEqual(
      ends.map((end) => end.status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    const kept = await Promise.all(talks.map((talk) => store.unit((unit) => unit.load(talk.key))));
    assert.deepEqual(
      kept.map((talk) => talk !== undefined),
      [true, false, true],
      "which conversations were kept",
    );
    assert.equal((await leaseAt(store, crmDoor)).length, 2, "lanes");
    const [, failed] = talks;
    assert.ok(
      failed !== undefined && (await admit(failed, false)),
      "told again, the failed one counts for the first time",
    );
  }),

  storeLaw("a unit that is run again changes nothing else", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("a", at);
    const event = said("a", "hello", at);
    const work = (unit: Unit): Promise<void> =>
      unit.keep(
        [
          decisionOf(talk, {
            clues: [clue.post(post("a"))],
            entries: [entryOf(talk.key, event)],
            effects: [caseActOf(talk, "open", at), caseActOf(talk, "entry", at)],
          }),
        ],
        causeOf(event),
      );
    await store.unit(work);
    await store.unit(work);
    const seen = await store.unit(async (unit) => ({
      talks: await unit.find([clue.post(post("a"))]),
      entries: await unit.entries({ conversation: talk.key }),
    }));
    assert.equal(seen.talks.length, 1, "conversations");
    assert.equal(seen.entries.length, 1, "entries");
    assert.deepEqual(keysOf(one(await leaseAt(store, crmDoor), "a lane")), [
      keyOf.effect(talk.key, "open"),
      keyOf.effect(talk.key, "entry"),
    ]);
  }),

  storeLaw(
    "two units that ask for one clue go one after the other, found or not",
    async ({ store, other, subject }) => {
      const at = subject.now();
      const asked = clue.post(post("shared"));
      const begun = await Promise.all(
        racers.map((n) =>
          (n % 2 ? store : other).unit(async (unit) => {
            const [found] = await unit.find([asked]);
            const talk = found?.talk ?? talkOf(`racer-${n}`, at);
            const risen = { ...talk, revision: talk.revision + 1 };
            await unit.keep([decisionOf(risen, { clues: [asked] })], causeOf(wokenOf(risen, at, n)));
            return found === undefined;
          }),
        ),
      );
      assert.equal(begun.filter(Boolean).length, 1, "how many began a conversation of their own");
      const found = await store.unit((unit) => unit.find([asked]));
      assert.deepEqual(
        found.map(({ talk }) => talk.revision),
        [21],
        "every unit saw what the one before it had kept",
      );
    },
  ),

  storeLaw("what is found comes newest first, with the clues that led there", async ({ store, subject }) => {
    const at = subject.now();
    const persona = clue.persona(person("maria"));
    const [older, newer] = [talkOf("older", at), talkOf("newer", at)];
    await keepIn(store, older, at, { clues: [persona, clue.post(post("older"))] });
    await keepIn(store, newer, at, { clues: [persona] });
    const order = async (): Promise<readonly string[]> =>
      (await store.unit((unit) => unit.find([persona]))).map(({ talk }) => talk.key);
    assert.deepEqual(await order(), [newer.key, older.key]);
    await keepIn(store, older, at);
    assert.deepEqual(await order(), [older.key, newer.key], "after something happened in the older one");
    const found = await store.unit((unit) =>
      unit.find([persona, clue.post(post("older")), clue.post(post("unknown"))]),
    );
    assert.deepEqual(
      found.map(({ by }) => [...by].sort()),
      [[persona, clue.post(post("older"))].sort(), [persona]],
      "clues",
    );
    const own = await store.unit((unit) => unit.find([clue.talk(newer.key)]));
    assert.deepEqual(
      own.map(({ talk }) => talk.key),
      [newer.key],
      "a conversation by its own key",
    );
  }),

  storeLaw("a unit that is used after its end throws", async ({ store }) => {
    let leaked: Unit | undefined;
    await store.unit(async (unit) => {
      leaked = unit;
      await unit.pauses();
    });
    const late = async (): Promise<unknown> => leaked?.first(keyOf.event("made-up", "late", 1));
    await assert.rejects(late, BridgeError);
    await store.unit(async (unit) => {
      await unit.pauses();
      await assert.rejects(late, BridgeError, "while another unit is under way");
    });
    assert.equal(
      await store.unit((unit) => unit.first(keyOf.event("made-up", "late", 1))),
      true,
      "nothing of it was kept",
    );
  }),

  storeLaw(
    "two that open at once both find the schema",
    async ({ subject, name }) => {
      const fresh = `${name}-fresh`;
      const both = await Promise.all([subject.open(fresh), subject.open(fresh)]);
      try {
        await Promise.all(both.map((store) => store.migrate()));
        const event = keyOf.event("made-up", "both", 1);
        const firsts = await Promise.all(both.map((store) => store.unit((unit) => unit.first(event))));
        assert.equal(firsts.filter(Boolean).length, 1, "both look at one store");
      } finally {
        for (const store of both) await store[Symbol.asyncDispose]();
        await subject.destroy(fresh);
      }
    },
    "shared",
  ),

  storeLaw("of many who swap a note from one value, one succeeds", async ({ store, other }) => {
    const swap = (from: string | undefined, n: number): Promise<boolean> =>
      (n % 2 ? store : other).unit((unit) => unit.note("cursor").swap(from, `v${n}`));
    const made = await Promise.all(racers.map((n) => swap(undefined, n)));
    assert.equal(made.filter(Boolean).length, 1, "from nothing");
    const value = await store.unit((unit) => unit.note("cursor").read());
    const changed = await Promise.all(racers.map((n) => swap(value, n + 100)));
    assert.equal(changed.filter(Boolean).length, 1, "from the value it had");
    assert.equal(await other.unit((unit) => unit.note("another").read()), undefined, "another note");
  }),

  storeLaw("what was kept comes back as it was", async ({ store, other, subject }) => {
    const at = subject.now();
    const event = said("same", "My order “4711” – naïve 😀\u0000?", at);
    const talk = talkOf("same", at, { advice: { tier: ["gold", null, { n: 1.5 }] } });
    const maria = personaOf(person("maria"), { profile: { handle: "maria", followers: 7 }, optedOut: at });
    const entry = entryOf(talk.key, event);
    await store.unit((unit) => unit.keep([decisionOf(talk, { personas: [maria], entries: [entry] })], causeOf(event)));
    const seen = await other.unit(async (unit) => ({
      talk: await unit.load(talk.key),
      maria: await unit.persona(maria.ref),
      entries: await unit.entries([entry.key]),
    }));
    assert.deepEqual(seen, { talk, maria, entries: [entry] });
  }),
];
