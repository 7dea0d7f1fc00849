import { describe, expect, test } from "vitest";
import type { Channel } from "casethread/adapter";
import { x } from "casethread/x";
import { acme, type Ground, ground, notes } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const of = (post: string) => ({ post: { account: { channel: "x", id: acme }, id: post } });
const hour = 3_600_000;
const app = { consumerKey: "a-consumer-key", consumerSecret: "a-consumer-secret-that-nobody-may-see" };
const states = async (town: Town, post: string): Promise<readonly (readonly [string | null, string])[]> =>
  (await town.talk(post)).entries.map(({ text, state }) => [text, state]);
const asked = async ({ state }: Town["net"], what: RegExp): Promise<number> =>
  (await state()).requests.filter(({ method, path }) => what.test(`${method} ${path}`)).length;
const lookUps = /^GET \/2\/tweets$/;
const jobs = /^POST \/2\/compliance\/jobs$/;

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
    const channel = x({ ...sandbox.options(), app });
    const told = (await channel.recheck?.(at.account, posts, at.kit())) ?? [];
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
    expect(await asked(sandbox, lookUps)).toBe(2);
  });

  /** Four posts, and what becomes of three of them. */
  const changed = async (at: Ground): Promise<readonly string[]> => {
    const { sandbox } = at;
    const [maria, jo] = [await sandbox.persona("maria"), await sandbox.persona("jo")];
    const say = (text: string, by = maria): ReturnType<typeof sandbox.say> => sandbox.say({ by, text });
    const all = [
      await say("@AcmeHelp a"),
      await say("@AcmeHelp b"),
      await say("@AcmeHelp c"),
      await say("@AcmeHelp d", jo),
    ];
    const [, edited, removed] = all;
    await at.clock.advance(1_000);
    await sandbox.edit({ post: edited?.id ?? "", text: "@AcmeHelp bb" });
    await sandbox.remove({ post: removed?.id ?? "" });
    await sandbox.hideAway({ by: jo });
    return all.map(({ id }) => id);
  };
  const recheck = async (at: Ground, channel: Channel, ids: readonly string[], store = notes()) => {
    const posts = ids.map((id) => ({ account: at.account, id }));
    const told = (await channel.recheck?.(at.account, posts, at.kit({ note: (name) => store.note(name) }))) ?? [];
    return told.map((one) => [
      ids.indexOf(one.entry.split("/").at(-1) ?? ""),
      one.as === "said" ? one.text : (one.author ?? one.how),
    ]);
  };

  test("by a job of X's own, over a socket: one file of ids, an answer a while later, and only what was edited is read", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const ids = await changed(at);
    await at.clock.advance(1_000);
    const store = notes();
    expect(await recheck(at, at.channel, ids, store)).toEqual([]);
    expect(await recheck(at, at.channel, ids, store)).toEqual([]);
    await at.clock.advance(61_000);
    expect(await recheck(at, at.channel, ids, store)).toEqual([
      [0, "shown"],
      [2, "deleted"],
      [3, "protected"],
      [1, "@AcmeHelp bb"],
      [1, "shown"],
    ]);
    expect(await asked(sandbox, jobs)).toBe(1);
    expect((await sandbox.state()).requests.find(({ path }) => path.endsWith("/upload"))?.body).toBe(ids.join("\n"));
    expect(JSON.stringify([...store.values])).not.toContain("upload");
    // The next is a job of its own.
    expect(await recheck(at, at.channel, ids, store)).toEqual([]);
    expect(await asked(sandbox, jobs)).toBe(2);
  });

  test("while another job of the app is under way its turn is waited for; where X lets the app not ask, each is read", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const ids = await changed(at);
    const { v2 } = sandbox.client({ id: "app" });
    await v2.post("compliance/jobs", { type: "tweets" }, { fullResponse: true });
    const store = notes();
    expect(await recheck(at, at.channel, ids, store)).toEqual([]);
    expect([...store.values.values()]).toEqual([expect.stringContaining('"tries":1')]);
    await at.clock.advance(901_000);
    expect(await recheck(at, at.channel, ids, store)).toEqual([]);
    await at.clock.advance(61_000);
    expect(await recheck(at, at.channel, ids, store)).toHaveLength(5);
    const stranger = x({ ...sandbox.options(), app: { ...app, bearer: "wrong" } });
    expect(await recheck(at, stranger, ids)).toHaveLength(6);
  });
});

describe("what no delivery tells", () => {
  test.for([
    ["as X says in a file", {}, { read: 0, jobs: 2 }],
    ["each read", { app }, { read: 2, jobs: 0 }],
  ] as const)(
    "every six hours, %s: what customers deleted, an answer deleted by hand whose event was lost, authors who are away and come back",
    async ([, options, how]) => {
      await using town = await createTown({ hostile: { doubleRate: 0 }, options, sandbox: { app } });
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
      expect((await asked(net, lookUps)) + (await asked(net, jobs))).toBe(0);
      await town.clock.advance(6 * hour);
      await town.pass(13 * 60_000);
      expect(await states(town, removed)).toEqual([[null, "gone"]]);
      expect(await states(town, away)).toEqual([[null, "gone"]]);
      expect(await states(town, edited)).toEqual([
        ["We look.", "gone"],
        ["@AcmeHelp three, and four", "said"],
      ]);
      expect([...town.desk.entries.values()].filter(({ state }) => state === "gone")).toHaveLength(3);
      expect(bridge.explain(await town.talk(away))).toContain("went private");
      await net.hideAway({ by: jo ?? "", back: true });
      await town.clock.advance(6 * hour);
      await town.pass(13 * 60_000);
      expect(await states(town, away)).toEqual([[null, "said"]]);
      expect(bridge.explain(await town.talk(away))).toContain("is back");
      expect(await states(town, removed)).toEqual([[null, "gone"]]);
      expect([await asked(net, lookUps), await asked(net, jobs)]).toEqual([how.read, how.jobs]);
    },
  );
});
