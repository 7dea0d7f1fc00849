import { describe, expect, it } from "vitest";
import type { Word } from "../made-up/park.ts";
import { createWorld, type World } from "../made-up/world.ts";

const minute = 60_000;
const kiosk = { channel: "park", id: "kiosk" };
const urlOf = (post: Word) => ({ url: `https://park.test/${post.id}` });
const texts = ({ desk }: World, caseKey: string): readonly (string | null)[] =>
  [...desk.entries.values()].filter((entry) => entry.case === caseKey).map(({ text }) => text);
const fields = async (world: World, post: Word): Promise<unknown> => {
  await world.settle();
  return world.desk.cases.get((await world.talk(post)).key)?.fields;
};
const decisions = async (world: World, post: Word): Promise<number> =>
  (await world.talk(post)).trail.filter(({ kind }) => kind === "decided").length;

/** Does it once, and twice more under the same key: the second and the third decide nothing. */
const thrice = async (world: World, post: Word, act: () => Promise<unknown>): Promise<void> => {
  await act();
  const count = await decisions(world, post);
  await act();
  await act();
  expect(await decisions(world, post)).toBe(count);
  await world.settle();
};

it("three roots of one author within twenty minutes are one case with three threads", async () => {
  await using world = createWorld();
  const first = await world.post("maria", "cold coffee");
  await world.pass(10 * minute);
  await world.post("maria", "and the cup was dirty");
  await world.pass(9 * minute);
  const last = await world.post("maria", "and nobody answers");
  await world.pass(minute);
  expect(world.desk.cases.size).toBe(1);
  const talk = await world.talk(last);
  expect(talk.key).toBe((await world.talk(first)).key);
  expect(talk.conversation.public).toMatchObject({ threads: 3, latest: { id: last.id } });
  expect(texts(world, talk.key)).toEqual(["cold coffee", "and the cup was dirty", "and nobody answers"]);
});

it("another author under the same post has a conversation of their own, marked as related", async () => {
  await using world = createWorld();
  const first = await world.post("maria", "cold coffee");
  const second = await world.post("nora", "mine too", first.id);
  await world.settle();
  expect(world.desk.cases.size).toBe(2);
  expect((await world.talk(second)).conversation.related).toBe((await world.talk(first)).key);
});

describe("an answer", () => {
  it("given twice by one key is one post, whatever it says the second time", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    const state = await world.answer(post, "So sorry.", "public", "one");
    expect(await world.answer(post, "So sorry.", "public", "one")).toEqual(state);
    await world.answer(post, "Something else.", "public", "one");
    await world.settle();
    expect(await world.answer(post, "So sorry.", "public", "one")).toMatchObject({ state: "said", holds: [] });
    await world.settle();
    expect(world.said().map(({ text }) => text)).toEqual(["So sorry."]);
  });

  it("in a newer version takes the place of the one that has not left", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    const give = (text: string, version: number) =>
      world.bridge.answer({ ...urlOf(post), key: "one", text, version, side: "public" });
    await give("So sory.", 1);
    await give("So sorry.", 2);
    await world.settle();
    await give("So very sorry.", 3);
    await world.settle();
    expect(world.said().map(({ text }) => text)).toEqual(["So sorry."]);
  });

  it("without a private side waits for one, a yes does not change that, and her word does", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    const state = await world.answer(post, "Your voucher is ready.", "private");
    expect(state.holds).toMatchObject([{ kind: "no-private-side" }]);
    const still = await world.bridge.release({ key: "yes", draft: state.entry });
    expect(still.holds).toMatchObject([{ kind: "no-private-side" }]);
    await world.settle();
    expect(world.park.requests).toEqual([]);
    await world.whisper("maria", "hello?");
    await world.settle();
    expect(world.said()).toMatchObject([{ text: "Your voucher is ready.", side: "private", to: "maria" }]);
    expect(await world.bridge.held()).toEqual([]);
  });

  it("with private data stays held in public, whoever says yes", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    const state = await world.answer(post, "We wrote to maria@example.org.");
    expect(state).toMatchObject({ state: "draft", holds: [{ kind: "guard" }] });
    await world.bridge.release({ key: "yes", draft: state.entry });
    await world.settle();
    expect(world.park.requests).toEqual([]);
    expect(await world.bridge.held()).toMatchObject([{ draft: { holds: [{ kind: "guard" }] } }]);
  });

  it("is withdrawn before it has left: it never leaves", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    const { entry } = await world.answer(post, "So sorry.");
    await thrice(world, post, () => world.bridge.withdraw({ key: "no", draft: entry }));
    expect(world.park.requests).toEqual([]);
    expect(await world.bridge.withdraw({ key: "no", draft: entry })).toMatchObject({ state: "withdrawn" });
    expect(world.desk.entries.get(entry)?.state).toBe("failed");
  });

  it("is withdrawn after it has left: nothing changes", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    const { entry } = await world.answer(post, "So sorry.");
    await world.settle();
    await thrice(world, post, () => world.bridge.withdraw({ key: "no", draft: entry }));
    expect(world.said()).toHaveLength(1);
    expect((await world.talk(post)).entries.find(({ key }) => key === entry)?.state).toBe("said");
  });
});

