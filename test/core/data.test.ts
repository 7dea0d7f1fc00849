import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance } from "../../src/core/rules/advance/index.ts";
import { beginning, resolve } from "../../src/core/rules/resolve.ts";
import { stageOf } from "../../src/core/rules/stage.ts";
import type { Conversation } from "../../src/core/words/conversation.ts";
import type { Effect, Outcome } from "../../src/core/words/effect.ts";
import type { BridgeEvent } from "../../src/core/words/event.ts";
import {
  abilities,
  acme,
  answered,
  byHand,
  caseRef,
  conversation,
  day,
  done,
  gone,
  minute,
  ordered,
  pause,
  person,
  post,
  privately,
  publicly,
  rules,
  seen,
  t0,
  thread,
  woken,
} from "./make.ts";
import { createStory, type Story, type Told } from "./story.ts";

describe("a conversation stays small", () => {
  it("10,000 words, in public and in private, and it is under 4 KiB", () => {
    const house = rules();
    const known = { personas: [], drafts: [], entries: [], pauses: [], leaked: [], token: "ct-x" };
    let talk: Conversation = beginning({ ...publicly("maria", "0"), account: acme, persona: person("maria") });
    let largest = 0;
    for (let n = 0; n < 10_000; n++) {
      const at = t0 + n * minute;
      const event = n % 3 === 0 ? privately("maria", `m${n}`, { at }) : publicly("maria", `${n}`, { at });
      const found = resolve(event, n === 0 ? [] : [{ talk, by: [] }], house);
      if ("none" in found) throw new Error(found.none.code);
      const [decision] = advance(found.conversations, { event, can: () => abilities(), known, rules: house, now: at });
      if (decision === undefined) throw new Error("nothing decided");
      talk = decision.conversation;
      largest = Math.max(largest, new TextEncoder().encode(JSON.stringify(talk)).length);
    }
    expect(talk).toMatchObject({ turn: 10_000, revision: 10_000, public: { threads: 6_666 } });
    expect(largest).toBeLessThan(4_096);
  });
});

describe("where it stands, in a word", () => {
  const invite = { token: "ct-x", to: person("maria"), rung: "public-reply" } as const;
  it.for<[string, Partial<Conversation>]>([
    ["public", {}],
    ["watched", { disposition: "watch" }],
    ["ignored", { disposition: "ignore" }],
    ["invited", { invite: { ...invite, stage: "promised" } }],
    ["public", { invite: { ...invite, stage: "refused" } }],
    ["private", { private: { to: person("maria"), heardAt: t0, control: "us" } }],
    ["public", { private: { to: person("maria"), control: "us" } }],
    ["resolved", { case: { stage: "closed" }, private: { to: person("maria"), heardAt: t0, control: "us" } }],
    ["merged", { case: { stage: "closed" }, mergedInto: "x" as never }],
  ])("%s", ([stage, differs]) => {
    expect(stageOf(conversation(differs))).toBe(stage);
  });
});

/** One thing that happens, drawn by chance; what it needs is looked up in the story when it happens. */
type Step = (story: Story, at: number) => BridgeEvent | undefined;

const people = ["maria", "bob"] as const;
const someone = fc.constantFrom(...people);
const small = fc.integer({ min: 1, max: 9 });
const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];
const talkOf = (story: Story, n: number) => pick([...story.talks.values()], n);
const effectOf = (story: Story, n: number): Effect | undefined => pick([...story.effects.values()], n);

