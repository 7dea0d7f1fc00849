import { describe, expect, test } from "vitest";
import type { FromChannel, Page } from "casethread/adapter";
import { facebook } from "casethread/facebook";
import { ageOf } from "../../../adapters/facebook/terms.ts";
import { acme, type Ground, ground, notes } from "./subject.ts";

const calm = { hostile: { doubleRate: 0, echoFirst: 0, indexLagMs: 0, reorder: false }, still: true } as const;

const pages = async (at: Ground, cursor?: string): Promise<readonly Page<FromChannel>[]> => {
  const all: Page<FromChannel>[] = [];
  for await (const page of at.channel.since?.(at.account, cursor === undefined ? {} : { cursor }, at.kit()) ?? [])
    all.push(page);
  return all;
};
const began = async (at: Ground): Promise<string> => {
  const [first] = await pages(at);
  if (first === undefined) throw new Error("no page");
  expect(first.events).toEqual([]);
  return first.cursor;
};
const texts = (of: readonly Page<FromChannel>[]) =>
  of.flatMap(({ events }) => events.map((event) => (event.as === "said" ? event.text : event.as)));

describe("what no delivery told is read", () => {
  test("posts, comments at any depth and under old posts, private words, each once and oldest first", async () => {
    const at = await ground(calm);
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("Maria Keller");
    await at.clock.advance(3_600_000);
    const cursor = await began(at);
    await at.clock.advance(180_000);
    const one = await sandbox.comment({ by: maria, under: at.post, text: "one" });
    await at.clock.advance(1_000);
    const two = await sandbox.comment({ by: maria, under: one.id, text: "two" });
    await at.clock.advance(1_000);
    await sandbox.comment({ by: maria, under: two.id, text: "three" });
    await at.clock.advance(1_000);
    await sandbox.message({ by: maria, page: acme, text: "four" });
    await at.clock.advance(1_000);
    await sandbox.post({ by: maria, page: acme, text: "five" });
    const found = await pages(at, cursor);
    expect(texts(found)).toEqual(["one", "two", "three", "four", "five"]);
    expect(found[0]?.events[1]).toMatchObject({ parent: { id: one.id }, root: { id: at.post } });
    expect(found[0]?.events[3]).toMatchObject({ profile: { name: "Maria Keller" }, side: "private" });
    // Times only: nothing of Graph's own, whose way on holds the token.
    expect(JSON.parse(found.at(-1)?.cursor ?? "")).toEqual({
      feed: expect.any(Number),
      letters: expect.any(Number),
      ads: expect.any(Number),
      looked: expect.any(Number),
    });
    await at.clock.advance(600_000);
    await sandbox.comment({ by: maria, under: at.post, text: "six" });
    expect(texts(await pages(at, found.at(-1)?.cursor)).at(-1)).toBe("six");
  });

  test("more than a page of them, by Graph's word and not by its address", async () => {
    const at = await ground(calm);
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("Maria Keller");
    const cursor = await began(at);
    for (let n = 0; n < 230; n++) {
      await at.clock.advance(1_000);
      await sandbox.comment({ by: maria, under: at.post, text: `${n}` });
    }
    const found = await pages(at, cursor);
    expect(texts(found).filter((text) => /^\d+$/.test(text))).toEqual(Array.from({ length: 230 }, (_, n) => `${n}`));
    expect(found.length).toBeGreaterThan(2);
    const { requests } = await sandbox.state();
    expect(requests.some(({ query }) => query["after"] !== undefined)).toBe(true);
  });

  test("what was said under an advertisement, where the app may see it; the advertisement itself says nothing", async () => {
    const at = await ground({ ...calm, ads: true });
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("Maria Keller");
    const ad = await sandbox.post({ by: acme, page: acme, text: "Buy!", ad: true });
    await at.clock.advance(3_600_000);
    const cursor = await began(at);
    await at.clock.advance(60_000);
    const one = await sandbox.comment({ by: maria, under: ad.id, text: "too dear" });
    await at.clock.advance(1_000);
    await sandbox.comment({ by: maria, under: one.id, text: "much too dear" });
    const found = await pages(at, cursor);
    expect(texts(found)).toEqual(["too dear", "much too dear"]);
    expect(found[0]?.events[0]).toMatchObject({ root: { id: ad.id }, post: { id: one.id } });
    // Without the right to see them the feed alone is read.
    const bare = await ground(calm);
    await using _other = bare.sandbox;
    await bare.sandbox.post({ by: acme, page: acme, text: "Buy!", ad: true });
    await pages(bare, cursor);
    expect((await bare.sandbox.state()).requests.some(({ path }) => path.endsWith("/ads_posts"))).toBe(false);
  });

  test.for(["nonsense", "{}", '{"feed":"x"}', "https://graph.facebook.com/?access_token=x"])(
    "a cursor that is none of ours is refused: %s",
    async (cursor) => {
      const at = await ground(calm);
      await using _sandbox = at.sandbox;
      await expect(pages(at, cursor)).rejects.toMatchObject({ fault: "malformed" });
    },
  );
});

