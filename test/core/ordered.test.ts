import { describe, expect, it } from "vitest";
import type { ConversationKey, EntryKey } from "../../src/core/words/ref.ts";
import {
  acme,
  answered,
  byHand,
  caseRef,
  day,
  helper,
  hour,
  minute,
  ordered,
  pause,
  person,
  post,
  privately,
  publicly,
  seen,
  t0,
} from "./make.ts";
import { createStory, deeds, type Story } from "./story.ts";

const maria = publicly("maria", "1").key as never as ConversationKey;
const bob = publicly("bob", "2").key as never as ConversationKey;
const answer = "desk/answer/a" as EntryKey;

const begun = (options?: Parameters<typeof createStory>[0]): Story => {
  const story = createStory(options);
  story.tell(publicly("maria", "1"));
  if (story.talk(maria).case.stage !== "none") story.perform(story.last("open"));
  return story;
};
const both = (options?: Parameters<typeof createStory>[0]): Story => {
  const story = begun(options);
  story.tell(publicly("bob", "2", { at: t0 + minute }));
  if (story.talk(bob).case.stage !== "none") story.perform(story.last("open"), { case: caseRef("2") });
  return story;
};

describe("orders on one conversation", () => {
  it.for<[string, Parameters<typeof ordered>[1], object, object]>([
    ["assign", { order: "assign", to: "ann" }, { assignee: "ann" }, { assignee: "ann" }],
    ["resolve", { order: "resolve" }, { awaiting: "nobody" }, { resolved: true, awaiting: "nobody" }],
    ["ignore", { order: "ignore" }, { disposition: "ignore", awaiting: "nobody" }, { awaiting: "nobody" }],
    [
      "route",
      { order: "route", to: "press" },
      { department: { name: "press" } },
      { department: "press", assignee: "PR" },
    ],
  ])("%s", ([, order, becomes, fields]) => {
    const story = begun({ policy: { departments: { press: { queue: "PR" } } } });
    const told = story.tell(ordered(maria, order));
    expect(told.talk).toMatchObject(becomes);
    expect(told.effects.map(({ act }) => act)).toEqual([{ do: "state", fields }]);
  });

  it("one topic, many conversations, each once", () => {
    const story = both();
    const join = { order: "topic", topic: { id: "outage" }, join: [bob] } as const;
    const told = story.tell(ordered(maria, join));
    expect(told.decisions.map(({ conversation }) => conversation.topics)).toEqual([
      [{ id: "outage" }],
      [{ id: "outage" }],
    ]);
    // Each case is told.
    expect(told.decisions.flatMap(({ effects }) => effects.map(({ act }) => act))).toEqual([
      { do: "state", fields: { topic: "outage" } },
      { do: "state", fields: { topic: "outage" } },
    ]);
    expect(story.tell(ordered(maria, join)).talk.topics).toEqual([{ id: "outage" }]);
  });

  it.for<["release" | "withdraw", string]>([
    ["release", "no-such-draft"],
    ["withdraw", "nothing-to-withdraw"],
  ])("%s of what is not there", ([order, why]) => {
    expect(begun().tell(ordered(maria, { order, draft: answer })).why).toContain(why);
  });

  it("a released draft says who said yes, to which words", () => {
    const story = begun();
    story.pauses.push(pause());
    story.tell(answered(maria, "a", { side: "public", version: 3 }));
    story.tell(ordered(maria, { order: "release", draft: answer }));
    expect(story.drafts.get(answer)?.approvals).toMatchObject([{ by: { id: "ann" }, of: "desk/answer/a/v3@reply/1" }]);
  });

  it("an answer withdrawn while it waits frees the invite it was to carry", () => {
    const story = begun();
    story.tell(answered(maria, "a", { side: "public" }));
    story.settle(story.last("reply"), { as: "held", hold: { kind: "paused", why: { code: "paused" } } });
    const { talk, effects } = story.tell(ordered(maria, { order: "withdraw", draft: answer }));
    expect(talk.invite?.stage).toBe("refused");
    expect(deeds({ effects })).toEqual(["answerState failed"]);
    expect(story.drafts.size).toBe(0);
  });
});