const outcome = fc.constantFrom<Exclude<Outcome, { as: "again" }>[]>(
  { as: "rehearsed" },
  { as: "refused", fault: "forbidden", why: { code: "network-refused", params: { fault: "forbidden" } } },
  { as: "refused", fault: "withdrawn", why: { code: "post-is-gone" } },
  { as: "held", hold: { kind: "paused", why: { code: "paused" } } },
  { as: "held", hold: { kind: "no-private-side", why: { code: "private-window-closed" } } },
  { as: "parked", why: { code: "may-have-gone-out" }, doubt: true },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(someone, small, small, fc.integer({ min: 1, max: 3 }), fc.boolean()).map(
    ([who, id, under, version, replies]): Step =>
      (_, at) =>
        publicly(who, `${who}${id}`, {
          at,
          version,
          ...(replies ? { under: `${who}${under}` } : {}),
          text: `code ${id}4711`,
        }),
  ),
  fc.tuple(someone, small, fc.boolean()).map(([who, id, tokened]): Step => (story, at) => {
    const token = tokened ? talkOf(story, id)?.invite?.token : undefined;
    return privately(who, `${who}m${id}`, { at, text: `secret ${id}0815`, ...(token === undefined ? {} : { token }) });
  }),
  fc.tuple(someone, small).map(
    ([who, id]): Step =>
      (_, at) =>
        publicly("acme", `b${id}`, { ...byHand, at, under: `${who}${id}` }),
  ),
  fc.tuple(someone, small, fc.constantFrom("deleted", "hidden", "shown")).map(
    ([who, id, how]): Step =>
      (_, at) =>
        gone(`${who}${id}`, how, { at }),
  ),
  fc
    .tuple(small, small, fc.constantFrom("public", "private", undefined), fc.integer({ min: 1, max: 3 }))
    .map(([n, id, side, version]): Step => (story, at) => {
      const talk = talkOf(story, n);
      return (
        talk &&
        answered(talk.key, `${id}`, {
          at,
          version,
          text: `about ${id}0815`,
          ...(side === undefined ? {} : { side: side as "public" }),
        })
      );
    }),
  fc.tuple(small, fc.boolean()).map(([n, closed]): Step => (story, at) => {
    const talk = talkOf(story, n);
    if (talk === undefined || talk.case.stage === "none") return undefined;
    return seen(talk, { at, closed, case: talk.case.ref ?? caseRef(talk.key) });
  }),
  fc.tuple(fc.nat(60), outcome, fc.boolean()).map(([n, other, works]): Step => (story, at) => {
    const effect = effectOf(story, n);
    if (effect === undefined) return undefined;
    const receipt = {
      at,
      ...(effect.act.do === "open" ? { case: caseRef(effect.conversation) } : {}),
      ...(effect.act.do === "reply" ? { post: post(`sent${n}`) } : {}),
      ...(effect.act.do === "message" ? { thread: thread(`t${n}`) } : {}),
    };
    const end = works ? done(receipt) : other;
    return { as: "settled", key: `${effect.key}/${end.as}/${at}` as never, at, source: "engine", effect, outcome: end };
  }),
  fc
    .tuple(
      small,
      small,
      fc.constantFrom(
        "release",
        "withdraw",
        "open",
        "ignore",
        "resolve",
        "merge",
        "split",
        "topic",
        "unmerge",
        "claim",
      ),
    )
    .map(([n, m, order]): Step => (story, at) => {
      const talk = talkOf(story, n);
      const other = talkOf(story, m);
      if (talk === undefined || other === undefined) return undefined;
      const draft = (pick([...story.drafts.keys()], m) ?? "none") as never;
      const from = (pick([...story.entries.keys()], m) ?? "none") as never;
      const join = [other.key];
      return ordered(
        talk.key,
        { order, draft, from, with: other.key, topic: { id: `topic${m}` }, join, claim: m > 1 },
        at,
      );
    }),
  small.map((n): Step => (story, at) => {
    const talk = talkOf(story, n);
    return talk && woken(talk.key, at);
  }),
  fc.constantFrom("person", "automatic", undefined).map((words): Step => (story, at) => {
    const [last] = story.pauses.splice(-1);
    if (last !== undefined && last.until === undefined) story.pauses.push({ ...last, until: at });
    else story.pauses.push(pause({ since: at, ...(words === undefined ? {} : { words: words as "person" }) }));
    return undefined;
  }),
);

/** What must be true of a story whatever has happened. */
const standing = (story: Story): void => {
  const opens = [...story.effects.values()].filter(({ act }) => act.do === "open");
  expect(new Set(opens.map((one) => one.conversation)).size).toBe(opens.length);
  for (const talk of story.talks.values()) {
    const has = opens.some((one) => one.conversation === talk.key);
    expect(talk.case.stage === "none", `${talk.key} has its case`).toBe(!has);
    expect(talk.personas.length).toBeLessThanOrEqual(4);
    if (talk.mergedInto === undefined) {
      expect(talk.public === undefined || talk.public.heardAt <= (talk.stamps.lastHeard ?? 0)).toBe(true);
    }
  }
  for (const draft of story.drafts.values()) {
    expect(story.entries.get(draft.entry), "a draft has its words").toMatchObject({ state: "draft" });
    expect(story.talk(draft.conversation).mergedInto, "no draft waits where nobody comes by").toBeUndefined();
  }
  for (const effect of story.effects.values()) {
    if (effect.act.do === "reply") {
      expect(effect.key).toBe(`${effect.content?.entry}/answer`);
      expect(effect.door).toBe("net/acme/public");
    }
  }
};

/** A fact told only in private goes out by no public door. */
const discreet = (story: Story, told: Told): void => {
  for (const { act, content, conversation: key } of told.effects) {
    const text = content && story.entries.get(content.entry)?.text;
    if (act.do === "reply" && typeof text === "string") expect(story.leaked(key, text)).toEqual([]);
  }
};

describe("whatever happens, in whatever order", () => {
  it("every step keeps the laws of data, and every conversation its case", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 2 * day })), { maxLength: 40 }), (steps) => {
        const story = createStory({ policy: { words: { closing: () => "Glad it is sorted." } } });
        const counted = new Set<string>();
        let at = t0;
        for (const [make, later] of steps) {
          at += later;
          const event = make(story, at);
          story.now = Math.max(story.now, at);
          // What makes an event count once is its key, and the store sees to that.
          if (event === undefined || counted.has(event.key)) continue;
          counted.add(event.key);
          discreet(story, story.tell(event));
          standing(story);
        }
      }),
      { numRuns: 150 },
    );
  });
});
