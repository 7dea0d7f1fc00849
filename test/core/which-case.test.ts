import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { CaseSeen, Said } from "../../src/core/words/event.ts";
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
  person,
  post,
  privately,
  publicly,
  seen,
  t0,
  woken,
} from "./make.ts";
import { createStory, deeds, type Story } from "./story.ts";

const key = publicly("maria", "1").key as never;
const begun = (policy: Policy = {}): Story => {
  const story = createStory({ policy });
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
const closedAt = t0 + hour;
const closed = (policy: Policy = {}, status = "Closed"): Story => {
  const story = begun(policy);
  story.tell(seen(story.talk(key), { closed: true, status, at: closedAt }));
  return story;
};

describe("a word after the case was closed", () => {
  it.for<[string, string, Policy, Partial<Said>, string, string]>([
    ["a question", "Closed", {}, { text: "It is broken again" }, "reopening", "reopened"],
    ["thanks", "Closed", {}, { text: "Thank you!" }, "closed", "courtesy-after-resolved"],
    ["a status that opens again", "Solved", { reopen: ["Solved"] }, { text: "Not so" }, "reopening", "reopened"],
    ["thanks from any status", "Spam", { reopen: ["Solved"] }, { text: "Thanks" }, "closed", "courtesy-after-resolved"],
    ["a status that does not", "Spam", { reopen: ["Solved"] }, { text: "Not so" }, "promised", "began-after-closed"],
    [
      "within a minute of closing",
      "Closed",
      {},
      { text: "One thing more", at: closedAt + 59_000 },
      "closed",
      "spoke-as-it-was-closed",
    ],
    [
      "a minute after closing",
      "Closed",
      {},
      { text: "One thing more", at: closedAt + minute },
      "reopening",
      "reopened",
    ],
  ])("%s, closed as %s", ([, status, policy, said, stage, why]) => {
    const story = closed(policy, status);
    const told = story.tell(publicly("maria", "2", { at: closedAt + 2 * hour, ...said }));
    expect(told.talk.case.stage).toBe(stage);
    expect(told.why).toContain(why);
    if (why === "began-after-closed") expect(told.talk.follows).toMatchObject({ id: "1" });
  });

  it("that came as it was closed opens it again once the CRM is quiet, and not while the agent still writes there", () => {
    const story = closed();
    story.tell(publicly("maria", "2", { at: closedAt + 10_000, text: "Wait, one thing more" }));
    expect(story.wakes.get(key)).toBe(closedAt + minute);
    story.tell(seen(story.talk(key), { closed: true, status: "Closed, checked", at: closedAt + 30_000 }));
    expect(story.wakes.get(key)).toBe(closedAt + 90_000);
    const told = story.tell(woken(key, closedAt + 90_000));
    expect(told.talk.case).toMatchObject({ stage: "reopening" });
    expect(told.talk.case.reopenAt).toBeUndefined();
    expect(story.last("state").act.fields).toMatchObject({ resolved: false, awaiting: "us" });
  });

  it("that was heard before its closing was seen is not lost: whoever closed it had not read it", () => {
    const story = begun({ words: { closing: () => "Glad it is sorted." } });
    story.tell(publicly("maria", "2", { at: t0 + 2 * minute, text: "And where is my refund?" }));
    const told = story.tell(seen(story.talk(key), { closed: true, at: t0 + minute }));
    expect(told.why).toContain("spoke-as-it-was-closed");
    expect(told.talk.awaiting).toBe("us");
    expect(deeds(told)).not.toContain("reply");
    expect(story.tell(woken(key, t0 + 4 * minute)).talk.case.stage).toBe("reopening");
  });

  it("thanks that crossed the closing keep it closed", () => {
    const story = begun();
    story.tell(publicly("maria", "2", { at: t0 + 2 * minute, text: "Thank you!" }));
    const told = story.tell(seen(story.talk(key), { closed: true, at: t0 + minute + 1 }));
    expect(told.talk.case.stage).toBe("closed");
    expect(told.talk.case.reopenAt).toBeUndefined();
  });

  it("a poll that shows closed and opened again as one shows nothing to do", () => {
    const story = begun();
    const told = story.tell(seen(story.talk(key), { status: "Reopened", at: t0 + hour }));
    expect(told.talk.case).toMatchObject({ stage: "open", status: "Reopened" });
    expect(deeds(told)).toEqual([]);
  });
});

const missing = (id: string, differs: Partial<Said>): Said => {
  const { root: _, ...said } = publicly("maria", id, differs);
  return said;
};

describe("what turns up late", () => {
  it("a reply whose root is missing joins her open matter", () => {
    const story = begun();
    const told = story.tell(missing("9", { at: t0 + hour, under: "404" } as never));
    expect(told.talk.key).toBe(key);
  });

  it("a late parent holds together what had seemed to be two matters, and a person can take it apart", () => {
    const story = begun();
    // Nine days later an answer to a post that nobody has told of.
    const later = { ...missing("3", { at: t0 + 9 * day }), parent: post("2") };
    const fresh = story.tell(later).talk.key;
    expect(fresh).not.toBe(key);
    story.perform(story.last("open"), { case: caseRef("2") });
    const told = story.tell(missing("2", { at: t0 + 5 * day }));
    expect(told.why).toContain("joined-by-late-parent");
    expect(told.talk.key).toBe(key);
    expect(story.talk(fresh).mergedInto).toBe(key);
    expect(story.entries.get(later.entry)?.conversation).toBe(key);

    const back = story.tell(ordered(key, { order: "unmerge", from: fresh }));
    expect(back.why).toContain("merge-taken-back");
    expect(story.talk(fresh).mergedInto).toBeUndefined();
    expect(story.entries.get(later.entry)?.conversation).toBe(fresh);
    expect(story.entries.get(missing("2", {}).entry)?.conversation).toBe(key);
    expect(story.effects.get(`${back.decisions[1]?.effects.at(-1)?.key}` as never)?.act).toMatchObject({
      do: "state",
      fields: { resolved: false, mergedInto: null },
    });
  });

  it("the brand's words by hand, told before the post they answer, are entered with it, and the promise was kept", () => {
    const story = createStory();
    const hand = publicly("acme", "h", { ...byHand, under: "1", at: t0 + minute });
    const told = story.tell(hand);
    expect(told.why).toContain("own-words-await-their-post");
    expect(told.effects).toEqual([]);
    const hers = story.tell(publicly("maria", "1"));
    expect(hers.why).toContain("own-words-found-their-post");
    expect(hers.talk).toMatchObject({ key, awaiting: "customer", personas: [person("maria")] });
    expect(story.entries.get(hand.entry)).toMatchObject({ conversation: key, by: { kind: "brand" } });
    expect(deeds(hers)).toEqual(["open", "entry", "entry", "state"]);
    expect(story.tell(publicly("maria", "2", { at: t0 + hour })).talk.key).toBe(key);
  });

  it("a close that is told in whole seconds is not taken for one before words that were answered", () => {
    const asked = publicly("maria", "2", { at: t0 + minute + 700 });
    const close = (story: Story) => story.tell(seen(story.talk(key), { closed: true, at: t0 + minute }));
    const story = begun();
    story.tell(asked);
    story.tell(publicly("acme", "h", { ...byHand, under: "2", at: t0 + minute + 800 }));
    expect(close(story).why).toContain("resolved");
    const unanswered = begun();
    unanswered.tell(asked);
    expect(close(unanswered).why).toContain("spoke-as-it-was-closed");
  });

  it("own words that wait for their post are merged with nobody else: whoever wrote it would be led there", () => {
    const story = begun();
    const waits = story.tell(publicly("acme", "b1", { ...byHand, under: "9" })).talk;
    const told = story.tell(ordered(key, { order: "merge", with: waits.key }, t0 + minute));
    expect(told.resolution).toEqual({ none: { code: "waits-for-its-post" } });
    const hers = story.tell(publicly("lena", "9", { at: t0 + hour, version: 2 }));
    expect(hers.talk.personas).not.toContainEqual(person("maria"));
  });

  it("own words that waited for their post are erased with whom they were for", () => {
    const story = createStory();
    story.tell(publicly("acme", "b1", { ...byHand, under: "1", text: "Dear Zborowska" }));
    const { talk } = story.tell(publicly("maria", "1", { at: t0 + minute }));
    const told = story.tell(ordered(talk.key, { order: "erase", persona: person("maria") }, t0 + hour));
    const hand = [...story.entries.values()].find(({ by }) => by.kind === "brand")?.key;
    expect(told.decisions.flatMap(({ blanked = [] }) => blanked)).toContain(hand);
  });

  it("nobody is merged into own words that wait: they would not be found by their next word", () => {
    const story = createStory();
    const waits = story.tell(publicly("acme", "b1", { ...byHand, under: "9" })).talk;
    const nora = story.tell(privately("nora", "m1")).talk;
    const told = story.tell(ordered(waits.key, { order: "merge", with: nora.key }, t0 + minute));
    expect(told.why).toEqual(["waits-for-its-post"]);
    expect(story.tell(privately("nora", "m2", { at: t0 + hour })).talk.key).toBe(nora.key);
  });

  it("in private too: her next word finds them", () => {
    const story = createStory();
    story.tell(privately("acme", "h", { ...byHand, to: person("maria"), at: t0 }));
    const told = story.tell(privately("maria", "m", { at: t0 + minute, thread: { account: acme, id: "thread-acme" } }));
    expect(story.talks.size).toBe(1);
    expect(told.why).toContain("matters-after-all");
    expect(deeds(told)).toEqual(["open", "entry", "entry"]);
  });
});

describe("whose word it is", () => {
  const sister = { channel: "net", id: "acmehelp" };
  it("the same post told to two accounts of the brand is one case; her next word to the second alone is another matter", () => {
    const story = begun();
    const post1 = { account: sister, id: "1" };
    const by = { account: sister, space: "user", id: "maria" };
    const twin: Said = {
      ...publicly("maria", "1"),
      key: "net/acmehelp/post/1" as never,
      entry: "net/acmehelp/post/1" as never,
      by,
      actor: { kind: "customer", persona: by },
      post: post1,
      root: post1,
    };
    const told = story.tell(twin, [story.talk(key)]);
    expect(told.why).toContain("told-to-another-account-first");
    expect(told.talk).toMatchObject({ account: sister, disposition: "watch", twin: key });
    expect(told.effects).toEqual([]);
    const next = {
      ...twin,
      key: "k2" as never,
      entry: "k2" as never,
      at: t0 + hour,
      post: { account: sister, id: "5" },
    };
    expect(story.tell(next).talk).toMatchObject({ disposition: "case", case: { stage: "promised" } });
  });

  it("a helper who answers well is entered as help, and never stops our clock", () => {
    const story = begun();
    const told = story.tell(publicly("eve", "2", { ...helper("eve"), under: "1", at: t0 + minute }));
    expect(told.talk).toMatchObject({ key, awaiting: "us", awaitingSince: t0 });
    expect(deeds(told)).toEqual(["entry"]);
  });

  it.for<[string, Policy, Partial<Said>, string, string]>([
    [
      "a stranger who answers her and calls on nobody",
      {},
      { under: "1", summons: false } as never,
      "watch",
      "answers-somebody-else",
    ],
    ["a stranger who has the same trouble", {}, { under: "1" } as never, "case", "case-promised"],
    ["another brand", { others: ["bob"] }, {}, "ignore", "another-brand"],
    ["a campaign's hashtag", { campaigns: ["#winacme"] }, { text: "me me me #WinAcme" }, "watch", "campaign"],
    ["noise", { noise: ["#crypto"] }, { text: "moon #crypto" }, "ignore", "noise"],
    [
      "the brand's own rule goes first",
      { noise: ["#crypto"], dispose: () => "case" },
      { text: "#crypto" },
      "case",
      "case-promised",
    ],
    [
      "a word inside another is not that word",
      { noise: ["crypt"] },
      { text: "my crypto wallet" },
      "case",
      "case-promised",
    ],
  ])("%s", ([, policy, differs, disposition, why]) => {
    const story = begun(policy);
    const told = story.tell(publicly("bob", "2", differs));
    expect(told.talk.disposition).toBe(disposition);
    expect(told.why).toContain(why);
    expect(deeds(told).includes("open")).toBe(disposition === "case");
    expect(story.entries.has(publicly("bob", "2").entry)).toBe(true);
    expect(story.talk(key)).toMatchObject({ turn: 1, personas: [person("maria")] });
  });

  it("a muted persona is heard only: entered, and nothing moves", () => {
    const story = begun();
    story.tell(ordered(key, { order: "mute", persona: person("maria"), until: t0 + day }));
    const told = story.tell(publicly("maria", "2", { at: t0 + hour, text: "ANSWER ME" }));
    expect(told.why).toContain("muted");
    expect(deeds(told)).toEqual(["entry"]);
    expect(told.talk).toMatchObject({ awaitingSince: t0, stamps: { lastHeard: t0 } });
    expect(deeds(story.tell(publicly("maria", "3", { at: t0 + day })))).toEqual(["entry", "state"]);
  });
});

describe("watched and ignored", () => {
  const watched = (): Story => {
    const story = createStory({ policy: { campaigns: ["#win"] } });
    story.tell(publicly("maria", "1", { text: "#win pick me" }));
    story.tell(publicly("maria", "2", { text: "#win please", at: t0 + minute }));
    return story;
  };
  it("opened later it is one case with all its entries and the post's own time", () => {
    const story = watched();
    const told = story.tell(ordered(key, { order: "open" }, t0 + day));
    expect(deeds(told)).toEqual(["open", "entry", "entry"]);
    expect(story.last("open").act.saidAt).toBe(t0);
    expect(told.talk.disposed).toBeUndefined();
  });
  it("her next word that is more than the campaign opens it by itself, with all of it", () => {
    const story = watched();
    const told = story.tell(publicly("maria", "3", { text: "where is my parcel?", at: t0 + hour }));
    expect(told.why).toContain("matters-after-all");
    expect(deeds(told)).toEqual(["open", "entry", "entry", "entry"]);
    expect(story.last("open").act.saidAt).toBe(t0);
  });
  it("what a person ignored stays ignored, and is opened by a person", () => {
    const story = createStory();
    story.tell(publicly("maria", "1"));
    story.tell(ordered(key, { order: "ignore" }));
    const told = story.tell(publicly("maria", "2", { at: t0 + hour, text: "hello?" }));
    expect(told.talk).toMatchObject({ disposition: "ignore", awaiting: "nobody" });
    const ignored = createStory({ policy: { dispose: () => "ignore" } });
    ignored.tell(publicly("maria", "1"));
    ignored.tell(ordered(key, { order: "ignore" }));
    expect(ignored.tell(ordered(key, { order: "open" })).talk).toMatchObject({ awaiting: "us", awaitingSince: t0 });
  });
});

const goneCase = (story: Story, gone: Pick<CaseSeen, "gone" | "into">): CaseSeen =>
  seen(story.talk(key), { ...gone, closed: true, at: t0 + hour });

describe("a case that is not there any more", () => {
  it("deleted: nothing is written to it, and her next word begins anew", () => {
    const story = begun();
    expect(story.tell(goneCase(story, { gone: "deleted" })).talk.case.stage).toBe("gone");
    expect(deeds(story.tell(answered(key, "a", { side: "public", at: story.now })))).toEqual(["reply"]);
    const told = story.tell(publicly("maria", "2", { at: t0 + 2 * hour }));
    expect(told.talk.key).not.toBe(key);
    expect(told.talk.follows).toBeUndefined();
    expect(deeds(told)).toContain("open");
  });
  it("merged into one that no conversation has: that one is ours from now on", () => {
    const story = begun();
    const told = story.tell(goneCase(story, { gone: "merged", into: caseRef("77") }));
    expect(told.talk.case.ref).toEqual(caseRef("77"));
    expect(story.last("open").act.adopts).toEqual(caseRef("77"));
  });
  it("merged into another of ours: so are the conversations, and the lost case is written to no more", () => {
    const story = begun();
    const bob = story.tell(publicly("bob", "5")).talk.key;
    story.perform(story.last("open"), { case: caseRef("2") });
    const told = story.tell(goneCase(story, { gone: "merged", into: caseRef("2") }));
    expect(told.talk.key).toBe(bob);
    expect(story.talk(key)).toMatchObject({ mergedInto: bob, case: { stage: "gone" } });
    expect(told.effects.filter(({ conversation }) => conversation === key)).toEqual([]);
    expect(story.entries.get(publicly("maria", "1").entry)?.conversation).toBe(bob);
  });
});
