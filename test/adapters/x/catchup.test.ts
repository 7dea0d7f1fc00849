import { describe, expect, test } from "vitest";
import type { FromChannel, PostRef } from "casethread/adapter";
import { x, type XAccount } from "casethread/x";
import { addressedQueries, keywordQuery } from "../../../adapters/x/queries.ts";
import { acme, type Ground, ground } from "./subject.ts";
import { createTown } from "./town.ts";

interface Passed {
  readonly events: readonly FromChannel[];
  readonly alarms: readonly string[];
  readonly cursor: string;
}
const pass = async (
  at: Ground,
  more: Partial<XAccount> = {},
  cursor?: string,
  threads: readonly PostRef[] = [],
): Promise<Passed> => {
  const { accounts, ...options } = at.sandbox.options();
  const channel = x({ ...options, accounts: accounts.map((one) => ({ ...one, ...more })) });
  const found = { events: [] as FromChannel[], alarms: [] as string[], cursor: cursor ?? "" };
  const from = { threads, ...(cursor === undefined ? {} : { cursor }) };
  for await (const page of channel.since?.(at.account, from, at.kit()) ?? []) {
    found.events.push(...page.events);
    found.alarms.push(...page.alarms);
    found.cursor = page.cursor;
  }
  return found;
};
const texts = ({ events }: Passed): string[] => events.flatMap((event) => (event.as === "said" ? [event.text] : []));
const asked = async (at: Ground): Promise<readonly string[]> =>
  (await at.sandbox.state()).requests.flatMap(({ path, query }) =>
    path === "/2/tweets/search/recent" ? [query["query"] ?? ""] : [],
  );

describe("what is addressed to an account", () => {
  test("is asked for in one query: answers, mentions, and the threads where somebody waits", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const [maria, jo] = [await sandbox.persona("maria"), await sandbox.persona("jo")];
    const news = await sandbox.say({ by: acme, text: "News" });
    const { cursor } = await pass(at);
    await at.clock.advance(1_000);
    const direct = await sandbox.say({ by: maria, text: "when?", replyTo: news.id });
    await at.clock.advance(1_000);
    // Deep in a thread of somebody else's, naming nobody: X tells it to nobody, and it is addressed to no one at the brand.
    const thread = await sandbox.say({ by: jo, text: "Anyone from acme here?" });
    await at.clock.advance(1_000);
    const deep = await sandbox.say({ by: maria, text: "I have the same", replyTo: thread.id });
    await at.clock.advance(1_000);
    expect(sandbox.announces(deep.id)).toEqual([]);
    expect(texts(await pass(at, {}, cursor))).toEqual(["@AcmeHelp when?"]);
    const waiting = [{ account: at.account, id: deep.conversation }];
    expect(texts(await pass(at, {}, cursor, waiting))).toEqual([
      "@AcmeHelp when?",
      "Anyone from acme here?",
      "@jo I have the same",
    ]);
    expect((await asked(at)).at(-1)).toBe(`(to:${acme} OR @AcmeHelp OR conversation_id:${thread.id}) -is:retweet`);
    expect(direct.conversation).toBe(news.id);
  });

  test("an account whose handle is not known is read by its mentions", async () => {
    const at = await ground({ hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    await pass(at, { handle: undefined as never });
    expect(await asked(at)).toEqual([]);
    expect((await sandbox.state()).requests.some(({ path }) => path.endsWith("/mentions"))).toBe(true);
  });

  test("threads share queries as long as X takes them: 512 letters, or 4,096 on enterprise", () => {
    const account: XAccount = { id: acme, handle: "AcmeHelp", credentials: { bearer: "b" } };
    const threads = Array.from({ length: 100 }, (_, n) => ({
      account: { channel: "x", id: acme },
      id: String(2_090_000_000_000_000_000n + BigInt(n)),
    }));
    const queries = addressedQueries(account, threads);
    expect(queries.every((query) => query.length <= 512)).toBe(true);
    expect(queries.join(" ").match(/conversation_id:/g)).toHaveLength(100);
    expect(queries.length).toBe(9);
    expect(addressedQueries({ ...account, tier: "enterprise" }, threads)).toHaveLength(1);
    expect(addressedQueries(account, [])).toEqual([`(to:${acme} OR @AcmeHelp) -is:retweet`]);
  });

  test("older than seven days X shows no more: the rest is read, and an alarm says so", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("maria");
    await sandbox.say({ by: maria, text: "@AcmeHelp one" });
    const { cursor } = await pass(at);
    await at.clock.advance(8 * 86_400_000);
    await sandbox.say({ by: maria, text: "@AcmeHelp two" });
    await at.clock.advance(1_000);
    const later = await pass(at, {}, cursor);
    expect(texts(later)).toEqual(["@AcmeHelp two"]);
    expect(later.alarms).toEqual([expect.stringContaining("missed some mentions: X shows no more than seven days")]);
  });
});

