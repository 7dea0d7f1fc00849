import { describe, expect, it } from "vitest";
import type { ChannelAbilities } from "../../src/core/contracts/channel.ts";
import type { Answered } from "../../src/core/words/event.ts";
import {
  agent,
  answered,
  byHand,
  day,
  gone,
  hour,
  minute,
  ordered,
  pause,
  person,
  post,
  privately,
  publicly,
  t0,
  thread,
} from "./make.ts";
import { createStory, deeds, type Story, type Told } from "./story.ts";

const key = publicly("maria", "1").key as never;
type Options = NonNullable<Parameters<typeof createStory>[0]>;

const begun = (options: Options = {}, said = publicly("maria", "1")): Story => {
  const story = createStory(options);
  story.tell(said);
  story.perform(story.last("open"));
  return story;
};
const answer = (story: Story, id: string, differs: Partial<Answered> = {}): Told =>
  story.tell(answered(key, id, { at: story.now, ...differs }));

describe("where an agent's words go", () => {
  it.for<[string, Options, Partial<Answered>, string[]]>([
    ["nothing said: private, and held until she writes", {}, {}, ["answerState held"]],
    ["the policy says public", { policy: { answers: "public" } }, {}, ["reply", "answerState queued"]],
    ["the agent says public", {}, { side: "public" }, ["reply", "answerState queued"]],
    ["we may write first", { can: { message: { withinMs: day, first: true } } }, {}, ["message", "answerState queued"]],
    [
      "the network lets us answer a post in private",
      { can: { privateReply: { withinMs: 7 * day }, look: false } },
      {},
      ["privateReply", "answerState queued"],
    ],
    [
      "in code: the CRM is told the words as well",
      {},
      { source: "person", side: "public" },
      ["entry", "reply", "answerState queued"],
    ],
  ])("%s", ([, options, differs, expected]) => {
    expect(deeds(answer(begun(options), "a", differs))).toEqual(expected);
  });

  it("after she wrote in private: a message, in her thread, from whom it was written", () => {
    const story = begun();
    story.tell(privately("maria", "m1"));
    const { effects } = answer(story, "a");
    expect(effects[0]).toMatchObject({
      key: "desk/answer/a/answer",
      door: "net/acme/private",
      act: { do: "message", to: person("maria"), thread: thread("thread-maria") },
      words: "person",
      by: agent,
      content: { entry: "desk/answer/a", version: 1, of: person("maria") },
    });
  });

  it.for<[string, Partial<ChannelAbilities>, number, string]>([
    ["inside the window for people", {}, 6 * day, "message"],
    ["outside of it", {}, 8 * day, "private-window-closed"],
    [
      "no window for people: the usual one",
      { message: { withinMs: day, first: false } },
      2 * day,
      "private-window-closed",
    ],
  ])("private, %s", ([, can, later, expected]) => {
    const story = begun({ can });
    story.tell(privately("maria", "m1"));
    story.now = t0 + later;
    const told = answer(story, "a");
    const [draft] = [...story.drafts.values()];
    expect(draft?.holds[0]?.why.code ?? told.effects[0]?.act.do).toBe(expected);
  });

  it.for<[string, Options, Partial<Parameters<typeof publicly>[2] & object>, Partial<Answered>, string]>([
    [
      "she did not call on us, and the network wants that",
      { can: { reply: { summonedOnly: true } } },
      { summons: false },
      {},
      "not-summoned",
    ],
    ["the network has no public answers", { can: { reply: false } }, {}, {}, "channel-cannot-reply"],
  ])("refused in public: %s", ([, options, said, differs, why]) => {
    const story = begun(options, publicly("maria", "1", said));
    const told = answer(story, "a", { side: "public", ...differs });
    expect(told.why).toContain(why);
    expect(deeds(told)).toEqual(["answerState failed"]);
    expect(story.last("answerState").act.why?.code).toBe(why);
    expect(story.entries.get("desk/answer/a" as never)?.state).toBe("withdrawn");
  });

  it("refused in public: there is nothing public to answer", () => {
    const story = createStory();
    story.tell(privately("maria", "m1"));
    const told = story.tell(answered(privately("maria", "m1").key as never, "a", { side: "public" }));
    expect(told.why).toContain("no-public-post");
  });

  it("under her newest post, when the agent names none", () => {
    const story = begun();
    story.tell(publicly("maria", "2", { at: t0 + minute }));
    expect(answer(story, "b", { side: "public" }).effects[0]?.act).toMatchObject({
      under: post("2"),
      to: person("maria"),
    });
  });

  it("under the entry the agent answers, when that is a public one of this conversation", () => {
    const story = begun();
    story.tell(publicly("maria", "2", { at: t0 + minute }));
    story.tell(publicly("bob", "3"));
    story.tell(privately("maria", "m1", { at: t0 + minute }));
    const told = (answers: Answered["answers"]): unknown => {
      const out = answer(story, `to ${answers}`, { side: "public", ...(answers === undefined ? {} : { answers }) });
      const act = out.effects.find((one) => one.act.do === "reply")?.act;
      return act?.do === "reply" ? act.under.id : out.why.at(-1);
    };
    expect(told(publicly("maria", "1").entry)).toBe("1");
    expect(told(publicly("bob", "3").entry)).toBe("answers-no-post-of-this-conversation");
    expect(told(privately("maria", "m1").entry)).toBe("answers-no-post-of-this-conversation");
    expect(told(undefined)).toBe("2");
  });

  it("no private reply to a post that has left the feed", () => {
    const story = begun({ can: { privateReply: { withinMs: 7 * day } } });
    story.tell(gone("1"));
    expect(deeds(answer(story, "a"))).toEqual(["answerState held"]);
  });
});

