import { describe, expect, it } from "vitest";
import type { ChannelAbilities } from "../../src/core/contracts/channel.ts";
import type { Controlled, Opened } from "../../src/core/words/event.ts";
import { keyOf } from "../../src/core/words/ref.ts";
import { answered, day, gone, hour, minute, ordered, person, post, privately, publicly, t0, thread } from "./make.ts";
import { createStory, deeds, type Story } from "./story.ts";

const key = publicly("maria", "1").key as never;
const can: Partial<ChannelAbilities> = { privateReply: { withinMs: 7 * day }, look: false };
const psid = person("p-7", "private");
const her = { by: psid, actor: { kind: "customer", persona: psid } } as const;

const begun = (differs: Partial<ChannelAbilities> = {}): Story => {
  const story = createStory({ can: { ...can, ...differs } });
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
const ask = (story: Story, id: string): readonly string[] => deeds(story.tell(answered(key, id, { at: story.now })));

describe("the ladder of an agent's private words", () => {
  it("one private answer to a post; the next waits until she writes, and is then a message", () => {
    const story = begun();
    expect(ask(story, "a")).toEqual(["privateReply", "answerState queued"]);
    story.perform(story.last("privateReply"), { learned: psid, thread: thread("t") });
    expect(ask(story, "b")).toEqual(["answerState held"]);
    const freed = story.tell(privately("p-7", "m1", { ...her, at: t0 + hour }));
    expect(freed.talk.key).toBe(key);
    expect(deeds(freed)).toContain("message");
    expect(story.last("message").act.to).toEqual(psid);
  });

  it("where she spoke last: under her post, or in the thread", () => {
    const story = begun();
    story.tell(privately("maria", "m1", { at: t0 + minute }));
    expect(ask(story, "a")[0]).toBe("message");
    story.tell(publicly("maria", "2", { at: t0 + 2 * minute }));
    expect(ask(story, "b")[0]).toBe("privateReply");
    expect(story.last("privateReply").act.under).toEqual(post("2"));
    expect(ask(story, "c")[0]).toBe("message");
  });

  it("is not spent by an answer that the network refused, and is by one that somebody else gave", () => {
    const refused = begun();
    ask(refused, "a");
    const why = { code: "network-refused", params: { fault: "x" } };
    refused.settle(refused.last("privateReply"), { as: "refused", fault: "invalid", why });
    expect(ask(refused, "b")[0]).toBe("privateReply");
    refused.settle(refused.last("privateReply"), { as: "refused", fault: "taken", why });
    expect(ask(refused, "c")).toEqual(["answerState held"]);
  });

  it("what older words had taken is free for the newer ones when those do not leave", () => {
    const story = begun();
    ask(story, "a");
    const older = story.last("privateReply");
    const newer = story.tell(answered(key, "a", { version: 2, text: "better words", at: story.now }));
    expect(deeds(newer)).toEqual(["answerState held"]);
    const why = { code: "newer-version-known" };
    const freed = story.settle(older, { as: "refused", fault: "withdrawn", why });
    expect(deeds(freed)).toEqual(["privateReply", "answerState queued"]);
    expect(story.last("privateReply")).toMatchObject({ key: older.key, content: { version: 2 } });
    expect(story.drafts.size).toBe(0);
  });

  it("asks the network first, where it can be asked, once for all that wait", () => {
    const story = begun({ look: true });
    expect(ask(story, "a")).toEqual(["look"]);
    expect(ask(story, "b")).toEqual([]);
    const look = story.last("look");
    expect(look.act).toMatchObject({ post: post("1"), persona: person("maria") });
    const openings = { reply: true, privateReply: true, message: false };
    const told = story.perform(look, { openings });
    // The network allows one: whose words wait now is told so.
    expect(deeds(told)).toEqual(["privateReply", "answerState queued", "answerState held"]);
    expect(told.talk.public?.openings).toEqual(openings);
    expect([...story.drafts.values()].map(({ holds }) => holds[0]?.kind)).toEqual(["no-private-side"]);
  });

  it.for([
    ["says no", { as: "done", receipt: { at: t0, openings: { reply: true, privateReply: false, message: false } } }],
    [
      "says that the post is gone",
      { as: "refused", fault: "missing", why: { code: "network-refused", params: { fault: "missing" } } },
    ],
  ] as const)("when the network %s, the words wait for her", ([, outcome]) => {
    const story = begun({ look: true });
    ask(story, "a");
    story.settle(story.last("look"), outcome);
    expect([...story.drafts.values()].map(({ holds }) => holds[0]?.kind)).toEqual(["no-private-side"]);
  });

  it.for([
    [
      "cannot be asked",
      { as: "parked", why: { code: "gave-up", params: { tries: 20, fault: "unavailable" } }, doubt: false },
    ],
    ["was not asked in a rehearsal", { as: "rehearsed" }],
  ] as const)("when the network %s, it is tried", ([, outcome]) => {
    const story = begun({ look: true });
    ask(story, "a");
    expect(deeds(story.settle(story.last("look"), outcome))).toContain("privateReply");
  });

  it("asks anew for a post that came while it asked", () => {
    const story = begun({ look: true });
    ask(story, "a");
    const first = story.last("look");
    story.tell(publicly("maria", "2", { at: t0 + minute }));
    const told = story.perform(first, { openings: { reply: true, privateReply: true, message: false } });
    expect(deeds(told)).toEqual(["look"]);
    expect(story.last("look").act.post).toEqual(post("2"));
  });
});

describe("an edit that is told late", () => {
  it("does not bring back what has left the feed", () => {
    const story = begun();
    story.tell(gone("1"));
    const told = story.tell(publicly("maria", "1", { version: 7, at: t0 + minute, text: "changed" }));
    expect(told.talk.public?.gone).toBe(true);
    expect(story.entries.get(publicly("maria", "1").entry)?.state).toBe("gone");
  });

  it("belongs where its first version is, even if the network does not say again whose it is", () => {
    const story = begun();
    const nobody = person("1", "unnamed");
    const edit = { version: 7, by: nobody, actor: { kind: "customer", persona: nobody } } as const;
    expect(story.tell(publicly("maria", "1", edit)).talk.key).toBe(key);
  });
});

describe("who has the thread", () => {
  const controlled = (by: Controlled["by"], at: number): Controlled => ({
    as: "controlled",
    key: keyOf.event("net", "controlled", at),
    at,
    source: "webhook",
    thread: thread("thread-maria"),
    by,
  });

  it("is told by a word that we only overhear, and by what is newest", () => {
    const story = begun();
    const told = story.tell(privately("maria", "m1", { at: t0 + hour, control: "app" }));
    expect(told.talk.private).toMatchObject({ control: "app", controlAt: t0 + hour });
    expect(story.tell(controlled("us", t0 + minute)).why).toContain("newer-control-known");
    expect(story.tell(controlled("us", t0 + 2 * hour)).talk.private?.control).toBe("us");
    expect(story.tell(privately("maria", "m2", { at: t0 + hour, control: "app" })).talk.private?.control).toBe("us");
  });

  it("is taken by a person's order", () => {
    const story = begun();
    story.tell(privately("maria", "m1", { at: t0 + hour, control: "person" }));
    story.tell(ordered(key, { order: "control", take: true }));
    expect(story.last("control")).toMatchObject({ door: "net/acme/private", act: { thread: thread("thread-maria") } });
    expect(story.perform(story.last("control")).talk.private?.control).toBe("us");
  });
});

describe("acts without a word, by a person's order", () => {
  it.for([
    ["hides her newest post", { order: "hide", hidden: true }, { do: "hide", post: post("1"), hidden: true }],
    ["shows one again", { order: "hide", hidden: false, post: post("9") }, { do: "hide", post: post("9") }],
    ["likes it", { order: "like" }, { do: "like", post: post("1") }],
  ] as const)("%s", ([, what, act]) => {
    const { effects } = begun().tell(ordered(key, what));
    expect(effects.map((one) => one.act)).toEqual([expect.objectContaining(act)]);
  });

  it("takes back what the brand said, and nothing of hers", () => {
    const story = begun();
    story.tell(answered(key, "a", { side: "public" }));
    story.perform(story.last("reply"));
    const entry = "desk/answer/a" as never;
    story.tell(ordered(key, { order: "retract", entry }));
    const told = story.perform(story.last("retract"));
    expect(told.why).toContain("taken-back");
    expect(story.entries.get(entry)?.state).toBe("gone");
    const hers = story.tell(ordered(key, { order: "retract", entry: publicly("maria", "1").entry }));
    expect(hers.why).toContain("nothing-to-take-back");
  });

  it("says what a network does not offer", () => {
    const story = begun({ hide: false });
    expect(story.tell(ordered(key, { order: "hide", hidden: true })).why).toContain("channel-cannot");
  });
});

describe("who brings the invite", () => {
  const invited = (): Story => {
    const story = begun({ privateReply: false });
    story.tell(answered(key, "a", { side: "public" }));
    story.perform(story.last("reply"));
    return story;
  };
  const opened = (story: Story, at = t0 + hour): Opened => ({
    as: "opened",
    key: keyOf.event("net", "opened", at),
    at,
    source: "webhook",
    persona: psid,
    token: story.talk(key).invite?.token ?? "none",
  });

  it("is a hint: a conversation of its own that says where it belongs", () => {
    const story = invited();
    const told = story.tell(opened(story));
    expect(told.why).toContain("opened-by-somebody-unconfirmed");
    expect(told.talk).toMatchObject({ personas: [person("maria")], hints: [psid] });
    const hers = story.tell(privately("p-7", "m1", { ...her, at: t0 + 2 * hour }));
    expect(hers.talk.key).not.toBe(key);
    expect(hers.talk.claims).toMatchObject({ conversation: key });
    expect(hers.why).toContain("began-with-anothers-token");
  });

  it("is confirmed by a merge, which a person can undo; no promised answer changes its address", () => {
    const story = invited();
    story.tell(opened(story));
    const theirs = story.tell(privately("p-7", "m1", { ...her, at: t0 + 2 * hour })).talk.key;
    story.tell(answered(theirs, "x", { at: story.now }));
    const before = story.last("message").act;
    const merged = story.tell(ordered(key, { order: "merge", with: theirs }));
    expect(merged.why).toContain("confirmed");
    expect(merged.talk.personas).toEqual([person("maria"), psid]);
    expect(merged.talk.hints).toBeUndefined();
    expect(story.last("message").act).toEqual(before);

    const parted = story.tell(ordered(key, { order: "part", persona: psid }));
    const [left, fresh] = parted.decisions.map(({ conversation }) => conversation);
    expect(left).toMatchObject({ key, personas: [person("maria")], hints: [psid] });
    expect(left?.private).toBeUndefined();
    expect(fresh).toMatchObject({ personas: [psid], claims: { conversation: key } });
    expect(story.entries.get(privately("p-7", "m1").entry)?.conversation).toBe(fresh?.key);
    expect(story.last("message").act).toEqual(before);
    const again = story.tell(privately("p-7", "m2", { ...her, at: t0 + 3 * hour }));
    expect(again.talk.key).toBe(fresh?.key);
  });
});
