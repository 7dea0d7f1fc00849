import { describe, expect, it } from "vitest";
import { createWorld } from "../made-up/world.ts";

const several = { words: { closing: { en: () => "Glad it is sorted.", de: () => "Schön, dass es geklappt hat." } } };

describe("in which language she speaks", () => {
  it.for([
    ["of a whole sentence", "Mein Paket ist seit einer Woche verschwunden und niemand antwortet", "de"],
    ["of what is no name and no link", "@acme #hilfe https://acme.test/help where is my parcel, please?", "en"],
    ["not of a word or two", "ok 4711", undefined],
  ] as const)("is told by her words, %s", async ([, text, language]) => {
    await using world = createWorld({ policy: several });
    const post = await world.post("maria", text);
    expect((await world.talk(post)).conversation.language).toBe(language);
  });

  it("is not asked where the brand speaks one", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "Mein Paket ist seit einer Woche verschwunden und niemand antwortet");
    expect((await world.talk(post)).conversation.language).toBeUndefined();
  });
});

it("where a network wants it, health says that an account which speaks by itself is to be labelled", async () => {
  const channel = { can: { label: "label it as automated in its settings" } };
  await using speaks = createWorld({ channel });
  expect((await speaks.bridge.health()).advice).toEqual(["park/kiosk: label it as automated in its settings"]);
  await using silent = createWorld({ channel, policy: {} });
  expect((await silent.bridge.health()).advice).toEqual([]);
});