describe("an order counts once by its key", () => {
  it("assign", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    await thrice(world, post, () => world.bridge.assign({ ...urlOf(post), key: "1", to: "Ann" }));
    expect(await fields(world, post)).toMatchObject({ assignee: "Ann" });
    await world.bridge.assign({ ...urlOf(post), key: "2", to: "Ben" });
    await world.bridge.assign({ ...urlOf(post), key: "1", to: "Ann" });
    expect(await fields(world, post)).toMatchObject({ assignee: "Ben" });
  });

  it("route: the department's queue has the case, and the brand's own rule does not take it back", async () => {
    const policy = { departments: { press: { queue: "PR" }, support: { queue: "Help" } }, route: () => "support" };
    await using world = createWorld({ policy });
    const post = await world.post("maria", "I write for a paper");
    expect(await fields(world, post)).toMatchObject({ department: "support", assignee: "Help" });
    await thrice(world, post, () => world.bridge.route({ ...urlOf(post), key: "1", to: "press" }));
    expect(await fields(world, post)).toMatchObject({ department: "press", assignee: "PR" });
    await world.post("maria", "well?");
    expect(await fields(world, post)).toMatchObject({ department: "press", assignee: "PR" });
  });

  it("open: what was only watched becomes a case with all that was said", async () => {
    await using world = createWorld({ policy: { dispose: () => "watch" } });
    const post = await world.post("maria", "nice kiosk");
    await world.post("maria", "but cold coffee");
    await world.settle();
    expect((await world.talk(post)).stage).toBe("watched");
    expect(world.desk.writes).toEqual([]);
    await thrice(world, post, () => world.bridge.open({ ...urlOf(post), key: "1" }));
    const talk = await world.talk(post);
    expect(talk).toMatchObject({ stage: "public", case: { stage: "open", number: "00001" } });
    expect(texts(world, talk.key)).toEqual(["nice kiosk", "but cold coffee"]);
    await world.bridge.open({ ...urlOf(post), key: "2" });
    await world.settle();
    expect(world.desk.cases.size).toBe(1);
  });

  it("ignore", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "spam, spam");
    await world.settle();
    await thrice(world, post, () => world.bridge.ignore({ ...urlOf(post), key: "1" }));
    expect((await world.talk(post)).stage).toBe("ignored");
    expect(await fields(world, post)).toMatchObject({ awaiting: "nobody" });
  });

  it("resolve: the case is closed, and the closing word is said once", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    await thrice(world, post, () => world.bridge.resolve({ ...urlOf(post), key: "1" }));
    expect((await world.talk(post)).stage).toBe("resolved");
    expect(world.desk.cases.get((await world.talk(post)).key)?.closed).toBe(true);
    expect(world.said().map(({ text }) => text)).toEqual(["Glad it is sorted, Name. (automatic message)"]);
  });

  it("merge: one case has it all, the other is closed and leads there", async () => {
    await using world = createWorld();
    const into = await world.post("maria", "cold coffee");
    const from = await world.post("maria_2", "it is me, from my other name");
    await world.settle();
    const gone = (await world.talk(from)).key;
    await thrice(world, into, () => world.bridge.merge({ ...urlOf(into), with: urlOf(from), key: "1" }));
    const { key } = await world.talk(into);
    expect((await world.talk(from)).key).toBe(key);
    expect(texts(world, key)).toEqual(["cold coffee", "it is me, from my other name"]);
    expect(world.desk.cases.get(gone)).toMatchObject({ closed: true, fields: { mergedInto: key } });
    await world.bridge.merge({ ...urlOf(from), with: urlOf(into), key: "2" });
    await world.post("maria_2", "still there?");
    await world.settle();
    expect(texts(world, key)).toHaveLength(3);
    expect(world.said()).toEqual([]);
  });

  it("merge, again and again: the oldest leads to where it ended", async () => {
    await using world = createWorld();
    const all = [];
    for (const n of [1, 2, 3, 4]) all.push((await world.talk(await world.post(`maria_${n}`, "cold coffee"))).key);
    const [first, second, third, last] = all;
    if (first === undefined || second === undefined || third === undefined || last === undefined) throw new Error();
    await world.bridge.merge({ conversation: second, with: { conversation: first }, key: "1" });
    await world.bridge.merge({ conversation: third, with: { conversation: second }, key: "2" });
    await world.bridge.merge({ conversation: last, with: { conversation: third }, key: "3" });
    expect((await world.bridge.conversation({ conversation: first }))?.key).toBe(last);
  });

  it("split: an entry and all after it have a case of their own", async () => {
    await using world = createWorld();
    const first = await world.post("maria", "cold coffee");
    await world.clock.advance(1_000);
    const second = await world.post("maria", "and my bicycle was stolen");
    await world.clock.advance(1_000);
    await world.post("maria", "it was blue", second.id);
    await world.settle();
    const { key, entries } = await world.talk(first);
    const from = entries.find(({ text }) => text?.includes("bicycle"))?.key;
    if (from === undefined) throw new Error("no such entry");
    await thrice(world, first, () => world.bridge.split({ conversation: key, from, key: "1" }));
    expect(world.desk.cases.size).toBe(2);
    const other = [...world.desk.cases.keys()].find((one) => one !== key) ?? "";
    expect(texts(world, key)).toEqual(["cold coffee"]);
    expect(texts(world, other)).toEqual(["and my bicycle was stolen", "it was blue"]);
    expect((await world.talk(second)).key).toBe(other);
  });

  it("split while an answer is on its way: it is heard of where it went", async () => {
    await using world = createWorld();
    const first = await world.post("maria", "cold coffee");
    await world.clock.advance(1_000);
    const second = await world.post("maria", "and my bicycle was stolen");
    await world.settle();
    const { key, entries } = await world.talk(first);
    const from = entries.find(({ text }) => text?.includes("bicycle"))?.key;
    if (from === undefined) throw new Error("no such entry");
    await world.clock.advance(1_000);
    await world.bridge.answer({ conversation: key, key: "1", text: "we have found it", side: "public" });
    await world.bridge.split({ conversation: key, from, key: "2" });
    await world.settle();
    expect((await world.talk(second)).conversation).toMatchObject({ related: key, awaiting: "customer" });
    expect((await world.talk(second)).entries.at(-1)).toMatchObject({ text: "we have found it", state: "said" });
  });

  it("adopt: a case made by hand is linked with its post, and nobody is spoken to", async () => {
    await using world = createWorld();
    const { desk, bridge, park } = world;
    await world.settle();
    const byHand = desk.file();
    const post = park.say("maria", "as I told you on the phone");
    const wanted = {
      key: "1",
      case: { crm: "desk", id: byHand.id },
      post: { account: kiosk, id: post.id },
      persona: { account: kiosk, space: "visitor", id: "maria" },
    };
    await bridge.adopt(wanted);
    await thrice(world, post, () => bridge.adopt(wanted));
    expect(park.requests).toEqual([]);
    expect([...desk.cases.values()].map(({ id }) => id)).toEqual([byHand.id]);
    const talk = await bridge.conversation({ case: wanted.case });
    expect(talk).toMatchObject({ case: { stage: "open", url: `https://desk.test/cases/${byHand.id}` } });
    desk.answer(talk?.key ?? "", "We remember.", "public");
    await world.settle();
    expect(world.said()).toMatchObject([{ text: "We remember.", under: post.id }]);
    expect(desk.cases.size).toBe(1);
  });
});