describe("merge", () => {
  const merged = (story: Story) => story.tell(ordered(maria, { order: "merge", with: bob }));

  it("one stays, with the words, names and clock of both; the other's case is closed and points to it", () => {
    const story = both();
    story.tell(publicly("acme", "3", { ...byHand, under: "1", at: t0 + 2 * minute }));
    expect(story.talk(maria).awaiting).toBe("customer");
    const told = merged(story);
    const [into, from] = told.decisions;
    expect(into?.conversation).toMatchObject({
      key: maria,
      personas: [person("maria"), person("bob")],
      awaiting: "us",
      awaitingSince: t0 + minute,
      stamps: { lastHeard: t0 + minute },
      public: { latest: post("2"), threads: 2 },
      case: { ref: { id: "1" } },
    });
    expect(deeds({ effects: into?.effects ?? [] })).toEqual(["entry", "state"]);
    expect(from?.conversation).toMatchObject({ key: bob, mergedInto: maria });
    expect(from?.effects.map(({ act }) => act)).toEqual([
      { do: "state", fields: { awaiting: "nobody", mergedInto: maria, resolved: true } },
    ]);
    expect(story.entries.get(publicly("bob", "2").entry)?.conversation).toBe(maria);
  });

  it("what finds the other goes to the one that stays", () => {
    const story = both();
    const other = story.talk(bob);
    merged(story);
    expect(story.tell(publicly("bob", "4", { under: "2", at: t0 + 3 * minute })).talk.key).toBe(maria);
    const told = story.tell(seen(other, { case: caseRef("2"), closed: true, at: t0 + 4 * minute }));
    expect(told.why).toContain("case-of-another");
    expect(told.talk.case).toMatchObject({ stage: "open", ref: { id: "1" } });
  });

  it("the other's case is not taken for the one that is still to be opened", () => {
    const story = createStory();
    story.tell(publicly("maria", "1"));
    story.tell(publicly("bob", "2", { at: t0 + minute }));
    const other = story.talk(bob);
    merged(story);
    const told = story.tell(seen(other, { case: caseRef("2"), closed: true, at: t0 + 2 * minute }));
    expect(told.why).toContain("case-of-another");
    expect(told.talk.case).toMatchObject({ stage: "promised" });
    expect(told.talk.case.ref).toBeUndefined();
  });

  it("answers that waited there wait here, and go out when the customer writes", () => {
    const story = both();
    story.tell(answered(bob, "a"));
    merged(story);
    expect(story.drafts.get(answer)?.conversation).toBe(maria);
    expect(deeds(story.tell(privately("bob", "m1", { at: t0 + 3 * minute })))).toContain("message");
  });

  it("of two conversations with one case, the one that stays has it", () => {
    const story = both({ policy: { dispose: ({ author }) => (author.handle === "maria" ? "watch" : undefined) } });
    expect(story.talk(maria).case.stage).toBe("none");
    const [into] = merged(story).decisions;
    expect(into?.conversation).toMatchObject({ disposition: "case", case: { stage: "promised" } });
    expect(deeds({ effects: into?.effects ?? [] })).toEqual(["open", "entry", "entry"]);
  });

  it.for<[string, (story: Story) => ReturnType<typeof ordered>, string]>([
    ["with nothing", () => ordered(maria, { order: "merge", with: "nobody" as never }), "nothing-to-merge"],
    ["with itself", () => ordered(maria, { order: "merge", with: maria }), "nothing-to-merge"],
  ])("%s: nothing", ([, make]) => {
    const story = begun();
    const { resolution } = story.tell(make(story));
    expect("none" in resolution).toBe(true);
  });
});

