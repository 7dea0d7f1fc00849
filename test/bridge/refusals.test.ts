import { door } from "casethread";
import type { Past } from "casethread/adapter";
import { expect, it } from "vitest";
import { parkChannel } from "../made-up/park.ts";
import { createWorld } from "../made-up/world.ts";

const form = door({ url: (token) => `https://park.test/help?t=${token}` });

it("a past that two were about to read is read by one, and the other is told to ask again", async () => {
  await using first = createWorld();
  const past: Past = {
    plan: async (_, from) => ({ from, price: { usd: 0, source: "nothing is read" }, notes: [] }),
    read: async function* () {},
  };
  const channels = [{ ...parkChannel(first.park), past }];
  await using world = createWorld({ store: first.store, clock: first.clock, channels });
  const from = world.clock.now() - 1_000;
  const [[one], [other]] = [await world.bridge.backfill({ from }), await world.bridge.backfill({ from })];
  await one?.run();
  await expect(other?.run()).rejects.toThrow(
    "[bridge: taken] the time before of park/kiosk was read meanwhile, or is read by another process: ask backfill again",
  );
});

it("an answer through a channel that is configured no more", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  const { key: conversation } = await world.talk(post);
  const other = { ...parkChannel(world.park), name: "meadow", accounts: () => [] };
  await using renamed = createWorld({ store: world.store, clock: world.clock, channels: [other] });
  await expect(renamed.bridge.answer({ conversation, key: "k", text: "So sorry." })).rejects.toThrow(
    '[bridge: missing] no channel "park" is configured, and a promised act needs it: add it to createBridge({ channels }) or drop the act',
  );
});

it("words through a door of which the policy keeps nothing", async () => {
  let ignoring = false;
  const dispose = () => (ignoring ? ("ignore" as const) : ("case" as const));
  await using world = createWorld({ policy: { doors: [form], dispose } });
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, "So sorry.");
  await world.settle();
  const token = (await world.talk(post)).conversation.invite?.token ?? "";
  ignoring = true;
  await expect(world.bridge.redeem({ key: "k", token, text: "buy gold", who: "session-9" })).rejects.toThrow(
    "[bridge: missing] redeem: the words were kept on no conversation: the ledger says why, see bridge.ledger()",
  );
});
