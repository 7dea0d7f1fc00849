import { acme } from "../adapters/x/subject.ts";
import { createTown } from "../adapters/x/town.ts";
import { type Figure, figureOf } from "./figure.ts";

/** What one whole conversation on X costs by its prices, deliveries and catch-up included: she posts twice and writes once; the brand answers twice in public and twice in private. */
const priceOfOne = async (invite: boolean): Promise<number> => {
  await using town = await createTown({ hostile: { doubleRate: 0 }, bridge: { policy: { invite } } });
  const { net, bridge } = town;
  const maria = await net.persona("maria");
  const first = await net.say({ by: maria, text: "@AcmeHelp where is my order?" });
  const at = { post: { account: { channel: "x", id: acme }, id: first.id } };
  await town.pass(60_000);
  await bridge.answer({ ...at, key: "1", text: "We look into it.", side: "public" });
  await town.pass(60_000);
  const second = await net.say({ by: maria, text: "@AcmeHelp and when?", replyTo: first.id });
  await town.pass(60_000);
  await bridge.answer({ ...at, key: "2", text: "Write to us in private, please.", side: "public" });
  await town.pass(60_000);
  await net.dm({ by: maria, to: acme, text: "It is order 4711." });
  await town.pass(60_000);
  await bridge.answer({ ...at, key: "3", text: "Found it.", side: "private" });
  await bridge.answer({ ...at, key: "4", text: "It comes tomorrow.", side: "private" });
  await town.pass(300_000);
  const { posts, dms } = await net.state();
  const ours = [...posts, ...dms.map(({ from }) => ({ by: from }))].filter(({ by }) => by === acme).length;
  if (ours !== 4 || second.conversation !== first.id) throw new Error(`${ours} of 4 answers were given`);
  const { spending } = await bridge.health();
  return spending["x"]?.usd ?? Number.NaN;
};

/** The price of 1,000 conversations on X, without an invite and with one. */
export const benchConversation = async (): Promise<readonly Figure[]> => {
  const unit = "US dollars per 1,000 conversations";
  return [
    figureOf({ name: "conversation-price", unit }, [{ value: 1_000 * (await priceOfOne(false)) }]),
    figureOf({ name: "conversation-price-invited", unit }, [{ value: 1_000 * (await priceOfOne(true)) }]),
  ];
};
