import { describe, expect, it } from "vitest";
import type { Said } from "../../src/core/words/event.ts";
import {
  answered,
  byHand,
  caseRef,
  day,
  helper,
  hour,
  minute,
  ordered,
  person,
  post,
  privately,
  publicly,
  seen,
  t0,
  thread,
} from "./make.ts";
import { createStory, type Story } from "./story.ts";

/** Maria posts, and her case is open. */
const begun = (options?: Parameters<typeof createStory>[0]): Story => {
  const story = createStory(options);
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
const first = publicly("maria", "1").key as string;

/** An agent answers in public: the answer carries an invite, and stands on the network. */
const invited = (story: Story): string => {
  story.tell(answered(story.talk(first as never).key, "a", { side: "public" }));
  const reply = story.last("reply");
  story.perform(reply);
  return reply.act.invite ?? "";
};

describe("which conversation a customer's word joins", () => {
  it("three roots of one author within twenty minutes are one conversation with three threads", () => {
    const story = createStory();
    story.tell(publicly("maria", "1"));
    story.tell(publicly("maria", "2", { at: t0 + 8 * minute }));
    const { talk, why } = story.tell(publicly("maria", "3", { at: t0 + 19 * minute }));
    expect(story.talks.size).toBe(1);
    expect(talk.key).toBe(first);
    expect(talk.public).toMatchObject({ threads: 3, latest: post("3") });
    expect(why).toContain("joined-by-persona");
    expect([...story.effects.values()].filter(({ act }) => act.do === "open")).toHaveLength(1);
  });

  it.for<[string, string, (story: Story) => Said]>([
    ["an edit", "joined-by-known-post", () => publicly("maria", "1", { version: 2, text: "with a correction" })],
    [
      "an edit that the network gave another id",
      "joined-by-persona",
      () => publicly("maria", "1", { version: 2, post: post("1b"), root: post("1b") }),
    ],
    ["a reply in the same thread", "joined-by-branch", () => publicly("maria", "2", { under: "99", rootId: "1" })],
    ["another post of hers", "joined-by-persona", () => publicly("maria", "2", { at: t0 + 6 * day })],
    ["a message with the token", "joined-by-token", (story) => privately("maria", "m1", { token: invited(story) })],
    [
      "a message without a token, after an invite",
      "joined-by-invite",
      (story) => {
        invited(story);
        return privately("maria", "m1", { thread: thread("new") });
      },
    ],
    ["a message out of the blue", "joined-by-persona", () => privately("maria", "m1")],
    ["a message 29 days later", "joined-by-persona", () => privately("maria", "m1", { at: t0 + 29 * day })],
    [
      "a message in the thread where she wrote before",
      "joined-by-thread",
      (story) => {
        story.tell(privately("maria", "m1"));
        return privately("maria", "m2", { at: t0 + minute });
      },
    ],
  ])("%s joins (%s)", ([, way, make]) => {
    const story = begun();
    const { talk, why } = story.tell(make(story));
    expect(talk.key).toBe(first);
    expect(why).toContain(way);
    expect(story.talks.size).toBe(1);
  });

  it.for<[string, Partial<Said>]>([
    ["public, eight days after her last word", { at: t0 + 8 * day }],
    ["public, a moment past seven days", { at: t0 + 7 * day + 1 }],
  ])("%s: a new conversation that follows the old case", ([, differs]) => {
    const story = begun();
    const { talk, why } = story.tell(publicly("maria", "9", differs));
    expect(talk).toMatchObject({ key: publicly("maria", "9").key, follows: { id: "1" } });
    expect(why).toContain("began-after-closed");
    expect(story.last("open").act.follows).toEqual(caseRef("1"));
  });

  it("a message is let in for thirty days after her last word, whichever side that was on", () => {
    const story = begun();
    expect(story.tell(privately("maria", "m1", { at: t0 + 30 * day })).talk.key).toBe(first);
    const late = story.tell(privately("maria", "m2", { at: t0 + 60 * day + 1, thread: thread("t2") }));
    expect(late.talk.key).toBe(privately("maria", "m2").key);
  });

  it.for<[string, number, boolean]>([
    ["a minute", minute, true],
    ["72 hours", 72 * hour, true],
    ["a moment more than 72 hours", 72 * hour + 1, false],
  ])("%s after the case was closed: joins %s", ([, later, joins]) => {
    const story = begun();
    story.tell(seen(story.talk(first as never), { closed: true, at: t0 + hour }));
    const { talk, why } = story.tell(publicly("maria", "2", { at: t0 + hour + later, text: "It is broken again" }));
    expect(talk.key === first).toBe(joins);
    expect(talk.case.stage).toBe(joins ? "reopening" : "promised");
    expect(why.includes("began-after-closed")).toBe(!joins);
    if (!joins) expect(talk.follows).toEqual(caseRef("1"));
  });

  it("of several that are open the newest is taken, and how many more there are is said", () => {
    const story = begun();
    story.tell(publicly("maria", "2", { at: t0 + 8 * day }));
    story.tell(publicly("maria", "1", { version: 2, at: t0 + 8 * day, text: "an edit of the old one" }));
    const { resolution } = story.tell(publicly("maria", "3", { at: t0 + 8 * day }));
    expect(resolution).toMatchObject({ why: { code: "joined-by-persona", params: { others: 1 } } });
  });

  it("an edit belongs where its first version is, however long ago that was", () => {
    const story = begun();
    const { talk } = story.tell(publicly("maria", "1", { version: 2, at: t0 + 40 * day }));
    expect(talk.key).toBe(first);
  });
});

describe("whom a word is not filed under", () => {
  it("a stranger who brings the token gets a conversation of their own, marked for an agent to confirm", () => {
    const story = begun();
    const token = invited(story);
    const { talk, why } = story.tell(privately("bob", "m1", { token }));
    expect(why).toContain("began-with-anothers-token");
    expect(talk).toMatchObject({ key: privately("bob", "m1").key, personas: [person("bob")], related: first });
    expect(story.talk(first as never)).toMatchObject({ personas: [person("maria")], invite: { stage: "sent" } });
    expect(story.tell(privately("maria", "m2", { token })).talk).toMatchObject({
      key: first,
      invite: { stage: "answered" },
    });
  });

  it("the same id in another namespace is another person", () => {
    const story = begun();
    const by = person("maria", "page-scoped");
    const { talk } = story.tell(privately("maria", "m1", { by, actor: { kind: "customer", persona: by } }));
    expect(talk.key).not.toBe(first);
    expect(talk.personas).toEqual([by]);
  });

  it("another person under the same post has their own, marked as related", () => {
    const story = begun();
    const { talk } = story.tell(publicly("bob", "2", { under: "1" }));
    expect(talk).toMatchObject({ key: publicly("bob", "2").key, related: first, personas: [person("bob")] });
    expect(story.talk(first as never).turn).toBe(1);
  });

  it.for<[string, Said, string]>([
    ["a bare share", publicly("bob", "2", { share: true }), "bare-share"],
    ["the brand's own post", publicly("acme", "2", byHand), "own-words-about-nothing-open"],
    ["an employee's own post", publicly("eve", "2", helper("eve")), "own-words-about-nothing-open"],
    [
      "another account of the brand",
      publicly("acme2", "2", { actor: { kind: "other" } }),
      "own-words-about-nothing-open",
    ],
  ])("%s begins nothing (%#)", ([, said, why]) => {
    const story = begun();
    expect(story.tell(said).resolution).toEqual({ none: { code: why } });
    expect(story.talks.size).toBe(1);
  });

  it("an employee who helps joins what they answer, not the conversation they once had themselves", () => {
    const story = begun();
    story.tell(publicly("eve", "5", { at: t0 + minute }));
    const help = publicly("eve", "6", { ...helper("eve"), under: "1", at: t0 + 2 * minute });
    expect(story.tell(help)).toMatchObject({ talk: { key: first } });
    const aside = publicly("eve", "7", { ...helper("eve"), at: t0 + 3 * minute });
    expect(story.tell(aside).resolution).toEqual({ none: { code: "own-words-about-nothing-open" } });
  });

  it.for<[string, Said]>([
    ["public, under her post", publicly("acme", "2", { ...byHand, under: "1" })],
    ["private, in her thread", privately("acme", "m2", { ...byHand, thread: thread("thread-maria") })],
    [
      "private, in a new thread to her",
      privately("acme", "m2", { ...byHand, to: person("maria"), thread: thread("n") }),
    ],
  ])("what the brand says by hand joins what it answers: %s", ([, said]) => {
    const story = begun();
    story.tell(privately("maria", "m1"));
    const { talk, why } = story.tell(said);
    expect(talk.key).toBe(first);
    expect(why[0]).toBe("own-words-by-hand");
  });
});

describe("which conversation anything else is on", () => {
  it("what belongs to none has a why", () => {
    const story = createStory();
    const nowhere = answered("nowhere" as never, "a");
    expect(story.tell(nowhere).resolution).toEqual({ none: { code: "unknown-conversation" } });
    expect(story.tell(ordered("nowhere" as never, { order: "resolve" })).resolution).toEqual({
      none: { code: "unknown-conversation" },
    });
  });

  it("an opened invite is the invite's, not the opener's newest conversation", () => {
    const story = begun();
    const token = invited(story);
    story.tell(publicly("maria", "2", { at: t0 + 8 * day }));
    const told = story.tell({
      as: "opened",
      key: "opened/1" as never,
      at: t0 + 8 * day,
      source: "webhook",
      persona: person("maria"),
      token,
    });
    expect(told.talk).toMatchObject({ key: first, invite: { stage: "opened" } });
  });

  it("an opened invite still brings her message home, before any other conversation of hers", () => {
    const story = begun();
    const token = invited(story);
    const opened = { as: "opened", at: t0, source: "webhook", persona: person("maria"), token } as const;
    story.tell({ ...opened, key: "opened/1" as never });
    story.tell(publicly("maria", "2", { at: t0 + 8 * day }));
    const { talk, why } = story.tell(privately("maria", "m1", { at: t0 + 8 * day }));
    expect(talk.key).toBe(first);
    expect(why).toContain("joined-by-invite");
  });

  it("a case and an answer are found by the conversation's key or by the case", () => {
    const story = begun();
    const talk = story.talk(first as never);
    const { conversation: _, ...bare } = seen(talk, { status: "Working" });
    expect(story.tell(bare).talk).toMatchObject({ key: first, case: { status: "Working" } });
    const { conversation: __, ...answer } = answered(talk.key, "a", { case: caseRef("1") });
    expect(story.tell(answer).talk.key).toBe(first);
  });
});
