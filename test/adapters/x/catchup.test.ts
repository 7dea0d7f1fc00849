import { describe, expect, test } from "vitest";
import type { FromChannel, Waiting } from "casethread/adapter";
import { x, type XAccount } from "casethread/x";
import { keywordQueries, waitingQueries } from "../../../adapters/x/queries.ts";
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
  waiting: readonly Waiting[] = [],
): Promise<Passed> => {
  const { accounts, ...options } = at.sandbox.options();
  const channel = x({ ...options, accounts: accounts.map((one) => ({ ...one, ...more })) });
  const found = { events: [] as FromChannel[], alarms: [] as string[], cursor: cursor ?? "" };
  const from = { waiting, ...(cursor === undefined ? {} : { cursor }) };
  for await (const page of channel.since?.(at.account, from, at.kit()) ?? []) {
    found.events.push(...page.events);
    found.alarms.push(...page.alarms);
    found.cursor = page.cursor;
  }
  return found;
};
const persona = (at: Ground, id: string): Waiting["by"] => ({ account: at.account, space: "user", id });
const texts = ({ events }: Passed): string[] => events.flatMap((event) => (event.as === "said" ? [event.text] : []));
const asked = async (at: Ground): Promise<readonly string[]> =>
  (await at.sandbox.state()).requests.flatMap(({ path, query }) =>
    path === "/2/tweets/search/recent" ? [query["query"] ?? ""] : [],
  );

describe("what is addressed to an account", () => {
  test("is asked for in one query: answers and mentions; threads only for those who are waited for", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const [maria, jo] = [await sandbox.persona("maria"), await sandbox.persona("jo")];
    const news = await sandbox.say({ by: acme, text: "News" });
    const { cursor } = await pass(at);
    await at.clock.advance(1_000);
    const direct = await sandbox.say({ by: maria, text: "when?", replyTo: news.id });
    // Deep in a thread, naming nobody: X tells it to nobody, and it is addressed to no one at the brand.
    const thread = await sandbox.say({ by: jo, text: "Anyone from acme here?" });
    const deep = await sandbox.say({ by: maria, text: "I have the same", replyTo: thread.id });
    await sandbox.say({ by: jo, text: "Ask them", replyTo: deep.id });
    await at.clock.advance(1_000);
    expect(sandbox.announces(deep.id)).toEqual([]);
    expect(texts(await pass(at, {}, cursor))).toEqual(["@AcmeHelp when?"]);
    const waiting = [{ root: { account: at.account, id: thread.id }, by: persona(at, maria.id) }];
    // Of others in that thread nothing is read, or paid for.
    expect(texts(await pass(at, {}, cursor, waiting))).toEqual(["@AcmeHelp when?", "@jo I have the same"]);
    expect((await asked(at)).slice(-2).toSorted()).toEqual([
      `((conversation_id:${thread.id} from:${maria.id})) -is:retweet`,
      `(to:${acme} OR @AcmeHelp) -is:retweet`,
    ]);
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
    const ref = { channel: "x", id: acme };
    const waiting = Array.from({ length: 100 }, (_, n) => ({
      root: { account: ref, id: String(2_090_000_000_000_000_000n + BigInt(n)) },
      by: { account: ref, space: "user", id: String(1_090_000_000_000_000_000n + BigInt(n)) },
    }));
    const queries = waitingQueries(account, [...waiting, ...waiting]);
    expect(queries.every((query) => query.length <= 512)).toBe(true);
    expect(queries.join(" ").match(/conversation_id:/g)).toHaveLength(100);
    expect(queries).toHaveLength(15);
    expect(waitingQueries({ ...account, tier: "enterprise" }, waiting)).toHaveLength(2);
    expect(waitingQueries(account, [])).toEqual([]);
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

test("where nobody says anything for a week nothing was missed; after a week away it is said once", async () => {
  const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
  await using sandbox = at.sandbox;
  const maria = await sandbox.persona("maria");
  const { id: root } = await sandbox.say({ by: maria, text: "@AcmeHelp one" });
  const waiting = [{ root: { account: at.account, id: root }, by: persona(at, maria.id) }];
  const keywords = ["acmephone"];
  let { cursor } = await pass(at, { keywords });
  const alarms: string[] = [];
  const day = async (days: number): Promise<Passed> => {
    await at.clock.advance(days * 86_400_000);
    const passed = await pass(at, { keywords }, cursor, waiting);
    cursor = passed.cursor;
    alarms.push(...passed.alarms);
    return passed;
  };
  for (let n = 0; n < 9; n++) await day(1);
  expect(alarms).toEqual([]);
  await day(8);
  expect(alarms.toSorted()).toEqual(
    ["keywords", "mentions", "waiting"].map((what) => expect.stringContaining(`missed some ${what}: X shows`)),
  );
  // What the index shows a day late is found as before.
  await sandbox.say({ by: maria, text: "@AcmeHelp two", replyTo: root });
  await at.clock.advance(1_000);
  expect(new Set(texts(await day(0.9)))).toEqual(new Set(["@AcmeHelp two"]));
  expect(alarms).toHaveLength(3);
});

describe("somebody who is waited for", () => {
  test("is heard deep in a thread, where X tells nobody; nobody is searched for while nobody is waited for", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0, indexLagMs: 100 } });
    const { net, bridge, clock } = town;
    const [maria, jo] = [await net.persona("maria"), await net.persona("jo")];
    const searches = async (): Promise<readonly string[]> =>
      (await net.state()).requests.flatMap(({ query }) =>
        query["query"]?.includes("conversation_id:") === true ? [query["query"]] : [],
      );
    const thread = await net.say({ by: jo, text: "Is acme any good?" });
    const asks = await net.say({ by: maria, text: "@AcmeHelp lost my parcel", replyTo: thread.id });
    await town.settle();
    await town.pass(90_000);
    expect(await searches()).toEqual([]);
    const at = { post: { account: { channel: "x", id: acme }, id: asks.id } };
    await bridge.answer({ ...at, key: "1", text: "Which one?", side: "public" });
    await town.pass(5_000);
    // She answers herself, and calls on nobody.
    const deep = await net.say({ by: maria, text: "order 77, by the way", replyTo: asks.id });
    await net.say({ by: jo, text: "mine came", replyTo: asks.id });
    expect(net.announces(deep.id)).toEqual([]);
    await town.pass(90_000);
    const talk = await town.talk(deep.id);
    expect(talk.conversation.key).toBe((await town.talk(asks.id)).conversation.key);
    // What others say in that thread is nobody's here.
    expect(talk.entries.map(({ text }) => text)).toEqual([
      "@jo @AcmeHelp lost my parcel",
      "Which one?",
      "order 77, by the way",
    ]);
    expect(new Set(await searches())).toEqual(
      new Set([`((conversation_id:${thread.id} from:${maria.id})) -is:retweet`]),
    );
    const before = (await searches()).length;
    await clock.advance(1);
    await town.pass(180_000);
    expect(await searches()).toHaveLength(before);
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
    const account: XAccount = { id: acme, handle: "AcmeHelp", credentials: { bearer: "b" }, keywords };
    expect(keywordQueries(account)).toEqual([
      `(acmephone OR "acme parcel") -is:retweet -from:${acme} -to:${acme} -@AcmeHelp`,
    ]);
    const many = { ...account, keywords: Array.from({ length: 60 }, (_, n) => `a phrase number ${n}`) };
    expect(keywordQueries(many)).toHaveLength(4);
    expect(keywordQueries(many).every((query) => query.length <= 512)).toBe(true);
    expect(keywordQueries(many, "rule")).toHaveLength(2);
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
