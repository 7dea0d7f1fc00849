import assert from "node:assert/strict";
import type { Conversation } from "../../core/words/conversation.ts";
import type { Draft } from "../../core/words/entry.ts";
import type { Answered, Said } from "../../core/words/event.ts";
import { keyOf } from "../../core/words/ref.ts";
import {
  account,
  caseActOf,
  causeOf,
  decisionOf,
  entryOf,
  keepIn,
  person,
  personaOf,
  post,
  publicDoor,
  replyOf,
  said,
  talkOf,
} from "../make.ts";
import { leaseAt, markOf, one, settleAs, storeLaw, type StoreLaw } from "./subject.ts";

const inPublic = { summoned: true, gone: false, automatic: 0, threads: 1 } as const;
const why = { code: "made-up" };

/** Whose words are kept where, who may see them, and how they go. */
export const peopleLaws: readonly StoreLaw[] = [
  storeLaw(
    "what was said in public in an account's conversations is found again, the newest of it",
    async ({ store, subject }) => {
      const at = subject.now();
      const talk = talkOf("looked-at", at);
      const word = (id: string, ago: number, more: Partial<Said> = {}): Said =>
        said(id, `words of ${id}`, at - ago, more);
      const stranger = { ...account, id: `${account.id}-too` };
      const brand = { kind: "brand", persona: person("acme") } as const;
      const words = [
        word("oldest", 9_000),
        word("older", 3_000),
        word("newer", 2_000),
        word("newest", 1_000),
        word("ours", 500, { actor: brand }),
        word("whispered", 400, { side: "private" }),
      ];
      const entries = words.map((event) => ({ ...entryOf(talk.key, event), post: post(event.post?.id ?? "") }));
      await keepIn(store, talk, at, { entries });
      const other = talkOf("elsewhere", at, { account: stranger });
      const elsewhere = { ...entryOf(other.key, word("elsewhere", 300)), post: post("elsewhere") };
      await keepIn(store, other, at, { entries: [elsewhere] });
      const found = (since: number, most: number): Promise<readonly (string | null)[]> =>
        store.unit(async (unit) => (await unit.entries({ account, since, most })).map(({ text }) => text));
      const [, older, newer, newest, ours] = words.map(({ text }) => text);
      assert.deepEqual(await found(at - 5_000, 10), [older, newer, newest, ours], "since then, oldest first");
      assert.deepEqual(await found(0, 2), [newest, ours], "the newest two");
    },
  ),

  storeLaw(
    "whose words in public an account waits for is known, the newest first, until they come",
    async ({ store, subject }) => {
      const at = subject.now();
      const waits = (name: string, ago: number, more: Partial<Conversation> = {}): Conversation =>
        talkOf(name, at, {
          awaiting: "customer",
          awaitingSince: at - ago,
          stamps: { lastPublicAnswer: at - ago },
          public: { ...inPublic, latest: post(name), root: post(`${name}-root`), heardAt: at - ago },
          ...more,
        });
      const talks = [
        waits("older", 3_000),
        waits("newer", 2_000),
        waits("newest", 1_000, { personas: [person("jo")] }),
        waits("long-ago", 9_000),
        waits("ours-to-answer", 500, { awaiting: "us" }),
        waits("in-private", 400, { stamps: {} }),
        waits("no-thread", 300, { public: { ...inPublic, latest: post("no-thread"), heardAt: at } }),
        waits("elsewhere", 200, { account: { ...account, id: `${account.id}-too` } }),
      ];
      for (const talk of talks) await keepIn(store, talk, at);
      const found = async (most: number): Promise<readonly string[]> =>
        (await store.waiting({ account, since: at - 5_000, most })).map(({ root, by }) => `${by.id} in ${root.id}`);
      const [older, newer, newest] = ["maria in older-root", "maria in newer-root", "jo in newest-root"];
      assert.deepEqual(await found(10), [newest, newer, older], "since then, newest first");
      assert.deepEqual(await found(2), [newest, newer], "the newest two");
      await keepIn(store, waits("newest", 1_000, { awaiting: "us", revision: 2 }), at + 1);
      assert.deepEqual(await found(10), [newer, older], "who has spoken is waited for no more");
    },
  ),

  storeLaw("ledger and effects hold no one's words, names or handles", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("quiet", at);
    const secrets = ["Xq7-words", "Xq7-handle", "Xq7-name", "Xq7-sent", "Xq7-queue", "Xq7-url", "Xq7-answer"] as const;
    const [words, handle, name, sent, queue, url, answer] = secrets;
    const event = said("quiet", words, at, {
      profile: { handle, name },
      url: `https://made-up.example/${url}`,
      token: queue,
    });
    const entry = entryOf(talk.key, event);
    const answered: Answered = {
      as: "answered",
      key: keyOf.event("desk", "answer", 1),
      at,
      source: "poll",
      conversation: talk.key,
      entry: keyOf.entry(account, "answer", "1"),
      by: { kind: "agent" },
      text: answer,
      version: 1,
    };
    const effects = [
      caseActOf(talk, "entry", at, { content: entry.content }, { do: "entry" }),
      replyOf(talk, "reply", at, { content: entry.content }),
    ];
    await store.unit(async (unit) => {
      await unit.keep(
        [
          decisionOf(talk, {
            personas: [personaOf(event.by, { profile: { handle, name } })],
            entries: [entry],
            effects,
          }),
        ],
        causeOf(event),
      );
      await unit.keep({ none: why }, causeOf(answered));
      await unit.keep(
        [decisionOf(talk)],
        causeOf({
          as: "case",
          key: keyOf.event("desk", "case", 1),
          at,
          source: "poll",
          case: { crm: "desk", id: "1" },
          status: "New",
          closed: false,
          assignee: queue,
        }),
      );
      await unit.keep(
        [decisionOf(talk)],
        causeOf({
          as: "profiled",
          key: keyOf.event("made-up", "profile", 1),
          at,
          source: "poll",
          persona: event.by,
          profile: { handle, name },
        }),
      );
      await unit.keep(
        [decisionOf(talk)],
        causeOf({
          as: "ordered",
          key: keyOf.event("code", "assign", 1),
          at,
          source: "person",
          by: { kind: "agent" },
          what: { order: "assign", to: queue },
        }),
      );
    });
    const lease = one(await leaseAt(store, publicDoor), "a lane");
    await store.sending([markOf(lease, keyOf.effect(talk.key, "reply"), { words: sent })]);
    const outcome = { as: "done", receipt: { at, post: post("out"), url: `https://made-up.example/${url}` } } as const;
    await settleAs(store, lease, outcome);
    const [, reply] = effects;
    assert.ok(reply !== undefined, "the reply");
    const settled = {
      as: "settled",
      key: keyOf.event(reply.key, "done"),
      at,
      source: "engine",
      effect: reply,
      outcome,
    } as const;
    await store.unit((unit) => unit.keep([decisionOf(talk)], causeOf(settled)));
    const rows = JSON.stringify([
      await store.ledger(undefined, 1_000),
      await store.trail(talk.key),
      (await store.effects(talk.key)).map((each) => each.effect),
    ]);
    assert.ok(rows.includes(event.entry), "the rows name the entry");
    for (const secret of secrets) assert.ok(!rows.includes(secret), `${secret} stands in ${rows}`);
  }),

  storeLaw("drafts wait with their words until they wait no longer", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("drafts", at);
    const entry = entryOf(talk.key, said("draft", "Please send us your number.", at));
    const draft: Draft = {
      entry: entry.key,
      conversation: talk.key,
      content: entry.content,
      by: { kind: "agent" },
      words: "person",
      side: "public",
      turn: 1,
      at,
      holds: [{ kind: "approval", why }],
      approvals: [],
    };
    await keepIn(store, talk, at, { entries: [entry], drafts: [draft] });
    assert.deepEqual(await store.held(), [{ draft, entry }]);
    const more = { ...draft, holds: [{ kind: "guard", why }] } as const;
    await keepIn(store, talk, at + 1, { drafts: [more] });
    assert.deepEqual(await store.unit((unit) => unit.drafts(talk.key)), [more]);
    assert.equal((await store.census()).drafts, 1);
    await keepIn(store, talk, at + 2, { undrafted: [draft.entry] });
    assert.deepEqual([await store.held(), await store.unit((unit) => unit.drafts(talk.key))], [[], []]);
  }),

  storeLaw("what was told only in private is known as such", async ({ store, subject }) => {
    const at = subject.now();
    const talk = talkOf("private", at);
    const tell = (
      id: string,
      text: string,
      side: "public" | "private",
      kind: "customer" | "agent" = "customer",
    ): Promise<void> => {
      const event = said(id, text, at, { side, actor: { kind } });
      return store.unit((unit) =>
        unit.keep([decisionOf(talk, { entries: [entryOf(talk.key, event)] })], causeOf(event)),
      );
    };
    await tell("p1", "My order is 4711-0815, my mail maria@example.org", "private");
    await tell("p2", "Order 4711 0815!", "public");
    await tell("p3", "Your ticket is 99887766", "private", "agent");
    const told = (ref = person("maria")): Promise<readonly string[]> =>
      store.unit((unit) =>
        unit.privately([ref, person("maria-in-private")], ["47110815", "@mariaexampleorg", "99887766", "12345"]),
      );
    assert.deepEqual(await told(), ["@mariaexampleorg"]);
    assert.deepEqual(await told(person("stranger")), [], "somebody else's");
  }),
];
