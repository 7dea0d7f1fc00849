import { describe, expect, test } from "vitest";
import type { Kit, Receipt } from "casethread/adapter";
import { createBridge } from "casethread";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createGauge } from "../../../adapters/x/limits.ts";
import { createSpend } from "../../../adapters/x/spend.ts";
import { pricesOf } from "../../../adapters/x/prices.ts";
import type { XCall } from "../../../adapters/x/client.ts";
import { acme, actTask, delivered, type Ground, ground, kitAt, notes, other, replyTask } from "./subject.ts";

const account = { id: acme, credentials: { bearer: "t" } };
const noon = Date.parse("2026-11-27T12:00:00Z");
const reads = (path: string, over: Partial<XCall> = {}): XCall => ({
  account,
  method: "get",
  path,
  acts: false,
  ...over,
});
const posts = (from: number, count: number): object => ({
  data: Array.from({ length: count }, (_, n) => ({ id: String(from + n), author_id: "7" })),
  includes: { users: [{ id: "7" }] },
});

describe("the cost meter", () => {
  test("counts what was read once a day, what was done, and what was delivered, over all processes", async () => {
    const store = notes();
    let now = noon;
    const kit: Kit = kitAt(() => now, { note: store.note });
    const [one, two] = [createSpend(pricesOf({}), undefined), createSpend(pricesOf({}), undefined)];
    await one.billed(reads(`users/${acme}/mentions`), posts(1, 10), kit);
    await one.billed(reads(`users/${acme}/mentions`), posts(1, 10), kit);
    expect(await one.today(kit)).toEqual({ day: "2026-11-27", usd: 0.06 });
    const say = { text: "see https://a.example", reply: { in_reply_to_tweet_id: "1" } };
    await two.billed({ account, method: "post", path: "tweets", fields: say, acts: true }, { data: { id: "9" } }, kit);
    expect((await two.today(kit)).usd).toBe(0.26);
    expect((await one.today(kit)).usd).toBe(0.26);
    now += 86_400_000;
    await one.billed(reads("dm_events"), posts(1, 2), kit);
    expect(await one.today(kit)).toEqual({ day: "2026-11-28", usd: 0.03 });
    const contract = { ...account, tier: "enterprise" as const };
    await one.billed(reads("dm_events", { account: contract }), posts(100, 50), kit);
    expect((await one.today(kit)).usd).toBe(0.03);
  });

  test("counts nothing of what is delivered to an account with a contract", async () => {
    for (const [tier, usd] of [["self-serve", 0.005] as const, ["enterprise", 0] as const]) {
      const at = await ground({ tier });
      await using sandbox = at.sandbox;
      const { accounts, ...rest } = sandbox.options();
      const channel = x({ ...rest, accounts: accounts.map((one) => ({ ...one, tier })) });
      const { id } = await sandbox.say({ by: await sandbox.persona("maria"), text: "@AcmeHelp hello" });
      for (const body of sandbox.announces(id)) await channel.read(await delivered(sandbox.signed(body)), at.kit());
      expect((await channel.spending?.(at.kit()))?.usd).toBe(usd);
    }
  });

  test("over the day's budget catching up slows, then stops, and acts are the last to wait", async () => {
    let now = noon;
    const kit = kitAt(() => now, { note: notes().note });
    const spend = createSpend(pricesOf({}), 1);
    let id = 1;
    const spent = (usd: number): Promise<void> => {
      const count = Math.round(usd * 200);
      id += count;
      return spend.billed(reads(`users/${acme}/tweets`), posts(id - count, count), kit);
    };
    const may = async (what: "catch-up" | "act", of = acme): Promise<number | "yes"> => {
      now += 6_000;
      return spend.allow(what, of, kit).then(
        () => "yes",
        (error: { retryAt: number; landed: string }) => error.retryAt - now,
      );
    };
    await spent(0.9);
    expect([await may("catch-up"), await may("act")]).toEqual(["yes", "yes"]);
    await spent(0.2);
    expect([await may("catch-up"), await may("catch-up"), await may("act")]).toEqual(["yes", 894_000, "yes"]);
    // Another account is not kept waiting by this one's turn.
    expect(await may("catch-up", other)).toBe("yes");
    now += 888_000;
    expect(await may("catch-up")).toBe("yes");
    await spent(0.2);
    const midnight = Date.parse("2026-11-28T00:00:00Z");
    expect([await may("catch-up"), await may("act")]).toEqual([midnight - now + 6_000, "yes"]);
    await spent(0.3);
    expect(await may("act")).toBe(midnight - now);
    now = midnight;
    expect([await may("catch-up"), await may("act")]).toEqual(["yes", "yes"]);
  });

  test("bridge.health() shows it, with the budget", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    await using org = await createSalesforceSandbox({ seed: 5 });
    await using bridge = createBridge({
      channels: [x({ ...sandbox.options(), budgetUsdPerDay: 0.011 })],
      crm: salesforce({ origin: org.origin, login: org.login }),
      store: sqlite({ file: ":memory:", durable: false }),
      clock: at.clock,
    });
    const maria = await sandbox.persona("maria");
    const post = await sandbox.say({ by: maria, text: "@AcmeHelp hello" });
    const letter = await sandbox.dm({ by: maria, to: acme, text: "and in private" });
    for (const id of [post.id, letter.id])
      for (const body of sandbox.announces(id)) await bridge.fetch(sandbox.signed(body));
    await bridge.work({ until: "idle" });
    const { spending, troubles } = await bridge.health();
    expect(spending).toMatchObject({ x: { usd: 0.015, budgetUsd: 0.011 } });
    expect(troubles).toContainEqual(expect.stringContaining("x has cost 0.015 of 0.011 US dollars"));
  });
});

