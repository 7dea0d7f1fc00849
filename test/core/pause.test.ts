import { describe, expect, it } from "vitest";
import { concerns, type Pausable, pausedBy, waitedThrough } from "../../src/core/rules/pause.ts";
import type { Pause } from "../../src/core/words/conversation.ts";
import { type AccountRef, type ConversationKey, door, type EntryKey } from "../../src/core/words/ref.ts";
import { acme, answered, day, minute, ordered, pause, publicly, t0, woken } from "./make.ts";
import { createStory, deeds, type Story } from "./story.ts";

const other: AccountRef = { channel: "net", id: "other" };
const odd: AccountRef = { channel: "net", id: "a/b c" };
const act = (differs: Partial<Pausable> = {}): Pausable => ({
  door: door.of(acme, "public"),
  words: "person",
  at: t0,
  ...differs,
});

describe("what a pause concerns", () => {
  it.for<[string, Partial<Pause>, Partial<Pausable>, boolean]>([
    ["everything", {}, {}, true],
    ["everything, acts without words too", {}, { words: undefined as never }, true],
    ["this account", { account: acme }, {}, true],
    ["an account with an odd name", { account: odd }, { door: door.of(odd, "public") }, true],
    ["another account", { account: other }, {}, false],
    ["this side", { side: "public" }, {}, true],
    ["the other side", { side: "private" }, {}, false],
    ["these words", { words: "person" }, {}, true],
    ["other words", { words: "automatic" }, {}, false],
    ["words, and the act has none", { words: "automatic" }, { words: undefined as never }, false],
    ["a CRM, never", {}, { door: door.crm("desk") }, false],
    ["an advisor, never", {}, { door: door.advisor("tier") }, false],
  ])("%s", ([, differs, what, expected]) => {
    expect(concerns(pause(differs), act(what))).toBe(expected);
  });

  it.for<[string, Partial<Pause>, number, boolean, boolean]>([
    ["in force", {}, t0 + day, true, false],
    ["lifted before it was promised", { until: t0 }, t0 + minute, false, false],
    ["lifted after it was promised", { until: t0 + 1 }, t0 + minute, false, true],
    ["lifted at this very moment", { until: t0 + minute }, t0 + minute, false, true],
  ])("%s", ([, differs, now, holds, waited]) => {
    const pauses = [pause({ side: "private" }), pause(differs)];
    expect(pausedBy(pauses, act(), now) !== undefined).toBe(holds);
    expect(waitedThrough(pauses, act()) !== undefined).toBe(waited);
  });
});

const key = publicly("maria", "1").key as never as ConversationKey;
const answer = "desk/answer/a" as EntryKey;
const begun = (options: Parameters<typeof createStory>[0] = {}): Story => {
  const story = createStory(options);
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
/** An answer was written while a pause was in force; then it was lifted. */
const lifted = (): Story => {
  const story = begun();
  story.pauses.push(pause({ side: "public" }));
  story.tell(answered(key, "a", { side: "public" }));
  story.now = t0 + minute;
  story.pauses[0] = { ...story.pauses[0]!, until: story.now };
  return story;
};

describe("what waits through a pause", () => {
  it("a person's words are held while it is in force, and woken changes nothing", () => {
    const story = begun();
    story.pauses.push(pause({ side: "public" }));
    expect(deeds(story.tell(answered(key, "a", { side: "public" })))).toEqual(["answerState held"]);
    expect(story.drafts.get(answer)?.holds[0]?.kind).toBe("paused");
    expect(story.tell(woken(key, t0 + minute)).effects).toEqual([]);
    expect(story.drafts.get(answer)?.holds[0]?.kind).toBe("paused");
  });

  it("once it is lifted they ask for a yes, and leave with it", () => {
    const story = lifted();
    const told = story.tell(woken(key, story.now));
    expect(told.why).toContain("asks-for-a-yes");
    expect(deeds(told)).toEqual(["answerState held"]);
    expect(story.drafts.get(answer)?.holds).toEqual([{ kind: "approval", why: { code: "was-paused" } }]);
    expect(story.tell(woken(key, story.now + 1)).why).toEqual(["woken"]);
    const yes = story.tell(ordered(key, { order: "release", draft: answer }, story.now));
    expect(deeds(yes)).toEqual(["reply", "answerState queued"]);
    expect(waitedThrough(story.pauses, story.last("reply"))).toBeUndefined();
  });

  it("a decision made between the lifting and the waking does not put out the alarm", () => {
    const story = lifted();
    story.tell(publicly("maria", "2", { at: story.now }));
    expect(story.wakes.get(key)).toBe(story.now);
    story.tell(woken(key, story.now));
    expect(story.wakes.get(key)).toBeUndefined();
  });

  it("the pause comes back before the yes: held again", () => {
    const story = lifted();
    story.pauses.push(pause());
    const yes = story.tell(ordered(key, { order: "release", draft: answer }, story.now));
    expect(deeds(yes)).toEqual(["answerState held"]);
    expect(story.drafts.get(answer)?.holds[0]?.kind).toBe("paused");
  });

  it("words of the machine's are dropped, and no agent is told of them", () => {
    const story = begun({ policy: { words: { closing: () => "Glad it is sorted." } } });
    story.tell({
      as: "case",
      key: "c" as never,
      at: t0,
      source: "poll",
      case: { crm: "desk", id: "1" },
      conversation: key,
      status: "Closed",
      closed: true,
    });
    const told = story.settle(story.last("reply"), { as: "held", hold: { kind: "paused", why: { code: "paused" } } });
    expect(deeds(told)).toEqual([]);
    const out = story.tell(woken(key, t0 + minute));
    expect(out.why).toContain("was-paused");
    expect(out.effects).toEqual([]);
    expect(story.drafts.size).toBe(0);
    expect([...story.entries.values()].at(-1)).toMatchObject({ words: "automatic", state: "withdrawn" });
  });

  it("a draft whose time is over is dropped at the hour it asked to be woken", () => {
    const story = begun({ policy: { words: { closing: () => "write to help@acme.test" } } });
    story.tell({
      as: "case",
      key: "c" as never,
      at: t0,
      source: "poll",
      case: { crm: "desk", id: "1" },
      conversation: key,
      status: "Closed",
      closed: true,
    });
    const effect = story.last("reply");
    story.settle(effect, {
      as: "held",
      hold: { kind: "guard", why: { code: "private-data", params: { kinds: "email" } } },
    });
    const entry = effect.content?.entry as EntryKey;
    const yes = story.tell(ordered(key, { order: "release", draft: entry }));
    expect(yes.why).toContain("held");
    expect(yes.effects).toEqual([]);
    const wake = story.wakes.get(key) ?? 0;
    expect(wake).toBe((effect.notAfter ?? 0) + 1);
    expect(story.tell(woken(key, wake)).why).toContain("draft-expired");
    expect(story.drafts.size).toBe(0);
    expect(story.wakes.get(key)).toBeUndefined();
  });
});
