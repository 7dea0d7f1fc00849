import { door } from "casethread";
import { describe, expect, it } from "vitest";
import type { Word } from "../made-up/park.ts";
import { createWorld } from "../made-up/world.ts";

const minute = 60_000;
const hour = 60 * minute;
const form = door({ url: (token) => `https://acme.test/form?ref=${token}` });
const visitor = (id: string) => ({ account: { channel: "park", id: "kiosk" }, space: "visitor", id });

it("three roots in an hour, a message, a helper, a troll, a late parent and a merge are one story", async () => {
  await using world = createWorld({
    policy: { roster: ["eve"], noise: ["loser"], words: { closing: { en: () => "Glad it is sorted." } } },
  });
  const { park, bridge, clock } = world;
  const first = await world.post("maria", "my coffee was cold");
  await clock.advance(20 * minute);
  await world.post("maria", "and the cake was dry");
  await world.post("eve", "try the other machine", first.id);
  await world.post("troll", "cry about it, loser", first.id);
  await clock.advance(20 * minute);
  // The brand's own answer by hand is told before what it answers.
  const third = park.say("maria", "and nobody answers");
  const hand = park.byHand("we are here!", { under: third.id });
  await bridge.fetch(park.deliver(hand));
  await bridge.fetch(park.deliver(third));
  await world.whisper("maria", "it was cup 4711");
  await world.settle();
  const { key } = await world.talk(first);
  const other = await world.post("maria.private", "it is me, with my other account");
  await world.settle();
  await bridge.merge({
    conversation: key,
    key: "merge",
    with: { post: { account: visitor("x").account, id: other.id } },
  });
  await world.settle();

  const talk = await world.talk(first);
  expect(talk.entries.map(({ by, text }) => [by.kind, text])).toEqual([
    ["customer", "my coffee was cold"],
    ["customer", "and the cake was dry"],
    ["employee", "try the other machine"],
    ["customer", "and nobody answers"],
    ["brand", "we are here!"],
    ["customer", "it was cup 4711"],
    ["customer", "it is me, with my other account"],
  ]);
  expect(talk.conversation.public?.threads).toBeGreaterThanOrEqual(3);
  const told = bridge.explain(talk);
  const order = [
    "a new conversation begins",
    "the same person, inside the window",
    "entered as help",
    "our own words that had waited for this post join it",
    "the customer spoke in private",
    "merged by a person",
  ].map((sentence) => told.indexOf(sentence));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  for (const word of ["coffee", "loser", "4711", "maria"]) expect(told).not.toContain(word);
  // The troll has a conversation of their own, without a case.
  const troll = await bridge.conversation({ persona: visitor("troll") });
  expect(troll).toMatchObject({ stage: "ignored", case: { stage: "none" } });
  expect(world.desk.cases.size).toBe(2);
});

describe("a merge", () => {
  it("is taken back, and cannot be taken back twice", async () => {
    await using world = createWorld();
    const { bridge } = world;
    const hers = await world.post("maria", "cold coffee");
    const his = await world.post("bob", "dry cake");
    await world.settle();
    const [maria, bob] = [(await world.talk(hers)).key, (await world.talk(his)).key];
    await bridge.merge({ conversation: maria, key: "m", with: { conversation: bob } });
    await world.settle();
    expect((await world.talk(his)).key).toBe(maria);
    await bridge.unmerge({ conversation: maria, key: "u", from: bob });
    await world.settle();
    const back = await world.talk(his);
    expect(back).toMatchObject({ key: bob, stage: "public" });
    expect(back.entries.map(({ text }) => text)).toEqual(["dry cake"]);
    expect((await world.talk(hers)).entries.map(({ text }) => text)).toEqual(["cold coffee"]);
    expect(world.desk.cases.get(bob)).toMatchObject({ closed: false });
    const next = await world.post("bob", "and the tea", his.id);
    await world.settle();
    expect((await world.talk(next)).key).toBe(bob);
    await expect(bridge.unmerge({ conversation: maria, key: "u2", from: bob })).rejects.toMatchObject({
      fault: "missing",
      message: expect.stringContaining("was not merged into this one"),
    });
  });
});

describe("many at once", () => {
  it("are opened, each with its own case and time, and ignored", async () => {
    await using world = createWorld({ policy: { campaigns: ["#win"] } });
    const posts: Word[] = [];
    for (const by of ["a", "b", "c"]) posts.push(await world.post(by, "#win pick me"));
    await world.settle();
    expect(world.desk.cases.size).toBe(0);
    const at = (n: number) => ({ post: { account: visitor("x").account, id: posts[n]?.id ?? "" } });
    await world.bridge.open({ all: [at(0), at(1)], key: "o" });
    await world.bridge.ignore({ all: [at(2)], key: "i" });
    await world.settle();
    expect(world.desk.cases.size).toBe(2);
    expect((await world.bridge.conversation(at(2)))?.stage).toBe("ignored");
    await expect(
      world.bridge.open({ all: [at(0), { conversation: "nowhere" as never }], key: "n" }),
    ).rejects.toMatchObject({
      fault: "missing",
    });
  });

  it("a muted person is heard only, until then", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    await world.bridge.mute({ key: "m", persona: visitor("maria"), until: world.clock.now() + hour });
    const { revision } = (await world.talk(post)).conversation;
    await world.post("maria", "ANSWER ME");
    await world.settle();
    expect((await world.talk(post)).conversation.stamps.lastHeard).toBe(post.at);
    expect((await world.talk(post)).conversation.revision).toBeGreaterThan(revision);
    await world.clock.advance(hour + 1);
    const next = await world.post("maria", "hello?");
    await world.settle();
    expect((await world.talk(post)).conversation.stamps.lastHeard).toBe(next.at);
  });
});