describe("listening for words", () => {
  test("finds them all over X, from now on, without what is addressed to the account or said by it", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const keywords = ["acmephone", "acme parcel"];
    const maria = await sandbox.persona("maria");
    await sandbox.say({ by: maria, text: "my acmephone of last week" });
    const { cursor } = await pass(at, { keywords });
    await at.clock.advance(1_000);
    for (const text of [
      "My AcmePhone is hot",
      "@AcmeHelp my acmephone is hot",
      "nothing of interest",
      "an acme parcel came",
    ])
      await sandbox.say({ by: maria, text });
    await sandbox.say({ by: acme, text: "Buy the new acmephone" });
    await at.clock.advance(1_000);
    const { events } = await pass(at, { keywords }, cursor);
    const heard = events.flatMap((event) => (event.as === "said" ? [[event.text, event.overheard ?? false]] : []));
    expect(heard).toEqual([
      ["My AcmePhone is hot", true],
      ["@AcmeHelp my acmephone is hot", false],
      ["an acme parcel came", true],
      ["Buy the new acmephone", false],
    ]);
    expect(keywordQuery({ id: acme, handle: "AcmeHelp", credentials: { bearer: "b" }, keywords })).toBe(
      `(acmephone OR "acme parcel") -is:retweet -from:${acme} -to:${acme} -@AcmeHelp`,
    );
    // A cursor of before listening was switched on: from now on.
    const { keywords: _, ...before } = JSON.parse(cursor) as Record<string, unknown>;
    const later = await pass(at, { keywords }, JSON.stringify(before));
    expect(texts(later)).toEqual(["@AcmeHelp my acmephone is hot", "Buy the new acmephone"]);
    expect(JSON.parse(later.cursor)).toHaveProperty("keywords");
  });

  test("is routed and owned, and not answered here, even where X would let us; who then calls on the brand is", async () => {
    await using town = await createTown({
      tier: "enterprise",
      options: {},
      hostile: { doubleRate: 0 },
      listens: ["acmephone"],
      bridge: {
        policy: { departments: { press: { queue: "PR" } }, route: (m) => (m.overheard ? "press" : undefined) },
      },
    });
    await town.pass(1_000);
    const maria = await town.net.persona("maria");
    const post = await town.net.say({ by: maria, text: "my acmephone is hot" });
    await town.pass(70_000);
    const talk = await town.talk(post.id);
    expect(talk.conversation).toMatchObject({ public: { overheard: true }, department: { name: "press" } });
    expect([...town.desk.cases.values()][0]?.fields).toMatchObject({ assignee: "PR" });
    const at = { post: { account: { channel: "x", id: acme }, id: post.id } };
    await town.bridge.answer({ ...at, key: "1", text: "May we help?", side: "public" });
    await town.pass(5_000);
    const said = async (): Promise<number> => (await town.net.state()).posts.filter(({ by }) => by === acme).length;
    expect(await said()).toBe(0);
    expect(town.bridge.explain(await town.talk(post.id))).toContain("spoke to nobody at the brand");
    await town.net.say({ by: maria, text: "@AcmeHelp, it really is", replyTo: post.id });
    await town.settle();
    await town.bridge.answer({ ...at, key: "2", text: "We help.", side: "public" });
    await town.pass(5_000);
    expect(await said()).toBe(1);
  });
});

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
      ["said", edited.id, "@AcmeHelp bb"],
      ["gone", removed.id, "deleted"],
      ["gone", away.id, "deleted"],
    ]);
    expect(told[1]).toMatchObject({ version: 2, post: { id: newer.id } });
    expect((await sandbox.state()).requests.filter(({ path }) => path === "/2/tweets")).toHaveLength(1);
  });
});
