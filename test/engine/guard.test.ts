import { describe, expect, it } from "vitest";
import type { Alert } from "casethread";
import { createWorld } from "../made-up/world.ts";

const hour = 3_600_000;
const words = (said: readonly { readonly text: string }[]): string => said.map(({ text }) => text).join("\n");

describe("what was told in private stays there", () => {
  it("over all conversations of the persona, whatever became of the one it was told in", async () => {
    await using world = createWorld();
    const first = await world.post("maria", "Where is my parcel?");
    await world.settle();
    await world.answer(first, "Please tell us on the bench.");
    await world.settle();
    await world.whisper("maria", "I am Oleksandra Zborowska, order 44871902");
    await world.settle();
    world.desk.close((await world.talk(first)).key);
    await world.settle();
    // A month later: another matter, another conversation.
    await world.clock.advance(31 * 24 * hour);
    const second = await world.post("maria", "Now the coffee is cold");
    await world.settle();
    expect((await world.talk(second)).key).not.toBe((await world.talk(first)).key);
    for (const leak of [
      "Sorry Oleksandra!",
      "Sorry, O l e k s a n d r a",
      "order 448-719-02 is closed",
      "Sorry zbоrowskа",
    ])
      await world.answer(second, leak);
    await world.answer(second, "Sorry! A hot one is on its way.");
    await world.settle();
    const held = await world.bridge.held();
    expect(held.map(({ trouble }) => trouble.map((one) => one.words))).toEqual([
      ["Oleksandra"],
      ["O l e k s a n d r a"],
      ["448-719-02"],
      ["zbоrowskа"],
    ]);
    expect(words(world.said())).not.toMatch(/leks|448|zb/i);
    expect(words(world.said())).toContain("A hot one is on its way.");
    // The very words stand nowhere but beside the draft itself.
    const ledger = JSON.stringify(await world.bridge.ledger({ limit: 10_000 }));
    expect(ledger).toContain("told-in-private");
    expect(ledger + JSON.stringify(world.logs)).not.toMatch(/oleksandra|44871902|448-719/i);
  });

  it("nobody hears in public what was told by whom they claim to be, or by who claims to be them", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "Where is my parcel?");
    await world.settle();
    await world.answer(post, "Please tell us on the bench.");
    await world.settle();
    const { invite } = (await world.talk(post)).conversation;
    const token = invite?.token ?? "";
    await world.whisper("maria", "order 44871902");
    // The link was passed on, or the form does not know who fills it in.
    await world.bridge.redeem({ key: "form-1", token, text: "my customer number is 77120934" });
    const troll = await world.post("eve", `and where is mine? ${token}`);
    await world.settle();
    for (const at of [post, troll]) await world.answer(at, "Your order 44871902 is on its way");
    await world.answer(post, "Found it by your number 77120934");
    await world.settle();
    const held = await world.bridge.held();
    expect(held.map(({ trouble }) => trouble.map((one) => one.words))).toEqual([
      ["44871902"],
      ["44871902"],
      ["77120934"],
    ]);
    expect(words(world.said())).not.toMatch(/44871902|77120934/);
  });

  it("a name that everybody sees is no secret, and what others told is", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "Where is my parcel?");
    await world.settle();
    await world.whisper("maria", "My name is Maria Quillfeather");
    await world.whisper("otto", "My name is Otto Brandenburger");
    await world.settle();
    await world.answer(post, "Dear maria, we look for it");
    await world.answer(post, "Dear Ms Quillfeather, we look for it");
    await world.answer(post, "Dear Brandenburger, we look for it");
    await world.settle();
    expect((await world.bridge.held()).map(({ entry }) => entry.text)).toEqual([
      "Dear Ms Quillfeather, we look for it",
    ]);
  });

  it("a fact that is cut in two between two answers is held at its second half", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "Where is my parcel?");
    await world.settle();
    await world.whisper("maria", "order 44871902");
    await world.settle();
    await world.answer(post, "Your number begins with 4487");
    await world.settle();
    await world.answer(post, "and it ends with 1902");
    await world.settle();
    expect(words(world.said())).toContain("4487");
    expect(words(world.said())).not.toContain("1902");
    expect((await world.bridge.held()).map(({ trouble }) => trouble)).toEqual([
      [{ kind: "told-in-private", words: "1902" }],
    ]);
  });

  it("what customers tell between the answer and its leaving is asked for again", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "Where is my parcel?");
    await world.settle();
    // Promised, and nobody works yet.
    await world.answer(post, "Is it about Zborowska?");
    expect(await world.bridge.held()).toEqual([]);
    await world.whisper("maria", "I am Zborowska");
    await world.settle();
    expect(world.said()).toEqual([]);
    expect((await world.bridge.held())[0]?.trouble).toEqual([{ kind: "told-in-private", words: "Zborowska" }]);
  });
});

describe("danger", () => {
  it("calls a person at once, after it is kept; who does not answer loses nothing", async () => {
    const called: Alert[] = [];
    await using world = createWorld({
      alert: (alert) => {
        called.push(alert);
        throw new Error("the pager is broken");
      },
    });
    const post = await world.post("maria", "my charger caught fire and I can't breathe");
    expect(called).toEqual([
      {
        conversation: (await world.talk(post)).key,
        account: { channel: "park", id: "kiosk" },
        why: { code: "danger", params: { urgency: "danger", by: "words" } },
      },
    ]);
    await world.post("maria", "still burning!", post.id);
    await world.settle();
    expect(called).toHaveLength(1);
    expect(world.desk.cases.values().next().value?.fields.priority).toBe(0);
    expect(world.logs.filter(({ level }) => level === "error").map(({ message }) => message)).toHaveLength(2);
    expect(JSON.stringify(world.logs)).not.toContain("charger");
  });
});
