import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { Actor } from "../../src/core/words/entry.ts";
import type { Answered, BridgeEvent } from "../../src/core/words/event.ts";
import { answered, byHand, hour, minute, ordered, person, privately, publicly, t0, woken } from "./make.ts";
import { createStory, deeds, type Story, type Told } from "./story.ts";

const key = publicly("maria", "1").key as never;
const ann: Actor = { kind: "agent", id: "ann" };
const bob: Actor = { kind: "agent", id: "bob" };
const begun = (policy: Policy = {}): Story => {
  const story = createStory({ policy: { invite: false, ...policy } });
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
const say = (story: Story, id: string, by: Actor, differs: Partial<Answered> = {}): Told =>
  story.tell(answered(key, id, { by, side: "public", at: story.now, ...differs }));
const holdOf = (story: Story, id: string): string | undefined =>
  story.drafts.get(`desk/answer/${id}` as never)?.holds[0]?.why.code;
const yes = (story: Story, id: string, by: Actor = bob): Told =>
  story.tell({ ...ordered(key, { order: "release", draft: `desk/answer/${id}` as never }, story.now), by });
const profile = (gone: "suspended" | "deleted" | undefined, handle: string, at: number): BridgeEvent => ({
  as: "profiled",
  key: `profiled/${at}` as never,
  at,
  source: "webhook",
  persona: person("maria"),
  profile: { handle },
  ...(gone === undefined ? {} : { gone }),
});

describe("words that are out of date", () => {
  it.for<[string, (story: Story) => void, Actor, Partial<Answered>, string | undefined, string | undefined]>([
    ["nothing has happened", () => {}, bob, {}, undefined, undefined],
    [
      "another person has answered the same words",
      (s) => void say(s, "a", ann),
      bob,
      {},
      "another-person-has-answered",
      undefined,
    ],
    ["the same person answers twice", (s) => void say(s, "a", bob), bob, {}, undefined, undefined],
    ["who answered first is not known", (s) => void say(s, "a", { kind: "agent" }), bob, {}, undefined, undefined],
    [
      "another person has answered, and she has spoken since",
      (s) => {
        say(s, "a", ann);
        s.tell(publicly("maria", "2", { at: t0 + minute }));
      },
      bob,
      {},
      undefined,
      undefined,
    ],
    [
      "somebody has answered by hand in the network's own app",
      (s) => void s.tell(publicly("acme", "h", { ...byHand, under: "1", at: t0 + 1 })),
      bob,
      {},
      "another-person-has-answered",
      undefined,
    ],
    [
      "the answer of another person did not go out",
      (s) => {
        say(s, "a", ann);
        s.settle(s.last("reply"), {
          as: "refused",
          fault: "forbidden",
          why: { code: "network-refused", params: { fault: "forbidden" } },
        });
      },
      bob,
      {},
      undefined,
      undefined,
    ],
    [
      "she has spoken since its author looked",
      (s) => void s.tell(publicly("maria", "2", { at: t0 + 1 })),
      bob,
      { turn: 1 },
      undefined,
      "customer-spoke-meanwhile",
    ],
    [
      "the post was edited since its author looked",
      (s) => void s.tell(publicly("maria", "1", { version: 2, at: t0 + 1 })),
      bob,
      { turn: 1 },
      undefined,
      "post-changed-meanwhile",
    ],
    [
      "her account was suspended",
      (s) => void s.tell(profile("suspended", "maria", t0 + 1)),
      bob,
      {},
      "author-suspended",
      undefined,
    ],
    [
      "she was renamed, and is written to by her old handle",
      (s) => void s.tell(profile(undefined, "maria2", t0 + 1)),
      bob,
      { text: "Hello @maria" },
      "handle-changed",
      undefined,
    ],
    [
      "she was renamed, and is not named",
      (s) => void s.tell(profile(undefined, "maria2", t0 + 1)),
      bob,
      { text: "Hello" },
      undefined,
      undefined,
    ],
  ])("%s", ([, happens, by, differs, hold, note]) => {
    const story = begun();
    happens(story);
    const told = say(story, "b", by, differs);
    expect(holdOf(story, "b")).toBe(hold);
    expect(deeds(told)).toEqual(hold === undefined ? ["reply", "answerState queued"] : ["answerState held"]);
    if (note !== undefined) expect(told.why).toContain(note);
    if (hold === undefined) return;
    // Confirmed by a person it goes.
    expect(deeds(yes(story, "b", by))).toEqual(["reply", "answerState queued"]);
  });
});

describe("a claim", () => {
  const claim = (story: Story, by: Actor, begins = true): Told =>
    story.tell({ ...ordered(key, { order: "claim", claim: begins }, story.now), by });
  it("lets other people's words wait for ten minutes, and ends by itself", () => {
    const story = begun();
    claim(story, ann);
    say(story, "b", bob);
    expect(holdOf(story, "b")).toBe("somebody-is-answering");
    expect(story.wakes.get(key)).toBe(t0 + 10 * minute);
    expect(deeds(story.tell(woken(key, t0 + 10 * minute)))).toEqual(["reply", "answerState queued"]);
  });
  it("is over with its author's answer: then the other is asked", () => {
    const story = begun();
    claim(story, ann);
    say(story, "b", bob);
    say(story, "a", ann);
    expect(story.talk(key).claim).toBeUndefined();
    story.tell(woken(key, t0 + 10 * minute));
    expect(holdOf(story, "b")).toBe("another-person-has-answered");
  });
  it("is given up, and what waited for it goes", () => {
    const story = begun();
    claim(story, ann);
    say(story, "b", bob);
    expect(deeds(claim(story, ann, false))).toEqual(["reply", "answerState queued"]);
  });
  it("belongs to who came first", () => {
    const story = begun();
    claim(story, ann);
    expect(claim(story, bob).why).toContain("somebody-is-answering");
    expect(story.talk(key).claim?.by).toEqual(ann);
    story.now = t0 + 11 * minute;
    claim(story, bob);
    expect(story.talk(key).claim?.by).toEqual(bob);
  });
  it("is set by words that wait, too", () => {
    const story = begun();
    say(story, "a", ann, { side: "private" });
    expect(story.talk(key).claim).toMatchObject({ by: ann, until: t0 + 10 * minute });
  });
});

describe("a yes that words need", () => {
  it("is needed where the rule that would say so throws", () => {
    const story = begun({
      approve: () => {
        throw new Error("the roles are away");
      },
    });
    const told = say(story, "a", ann);
    expect(told.why).toContain("rule-threw");
    expect(deeds(told)).not.toContain("reply");
    expect(holdOf(story, "a")).toBe("needs-a-yes");
    expect(deeds(yes(story, "a", bob))).toContain("reply");
  });
  const needs = (who: readonly string[] | true): Policy => ({
    approve: ({ text }) => (text.includes("refund") ? who : undefined),
  });
  it.for<[string, readonly string[] | true, Actor, string]>([
    ["somebody who is named", ["eva"], { kind: "agent", id: "eva" }, "released"],
    ["somebody else", ["eva"], bob, "may-not-release"],
    ["anybody but the author", true, bob, "released"],
    ["the author", true, ann, "may-not-release"],
    ["the author, who is named", ["ann"], ann, "released"],
  ])("from %s", ([, who, by, why]) => {
    const story = begun(needs(who));
    say(story, "a", ann, { text: "a refund" });
    expect(story.drafts.get("desk/answer/a" as never)?.holds[0]).toMatchObject({
      kind: "approval",
      ...(who === true ? {} : { by: who }),
    });
    const told = yes(story, "a", by);
    expect(told.why).toContain(why);
    expect(deeds(told).includes("reply")).toBe(why === "released");
  });
  it("is for these words at this address: a change of either voids it", () => {
    const story = begun({ ...needs(true), answers: "private" });
    say(story, "a", ann, { text: "a refund", side: "private" });
    // No address yet: a yes for nowhere is none for the message that it becomes.
    yes(story, "a");
    const told = story.tell(privately("maria", "m1", { at: t0 + hour }));
    expect(deeds(told)).not.toContain("message");
    expect(holdOf(story, "a")).toBe("needs-a-yes");
    say(story, "a", ann, { text: "a bigger refund", side: "private", version: 2 });
    expect(holdOf(story, "a")).toBe("needs-a-yes");
    expect(deeds(yes(story, "a"))).toContain("message");
  });
  it("no yes is needed for other words", () => {
    expect(deeds(say(begun(needs(true)), "a", ann, { text: "hello" }))).toContain("reply");
  });
});

describe("greeting and signature", () => {
  const policy: Policy = {
    greeting: ({ greeting }) => `Hi ${greeting},`,
    signature: ({ id }) => `^${id?.toUpperCase()}`,
  };
  it.for<[string, Partial<Answered>, string]>([
    ["are put around public words", { text: "we look into it." }, "Hi maria, we look into it. ^ANN"],
    ["never twice", { text: "Hello maria, we look into it. ^ann" }, "Hello maria, we look into it. ^ann"],
    ["never in private", { text: "we look into it.", side: "private" }, "we look into it."],
  ])("%s", ([, differs, text]) => {
    const story = begun(policy);
    say(story, "a", ann, differs);
    expect(story.entries.get("desk/answer/a" as never)?.text).toBe(text);
  });
  it("she is greeted with the first answer only", () => {
    const story = begun(policy);
    say(story, "a", ann);
    story.perform(story.last("reply"));
    say(story, "b", ann, { text: "and more." });
    expect(story.entries.get("desk/answer/b" as never)?.text).toBe("and more. ^ANN");
  });
});

it("an answer that was held after it was promised asks once another has answered, though she has written since", () => {
  const story = begun();
  story.tell(privately("maria", "m1", { at: t0 + minute }));
  story.now = t0 + 2 * minute;
  say(story, "a", ann, { side: "private" });
  story.settle(story.last("message"), {
    as: "held",
    hold: { kind: "no-private-side", why: { code: "private-window-closed" } },
  });
  say(story, "b", bob);
  const told = story.tell(privately("maria", "m2", { at: t0 + hour }));
  expect(deeds(told)).not.toContain("message");
  expect(holdOf(story, "a")).toBe("another-person-has-answered");
});

describe("words that were said by hand since they were written", () => {
  const hand = (id: string, at: number, text: string): BridgeEvent =>
    publicly("acme", id, { ...byHand, under: "1", at, text });
  const entry = (story: Story, id: string): unknown => story.entries.get(`desk/answer/${id}` as never);

  it("are not said again: their author is told where they stand", () => {
    const story = begun();
    story.tell(hand("h", t0 + 1, "@maria  We are on it. https://t.test/x"));
    const told = say(story, "b", bob, { at: t0, text: "We are on it." });
    expect(deeds(told)).toEqual(["answerState sent"]);
    expect(told.effects[0]?.act).toMatchObject({ state: "sent", url: "https://net.test/h" });
    expect(entry(story, "b")).toMatchObject({ state: "said", url: "https://net.test/h" });
    expect(story.drafts.size).toBe(0);
  });
  it("with the greeting and the signature around them", () => {
    const policy: Policy = { greeting: () => "Hello Maria,", signature: () => "^B" };
    const story = begun(policy);
    story.tell(hand("h", t0 + 1, "Hello Maria, We are on it. ^B"));
    expect(deeds(say(story, "b", bob, { at: t0, text: "We are on it." }))).toEqual(["answerState sent"]);
  });
  it("are one answer's: another of the same words is asked about", () => {
    const story = begun();
    story.tell(hand("h", t0 + 1, "We are on it."));
    say(story, "b", bob, { at: t0, text: "We are on it." });
    say(story, "c", bob, { at: t0, text: "We are on it." });
    expect(holdOf(story, "c")).toBe("another-person-has-answered");
  });
  it.for<[string, number, string, Partial<Answered>]>([
    ["said before they were written", t0 + 1, "We are on it.", { at: t0 + 2 }],
    ["other words", t0 + 1, "We are on it!", { at: t0 }],
    ["with a link that may be another", t0 + 1, "See https://acme.test/a", { at: t0, text: "See https://acme.test/b" }],
    [
      "with a photo",
      t0 + 1,
      "We are on it.",
      { at: t0, media: [{ kind: "photo", url: "https://acme.test/1.png", type: "image/png", bytes: 9 }] },
    ],
    ["meant for the private side", t0 + 1, "We are on it.", { at: t0, side: "private" }],
  ])("%s: they are others", ([, at, text, differs]) => {
    const story = begun();
    story.tell(hand("h", at, text));
    say(story, "b", bob, { text: "We are on it.", ...differs });
    expect(entry(story, "b")).not.toMatchObject({ state: "said" });
  });
  it("no words at all are nobody's", () => {
    const story = begun();
    story.tell(hand("h", t0 + 1, ""));
    say(story, "b", bob, { at: t0, text: "", media: [{ kind: "photo", url: "https://acme.test/1.png" }] });
    expect(entry(story, "b")).not.toMatchObject({ state: "said" });
  });
});
