import { expect, it } from "vitest";
import { createXSandbox } from "casethread/x/sandbox";
import { x } from "casethread/x";
import { createWorld } from "../made-up/world.ts";

const day = 86_400_000;

it("says what is open on either side, and until when", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  const { key } = await world.talk(post);
  const ways = () => world.bridge.ways({ conversation: key });
  expect(await ways()).toMatchObject([
    { side: "public", open: true, offers: "invite", why: { code: "says-it-in-public" }, parts: 1 },
    { side: "private", open: false, why: { code: "customer-has-not-written-privately" } },
  ]);
  await world.whisper("maria", "it is me");
  await world.settle();
  const [, open] = await ways();
  expect(open).toMatchObject({ open: true, why: { code: "she-wrote-in-private" } });
  expect(open?.until).toBeGreaterThan(world.clock.now());
  await world.clock.advance(60 * day);
  expect((await ways())[1]).toMatchObject({ open: false, why: { code: "private-window-closed" } });
});

it("a pause closes the side that it is for, and only that", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  const { key } = await world.talk(post);
  const { id } = await world.bridge.pause({ side: "public", reason: "a storm" });
  expect(await world.bridge.ways({ conversation: key })).toMatchObject([
    { side: "public", open: false, why: { code: "paused" } },
    { side: "private", why: { code: "customer-has-not-written-privately" } },
  ]);
  await world.bridge.resume(id);
  expect(await world.bridge.ways({ conversation: key })).toMatchObject([{ open: true }, {}]);
  expect(await world.bridge.ways({ url: "https://park.test/none" })).toEqual([]);
});

it("says no way where words would not leave, as perform does not reach that far", async () => {
  await using world = createWorld({ perform: "private" });
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  const { key } = await world.talk(post);
  const ways = await world.bridge.ways({ conversation: key });
  expect(ways[0]).toMatchObject({ open: false, why: { code: "only-rehearsed" } });
});

it("counts words as X counts them", async () => {
  await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }], listen: false });
  const { length } = x(network.options());
  const used = (text: string) => length?.(text, "public").used;
  // A link weighs 23 however long it is, a sign of CJK or an emoji two, whatever it is made of.
  expect(used("see https://acme.com/a/very/long/way/to/say/it")).toBe(27);
  expect([used("小包"), used("👩‍👩‍👧‍👦"), used("ö")]).toEqual([4, 2, 1]);
  expect(length?.("小包", "private")).toEqual({ used: 2, most: 10_000 });
});