describe("split", () => {
  it("what was said from there on has a conversation and a case of its own", () => {
    const story = begun();
    story.tell(publicly("maria", "3", { at: t0 + minute }));
    story.tell(publicly("maria", "4", { at: t0 + 2 * minute }));
    const { decisions } = story.tell(ordered(maria, { order: "split", from: publicly("maria", "3").entry }, t0 + day));
    const [old, fresh] = decisions;
    expect(fresh?.conversation).toMatchObject({
      related: maria,
      personas: [person("maria")],
      turn: 2,
      case: { stage: "promised" },
    });
    expect(deeds({ effects: fresh?.effects ?? [] })).toEqual(["open", "entry", "entry"]);
    expect(old?.effects).toEqual([]);
    expect([...story.entries.values()].filter((one) => one.conversation === maria)).toHaveLength(1);
    expect(new Set(story.talks.keys()).size).toBe(2);
  });

  it("answers go under the newest post of each", () => {
    const story = begun();
    for (const [n, id] of ["3", "4"].entries()) story.tell(publicly("maria", id, { at: t0 + (n + 1) * minute }));
    const { decisions } = story.tell(ordered(maria, { order: "split", from: publicly("maria", "4").entry }));
    expect(
      decisions.map(({ conversation: { public: shown } }) => [shown?.latest.id, shown?.heardAt, shown?.url]),
    ).toEqual([
      ["3", t0 + minute, "https://net.test/3"],
      ["4", t0 + 2 * minute, "https://net.test/4"],
    ]);
  });

  it.for([
    ["a helper's words", publicly("eve", "5", { ...helper("eve"), under: "1", at: t0 + minute })],
    ["the brand's words", publicly("acme", "5", { ...byHand, under: "1", at: t0 + minute })],
  ] as const)("from %s on: the conversation is the customer's all the same", ([, said]) => {
    const story = begun();
    story.tell(said);
    const { decisions } = story.tell(ordered(maria, { order: "split", from: said.entry }));
    expect(decisions[1]?.conversation.personas).toEqual([person("maria")]);
  });

  it("an answer that waits goes along with what it answers", () => {
    const story = begun();
    const second = publicly("maria", "3", { at: t0 + minute });
    story.tell(second);
    const held = answered(maria, "a", { at: t0 + 2 * minute, side: "private" });
    story.tell(held);
    const [, fresh] = story.tell(ordered(maria, { order: "split", from: second.entry }, t0 + day)).decisions;
    expect(story.drafts.get(held.entry)?.conversation).toBe(fresh?.conversation.key);
  });

  it("an answer that was in hand is heard of where it stands now: her new case waits for us no more", () => {
    const story = begun();
    const second = publicly("maria", "3", { at: t0 + minute });
    story.tell(second);
    const mine = answered(maria, "a", { at: t0 + 2 * minute, side: "public" });
    story.tell(mine);
    const inHand = story.last("reply");
    const [, fresh] = story.tell(ordered(maria, { order: "split", from: second.entry }, t0 + hour)).decisions;
    expect(fresh?.conversation.awaiting).toBe("us");
    const told = story.perform(inHand, { at: t0 + hour + 1, post: post("9") });
    expect(told.talk).toMatchObject({ key: fresh?.conversation.key, awaiting: "customer" });
    expect(story.entries.get(mine.entry)).toMatchObject({ state: "said", conversation: fresh?.conversation.key });
    expect(story.tell(publicly("maria", "10", { at: t0 + 2 * hour, under: "9" })).talk.key).toBe(told.talk.key);
  });

  it("from words that are not there: nothing", () => {
    const told = begun().tell(ordered(maria, { order: "split", from: "x" as never }));
    expect(told.why).toContain("nothing-to-split");
    expect(told.decisions).toHaveLength(1);
  });
});

describe("adopt", () => {
  const adopt = { order: "adopt", case: caseRef("77"), post: post("1"), persona: person("maria") } as const;

  it("a post nobody knows: a conversation whose case is the one given", () => {
    const story = createStory();
    const { talk, effects } = story.tell(ordered(undefined, adopt));
    expect(talk).toMatchObject({
      account: acme,
      personas: [person("maria")],
      case: { stage: "promised", ref: { id: "77" } },
    });
    expect(effects).toHaveLength(1);
    expect(effects[0]).toMatchObject({ key: `${talk.key}/open`, act: { do: "open", adopts: { id: "77" } } });
    expect(story.tell(publicly("maria", "1", { version: 2, at: t0 + minute })).talk.key).toBe(talk.key);
  });

  it("a post that is watched: it becomes a case, and nothing known of it is lost", () => {
    const story = createStory({ policy: { dispose: () => "watch" } });
    const before = story.tell(publicly("maria", "1")).talk;
    const { talk } = story.tell(ordered(undefined, adopt, t0 + minute));
    expect(talk).toMatchObject({ key: maria, disposition: "case", public: before.public, stamps: before.stamps });
  });

  it("a post that has a case keeps it", () => {
    const { why, effects } = begun().tell(ordered(undefined, adopt));
    expect(why).toContain("has-a-case-already");
    expect(effects).toEqual([]);
  });
});