describe("a door of the brand's own", () => {
  it("is offered where the network has none, and what comes through it comes home", async () => {
    await using world = createWorld({ policy: { doors: [form] } });
    const { bridge } = world;
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    // The park can carry invites: one is out already, so no second way is offered.
    await world.answer(post, "So sorry.");
    await world.settle();
    const token = (await world.talk(post)).conversation.invite?.token ?? "";
    const { conversation } = await bridge.redeem({ key: "f1", token, text: "it was cup 12", vouched: true });
    expect(conversation).toBe((await world.talk(post)).key);
    await bridge.redeem({ key: "f1", token, text: "it was cup 12", vouched: true });
    const stranger = await bridge.redeem({ key: "f2", token, text: "I have seen this link", who: "session-9" });
    expect(stranger.conversation).not.toBe(conversation);
    const again = await bridge.redeem({ key: "f3", token, text: "me again", who: "session-9" });
    expect(again.conversation).toBe(stranger.conversation);
    await world.settle();
    const talk = await world.talk(post);
    expect(talk.entries.filter(({ side }) => side === "private").map(({ text }) => text)).toEqual(["it was cup 12"]);
    expect(talk.conversation.invite).toMatchObject({ stage: "answered", at: { answered: expect.any(Number) } });
    // What she told there is private: it leaves by no public door.
    const state = await world.answer(post, "About cup 12 and cup 4711.");
    expect(state.state).toBe("draft");
  });

  it.each([
    ["no token", { token: "nothing here" }, "invalid", /no invite's token/],
    ["a token that nobody was given", { token: `ct-${"a".repeat(44)}` }, "missing", /given to nobody/],
    ["no words", { text: "  " }, "invalid", /no words/],
  ] as const)("refuses %s", async (_, differs, fault, say) => {
    await using world = createWorld({ policy: { doors: [form] } });
    const wanted = { key: "k", token: `ct-${"a".repeat(44)}`, text: "hello", ...differs };
    await expect(world.bridge.redeem(wanted)).rejects.toMatchObject({ fault, message: expect.stringMatching(say) });
  });

  it("an invite that is too old is refused", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    await world.answer(post, "So sorry.");
    await world.settle();
    const token = (await world.talk(post)).conversation.invite?.token ?? "";
    await world.clock.advance(31 * 24 * hour);
    await expect(world.bridge.redeem({ key: "k", token, text: "hello" })).rejects.toMatchObject({ fault: "invalid" });
  });
});

describe("two who answer", () => {
  it("the second waits while the first writes, and is asked when the first has answered", async () => {
    await using world = createWorld({ policy: { invite: false } });
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    const { key } = await world.talk(post);
    const by = (id: string) => ({ kind: "agent", id }) as const;
    await world.bridge.claim({ conversation: key, key: "c", by: by("ann") });
    const second = await world.bridge.answer({
      conversation: key,
      key: "b",
      text: "Hello?",
      side: "public",
      by: by("bob"),
    });
    expect(second.holds).toMatchObject([{ kind: "claimed" }]);
    await world.bridge.answer({ conversation: key, key: "a", text: "So sorry.", side: "public", by: by("ann") });
    await world.pass(11 * minute);
    expect(world.said().map(({ text }) => text)).toEqual(["So sorry."]);
    expect(await world.bridge.held()).toMatchObject([{ draft: { holds: [{ kind: "stale" }] } }]);
    await world.bridge.release({ key: "yes", draft: second.entry, by: by("bob") });
    await world.settle();
    expect(world.said().map(({ text }) => text)).toEqual(["So sorry.", "Hello?"]);
  });
});

describe("a bad day", () => {
  it("many more than usual: automatic words and invites are held, it is said once, and nothing is started", async () => {
    await using world = createWorld({ policy: { words: { invite: () => "Tell us more in private:" } } });
    // Ordinary hours first.
    for (let n = 0; n < 3; n++) {
      for (let i = 0; i < 4; i++) await world.post(`quiet${n}${i}`, "cold coffee");
      await world.settle();
      await world.clock.advance(hour);
    }
    await world.settle();
    const before = world.said().length;
    expect(before).toBe(12);
    for (let n = 0; n < 40; n++) await world.post(`crowd${n}`, "the machine took my money");
    await world.clock.advance(15_000);
    const late = await world.post("late", "the machine took my money");
    await world.settle();
    expect((await world.bridge.health()).alarms.filter((one) => one.includes("many more than usual"))).toHaveLength(1);
    expect((await world.talk(late)).conversation.public?.automatic).toBe(0);
    expect(world.bridge.explain(await world.talk(late))).toContain("no automatic invite: many more arrive than usual");
    // A person's answer goes, without an invite.
    await world.answer(late, "We are on it.");
    await world.settle();
    expect((await world.talk(late)).conversation.invite).toBeUndefined();
    expect(world.bridge.explain(await world.talk(late))).toContain("no invite now: many more arrive than usual");
  });
});
