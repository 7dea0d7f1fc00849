import { describe, expect, test } from "vitest";
import type { Post } from "casethread/x/sandbox";
import { acme } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const at = (post: string) => ({ post: { account: { channel: "x", id: acme }, id: post } });
const asked = async (town: Town, text = "@AcmeHelp where is my order?"): Promise<string> => {
  const by = await town.net.persona("maria");
  const { id } = await town.net.say({ by, text });
  await town.settle();
  return id;
};
const ours = async (town: Town): Promise<readonly Post[]> =>
  (await town.net.state()).posts.filter(({ by }) => by === acme);
const standing = async (town: Town): Promise<readonly Post[]> => (await ours(town)).filter(({ gone }) => gone !== true);
const long = Array.from({ length: 15 }, (_, n) => `This is sentence number ${n + 1} of a long answer.`).join(" ");

describe("an answer that somebody at the brand deletes in X's own app", () => {
  const stateOf = async (town: Town, post: string): Promise<readonly string[]> =>
    (await town.talk(post)).entries.filter(({ by }) => by.kind !== "customer").map(({ state }) => state);

  test("is gone on the case as well", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0.5 } });
    const post = await asked(town);
    await town.bridge.answer({ ...at(post), key: "1", text: "On its way.", side: "public" });
    await town.pass(5_000);
    const [said] = await standing(town);
    expect(await stateOf(town, post)).toEqual(["said"]);
    await town.net.remove({ post: said?.id ?? "" });
    await town.settle();
    expect(await stateOf(town, post)).toEqual(["gone"]);
    const entry = (await town.talk(post)).entries.find(({ state }) => state === "gone");
    expect(town.desk.entries.get(entry?.key ?? "")?.state).toBe("gone");
  });

  test("of several parts is gone when the last of them is; what stands can still be taken back", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0 } });
    const post = await asked(town);
    const answer = await town.bridge.answer({ ...at(post), key: "1", text: long, side: "public" });
    await town.pass(30_000);
    const [first, , third] = await standing(town);
    await town.net.remove({ post: first?.id ?? "" });
    await town.settle();
    expect(await stateOf(town, post)).toEqual(["said"]);
    await town.net.remove({ post: third?.id ?? "" });
    await town.settle();
    await town.bridge.retract({ ...at(post), key: "2", entry: answer.entry });
    await town.pass(5_000);
    expect(await standing(town)).toEqual([]);
    expect(await stateOf(town, post)).toEqual(["gone"]);
  });
});

describe("a long answer", () => {
  test("goes out in numbered parts, one under the other, each once, and the agent is told when all are said", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0.5 } });
    const post = await asked(town);
    await town.bridge.answer({ ...at(post), key: "1", text: long, side: "public" });
    await town.pass(30_000);
    const said = await standing(town);
    expect(said.length).toBe(3);
    expect(said.map(({ replyTo }) => replyTo)).toEqual([post, said[0]?.id, said[1]?.id]);
    said.forEach(({ text }, n) => expect(text).toContain(`(${n + 1}/3)`));
    // The invite goes with the first.
    expect(said.map(({ deepLink }) => deepLink !== undefined)).toEqual([true, false, false]);
    const talk = await town.talk(post);
    expect(talk.entries.filter(({ by }) => by.kind !== "customer").map(({ state, text }) => [state, text])).toEqual([
      ["said", long],
    ]);
    expect(talk.effects.filter(({ effect }) => effect.act.do === "reply").map(({ state }) => state)).toEqual([
      "done",
      "done",
      "done",
    ]);
    // What she says under the last part is hers, in the same conversation.
    const { id } = await town.net.say({ by: "maria", text: "thank you, and when?", replyTo: said[2]?.id ?? "" });
    await town.settle();
    expect((await town.talk(id)).conversation.key).toBe(talk.conversation.key);
  });

  test("whose second part's answer is lost is looked for, and said once", async () => {
    await using town = await createTown({
      hostile: { doubleRate: 0, echoFirst: 0 },
      beforePost: (net, made) => (made === 1 ? net.inject({ fault: "lost-response" }) : Promise.resolve()),
    });
    const post = await asked(town);
    await town.net.inject({ fault: "lost-webhook", times: 50 });
    await town.bridge.answer({ ...at(post), key: "1", text: long, side: "public" });
    await town.pass(240_000);
    const said = await ours(town);
    expect(said.map(({ text }) => /\((\d)\/3\)/.exec(text)?.[1])).toEqual(["1", "2", "3"]);
    expect((await town.talk(post)).effects.map(({ state }) => state)).not.toContain("parked");
  });

  test("whose second part is refused: the agent is told what is missing", async () => {
    await using town = await createTown({
      hostile: { doubleRate: 0, echoFirst: 0 },
      // A person at the brand removes the first part before the second is on its way.
      beforePost: async (net, made) => {
        if (made !== 1) return;
        const first = (await net.state()).posts.find(({ by }) => by === acme);
        await net.remove({ post: first?.id ?? "" });
      },
    });
    const post = await asked(town);
    await town.bridge.answer({ ...at(post), key: "1", text: long, side: "public" });
    await town.pass(30_000);
    expect(await ours(town)).toHaveLength(1);
    const talk = await town.talk(post);
    const states = talk.effects.flatMap(({ effect }) =>
      effect.act.do === "answerState" ? [[effect.act.state, effect.act.why?.code]] : [],
    );
    expect(states).toEqual([
      ["queued", undefined],
      ["failed", expect.any(String)],
    ]);
    // What was removed by hand was all that stood.
    expect(talk.entries.find(({ by }) => by.kind !== "customer")?.state).toBe("gone");
  });

  test("is taken back whole", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0 } });
    const post = await asked(town);
    const answer = await town.bridge.answer({ ...at(post), key: "1", text: long, side: "public" });
    await town.pass(30_000);
    expect(await standing(town)).toHaveLength(3);
    await town.bridge.retract({ ...at(post), key: "2", entry: answer.entry });
    await town.pass(30_000);
    expect(await standing(town)).toEqual([]);
  });

  test("that was said in part is not edited any more", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0 } });
    const post = await asked(town);
    await town.bridge.answer({ ...at(post), key: "1", text: long, side: "public" });
    await town.pass(30_000);
    await town.bridge.answer({ ...at(post), key: "1", text: "Never mind.", side: "public", version: 2 });
    await town.pass(30_000);
    expect(await standing(town)).toHaveLength(3);
  });
});