describe("no private side yet", () => {
  it("is held, the agent is told why, and it goes out when she writes", () => {
    const story = begun();
    const told = answer(story, "a");
    expect(told.why).toContain("held");
    expect(story.last("answerState").act).toMatchObject({
      state: "held",
      why: { code: "customer-has-not-written-privately" },
    });
    const freed = story.tell(privately("maria", "m1", { at: t0 + hour }));
    expect(freed.why).toContain("private-side-opened");
    expect(deeds(freed)).toEqual(["entry", "message", "answerState queued", "state"]);
    expect(story.last("message").act).toMatchObject({ to: person("maria"), thread: thread("thread-maria") });
    expect(story.drafts.size).toBe(0);
  });

  it("of several answers that wait, each goes out, in order, and each is told of", () => {
    const story = begun();
    for (const id of ["a", "b", "c"]) answer(story, id, { at: t0 + minute });
    const freed = story.tell(privately("maria", "m1", { at: t0 + hour }));
    const states = freed.effects.flatMap(({ act }) => (act.do === "answerState" ? [`${act.answer} ${act.state}`] : []));
    expect(states).toEqual(["a", "b", "c"].map((id) => `desk/answer/${id} queued`));
    expect(freed.effects.filter(({ act }) => act.do === "message").map((one) => one.key)).toEqual(
      ["a", "b", "c"].map((id) => `desk/answer/${id}/answer`),
    );
  });

  it("a person's yes does not help where there is no way to go", () => {
    const story = begun();
    answer(story, "a");
    const told = story.tell(ordered(key, { order: "release", draft: "desk/answer/a" as never }));
    expect(told.effects).toEqual([]);
    expect(story.drafts.get("desk/answer/a" as never)?.holds[0]?.kind).toBe("no-private-side");
  });
});

describe("the invite", () => {
  const token = (told: Told): string | undefined => {
    const act = told.effects.find((one) => one.act.do === "reply")?.act;
    return act?.do === "reply" ? act.invite : undefined;
  };

  it("is carried by the first public answer only", () => {
    const story = begun();
    const first = answer(story, "a", { side: "public" });
    expect(token(first)).toMatch(/^ct-/);
    expect(first.talk.invite).toMatchObject({
      token: token(first),
      to: person("maria"),
      stage: "promised",
      rung: "public-reply",
    });
    expect(token(answer(story, "b", { side: "public" }))).toBeUndefined();
    expect(story.perform(story.last("reply")).talk.invite?.stage).toBe("promised");
    const carried = story.effects.get("desk/answer/a/answer" as never);
    expect(carried && story.perform(carried).talk).toMatchObject({
      invite: { stage: "sent" },
      stamps: { invited: t0 },
    });
    expect(token(answer(story, "c", { side: "public" }))).toBeUndefined();
  });

  it.for<[string, Options, (story: Story) => unknown, Partial<Answered>]>([
    ["the brand does not want it", { policy: { invite: false } }, () => {}, {}],
    ["the network cannot carry it", { can: { invite: false } }, () => {}, {}],
    ["she is in private already", {}, (story) => story.tell(privately("maria", "m1")), {}],
    ["the machine speaks", {}, () => {}, { by: { kind: "automation" } }],
  ])("is not carried when %s", ([, options, before, differs]) => {
    const story = begun(options);
    before(story);
    expect(token(answer(story, "a", { side: "public", ...differs }))).toBeUndefined();
  });

  it("goes on with a new version of the answer that carries it", () => {
    const story = begun();
    const first = token(answer(story, "a", { side: "public" }));
    const second = answer(story, "a", { side: "public", version: 2, text: "better words" });
    expect(token(second)).toBe(first);
    expect(story.perform(story.last("reply")).talk.invite?.stage).toBe("sent");
  });

  it("is free again when the answer that carried it did not go out", () => {
    const story = begun();
    const first = token(answer(story, "a", { side: "public" }));
    const refused = {
      as: "refused",
      fault: "invalid",
      why: { code: "network-refused", params: { fault: "invalid" } },
    } as const;
    expect(story.settle(story.last("reply"), refused).talk.invite?.stage).toBe("refused");
    const next = token(answer(story, "b", { side: "public" }));
    expect(next).toMatch(/^ct-/);
    expect(next).not.toBe(first);
  });

  it("of two answers that waited, only the first to leave carries one", () => {
    const story = begun();
    story.pauses.push(pause({ side: "public" }));
    answer(story, "a", { side: "public" });
    answer(story, "b", { side: "public" });
    story.pauses.length = 0;
    const release = (id: string): Told =>
      story.tell(ordered(key, { order: "release", draft: `desk/answer/${id}` as never }));
    const [b, a] = [release("b"), release("a")];
    expect([token(b), token(a)]).toEqual([b.talk.invite?.token, undefined]);
    expect(a.talk.invite?.token).toBe(token(b));
  });
});