describe("limits", () => {
  const limit = (remaining: number, all = 15): { limit: number; remaining: number; reset: number } => ({
    limit: all,
    remaining,
    reset: noon / 1_000 + 900,
  });
  const message: XCall = { account, method: "post", path: "dm_conversations/with/7/messages", acts: true };

  test("the first half of a window is there for whoever comes, the rest is spread over it", () => {
    const gauge = createGauge();
    gauge.note(message, limit(8), noon);
    expect(gauge.closedUntil(message, noon)).toBeUndefined();
    gauge.note(message, limit(7), noon);
    expect(gauge.closedUntil(message, noon)).toBe(noon + 112_500);
    expect(gauge.closedUntil(message, noon + 112_500)).toBeUndefined();
    gauge.note(message, limit(0), noon + 112_500);
    expect(gauge.closedUntil(message, noon + 200_000)).toBe(noon + 900_000);
    expect(gauge.closedUntil({ ...message, account: { ...account, id: "other" } }, noon)).toBeUndefined();
    const day = { limit: 1_440, remaining: 0, reset: noon / 1_000 + 9_000 };
    for (const spent of [{ day }, { userDay: day }]) {
      gauge.note(message, { ...limit(9), ...spent }, noon);
      expect(gauge.closedUntil(message, noon)).toBe(noon + 9_000_000);
    }
  });

  test("of the reads of private messages some are kept for words in doubt", () => {
    const gauge = createGauge();
    const read = (purpose?: "catch-up" | "mark"): XCall => reads("dm_events", purpose === undefined ? {} : { purpose });
    const open = (left: number): readonly boolean[] => {
      gauge.note(read(), limit(left), noon);
      return [read("catch-up"), read("mark"), read()].map((call) => gauge.closedUntil(call, noon) === undefined);
    };
    expect(open(7)).toEqual([true, true, true]);
    expect(open(6)).toEqual([false, true, true]);
    expect(open(3)).toEqual([false, false, true]);
    expect(open(0)).toEqual([false, false, false]);
  });

  test("every endpoint is counted by itself: posts that are spent keep no look from being made", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("maria");
    const post = await sandbox.say({ by: maria, text: "@AcmeHelp?" });
    await sandbox.inject({ fault: "429" });
    const reply = replyTask(at.account, post.id, "Hello", 0);
    await expect(at.channel.perform(reply, at.kit())).rejects.toMatchObject({ fault: "throttled" });
    const requests = async (): Promise<number> => (await sandbox.state()).requests.length;
    const before = await requests();
    await expect(at.channel.perform(reply, at.kit())).rejects.toMatchObject({ fault: "throttled", landed: "no" });
    expect(await requests()).toBe(before);
    const look = { do: "look", post: { account: at.account, id: post.id }, persona: persona(at, maria.id) } as const;
    await expect(at.channel.perform(actTask(at.account, look, 0), at.kit())).resolves.toMatchObject({ openings: {} });
  });
});

const persona = (at: Ground, id: string): { account: Ground["account"]; space: string; id: string } => ({
  account: at.account,
  space: "user",
  id,
});

test("an invite goes by the cheaper way: a link of its own, or one in the words while they fit", async () => {
  const at = await ground();
  await using sandbox = at.sandbox;
  const maria = await sandbox.persona("maria", { acceptsMessages: true });
  const cheapLink = x({ ...sandbox.options(), prices: { replyWithLink: 0.01 } });
  const token = "ct-abcdefghijkmnpqrstuvwxyz23";
  const said = async (channel: typeof at.channel, words: string): Promise<object> => {
    const post = await sandbox.say({ by: maria, text: "@AcmeHelp?" });
    const task = replyTask(at.account, post.id, words, at.clock.now(), token);
    const receipt: Receipt = await channel.perform(task, at.kit());
    const own = (await sandbox.state()).posts.find(({ id }) => id === receipt.post?.id);
    return { deepLink: own?.deepLink !== undefined, text: own?.text.includes(token), usd: channel.price(task).usd };
  };
  expect(await said(at.channel, "Write to us.")).toMatchObject({ deepLink: true, usd: 0.2 });
  expect(await said(cheapLink, "Write to us, please.")).toEqual({ deepLink: false, text: true, usd: 0.01 });
  expect(await said(cheapLink, "a".repeat(270))).toMatchObject({ deepLink: true });
});
