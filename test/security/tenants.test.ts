import type { AccountRef, Talk } from "casethread";
import { expect, it } from "vitest";
import type { Word } from "../made-up/park.ts";
import { createWorld } from "../made-up/world.ts";

const accounts = ["kiosk", "cafe"] as const;
const account = (id: string): AccountRef => ({ channel: "park", id });

it("two tenants of one app, whose people, threads and messages have equal ids, share nothing", async () => {
  const talkOf = async (of: { post: string } | { persona: string }, at: string): Promise<Talk | undefined> =>
    world.bridge.conversation(
      "post" in of
        ? { post: { account: account(at), id: of.post } }
        : { persona: { account: account(at), space: "visitor", id: of.persona } },
    );
  await using world = createWorld({ channel: { accounts } });
  const said = (at: string, id: string, text: string, side: Word["side"] = "public"): Word => ({
    id,
    account: at,
    by: "maria",
    text,
    at: world.clock.now(),
    side,
    ...(side === "private" ? { to: at } : {}),
  });
  const told = async (...words: readonly Word[]): Promise<void> => {
    expect((await world.bridge.fetch(world.park.deliver(...words))).status).toBe(200);
    await world.settle();
  };
  // The same person at the same moment, in one delivery: two matters.
  // Public posts have ids of their own: a network gives each once, whichever account it is told to, so two that are equal are one post told twice.
  await told(said("kiosk", "901", "the kiosk is closed"), said("cafe", "905", "the cafe is closed"));
  const [kiosk, cafe] = [await talkOf({ post: "901" }, "kiosk"), await talkOf({ post: "905" }, "cafe")];
  expect([kiosk?.entries.map(({ text }) => text), cafe?.entries.map(({ text }) => text)]).toEqual([
    ["the kiosk is closed"],
    ["the cafe is closed"],
  ]);
  expect(kiosk?.key).not.toBe(cafe?.key);
  expect(world.desk.cases.size).toBe(2);

  // What she told one in private the other neither knows nor guards; each answers at its own door.
  await told(
    said("kiosk", "902", "my order is 4711-0815", "private"),
    said("cafe", "902", "is there cake?", "private"),
  );
  await world.bridge.answer({
    post: { account: account("cafe"), id: "905" },
    key: "1",
    text: "Is it 4711-0815?",
    side: "public",
  });
  await world.bridge.answer({
    post: { account: account("kiosk"), id: "901" },
    key: "2",
    text: "It is 4711-0815.",
    side: "public",
  });
  await world.settle();
  expect(world.said().map(({ account: by, text }) => [by, text])).toEqual([["cafe", "Is it 4711-0815?"]]);
  expect(await world.bridge.held()).toMatchObject([{ entry: { conversation: kiosk?.key } }]);
  expect((await talkOf({ persona: "maria" }, "cafe"))?.entries.map(({ text }) => text)).not.toContain(
    "my order is 4711-0815",
  );

  // An edit, a removal, a mute, a pause and an erasure at one are nothing at the other.
  await world.bridge.pause({ reason: "a storm", account: account("kiosk") });
  await world.bridge.mute({ key: "3", persona: { account: account("kiosk"), space: "visitor", id: "maria" } });
  await world.bridge.erase({ key: "4", persona: { account: account("kiosk"), space: "visitor", id: "maria" } });
  await world.bridge.answer({
    post: { account: account("cafe"), id: "905" },
    key: "5",
    text: "We open at nine.",
    side: "public",
  });
  await world.settle();
  expect((await talkOf({ post: "901" }, "kiosk"))?.entries.every(({ text }) => text === null)).toBe(true);
  expect((await talkOf({ post: "905" }, "cafe"))?.entries.map(({ text }) => text)).toEqual([
    "the cafe is closed",
    "is there cake?",
    "Is it 4711-0815?",
    "We open at nine.",
  ]);
  expect(world.said().map(({ account: by, text }) => [by, text])).toEqual([
    ["cafe", "Is it 4711-0815?"],
    ["cafe", "We open at nine."],
  ]);
});