describe("one answer, one act", () => {
  it("told twice, and told again under another event: promised once", () => {
    const story = begun();
    const one = answer(story, "a", { side: "public" });
    const two = story.tell(answered(key, "a", { side: "public", key: "told/again" as never }));
    expect(two.effects.find(({ act }) => act.do === "reply")?.key).toBe(
      one.effects.find(({ act }) => act.do === "reply")?.key,
    );
    expect([...story.effects.values()].filter(({ act }) => act.do === "reply")).toHaveLength(1);
  });

  it.for<[string, (story: Story) => unknown, Partial<Answered>, string]>([
    [
      "what was said was said",
      (story) => story.perform(story.last("reply")),
      { version: 2, text: "too late" },
      "already-said",
    ],
    [
      "what was withdrawn needs new words",
      (story) => story.tell(ordered(key, { order: "withdraw", draft: "desk/answer/a" as never })),
      {},
      "already-withdrawn",
    ],
    [
      "an older version is no correction",
      (story) => answer(story, "a", { side: "public", version: 3, text: "third" }),
      { version: 2, text: "second" },
      "newer-version-known",
    ],
  ])("%s", ([, before, differs, why]) => {
    const story = begun();
    answer(story, "a", { side: "public" });
    before(story);
    const text = story.entries.get("desk/answer/a" as never)?.text;
    const told = answer(story, "a", { side: "public", key: "told/again" as never, ...differs });
    expect(told.why).toContain(why);
    expect(told.effects).toEqual([]);
    expect(story.entries.get("desk/answer/a" as never)?.text).toBe(text);
  });

  it("what was withdrawn may be written anew", () => {
    const story = begun();
    answer(story, "a", { side: "public" });
    const told = story.tell(ordered(key, { order: "withdraw", draft: "desk/answer/a" as never }));
    expect(told.why).toContain("withdrawn");
    expect(deeds(told)).toEqual(["answerState failed"]);
    expect(deeds(answer(story, "a", { side: "public", version: 2 }))).toContain("reply");
  });
});

describe("the guard on public words", () => {
  const told = "I am at maria@example.org, order 44871";

  it.for<[string, string, boolean]>([
    ["an address of hers", "We wrote to maria@example.org", true],
    ["an order number told only in private", "Order 44871 is on its way", true],
    ["the same number, written otherwise", "Order 448 71 is on its way", true],
    ["the same number beside another", "Order 44871 (2 parcels)", true],
    ["a number nobody told us", "Call 24/7, form 1234", false],
    ["nothing of hers", "We are on it", false],
  ])("%s", ([, text, blocked]) => {
    const story = begun();
    story.tell(privately("maria", "m1", { text: told }));
    const out = answer(story, "a", { side: "public", text });
    expect(deeds(out)).toEqual(blocked ? ["answerState held"] : ["reply", "answerState queued"]);
    expect([...story.drafts.values()].map((draft) => draft.holds[0]?.kind)).toEqual(blocked ? ["guard"] : []);
  });

  it("what she said in public herself is no secret", () => {
    const story = begun({}, publicly("maria", "1", { text: "where is order 44871?" }));
    story.tell(privately("maria", "m1", { text: told }));
    expect(deeds(answer(story, "a", { side: "public", text: "Order 44871 is on its way" }))).toContain("reply");
  });

  it("a yes does not open it: the words must be written anew", () => {
    const story = begun();
    story.tell(privately("maria", "m1", { text: told }));
    answer(story, "a", { side: "public", text: "Order 44871 is on its way" });
    const yes = story.tell(ordered(key, { order: "release", draft: "desk/answer/a" as never }));
    expect(deeds(yes)).toEqual(["answerState held"]);
    expect(deeds(answer(story, "a", { side: "public", version: 2, text: "It is on its way" }))).toContain("reply");
    expect(story.drafts.size).toBe(0);
  });

  it("asked to report only, it lets them pass and says so", () => {
    const story = begun({ policy: { guard: "report" } });
    const out = answer(story, "a", { side: "public", text: "write to help@acme.test" });
    expect(out.why).toContain("guard-would-block");
    expect(deeds(out)).toContain("reply");
  });

  it("private words are not looked at", () => {
    const story = begun();
    story.tell(privately("maria", "m1", { text: told }));
    expect(deeds(answer(story, "a", { text: "Order 44871 is on its way" }))).toContain("message");
  });
});

describe("whoever answers by hand", () => {
  it("opens a private side that has a thread, and nothing we may write to before she has", () => {
    const story = begun();
    story.tell(privately("acme", "m1", { ...byHand, to: person("maria"), thread: thread("t") }));
    expect(story.talk(key).private).toEqual({ to: person("maria"), thread: thread("t"), control: "us" });
    expect(deeds(answer(story, "a"))).toEqual(["answerState held"]);
  });
});