it("answers of an agent, written one after the other in private, arrive in order", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  await world.whisper("maria", "in private, please");
  await world.settle();
  const words = ["one", "two", "three", "four", "five"].map((n) => `Answer ${n}.`);
  const { key } = await world.talk(post);
  for (const text of words) world.desk.answer(key, text);
  world.park.gate = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
  const more = words.map((text) => `${text} Again.`);
  await Promise.all(more.map((text) => world.answer(post, text, "private")));
  await Promise.all([world.settle(), world.bridge.work({ until: "idle" })]);
  const said = world.said().map(({ text }) => text);
  expect(said.filter((text) => !text.endsWith("Again."))).toEqual(words);
  expect(said.filter((text) => text.endsWith("Again."))).toEqual(more);
});

it("a newer version of an answer that is on its way: what is on record is what stands there", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, "First words.", "public", "a");
  const gate = Promise.withResolvers<void>();
  world.park.gate = () => gate.promise;
  const working = world.bridge.work({ until: "idle" });
  await expect.poll(async () => (await world.talk(post)).effects.some(({ state }) => state === "sending")).toBe(true);
  await world.bridge.answer({ ...urlOf(post), key: "a", text: "Second words.", side: "public", version: 2 });
  gate.resolve();
  await working;
  await world.settle();
  const talk = await world.talk(post);
  expect(world.said().map(({ text }) => text)).toEqual(["First words."]);
  expect(talk.entries.at(-1)).toMatchObject({ text: "First words.", state: "said", version: 1 });
  expect(texts(world, talk.key)).toEqual(["cold coffee", "First words."]);
  expect(world.bridge.explain(talk)).toContain("the newer version came too late");
});

it("a link says which conversation is meant, also where a verb wants a person besides", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  const other = await world.post("ben", "warm milk");
  const [ben] = (await world.talk(other)).conversation.personas;
  if (ben === undefined) expect.fail("nobody");
  expect((await world.bridge.conversation({ ...urlOf(post), persona: ben }))?.key).toBe((await world.talk(post)).key);
  const loose = { conversation: undefined, url: undefined, persona: ben } as never;
  expect((await world.bridge.conversation(loose))?.key).toBe((await world.talk(other)).key);
  expect((await world.bridge.conversation({ persona: ben }))?.key).toBe((await world.talk(other)).key);
});
