import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/core/rules/policy.ts";
import {
  answered,
  byHand,
  caseRef,
  day,
  gone,
  hour,
  minute,
  ordered,
  person,
  post,
  privately,
  publicly,
  seen,
  t0,
} from "./make.ts";
import { createStory, deeds, type Story, type Told } from "./story.ts";

const key = publicly("maria", "1").key as never;
const closing: Policy = {
  words: { closing: ({ greeting, case: { number } }) => `Glad it is sorted, ${greeting}. ${number}` },
};

const begun = (
  options: Parameters<typeof createStory>[0] = { policy: closing },
  said = publicly("maria", "1"),
): Story => {
  const story = createStory(options);
  story.tell(said);
  story.perform(story.last("open"));
  return story;
};
const close = (story: Story, at: number = story.now + minute, toldAt: number = at): Told => {
  story.now = toldAt;
  return story.tell(seen(story.talk(key), { closed: true, at }));
};
const reopen = (story: Story): Told => story.tell(seen(story.talk(key), { at: story.now + minute }));
const silence = (told: Told): unknown =>
  told.decisions[0]?.why.find(({ code }) => code === "no-closing-word")?.params?.["because"];

describe("the case as it stands", () => {
  it("closed: the conversation is resolved, and nobody is waited for", () => {
    const story = begun({});
    const { talk, why, effects } = close(story);
    expect(talk).toMatchObject({
      case: { stage: "closed", closedAt: t0 + minute, status: "Closed" },
      awaiting: "nobody",
      stamps: { resolved: t0 + minute },
    });
    expect(why).toContain("resolved");
    expect(deeds({ effects })).toEqual(["state"]);
  });

  it("deleted, and brought back: nothing is said of it, and what waited to be said goes with it", () => {
    const story = begun();
    story.tell(answered(key, "a", { side: "private" }));
    expect(story.drafts.size).toBe(1);
    const left = story.tell(seen(story.talk(key), { gone: "deleted", closed: true, at: story.now + minute }));
    expect(left.talk.case.stage).toBe("gone");
    expect(left.effects).toEqual([]);
    expect(left.why).toContain("withdrawn-with-its-case");
    expect([...story.drafts.values()]).toEqual([]);
    // Nothing is lost of what she says: it is promised, and waits in the CRM's lane.
    expect(deeds(story.tell(publicly("maria", "2", { at: story.now })))).toContain("entry");
    const back = story.tell(seen(story.talk(key), { closed: true, at: story.now + 2 * minute }));
    expect(back.talk.case.stage).toBe("closed");
    expect(back.effects).toEqual([]);
  });

  it("deleted, and opened anew by a person: with all that was said, under another promise", () => {
    const story = begun();
    story.tell(seen(story.talk(key), { gone: "deleted", at: story.now + minute }));
    const opened = story.tell(ordered(key, { order: "open" }));
    expect(deeds(opened)).toEqual(["open", "entry"]);
    expect(opened.talk.case.stage).toBe("promised");
    const other = caseRef("2");
    story.perform(opened.effects[0] as never, { case: other });
    expect(story.talk(key).case).toMatchObject({ stage: "open", ref: other });
  });

  it("merged into one that is nobody's: the conversation follows it, and what is seen of the old one is another's", () => {
    const story = begun();
    const into = caseRef("2");
    const before = story.talk(key);
    const merged = story.tell(seen(before, { gone: "merged", into, closed: true, at: story.now + minute }));
    expect(merged.effects.map(({ act }) => act)).toMatchObject([{ do: "open", adopts: into }]);
    story.perform(merged.effects[0] as never, { case: into });
    expect(story.talk(key).case).toMatchObject({ stage: "open", ref: into });
    const again = story.tell(seen(before, { gone: "merged", into, at: story.now + 2 * minute }));
    expect(again.why).toContain("case-of-another");
    expect(again.effects).toEqual([]);
  });

  it("seen again as it stood: nothing follows", () => {
    const story = begun();
    close(story);
    const again = story.tell(seen(story.talk(key), { closed: true, at: story.now + minute }));
    expect(again.effects).toEqual([]);
    expect(again.talk.case.closedAt).toBe(t0 + minute);
  });

  it("seen older than we know: nothing changes", () => {
    const story = begun({});
    close(story, t0 + hour);
    const { why, talk } = story.tell(seen(story.talk(key), { at: t0 + minute }));
    expect(why).toContain("seen-newer-already");
    expect(talk.case.stage).toBe("closed");
  });

  it("opened again in the CRM: the customer waits for us", () => {
    const story = begun({});
    close(story);
    const { talk, why } = reopen(story);
    expect(talk).toMatchObject({ case: { stage: "open" }, awaiting: "us" });
    expect(talk.case.closedAt).toBeUndefined();
    expect(why).toContain("reopened-in-crm");
  });

  it("another case of a conversation that was merged away is not this one's", () => {
    const story = begun();
    const { why, talk, effects } = story.tell(seen(story.talk(key), { case: caseRef("2"), closed: true }));
    expect(why).toContain("case-of-another");
    expect(talk.case).toMatchObject({ stage: "open", ref: caseRef("1") });
    expect(effects).toEqual([]);
  });

  it("who has it and how it stands are remembered", () => {
    const story = begun({});
    const { talk, why } = story.tell(
      seen(story.talk(key), { assignee: "ann", status: "Working", priority: "High", at: t0 + 1 }),
    );
    expect(talk).toMatchObject({ assignee: "ann", case: { status: "Working", priority: "High" } });
    expect(why).toContain("assignee-changed");
  });
});

