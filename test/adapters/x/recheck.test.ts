import { describe, expect, test } from "vitest";
import { acme, ground } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const of = (post: string) => ({ post: { account: { channel: "x", id: acme }, id: post } });
const hour = 3_600_000;
const states = async (town: Town, post: string): Promise<readonly (readonly [string | null, string])[]> =>
  (await town.talk(post)).entries.map(({ text, state }) => [text, state]);
const looks = async (town: Town): Promise<number> =>
  (await town.net.state()).requests.filter(({ method, path }) => method === "GET" && path === "/2/tweets").length;

describe("looking again at posts", () => {
  test("finds what was edited, what was deleted, and whose author went away", async () => {
    const at = await ground({ hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const [maria, jo] = [await sandbox.persona("maria"), await sandbox.persona("jo")];
    const say = (text: string, by = maria): ReturnType<typeof sandbox.say> => sandbox.say({ by, text });
    const [kept, edited, removed] = [await say("@AcmeHelp a"), await say("@AcmeHelp b"), await say("@AcmeHelp c")];
    const away = await say("@AcmeHelp d", jo);
    const newer = await sandbox.edit({ post: edited.id, text: "@AcmeHelp bb" });
    await sandbox.remove({ post: removed.id });
    await sandbox.hideAway({ by: jo });
    const posts = [kept, edited, removed, away].map(({ id }) => ({ account: at.account, id }));
    const told = (await at.channel.recheck?.(at.account, posts, at.kit())) ?? [];
    expect(told.map((one) => [one.as, one.entry.split("/").at(-1), one.as === "said" ? one.text : one.how])).toEqual([
      ["said", kept.id, "@AcmeHelp a"],
      ["gone", kept.id, "shown"],
      ["said", edited.id, "@AcmeHelp bb"],
      ["gone", edited.id, "shown"],
      ["gone", removed.id, "deleted"],
      ["gone", away.id, "deleted"],
    ]);
    expect(told[2]).toMatchObject({ version: 2, post: { id: newer.id } });
    expect(told.map((one) => (one.as === "gone" ? one.author : undefined))).toEqual([
      ...Array.from({ length: 5 }, () => undefined),
      "protected",
    ]);
    expect((await sandbox.state()).requests.filter(({ path }) => path === "/2/tweets")).toHaveLength(2);
  });
});

describe("what no delivery tells", () => {
  test("every six hours: what customers deleted, an answer deleted by hand whose event was lost, edits, authors who are away and come back", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0 } });
    const { net, bridge } = town;
    const [maria, jo, kim] = await Promise.all(["maria", "jo", "kim"].map((name) => net.persona(name)));
    const say = async (by: typeof maria, text: string): Promise<string> => (await net.say({ by: by ?? "", text })).id;
    const removed = await say(maria, "@AcmeHelp one");
    const away = await say(jo, "@AcmeHelp two");
    const edited = await say(kim, "@AcmeHelp three");
    await town.settle();
    await bridge.answer({ ...of(edited), key: "1", text: "We look.", side: "public" });
    await town.pass(5_000);
    const ours = (await net.state()).posts.find(({ by }) => by === acme);
    await net.rate({ fault: "lost-webhook", probability: 1 });
    await net.edit({ post: edited, text: "@AcmeHelp three, and four" });
    await net.remove({ post: removed });
    await net.remove({ post: ours?.id ?? "" });
    await net.hideAway({ by: jo ?? "" });
    await town.pass(2 * 60_000);
    expect(await looks(town)).toBe(0);
    await town.clock.advance(6 * hour);
    await town.pass(2 * 60_000);
    expect(await states(town, removed)).toEqual([["@AcmeHelp one", "gone"]]);
    expect(await states(town, away)).toEqual([["@AcmeHelp two", "gone"]]);
    expect(await states(town, edited)).toEqual([
      ["We look.", "gone"],
      ["@AcmeHelp three, and four", "said"],
    ]);
    expect([...town.desk.entries.values()].filter(({ state }) => state === "gone")).toHaveLength(3);
    expect(bridge.explain(await town.talk(away))).toContain("went private");
    expect(await looks(town)).toBe(1);
    await town.pass(10 * 60_000);
    expect(await looks(town)).toBe(1);
    await net.hideAway({ by: jo ?? "", back: true });
    await town.clock.advance(6 * hour);
    await town.pass(2 * 60_000);
    expect(await states(town, away)).toEqual([["@AcmeHelp two", "said"]]);
    expect(bridge.explain(await town.talk(away))).toContain("is back");
    expect(await states(town, removed)).toEqual([["@AcmeHelp one", "gone"]]);
  });
});
