import { describe, expect, it } from "vitest";
import { advance } from "../../src/core/rules/advance/index.ts";
import { saysNothing } from "../../src/core/rules/advance/settled.ts";
import type { CrmAct, Effect, Outcome } from "../../src/core/words/effect.ts";
import {
  abilities,
  answered,
  caseRef,
  conversation,
  day,
  done,
  effect as effectOf,
  entry,
  hour,
  minute,
  person,
  post,
  privately,
  publicly,
  rules,
  seen,
  settled,
  t0,
  thread,
} from "./make.ts";
import { createStory, deeds, type Story } from "./story.ts";

const key = publicly("maria", "1").key as never;
const begun = (options: Parameters<typeof createStory>[0] = {}): Story => {
  const story = createStory(options);
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
/** A story in which an answer was promised on this side. */
const promised = (side: "public" | "private", options: Parameters<typeof createStory>[0] = {}): [Story, Effect] => {
  const story = begun(options);
  if (side === "private") story.tell(privately("maria", "m1"));
  story.tell(answered(key, "a", { side }));
  return [story, story.last(side === "public" ? "reply" : "message")];
};
const answer = (story: Story) => story.entries.get("desk/answer/a" as never);

it("whatever became of an act on the case, it is decided without anybody's words", () => {
  const acts: readonly CrmAct[] = [
    { do: "open", persona: person("maria"), fields: {}, saidAt: t0 },
    { do: "entry" },
    { do: "state", fields: { resolved: false } },
    { do: "answerState", answer: entry().key, state: "sent" },
  ];
  const outcomes: readonly Exclude<Outcome, { as: "again" }>[] = [
    done({ at: t0, case: caseRef("1") }),
    { as: "rehearsed" },
    { as: "refused", fault: "invalid", why: { code: "crm-refused" } },
    { as: "parked", why: { code: "crm-refused" }, doubt: true },
    { as: "held", hold: { kind: "approval", why: { code: "four-eyes" } } },
  ];
  const talk = conversation({ turn: 2, revision: 4 });
  const whole = { personas: [{ ref: person("maria"), profile: {}, roles: [] }], entries: [entry()], leaked: ["4711"] };
  for (const act of acts) {
    for (const outcome of outcomes) {
      const event = settled(effectOf(act, { content: entry().content }), outcome, t0);
      expect(saysNothing(event)).toBe(true);
      const decided = [whole, { personas: [], entries: [], leaked: [] }].map((some) => {
        const known = { ...some, drafts: [], pauses: [], token: "" };
        return advance([talk], { event, known, can: () => abilities(), rules: rules(), now: t0 });
      });
      expect(decided[1]).toEqual(decided[0]);
    }
  }
});

describe("what was done", () => {
  it("an opened case is known by its number, and found by it", () => {
    const story = createStory();
    story.tell(publicly("maria", "1"));
    const { talk, why, decisions } = story.perform(story.last("open"));
    expect(talk.case).toMatchObject({ stage: "open", ref: { crm: "desk", id: "1", number: "#1" } });
    expect(why).toContain("case-opened");
    expect(decisions[0]?.clues).toContain("case:desk/1");
  });

  it.for(["closed", "reopening"] as const)("a receipt of the opening that comes late does not undo %s", (stage) => {
    const story = createStory();
    story.tell(publicly("maria", "1"));
    story.tell(seen(story.talk(key), { closed: true, at: t0 + minute }));
    if (stage === "reopening") story.tell(publicly("maria", "2", { at: t0 + 2 * minute }));
    expect(story.perform(story.last("open")).talk.case.stage).toBe(stage);
  });

  it.for<["public" | "private", string]>([
    ["public", "firstPublicAnswer"],
    ["private", "firstPrivateAnswer"],
  ])("%s words stand: the agent has the link, the clock turns to the customer", ([side, stamp]) => {
    const [story, effect] = promised(side);
    const at = t0 + hour;
    const { talk, effects } = story.settle(effect, done({ at, post: post("p9"), url: "https://net.test/p9" }));
    expect(answer(story)).toMatchObject({ state: "said", at, post: post("p9"), url: "https://net.test/p9" });
    expect(talk).toMatchObject({ awaiting: "customer", awaitingSince: at, stamps: { [stamp]: at } });
    expect(deeds({ effects })).toEqual(["answerState sent", "state"]);
    expect(story.last("answerState").act.url).toBe("https://net.test/p9");
    expect(talk.turn).toBe(side === "public" ? 2 : 3);
  });

  it("a receipt from before her last word does not answer that", () => {
    const [story, effect] = promised("public");
    story.tell(publicly("maria", "2", { at: t0 + 2 * minute }));
    const { talk } = story.settle(effect, done({ at: t0 + minute, post: post("p9") }));
    expect(talk.awaiting).toBe("us");
    expect(answer(story)?.state).toBe("said");
  });

  it("another name learned by acting is one of hers from then on, once", () => {
    const story = begun({ can: { privateReply: { withinMs: 7 * day }, look: false } });
    const learned = person("psid-7", "page-scoped");
    for (const id of ["a", "b", "c", "d", "e"]) {
      story.tell(publicly("maria", `post ${id}`));
      story.tell(answered(key, id));
      story.perform(story.last("privateReply"), { learned, thread: thread("t") });
    }
    expect(story.talk(key).personas).toEqual([person("maria"), learned]);
    const by = { by: learned, actor: { kind: "customer", persona: learned } } as const;
    expect(story.tell(privately("psid-7", "m1", by)).talk.key).toBe(key);
  });

  it("proof that it stands, after it was given up: it was said", () => {
    const [story, effect] = promised("public");
    story.settle(effect, { as: "refused", fault: "dropped", why: { code: "dropped-by-person" } });
    expect(answer(story)?.state).toBe("withdrawn");
    const { why, effects } = story.settle(effect, done({ at: t0, post: post("p9"), proof: "echo" }));
    expect(why).toContain("said");
    expect(answer(story)?.state).toBe("said");
    expect(deeds({ effects })).toContain("answerState sent");
  });

  it("proof that it stands, while it waits for a yes: nothing waits any more", () => {
    const [story, effect] = promised("public");
    story.settle(effect, { as: "held", hold: { kind: "approval", why: { code: "was-paused" } } });
    expect(story.drafts.size).toBe(1);
    story.settle(effect, done({ at: t0, post: post("p9"), proof: "echo" }));
    expect(story.drafts.size).toBe(0);
  });
});

describe("what was not done", () => {
  const why = { code: "network-refused", params: { fault: "forbidden" } } as const;

  it.for<[string, Exclude<Outcome, { as: "again" | "done" }>, string, string, string[]]>([
    ["refused", { as: "refused", fault: "forbidden", why }, "withdrawn", "network-refused", ["answerState failed"]],
    [
      "withdrawn",
      { as: "refused", fault: "withdrawn", why: { code: "post-is-gone" } },
      "withdrawn",
      "post-is-gone",
      ["answerState failed"],
    ],
    [
      "expired",
      { as: "refused", fault: "expired", why: { code: "too-late-to-say" } },
      "withdrawn",
      "too-late-to-say",
      ["answerState failed"],
    ],
    [
      "parked",
      { as: "parked", why: { code: "may-have-gone-out" }, doubt: true },
      "in-doubt",
      "parked",
      ["answerState failed"],
    ],
    [
      "held",
      { as: "held", hold: { kind: "guard", why: { code: "private-data", params: { kinds: "email" } } } },
      "draft",
      "held",
      ["answerState held"],
    ],
    ["rehearsed", { as: "rehearsed" }, "draft", "rehearsed", []],
  ])("%s", ([, outcome, state, code, told]) => {
    const [story, effect] = promised("public", { policy: { invite: false } });
    const out = story.settle(effect, outcome);
    expect(answer(story)?.state).toBe(state);
    expect(out.why).toContain(code);
    expect(deeds(out)).toEqual(told);
    expect(out.talk).toMatchObject({ awaiting: "us", turn: 1 });
  });

  it("parked in doubt: other words are not promised while a person has to look; parked otherwise, they are", () => {
    for (const [doubt, state] of [
      [true, "in-doubt"],
      [false, "draft"],
    ] as const) {
      const [story, effect] = promised("public");
      story.settle(effect, { as: "parked", why: { code: "may-have-gone-out" }, doubt });
      expect(answer(story)?.state).toBe(state);
    }
  });

  it("held: a draft again, for the same address and under the same key", () => {
    const [story, effect] = promised("public");
    story.settle(effect, { as: "held", hold: { kind: "paused", why: { code: "paused" } } });
    const draft = story.drafts.get("desk/answer/a" as never);
    expect(draft).toMatchObject({ act: effect.act, words: "person", side: "public", holds: [{ kind: "paused" }] });
  });

  it.for(["refused", "held"] as const)(
    "%s, and a newer version came while it was in hand: that one gets its turn",
    (as) => {
      const [story, effect] = promised("public");
      story.tell(answered(key, "a", { side: "public", version: 2, text: "better words" }));
      const outcome =
        as === "refused"
          ? ({ as, fault: "withdrawn", why: { code: "newer-version-known" } } as const)
          : ({ as, hold: { kind: "paused", why: { code: "paused" } } } as const);
      const out = story.settle(effect, outcome);
      expect(out.why).toContain("newer-version-known");
      const again = out.effects.find(({ act }) => act.do === "reply");
      expect(again).toMatchObject({ key: effect.key, act: effect.act, content: { version: 2 }, words: "person" });
      expect(answer(story)).toMatchObject({ version: 2, state: "draft" });
      expect(story.drafts.size).toBe(0);
    },
  );

  it("a case that cannot be opened is told of, and changes nothing", () => {
    const story = createStory();
    story.tell(publicly("maria", "1"));
    const out = story.settle(story.last("open"), {
      as: "parked",
      why: { code: "crm-refused", params: { fault: "invalid" } },
      doubt: false,
    });
    expect(out.why).toEqual(["settled", "parked"]);
    expect(out.effects).toEqual([]);
    expect(out.talk.case.stage).toBe("promised");
  });
});
