import { describe, expect, test } from "vitest";
import { acme } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const picture = { kind: "image", url: "https://files.example/label.png", type: "image/png", bytes: 4_711 };
const post = (id: string) => ({ post: { account: { channel: "facebook", id: acme }, id } });

/** Maria has written in private. */
const talking = async (town: Town) => {
  const maria = await town.net.persona("Maria Keller");
  const { psid } = await town.net.message({ by: maria, page: acme, text: "hello" });
  await town.settle();
  return { persona: { account: { channel: "facebook", id: acme }, space: "psid", id: psid } };
};

describe("files in an agent's answer", () => {
  test("in private: the words, and then the file, each once and in this order", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0.5 } });
    const where = await talking(town);
    await town.bridge.answer({ ...where, key: "1", text: "Here is your label", media: [picture] });
    await town.bridge.answer({ ...where, key: "1", text: "Here is your label", media: [picture] });
    await town.settle();
    const ours = (await town.net.state()).letters.filter((one) => one.ours);
    expect(ours.map(({ text, picture: file }) => [text, file])).toEqual([
      ["Here is your label", undefined],
      ["", picture.url],
    ]);
    const talk = await town.bridge.conversation(where);
    expect(talk?.entries.map(({ text, media, state }) => [text, media?.[0]?.url, state])).toEqual([
      ["hello", undefined, "said"],
      ["Here is your label", undefined, "said"],
      ["", picture.url, "said"],
    ]);
    expect(await town.bridge.parked()).toEqual([]);
  });

  test("in public: beside the words", async () => {
    await using town = await createTown();
    const maria = await town.net.persona("Maria Keller");
    const { id } = await town.net.comment({ by: maria, under: town.post, text: "which one?" });
    await town.settle();
    await town.bridge.answer({ ...post(id), key: "1", side: "public", text: "This one", media: [picture] });
    await town.settle();
    const ours = (await town.net.state()).nodes.filter(({ viaApi }) => viaApi);
    expect(ours.map(({ text, photo }) => [text.replace(/ https.*/, ""), photo])).toEqual([["This one", picture.url]]);
  });

  test.for([
    [
      "too large",
      { ...picture, bytes: 8_000_001 },
      "the file has 8000001 bytes, and the network takes 8000000 at most",
    ],
    ["of no type", { ...picture, type: "model/obj" }, "the network takes no model/obj here: it takes image/*, audio/*"],
    ["in clear", { ...picture, url: "http://files.example/1" }, "needs an https address"],
  ] as const)("%s: refused with a sentence, and nothing of the answer leaves", async ([, file, sentence]) => {
    await using town = await createTown();
    const where = await talking(town);
    const answer = town.bridge.answer({ ...where, key: "1", text: "Here", media: [file] });
    await expect(answer).rejects.toMatchObject({ fault: "invalid", message: expect.stringContaining(sentence) });
    await town.settle();
    expect((await town.net.state()).letters.filter((one) => one.ours)).toEqual([]);
  });

  test("whose sending is in doubt is settled by its echo, and by nothing that only looks like it", async () => {
    await using town = await createTown({ hostile: { echoFirst: 1, doubleRate: 0, reorder: false } });
    const where = await talking(town);
    await town.net.inject({ fault: "lost-response" });
    await town.bridge.answer({ ...where, key: "1", text: "", media: [picture] });
    await town.pass(120_000);
    expect(await town.bridge.parked()).toEqual([]);
    const [, file] = (await town.bridge.conversation(where))?.entries ?? [];
    expect(file).toMatchObject({ state: "said", media: [picture] });
  });
});

test("a customer's picture is entered, told by a delivery or by a catch-up", async () => {
  await using town = await createTown({ hostile: { doubleRate: 0 } });
  const where = await talking(town);
  const url = "https://scontent.example/broken.jpg";
  // Graph tells whole seconds.
  await town.pass(2_000);
  await town.net.message({ by: "Maria Keller", page: acme, picture: url });
  await town.pass(2_000);
  await town.net.inject({ fault: "lost-webhook" });
  await town.net.message({ by: "Maria Keller", page: acme, picture: `${url}?2` });
  await town.pass(400_000);
  const { id } = await town.net.comment({ by: "Maria Keller", under: town.post, photo: url });
  await town.settle();
  const entries = [...((await town.bridge.conversation(where))?.entries ?? []), ...(await town.talk(id)).entries];
  expect(entries.slice(1).map(({ text, media }) => [text, media?.[0]?.url])).toEqual([
    ["", url],
    ["", `${url}?2`],
    ["", url],
  ]);
});