describe("the closing word", () => {
  it("is said where it is switched on: once, under her newest post, by name, and not late", () => {
    const story = begun();
    const { why, effects, talk } = close(story);
    expect(why).toContain("closing-word");
    expect(deeds({ effects })).toEqual(["reply", "state"]);
    expect(effects[0]).toMatchObject({
      door: "net/acme/public",
      act: { do: "reply", under: post("1"), to: person("maria") },
      words: "automatic",
      by: { kind: "automation" },
      notAfter: story.now + 30 * minute,
      priority: 60,
    });
    const entry = story.entries.get(effects[0]?.content?.entry as never);
    expect(entry).toMatchObject({
      text: "Glad it is sorted, maria. #1 (automatic message)",
      words: "automatic",
      state: "draft",
    });
    expect(talk.public?.automatic).toBe(1);
  });

  it("once it stands it is entered on the case", () => {
    const story = begun();
    close(story);
    const { effects, talk } = story.perform(story.last("reply"));
    expect(deeds({ effects })).toEqual(["entry"]);
    expect(talk).toMatchObject({ awaiting: "nobody", stamps: { firstAutomatic: story.now } });
    expect(talk.stamps.lastPublicAnswer).toBeUndefined();
  });

  it.for<[string, string, (story: Story) => Told]>([
    [
      "a person has said the last word",
      "a-person-said-the-last-word",
      (story) => {
        story.tell(answered(key, "a", { side: "public" }));
        story.perform(story.last("reply"));
        return close(story);
      },
    ],
    [
      "somebody has said it by hand",
      "a-person-said-the-last-word",
      (story) => {
        story.tell(publicly("acme", "2", { ...byHand, under: "1", at: t0 + 1 }));
        return close(story);
      },
    ],
    [
      "her post is gone",
      "post-is-gone",
      (story) => {
        story.tell(gone("1"));
        return close(story);
      },
    ],
    [
      "she is gone",
      "author-gone",
      (story) => {
        const at = { as: "profiled", key: "p" as never, at: t0, source: "poll", persona: person("maria") } as const;
        story.tell({ ...at, profile: {}, gone: "deleted" });
        return close(story);
      },
    ],
    ["we learn of the closing an hour late", "too-late", (story) => close(story, t0 + minute, t0 + minute + hour + 1)],
    [
      "opened and closed again, and she said nothing in between",
      "nothing-heard-since",
      (story) => {
        close(story);
        story.perform(story.last("reply"));
        reopen(story);
        return close(story);
      },
    ],
  ])("is not said when %s", ([, because, play]) => {
    const story = begun();
    const told = play(story);
    expect(silence(told)).toBe(because);
    expect(deeds(told)).toEqual(["state"]);
  });

  it.for<[string, Parameters<typeof createStory>[0], Parameters<typeof publicly>[2], unknown]>([
    ["it is not switched on", {}, {}, undefined],
    ["the network has no public answers", { policy: closing, can: { reply: false } }, {}, "channel-cannot-reply"],
    [
      "she did not call on us",
      { policy: closing, can: { reply: { summonedOnly: true } } },
      { summons: false },
      "not-summoned",
    ],
    ["the template says nothing", { policy: { words: { closing: () => " " } } }, {}, "template-said-nothing"],
  ])("is not said when %s", ([, options, said, because]) => {
    const told = close(begun(options, publicly("maria", "1", said)));
    expect(silence(told)).toBe(because);
    expect(deeds(told)).toEqual(["state"]);
  });

  it("is not said when she said nothing in public", () => {
    const story = createStory({ policy: closing });
    story.tell(privately("maria", "m1"));
    story.perform(story.last("open"));
    const talk = story.talk(privately("maria", "m1").key as never);
    expect(deeds(story.tell(seen(talk, { closed: true, at: t0 + minute })))).toEqual(["state"]);
  });

  it("is said though a person answered in public, when she spoke after that", () => {
    const story = begun();
    story.tell(answered(key, "a", { side: "public" }));
    story.perform(story.last("reply"));
    story.tell(privately("maria", "m1", { at: t0 + minute }));
    expect(close(story).why).toContain("closing-word");
  });

  const round = (story: Story, id: string, at: number): Told => {
    story.tell(publicly("maria", id, { at, text: "It is broken again" }));
    reopen(story);
    return close(story);
  };

  it("is said again when she was heard again, under another key", () => {
    const story = begun();
    close(story);
    const [one] = [story.last("reply")];
    story.perform(one);
    expect(round(story, "2", t0 + hour).why).toContain("closing-word");
    expect(story.last("reply").key).not.toBe(one.key);
  });

  it("three times within a day, and not a fourth; a day later again", () => {
    const story = begun();
    close(story);
    const said = [2, 3, 4, 5].map((n) => round(story, String(n), t0 + n * hour));
    expect(said.map((told) => silence(told) ?? "said")).toEqual([
      "said",
      "said",
      "said-enough-today",
      "said-enough-today",
    ]);
    expect(silence(round(story, "6", t0 + 2 * day))).toBeUndefined();
  });
});
