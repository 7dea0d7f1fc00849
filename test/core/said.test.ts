import { describe, expect, it } from "vitest";
import type { Said } from "../../src/core/words/event.ts";
import {
  answered,
  byHand,
  day,
  gone,
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
import { createStory, deeds, type Story } from "./story.ts";

const begun = (options?: Parameters<typeof createStory>[0]): Story => {
  const story = createStory(options);
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
const key = publicly("maria", "1").key as never;

describe("what follows from a customer's first word", () => {
  it("a case, and behind it the entry", () => {
    const story = createStory();
    const { effects, talk, why } = story.tell(publicly("maria", "1"));
    expect(effects.map((one) => [one.key, one.door, one.act.do])).toEqual([
      [`${talk.key}/open`, "crm/desk", "open"],
      [`${talk.key}/entry`, "crm/desk", "entry"],
    ]);
    expect(effects[0]?.act).toMatchObject({
      persona: person("maria"),
      saidAt: t0,
      fields: { awaiting: "us", awaitingSince: t0, priority: 50, postUrl: "https://net.test/1" },
    });
    expect(talk).toMatchObject({
      turn: 1,
      awaiting: "us",
      case: { stage: "promised" },
      stamps: { firstPost: t0, lastHeard: t0 },
    });
    expect(why).toEqual(["began", "case-promised"]);
    expect(story.personas.get("net/acme/user/maria")?.profile).toEqual({ handle: "maria", name: "maria Surname" });
  });

  it("shows until when its department promises an answer, and that nobody waits once it is given", () => {
    const departments = { support: { promise: "30m" }, press: {} };
    const story = createStory({
      policy: { departments, route: ({ text }) => (text.includes("journalist") ? "press" : "support") },
    });
    const opened = story.tell(publicly("maria", "1"));
    expect(opened.effects[0]?.act).toMatchObject({ fields: { awaiting: "us", answerBy: t0 + 30 * minute } });
    story.perform(story.last("open"));
    story.tell(answered(opened.talk.key, "a", { at: t0 + minute, text: "on it", side: "public" }));
    const said = story.perform(story.last("reply"));
    const shown = said.effects.find(({ act }) => act.do === "state");
    expect(shown?.act).toMatchObject({ fields: { awaiting: "customer", answerBy: null } });
    const other = story.tell(publicly("bob", "2", { text: "I am a journalist" }));
    expect(other.effects[0]?.act).toMatchObject({ fields: { awaiting: "us", answerBy: null } });
  });

  it.for(["watch", "ignore"] as const)("disposed as %s: entered, and no case", (disposition) => {
    const story = createStory({ policy: { dispose: () => disposition } });
    const { effects, talk, why } = story.tell(publicly("maria", "1"));
    expect(effects).toEqual([]);
    expect(talk).toMatchObject({ disposition, case: { stage: "none" } });
    expect(why).toContain(`disposed-${disposition}`);
    expect(story.entries.size).toBe(1);
  });

  it("what is watched becomes a case when a person says so, with all that was said", () => {
    const story = createStory({ policy: { dispose: () => "watch" } });
    story.tell(publicly("maria", "1"));
    story.tell(publicly("maria", "2", { at: t0 + minute }));
    const { effects, talk } = story.tell(ordered(key, { order: "open" }));
    expect(deeds({ effects })).toEqual(["open", "entry", "entry"]);
    expect(talk).toMatchObject({ disposition: "case", case: { stage: "promised" } });
    expect(deeds(story.tell(ordered(key, { order: "open" })))).toEqual([]);
  });

  it("the department's queue is named when the case is opened and when it changes, and never in between", () => {
    const policy = {
      departments: { support: { queue: "Social Support" }, press: { queue: "PR" } },
      route: (matter: { mentions(...words: readonly string[]): boolean }) =>
        matter.mentions("journalist") ? "press" : matter.mentions("parcel") ? "support" : undefined,
    };
    const story = createStory({ policy });
    story.tell(publicly("maria", "1", { text: "my parcel is lost" }));
    expect(story.last("open").act.fields).toMatchObject({ assignee: "Social Support", department: "support" });
    story.tell(publicly("maria", "2", { text: "hello? my parcel!", at: t0 + minute }));
    expect(story.last("state").act.fields).not.toHaveProperty("assignee");
    story.tell(publicly("maria", "3", { text: "I am a journalist", at: t0 + 2 * minute }));
    expect(story.last("state").act.fields).toMatchObject({ assignee: "PR", department: "press" });
    story.tell(ordered(key, { order: "route", to: "support" }, t0 + 3 * minute));
    story.tell(publicly("maria", "4", { text: "as a journalist", at: t0 + 4 * minute }));
    expect(story.talk(key).department?.name).toBe("support");
  });
});

describe("edits", () => {
  const edit = (differs: Partial<Said> = {}): Said =>
    publicly("maria", "1", { version: 2, text: "with a correction", at: t0 + minute, ...differs });

  it("keep the entry's key and the conversation, and make a new version", () => {
    const story = begun();
    const { effects, talk } = story.tell(edit());
    expect(story.entries.get(publicly("maria", "1").entry)).toMatchObject({ version: 2, text: "with a correction" });
    expect(story.entries.size).toBe(1);
    expect(talk.public).toMatchObject({ threads: 1, latest: post("1"), summoned: true });
    expect(deeds({ effects })).toEqual(["entry", "state"]);
    expect(effects[0]?.content).toMatchObject({ version: 2 });
  });

  it("an older version told late changes nothing", () => {
    const story = begun();
    story.tell(edit({ version: 3, text: "third" }));
    const before = story.talk(key);
    const { effects, why, talk } = story.tell(edit({ version: 2, text: "second" }));
    expect(effects).toEqual([]);
    expect(why).toContain("newer-version-known");
    expect(story.entries.get(publicly("maria", "1").entry)).toMatchObject({ version: 3, text: "third" });
    expect(talk.turn).toBe(before.turn);
  });

  it.for<[string, (story: Story) => Said, string]>([
    ["an older post", () => edit(), "2"],
    ["the newest post", () => publicly("maria", "2", { version: 2, at: t0 + 2 * minute }), "2"],
    [
      "the newest post, under a new id",
      () => publicly("maria", "2", { version: 2, post: post("2b"), at: t0 + 2 * minute }),
      "2b",
    ],
  ])("of %s: an answer goes under the newest post", ([, make, latest]) => {
    const story = begun();
    story.tell(publicly("maria", "2", { at: t0 + minute }));
    expect(story.tell(make(story)).talk.public).toMatchObject({ latest: post(latest), threads: 2 });
  });

  it("a post told late is not the newest", () => {
    const story = begun();
    story.tell(publicly("maria", "3", { at: t0 + hour }));
    const { talk } = story.tell(publicly("maria", "2", { at: t0 + minute, summons: false }));
    expect(talk.public).toMatchObject({ latest: post("3"), heardAt: t0 + hour, summoned: true, threads: 3 });
    expect(talk.stamps.lastHeard).toBe(t0 + hour);
  });
});

describe("what the brand and its people say by hand", () => {
  it("the brand's answer ends the waiting, and is entered once", () => {
    const story = begun();
    const { effects, talk } = story.tell(publicly("acme", "2", { ...byHand, under: "1", at: t0 + minute }));
    expect(deeds({ effects })).toEqual(["entry", "state"]);
    // Said to her, so it is erased with her.
    expect(effects[0]?.content?.of).toEqual(person("maria"));
    expect(talk).toMatchObject({
      awaiting: "customer",
      awaitingSince: t0 + minute,
      stamps: { firstPublicAnswer: t0 + minute, lastPublicAnswer: t0 + minute },
    });
  });

  it.for<[string, Partial<Said>]>([
    ["an edit of it", { version: 2, at: t0 + 3 * minute }],
    [
      "one told late, from before her last word",
      { entry: "net/acme/post/0" as never, post: post("0"), at: t0 + minute },
    ],
  ])("%s does not answer what she said since", ([, differs]) => {
    const story = begun();
    story.tell(publicly("acme", "2", { ...byHand, under: "1", at: t0 + minute }));
    story.tell(publicly("maria", "3", { under: "2", rootId: "1", at: t0 + 2 * minute }));
    const { talk, effects } = story.tell(
      publicly("acme", "2", { ...byHand, under: "1", ...differs, key: "again" as never }),
    );
    expect(talk.awaiting).toBe("us");
    expect(deeds({ effects })).toEqual(["entry"]);
  });

  it("an employee's help is entered as theirs, and our clock goes on", () => {
    const story = begun();
    const { effects, talk, why } = story.tell(publicly("eve", "2", { ...helper("eve"), under: "1", at: t0 + minute }));
    expect(why).toEqual(["helped", "help-entered"]);
    expect(talk).toMatchObject({ awaiting: "us", awaitingSince: t0, turn: 2, personas: [person("maria")] });
    expect(effects[0]?.content?.of).toEqual(person("eve"));
    expect(talk.stamps.firstPublicAnswer).toBeUndefined();
  });
});

describe("after the case was closed", () => {
  const closed = (): Story => {
    const story = begun();
    story.tell(seen(story.talk(key), { closed: true, at: t0 + hour }));
    return story;
  };

  it.for<[string, string, Partial<Said>]>([
    ["thanks", "Thank you so much!", {}],
    ["a smile", "😊👍", {}],
    ["thanks in another language", "Vielen Dank!", {}],
  ])("%s does not open it again", ([, text, differs]) => {
    const story = closed();
    const { talk, why, effects } = story.tell(publicly("maria", "2", { text, at: t0 + 2 * hour, ...differs }));
    expect(talk).toMatchObject({ case: { stage: "closed" }, awaiting: "nobody" });
    expect(why).toContain("courtesy-after-resolved");
    expect(deeds({ effects })).toEqual(["entry", "state"]);
    expect(story.last("state").act.fields).not.toHaveProperty("resolved");
  });

  it.for<[string, string, Partial<Said>]>([
    ["a complaint", "It is broken again", {}],
    ["a question", "thanks, when?", {}],
    ["a call for help", "Help now!", {}],
    ["a picture without words", "", { media: [{ kind: "photo", url: "https://net.test/p" }] }],
  ])("%s opens it again", ([, text, differs]) => {
    const story = closed();
    const { talk, why } = story.tell(publicly("maria", "2", { text, at: t0 + 2 * hour, ...differs }));
    expect(talk).toMatchObject({ case: { stage: "reopening" }, awaiting: "us" });
    expect(talk.case.closedAt).toBeUndefined();
    expect(why).toContain("reopened");
    expect(story.last("state").act.fields).toMatchObject({ resolved: false, awaiting: "us" });
  });

  it("the CRM's older sighting does not close it under her word; a new closing does", () => {
    const story = closed();
    story.tell(publicly("maria", "2", { text: "It is broken again", at: t0 + hour + 2 * minute }));
    const told = story.tell(seen(story.talk(key), { closed: true, at: t0 + hour + minute }));
    expect(told.why).toContain("closed-before-the-customer-spoke");
    expect(told.talk.case.stage).toBe("reopening");
    expect(story.perform(story.last("state")).talk.case.stage).toBe("open");
    expect(story.tell(seen(story.talk(key), { closed: true, at: t0 + 3 * hour })).talk.case.stage).toBe("closed");
  });
});

describe("private words", () => {
  it("move the talk, and answer the invite", () => {
    const story = begun();
    story.tell(answered(key, "a", { side: "public" }));
    story.perform(story.last("reply"));
    const { talk, why } = story.tell(privately("maria", "m1", { at: t0 + minute }));
    expect(talk).toMatchObject({
      private: { to: person("maria"), thread: thread("thread-maria"), heardAt: t0 + minute, control: "us" },
      invite: { stage: "answered" },
      stamps: { moved: t0 + minute, firstMessage: t0 + minute },
    });
    expect(why).toContain("invite-answered");
    expect(talk.public?.latest).toEqual(post("1"));
  });

  it("a message told late does not turn the clock back", () => {
    const story = begun();
    story.tell(privately("maria", "m1", { at: t0 + day }));
    expect(story.tell(privately("maria", "m0", { at: t0 + hour })).talk.private?.heardAt).toBe(t0 + day);
  });
});

describe("posts that leave the feed", () => {
  it.for<["deleted" | "hidden" | "shown", string, boolean]>([
    ["deleted", "gone", true],
    ["hidden", "gone", false],
    ["shown", "said", false],
  ])("%s: the entry is %s", ([how, state, isGone]) => {
    const story = begun();
    const { talk, effects } = story.tell(gone("1", how));
    expect(story.entries.get(publicly("maria", "1").entry)?.state).toBe(state);
    expect(talk.public?.gone).toBe(isGone);
    // What the case was opened with stands on the case as well.
    expect(deeds({ effects })).toEqual(how === "deleted" ? ["entry", "state"] : ["entry"]);
    const text = story.entries.get(publicly("maria", "1").entry)?.text;
    expect(text).toBe(how === "deleted" ? null : "words of post 1");
  });

  it("what the brand takes off the network stays on the record", () => {
    const story = begun();
    story.tell(publicly("acme", "2", { ...byHand, under: "1", at: t0 + minute }));
    const { why } = story.tell(gone("2"));
    expect(why).not.toContain("words-blanked");
    expect(story.entries.get(publicly("acme", "2").entry)).toMatchObject({ state: "gone", text: "words of post 2" });
  });

  it("a conversation on hold keeps what its author took back, until the hold is lifted", () => {
    const story = begun();
    const { talk } = story.tell(ordered(publicly("maria", "1").key as never, { order: "preserve", hold: "17/26" }));
    expect(talk.record.holds).toEqual(["17/26"]);
    expect(story.tell(gone("1")).why).toContain("words-kept-under-hold");
    expect(story.entries.get(publicly("maria", "1").entry)).toMatchObject({ state: "gone", text: "words of post 1" });
    const lifted = story.tell(ordered(talk.key, { order: "preserve", hold: "17/26", lift: true }));
    expect(lifted.talk.record.holds).toEqual([]);
    expect(story.entries.get(publicly("maria", "1").entry)).toMatchObject({ state: "gone", text: null });
    expect(deeds(lifted)).toEqual(["entry", "state"]);
  });

  it("an older post that goes leaves the newest to be answered", () => {
    const story = begun();
    story.tell(publicly("maria", "2", { at: t0 + minute }));
    expect(story.tell(gone("1")).talk.public).toMatchObject({ gone: false, latest: post("2") });
  });

  it("a persona that is gone and comes back", () => {
    const story = begun();
    const profiled = { as: "profiled", at: t0, source: "poll", persona: person("maria") } as const;
    story.tell({ ...profiled, key: "p/1" as never, profile: {}, gone: "suspended" });
    expect(story.personas.get("net/acme/user/maria")).toMatchObject({
      gone: "suspended",
      profile: { handle: "maria" },
    });
    story.tell({ ...profiled, key: "p/2" as never, profile: { handle: "mary" } });
    expect(story.personas.get("net/acme/user/maria")).not.toHaveProperty("gone");
    expect(story.personas.get("net/acme/user/maria")?.profile.handle).toBe("mary");
  });
});

describe("what else reaches a conversation", () => {
  const at = { at: t0, source: "webhook" } as const;

  it("who has the private thread", () => {
    const story = begun();
    story.tell(privately("maria", "m1"));
    const { talk } = story.tell({
      ...at,
      as: "controlled",
      key: "c" as never,
      thread: thread("thread-maria"),
      by: "app",
    });
    expect(talk.private?.control).toBe("app");
    expect(story.tell(privately("maria", "m2", { at: t0 + minute })).talk.private?.control).toBe("app");
  });

  it("what an advisor says, under the advisor's name", () => {
    const story = begun();
    const advice = {
      ...at,
      as: "advised",
      key: "a" as never,
      conversation: key,
      advisor: "tier",
      late: false,
    } as const;
    expect(story.tell({ ...advice, advice: { gold: true } }).talk.advice).toEqual({ tier: { gold: true } });
  });

  it("an invite that was opened, and not one that nobody gave her", () => {
    const story = begun();
    const { talk } = story.tell(answered(key, "a", { side: "public" }));
    const opened = { ...at, as: "opened", persona: person("maria") } as const;
    expect(story.tell({ ...opened, key: "o1" as never, token: "ct-other" }).talk.invite?.stage).toBe("promised");
    expect(story.tell({ ...opened, key: "o2" as never, token: talk.invite?.token ?? "" }).talk.invite?.stage).toBe(
      "opened",
    );
    story.tell(privately("maria", "m1"));
    expect(story.tell({ ...opened, key: "o3" as never, token: talk.invite?.token ?? "" }).talk.invite?.stage).toBe(
      "answered",
    );
  });
});