describe("how posts stand now", () => {
  test("edited, removed, hidden, as they were: each is told, and nothing is acted", async () => {
    const at = await ground(calm);
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("Maria Keller");
    const said = async (text: string) => sandbox.comment({ by: maria, under: at.post, text });
    const [same, edited, removed, hidden] = [
      await said("same"),
      await said("edited"),
      await said("removed"),
      await said("hidden"),
    ];
    const post = await sandbox.post({ by: maria, page: acme, text: "a post" });
    await at.clock.advance(60_000);
    await sandbox.edit({ post: edited.id, text: "edited, in other words" });
    await sandbox.remove({ post: removed.id });
    await sandbox.hide({ post: hidden.id, hidden: true });
    const refs = [same, edited, removed, hidden, post].map(({ id }) => ({ account: at.account, id }));
    const told = (await at.channel.recheck?.(at.account, refs, at.kit())) ?? [];
    const second = Math.floor(at.clock.now() / 1_000);
    expect(
      told.map((one) => (one.as === "said" ? [one.post?.id, one.text, one.version] : [one.post.id, one.how])),
    ).toEqual([
      [same.id, "same", second],
      [same.id, "shown"],
      [edited.id, "edited, in other words", second],
      [edited.id, "shown"],
      [removed.id, "deleted"],
      [hidden.id, "hidden", second],
      [hidden.id, "hidden"],
      [post.id, "a post", second],
      [post.id, "shown"],
    ]);
    expect(told[0]).toMatchObject({
      root: { id: at.post },
      by: { id: maria.id },
      entry: `facebook/${acme}/post/${same.id}`,
    });
    const { requests } = await sandbox.state();
    expect(requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("a failure that is no absence is a failure", async () => {
    const at = await ground(calm);
    await using _sandbox = at.sandbox;
    const refs = [{ account: at.account, id: "1_2/../me" }];
    await expect(at.channel.recheck?.(at.account, refs, at.kit())).rejects.toMatchObject({ fault: "invalid" });
  });
});

describe("a subscription that Meta ended", () => {
  test("is another thing than one that was not made yet: that is made without an alarm", async () => {
    const at = await ground(calm);
    await using sandbox = at.sandbox;
    await sandbox.unsubscribe({ page: acme });
    const found = await pages(at);
    expect(found.flatMap(({ alarms }) => alarms)).toEqual([]);
    expect(found.some(({ missed }) => missed)).toBe(false);
    expect((await sandbox.state()).subscriptions[acme]).toContain("feed");
  });

  test("is made again, said aloud, and what came meanwhile is read", async () => {
    const at = await ground(calm);
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("Maria Keller");
    const cursor = await began(at);
    await sandbox.unsubscribe({ page: acme });
    await at.clock.advance(700_000);
    await sandbox.comment({ by: maria, under: at.post, text: "does anybody hear me?" });
    const found = await pages(at, cursor);
    expect(found.flatMap(({ alarms }) => alarms)).toEqual([
      expect.stringMatching(/was subscribed no more and is again/),
    ]);
    expect(texts(found)).toContain("does anybody hear me?");
    expect(found.map(({ missed = false }) => missed)).toEqual([...found.slice(1).map(() => false), true]);
    expect((await sandbox.state()).subscriptions[acme]).toEqual(
      expect.arrayContaining(["feed", "messages", "standby"]),
    );
    const [again] = await pages(at, cursor);
    expect([again?.alarms, again?.missed]).toEqual([[], undefined]);
  });

  test("whoever is stopped before it was looked at what is known looks when it starts anew", async () => {
    const at = await ground(calm);
    await using sandbox = at.sandbox;
    const cursor = await began(at);
    await sandbox.unsubscribe({ page: acme });
    await at.clock.advance(700_000);
    for await (const page of at.channel.since?.(at.account, { cursor }, at.kit()) ?? []) {
      if (page.missed === true) break;
    }
    const anew = facebook(sandbox.options());
    const told: boolean[] = [];
    for (let n = 0; n < 2; n += 1) {
      await at.clock.advance(700_000);
      for await (const { missed = false } of anew.since?.(at.account, { cursor }, at.kit()) ?? []) told.push(missed);
    }
    // Two passes, the first with a page of its own for the look.
    expect(told).toEqual([false, true, false]);
  });

  test("is only told of where the brand keeps its subscriptions itself", async () => {
    const at = await ground({ ...calm, options: { subscribe: false } });
    await using sandbox = at.sandbox;
    await sandbox.unsubscribe({ page: acme });
    const [first] = await pages(at);
    expect(first?.alarms).toEqual([expect.stringMatching(/subscribe it, or no delivery/)]);
    expect((await sandbox.state()).subscriptions[acme]).toBeUndefined();
  });
});

test("the age of Graph's version is told 90 days before its end", async () => {
  const at = await ground({ ...calm, options: { version: "v22.0" } });
  await using _sandbox = at.sandbox;
  const alarmsAt = async (date: string): Promise<readonly string[]> => {
    const fresh = await ground({ ...calm, options: { version: "v22.0" } });
    await using _other = fresh.sandbox;
    const kit = fresh.kit({ now: () => Date.parse(date) });
    const all: string[] = [];
    for await (const page of fresh.channel.since?.(fresh.account, {}, kit) ?? []) all.push(...page.alarms);
    return all;
  };
  expect(await alarmsAt("2027-02-18")).toEqual([]);
  expect(await alarmsAt("2027-02-20")).toEqual([expect.stringContaining("v22.0 ends on 2027-05-20")]);
});

test.for([
  ["v19.0", "2026-01-01", /has ended/],
  ["v25.0", "2026-11-27", undefined],
  ["v25.0", "2028-05-01", /ends on 2028-07-29/],
  ["v26.0", "2026-11-27", undefined],
] as const)("what is said of %s on %s", ([version, date, said]) => {
  const told = ageOf(version, Date.parse(date));
  if (said === undefined) expect(told).toBeUndefined();
  else expect(told).toMatch(said);
});

test("a block is told with every pass, until it is over", async () => {
  const at = await ground(calm);
  await using _sandbox = at.sandbox;
  const note = notes();
  await note(`breaker/${acme}`).swap(undefined, String(at.clock.now() + 3_600_000));
  const alarms = async (): Promise<readonly string[]> => {
    const all: string[] = [];
    for await (const page of at.channel.since?.(at.account, {}, at.kit({ note })) ?? []) all.push(...page.alarms);
    return all;
  };
  expect(await alarms()).toEqual([expect.stringMatching(/has blocked Page .* \(368\)/)]);
  await at.clock.advance(3_600_001);
  expect(await alarms()).toEqual([]);
});
