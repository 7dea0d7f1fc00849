import { BridgeError } from "casethread/adapter";
import { describe, expect, it } from "vitest";
import { safely } from "../../src/engine/log.ts";
import { parkChannel } from "../made-up/park.ts";
import { bridgeBetween, createWorld } from "../made-up/world.ts";

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

it("nobody outside begins a line of the log, commands a terminal that shows it, or turns its direction", async () => {
  const hostile = "gone\r\nERROR all is lost \u001b[2J\u0007\u202e\u2028";
  const refused = new BridgeError(hostile, { fault: "forbidden", adapter: "park", landed: "no" });
  await using world = createWorld();
  const channel = {
    ...parkChannel(world.park),
    read: async () => ({ events: [], unread: [{ reason: hostile, raw: "{}" }], alarms: [hostile] }),
    perform: () => Promise.reject(refused),
  };
  await using other = bridgeBetween(world.park, world.desk, { channels: [channel], store: world.store });
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, "So sorry.");
  await other.bridge.fetch(world.park.deliver());
  await other.bridge.work({ until: "idle" });
  const told = other.logs.map(({ fields, message }) => [message, ...Object.values(fields)].join(" "));
  expect(told.filter((line) => line.includes("all is lost")).length).toBeGreaterThanOrEqual(3);
  for (const line of told) expect(line).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
  const lines: string[] = [];
  const line = (_fields: object, message: string): void => void lines.push(message);
  const log = safely({ debug: line, info: line, warn: line, error: line });
  for (const level of ["debug", "info", "warn", "error"] as const) log[level]({}, hostile);
  expect(lines).toHaveLength(4);
  expect(lines.join("")).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
});