describe("words of one customer", () => {
  const lena = publicly("lena", "2").key as never;
  const strangers = (): Story => {
    const story = begun();
    story.tell(publicly("lena", "2", { at: t0 + minute }));
    return story;
  };

  it("that wait for her private side are not sent to whom she was merged with and parted from", () => {
    const story = strangers();
    const held = answered(lena, "a", { at: t0 + 2 * minute, side: "private", text: "Dear Lena, it is on its way" });
    story.tell(held);
    story.tell(ordered(maria, { order: "merge", with: lena }, t0 + hour));
    const [, fresh] = story.tell(ordered(maria, { order: "part", persona: person("lena") }, t0 + hour + 1)).decisions;
    expect(story.drafts.get(held.entry)?.conversation).toBe(fresh?.conversation.key);
    expect(deeds(story.tell(privately("maria", "m1", { at: t0 + 2 * hour })))).not.toContain("message");
    const hers = story.tell(privately("lena", "m2", { at: t0 + 3 * hour }));
    expect(hers.effects.find(({ act }) => act.do === "message")?.act).toMatchObject({ to: person("lena") });
  });

  it("that a network refuses after she was parted are not sent to the other, and wait where she is", () => {
    const story = createStory({ can: { privateReply: { withinMs: 7 * day }, look: false } });
    story.tell(publicly("maria", "1"));
    story.perform(story.last("open"));
    story.tell(privately("maria", "m0", { at: t0 + 1 }));
    story.tell(publicly("lena", "2", { at: t0 + minute }));
    const words = answered(lena, "a", { at: t0 + 2 * minute, side: "private", text: "Dear Lena, it is on its way" });
    story.tell(words);
    const inHand = story.last("privateReply");
    story.tell(ordered(maria, { order: "merge", with: lena }, t0 + hour));
    const [, fresh] = story.tell(ordered(maria, { order: "part", persona: person("lena") }, t0 + hour + 1)).decisions;
    const why = { code: "network-refused", params: { fault: "forbidden" } };
    const told = story.settle(inHand, { as: "refused", fault: "forbidden", why });
    expect(deeds(told)).toEqual(["answerState held"]);
    expect(story.drafts.get(words.entry)?.conversation).toBe(fresh?.conversation.key);
  });

  it.for([
    ["a merge is taken back", () => ({ order: "unmerge", from: lena }) as const],
    ["she is parted", () => ({ order: "part", persona: person("lena") }) as const],
  ] as const)("that were written for both go to nobody unasked when %s", ([, order]) => {
    const story = strangers();
    story.tell(ordered(maria, { order: "merge", with: lena }, t0 + hour));
    const words = answered(maria, "a", { at: t0 + 2 * hour, side: "private", text: "Dear Lena, it is on its way" });
    story.tell(words);
    const told = story.tell(ordered(maria, order(), t0 + 3 * hour));
    expect(deeds(told)).toContain("answerState held");
    expect(deeds(story.tell(privately("maria", "m1", { at: t0 + 4 * hour })))).not.toContain("message");
    const yes = story.tell(ordered(maria, { order: "release", draft: words.entry }, t0 + 5 * hour));
    expect(yes.effects.find(({ act }) => act.do === "message")?.act).toMatchObject({ to: person("maria") });
  });

  it("are not filed under another's by a version that comes to another case", () => {
    const story = strangers();
    story.tell(answered(maria, "a", { at: t0 + 2 * minute, side: "public" }));
    const told = story.tell(answered(lena, "a", { at: t0 + 3 * minute, side: "public", version: 2 }));
    expect(told.why).toContain("belongs-to-another-conversation");
    expect(deeds(told)).toEqual(["answerState failed"]);
    expect(story.entries.get(answered(maria, "a").entry)).toMatchObject({ conversation: maria, version: 1 });
  });
});
