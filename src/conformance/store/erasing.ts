import assert from "node:assert/strict";
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
  publicDoor,
  replyOf,
  said,
  talkOf,
} from "../make.ts";
import { keysOf, leaseAt, markOf, one, storeLaw, type StoreLaw } from "./subject.ts";

/** What is kept no more, what stays all the same, and by which names a person is known. */
export const erasingLaws: readonly StoreLaw[] = [
  storeLaw(
    "an erased person's words, name and facts are gone, and what refers to them stays",
    async ({ store, subject }) => {
      const at = subject.now();
      const talk = talkOf("erase", at);
      const event = said("erase", "My number is 5551234567", at, { side: "private" });
      const entry = { ...entryOf(talk.key, event), url: "https://made-up.example/maria/1" };
      const effect = caseActOf(talk, "entry", at, { content: entry.content }, { do: "entry" });
      const maria = personaOf(event.by, { profile: { handle: "maria" } });
      await store.unit(async (unit) => {
        await unit.first(event.key);
        await unit.keep(
          [
            decisionOf(talk, {
              personas: [maria],
              entries: [entry],
              effects: [effect, replyOf(talk, "reply", at, { content: entry.content })],
            }),
          ],
          causeOf(event),
        );
      });
      const lease = one(await leaseAt(store, publicDoor), "a lane");
      await store.sending([markOf(lease, keyOf.effect(talk.key, "reply"), { words: "Hello @maria" })]);
      await store.unit((unit) => unit.erase(event.by));
      const seen = await store.unit(async (unit) => ({
        entries: await unit.entries([entry.key]),
        persona: await unit.persona(event.by),
        facts: await unit.privately([event.by], ["5551234567"]),
        again: await unit.first(event.key),
      }));
      const { url: _url, ...bare } = entry;
      assert.equal(typeof seen.persona?.erased, "number", "that it was, and when");
      const { erased: _erased, ...persona } = seen.persona ?? { erased: 0 };
      assert.deepEqual(
        { ...seen, persona },
        { entries: [{ ...bare, text: null }], persona: personaOf(event.by, {}), facts: [], again: false },
      );
      const crm = one(await leaseAt(store, crmDoor), "the CRM's lane");
      assert.deepEqual([keysOf(crm), crm.run[0]?.entry?.text], [[effect.key], null]);
      const reply = (await store.effects(talk.key)).find((each) => each.effect.door === publicDoor);
      assert.equal(reply?.sent?.words, null, "what may have left us");
    },
  ),

  storeLaw("an erased person's wish for silence stays", async ({ store, subject }) => {
    const at = subject.now();
    const silent = personaOf(person("silent"), { profile: { handle: "silent" }, optedOut: at });
    await keepIn(store, talkOf("silent", at), at, { personas: [silent] });
    await store.unit((unit) => unit.erase(silent.ref));
    const { erased: _erased, ...kept } = (await store.unit((unit) => unit.persona(silent.ref))) ?? { erased: 0 };
    assert.deepEqual(kept, personaOf(silent.ref, { optedOut: at }));
  }),

  storeLaw(
    "what was still to be done to an erased person is dropped, and their links are not kept",
    async ({ store, subject }) => {
      const at = subject.now();
      const event = said("dropped", "Where is it?", at);
      const talk = talkOf("dropped", at, { personas: [event.by] });
      const entry = entryOf(talk.key, event);
      const link = "https://made-up.example/maria/2";
      await store.unit((unit) =>
        unit.keep(
          [
            decisionOf(talk, {
              clues: [clue.persona(event.by)],
              entries: [entry],
              effects: [
                caseActOf(talk, "state", at, {}, { do: "state", fields: { postUrl: link, awaiting: "us" } }),
                replyOf(talk, "dropped", at, { content: entry.content }),
              ],
            }),
          ],
          causeOf(event),
        ),
      );
      await store.unit((unit) => unit.erase(event.by));
      assert.deepEqual(await leaseAt(store, publicDoor), []);
      const effects = await store.effects(talk.key);
      assert.equal(JSON.stringify(effects).includes(link), false);
      const reply = effects.find(({ effect }) => effect.door === publicDoor);
      assert.deepEqual(reply?.outcome, { as: "refused", fault: "dropped", why: { code: "erased" } });
      assert.equal(effects.find(({ effect }) => effect.door === crmDoor)?.state, "promised", "the case is still told");
    },
  ),

  storeLaw("of a conversation on hold nothing is erased", async ({ store, subject }) => {
    const at = subject.now();
    const event = said("kept", "My number is 5559876543", at, { side: "private" });
    const talk = talkOf("kept", at, { personas: [event.by], record: { class: "conversation", holds: ["a matter"] } });
    const entry = entryOf(talk.key, event);
    await store.unit((unit) =>
      unit.keep([decisionOf(talk, { clues: [clue.persona(event.by)], entries: [entry] })], causeOf(event)),
    );
    await store.unit((unit) => unit.erase(event.by));
    const seen = await store.unit(async (unit) => ({
      text: (await unit.entries([entry.key]))[0]?.text,
      facts: await unit.privately([event.by], ["5559876543"]),
    }));
    assert.deepEqual(seen, { text: "My number is 5559876543", facts: ["5559876543"] });
  }),

  storeLaw("words that are blanked are gone in every version", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("blanked", at);
    const event = said("blanked", "first words", at);
    const entry = entryOf(talk.key, event);
    await keepIn(store, talk, at, { entries: [entry] });
    const second = { ...entry, text: "second words", version: 2, content: { ...entry.content, version: 2 } };
    await keepIn(store, talk, at + 1, { entries: [second] });
    const earlier = () => store.unit((unit) => unit.earlier(talk.key));
    assert.deepEqual(await earlier(), [{ entry: entry.key, version: 1, text: "first words" }]);
    await keepIn(store, talk, at + 2, { entries: [{ ...second, state: "gone", text: null }], blanked: [entry.key] });
    assert.deepEqual(await earlier(), []);
    const back = await store.unit((unit) => unit.entries([entry.key]));
    assert.deepEqual(back, [{ ...second, state: "gone", text: null }]);
    await keepIn(store, talk, at + 3, { entries: [{ ...entry, text: null }] });
    assert.equal((await store.unit((unit) => unit.entries([entry.key])))[0]?.text, null, "the first version as well");
  }),

  storeLaw("whom a conversation takes for one customer is known by every name", async ({ store, subject }) => {
    const at = subject.now();
    const [open, hidden, stranger] = [person("kin"), person("kin-in-private"), person("kin-hint")];
    const talk = talkOf("kin", at, { personas: [open, hidden], hints: [stranger] });
    await keepIn(store, talk, at, { clues: [open, hidden, stranger].map((ref) => clue.persona(ref)) });
    const kin = (ref: typeof open) => store.unit((unit) => unit.kin([ref]));
    assert.deepEqual(await kin(open), { personas: [open, hidden], conversations: [talk.key] });
    assert.deepEqual(await kin(hidden), { personas: [hidden, open], conversations: [talk.key] });
    assert.deepEqual(await kin(stranger), { personas: [stranger], conversations: [] });
  }),
];
