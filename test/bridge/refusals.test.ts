import { door } from "casethread";
import type { Past } from "casethread/adapter";
import { createClock } from "casethread/sandbox";
import { expect, it } from "vitest";
import { deskCrm } from "../made-up/desk.ts";
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

it("words through a door, of who was erased in the same moment", async () => {
  await using world = createWorld({ policy: { doors: [form] }, clock: createClock({ still: true }) });
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, "So sorry.");
  await world.settle();
  const { conversation } = await world.talk(post);
  const token = conversation.invite?.token ?? "";
  const persona = { account: conversation.account, space: "door", id: "session-9" };
  await world.bridge.redeem({ key: "1", token, text: "it is cup 12", who: persona.id });
  await world.bridge.erase({ key: "e", persona });
  await expect(world.bridge.redeem({ key: "2", token, text: "and cup 13", who: persona.id })).rejects.toThrow(
    "[bridge: missing] redeem: the words were kept on no conversation: the ledger says why, see bridge.ledger()",
  );
});

it("words that a rule stumbled over are kept, and told", async () => {
  await using before = createWorld();
  const { park, store, clock } = before;
  const can = () => {
    throw new TypeError("no words of hers");
  };
  await using world = createWorld({ store, clock, channels: [{ ...parkChannel(park), can }] });
  await world.bridge.fetch(park.deliver(park.say("maria", "cold coffee")));
  expect(world.logs.map(({ message }) => message)).toContain(
    "an event could not be decided and is kept raw: [rules: invalid] a rule threw TypeError: see its cause, and report it to its author",
  );
});

it("acts of which a CRM's adapter says nothing", async () => {
  await using before = createWorld();
  const { park, store, clock, desk } = before;
  const crm = { ...deskCrm(desk), write: async () => [] };
  await using world = createWorld({ store, clock, channels: [parkChannel(park)], crm });
  await before.post("maria", "cold coffee");
  await world.bridge.work({ until: "idle" });
  expect(JSON.stringify(world.logs)).toContain(
    "[desk: unavailable] the CRM adapter gave no outcome for this act: report it to its author",
  );
});
