import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bridge, type BridgeOptions, createBridge } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x, type XOptions } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDesk, deskCrm } from "../../made-up/desk.ts";
import { untold } from "../../../src/core/contracts/telemetry.ts";
import { acme } from "./subject.ts";

const day = 86_400_000;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "casethread-past-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A year in which people spoke to the brand and nobody listened; then a bridge. */
const town = async (over: { readonly bridge?: Partial<BridgeOptions>; readonly x?: Partial<XOptions> } = {}) => {
  const clock = createClock({ start: Date.UTC(2026, 0, 1), still: true });
  const desk = createDesk(clock.now, { lawful: true });
  const net = await createXSandbox({
    clock,
    listen: false,
    accounts: [{ id: acme, handle: "AcmeHelp" }],
    hostile: { lateAnswers: 0, indexLagMs: 0 },
  });
  const begun = clock.now();
  const maria = await net.persona("maria_k", { name: "Maria Keller" });
  const tom = await net.persona("tom", { name: "Tom" });
  const said: string[] = [];
  const say = async (by: typeof maria, text: string): Promise<string> => {
    const { id } = await net.say({ by, text: `@AcmeHelp ${text}` });
    said.push(id);
    return id;
  };
  for (let month = 0; month < 5; month += 1) {
    await say(maria, `parcel ${month} is lost, mail me at maria${month}@example.org`);
    await clock.advance(10 * day);
    await say(tom, `I will kill myself over parcel ${month}`);
    await clock.advance(20 * day);
  }
  await clock.advance(day);
  const alerts: string[] = [];
  const { accounts, ...options } = net.options();
  const bridge = (): Bridge =>
    createBridge({
      channels: [x({ ...options, accounts, client: net.client, ...over.x })],
      crm: deskCrm(desk),
      clock,
      store: sqlite({ file: join(folder, "past.db"), durable: false, clock }),
      policy: {
        departments: { support: { queue: "Support", promise: "30m" } },
        route: () => "support",
        words: { closing: () => "Glad we could help.", followUp: () => "Not forgotten.", invite: () => "Write to us." },
      },
      alert: ({ conversation }) => void alerts.push(conversation),
      ...over.bridge,
    });
  const acts = async () => (await net.state()).requests.filter(({ method }) => method !== "GET");
  return { clock, desk, net, begun, maria, tom, said, bridge, alerts, acts };
};

/** Reads a plan to its end, while time goes by. */
const ended = async <T>(clock: { advance(ms: number): Promise<void> }, run: Promise<T>): Promise<T> => {
  const at = { over: false };
  const done = run.finally(() => {
    at.over = true;
  });
  done.catch(() => undefined);
  for (let rounds = 0; !at.over; rounds += 1) {
    if (rounds > 5_000) throw new Error("it does not end");
    await clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
};

describe("the time before, on X", () => {
  it("is priced before it is read, opens cases as the policy says, and says and does nothing on the feed", async () => {
    const at = await town();
    await using bridge = at.bridge();
    const [plan, ...others] = await bridge.backfill({ from: at.begun });
    if (plan === undefined) throw new Error("nobody can");
    expect(others).toEqual([]);
    expect(plan).toMatchObject({
      account: { channel: "x", id: acme },
      from: at.begun,
      items: 10,
      price: { usd: 0.15 },
    });
    expect(plan.notes.join()).toContain("private messages of the last 30 days");
    // Nothing was read for it.
    expect((await at.net.state()).requests.filter(({ path }) => path.includes("search"))).toEqual([]);
    const { read, added } = await ended(at.clock, plan.run());
    expect([read, added]).toEqual([10, 10]);
    await bridge.work({ until: "idle" });
    expect(at.desk.cases.size).toBeGreaterThanOrEqual(5);
    for (const { key } of at.desk.cases.values()) at.desk.close(key);
    await bridge.work({ until: "idle" });
    await at.clock.advance(2 * 3_600_000);
    await bridge.work({ until: "idle" });
    expect(await at.acts()).toEqual([]);
    expect(at.alerts).toEqual([]);
    // Read again it is nothing new; with the same day there is nothing to do.
    const [again] = await bridge.backfill({ from: at.begun });
    expect(again).toMatchObject({ done: true, items: 0, price: { usd: 0 } });
    const [earlier] = await bridge.backfill({ from: at.begun - day });
    expect(await ended(at.clock, earlier?.run() ?? Promise.reject(new Error("none")))).toMatchObject({ added: 0 });
    expect((await bridge.health()).spending["x"]?.usd).toBeGreaterThan(0);
  });

  it("is only kept where that is wanted, until somebody says more", async () => {
    const at = await town();
    await using bridge = at.bridge();
    const [plan] = await bridge.backfill({ from: at.clock.now() - 40 * day, watch: true });
    await ended(at.clock, plan?.run() ?? Promise.reject(new Error("none")));
    await bridge.work({ until: "idle" });
    expect(at.desk.cases.size).toBe(0);
    const post = { account: { channel: "x", id: acme }, id: at.said.at(-1) ?? "" };
    expect(await bridge.conversation({ post })).toMatchObject({ stage: "watched" });
    await bridge.open({ key: "yes", post });
    await bridge.work({ until: "idle" });
    expect(at.desk.cases.size).toBe(1);
    await at.net.attach(bridge.fetch);
    await at.net.say({ by: at.maria, text: "@AcmeHelp and now?" });
    await at.net.settled();
    await bridge.work({ until: "idle" });
    expect(at.desk.cases.size).toBe(2);
  });

  it("goes on where it was stopped, and counts nothing twice", async () => {
    const at = await town();
    const stop = new AbortController();
    {
      await using bridge = at.bridge();
      const [plan] = await bridge.backfill({ from: at.begun });
      const run = plan?.run({
        signal: stop.signal,
        progress: ({ read }) => void (read >= 4 && stop.abort(new Error("enough"))),
      });
      await expect(ended(at.clock, run ?? Promise.reject(new Error("none")))).rejects.toThrow("enough");
    }
    const searched = async () =>
      (await at.net.state()).requests.filter(({ path }) => path.endsWith("search/all")).length;
    const before = await searched();
    await using bridge = at.bridge();
    const [plan] = await bridge.backfill({ from: at.begun });
    expect(plan?.resumes).toBeGreaterThanOrEqual(4);
    const whole = await ended(at.clock, plan?.run() ?? Promise.reject(new Error("none")));
    expect(whole.read).toBe(10);
    expect(whole.added).toBe(10 - (plan?.resumes ?? 0));
    expect(before).toBeGreaterThan(3);
    const rows = [];
    let after: string | undefined;
    for (;;) {
      const some = await bridge.ledger({ ...(after === undefined ? {} : { after }), limit: 100 });
      if (some.length === 0) break;
      rows.push(...some);
      after = some.at(-1)?.position;
    }
    expect(rows.filter(({ kind }) => kind === "event")).toHaveLength(10);
  });

  it("an old word changes nothing of what is going on now", async () => {
    const at = await town();
    await using bridge = at.bridge();
    await at.net.attach(bridge.fetch);
    await bridge.work({ until: "idle" });
    const { id } = await at.net.say({ by: at.maria, text: "@AcmeHelp today's parcel" });
    await at.net.settled();
    await bridge.work({ until: "idle" });
    const post = { account: { channel: "x", id: acme }, id };
    await at.clock.advance(60_000);
    at.desk.close((await bridge.conversation({ post }))?.key ?? "");
    await bridge.work({ until: "idle" });
    const before = await bridge.conversation({ post });
    expect(before?.case.stage).toBe("closed");
    const acts = await at.acts();
    const [plan] = await bridge.backfill({ from: at.clock.now() - 45 * day });
    await ended(at.clock, plan?.run() ?? Promise.reject(new Error("none")));
    await bridge.work({ until: "idle" });
    expect(await bridge.conversation({ post })).toMatchObject({ case: { stage: "closed" }, stage: before?.stage });
    expect(await at.acts()).toEqual(acts);
  });

  it("what is said once it was planned is of today: whoever is in danger is heard, and it is not only kept", async () => {
    const at = await town();
    await using bridge = at.bridge();
    const [plan] = await bridge.backfill({ from: at.begun, watch: true });
    await at.clock.advance(60_000);
    await at.net.dm({ by: at.tom, to: acme, text: "I will kill myself over this parcel" });
    await ended(at.clock, plan?.run() ?? Promise.reject(new Error("none")));
    expect(at.alerts).toHaveLength(1);
    await bridge.work({ until: "idle" });
    expect(at.desk.cases.size).toBe(1);
  });

  it("asks no advisor, and tells nobody that the network is late", async () => {
    const asked: string[] = [];
    const lags: number[] = [];
    const triage = { ask: async ({ text }: { text: string }) => asked.push(text) };
    const at = await town({
      bridge: { policy: { advisors: { triage } }, telemetry: { ...untold, lag: (seconds) => void lags.push(seconds) } },
    });
    await using bridge = at.bridge();
    const [plan] = await bridge.backfill({ from: at.begun });
    await ended(at.clock, plan?.run() ?? Promise.reject(new Error("none")));
    await bridge.work({ until: "idle" });
    expect([asked, lags]).toEqual([[], []]);
  });

  it("is read to the moment it was planned at, page by page, though the clock goes on between two", async () => {
    const at = await town();
    await at.clock.advance(day);
    for (let n = 0; n < 250; n += 1) {
      await at.net.say({ by: at.maria, text: `@AcmeHelp parcel ${n}` });
      await at.clock.advance(100);
    }
    await using bridge = at.bridge();
    const [plan] = await bridge.backfill({ from: at.clock.now() - day / 2 });
    const { read } = await ended(at.clock, plan?.run() ?? Promise.reject(new Error("none")));
    expect(read).toBe(250);
    const searches = (await at.net.state()).requests.filter(({ path }) => path.endsWith("search/all"));
    expect(searches).toHaveLength(3);
  });

  it("waits where X takes no more, and stops where the day's budget ends", async () => {
    const at = await town({ x: { budgetUsdPerDay: 0.02 } });
    await using bridge = at.bridge();
    const [plan] = await bridge.backfill({ from: at.begun });
    const waits: number[] = [];
    const run = plan?.run({
      progress: ({ waitsUntil }) => void (waitsUntil !== undefined && waits.push(waitsUntil)),
    });
    expect(
      await ended({ advance: () => at.clock.advance(600_000) }, run ?? Promise.reject(new Error("none"))),
    ).toMatchObject({ read: 10 });
    expect(waits.length).toBeGreaterThan(0);
  });

  it.for([
    ["of nobody", { account: { channel: "x", id: "7" } }, 'no account is called "x/7"; there are x/1001'],
    ["of a time to come", { from: Number.POSITIVE_INFINITY }, "give a moment that has passed"],
  ] as const)("%s is none", async ([, wanted, say]) => {
    const at = await town();
    await using bridge = at.bridge();
    await expect(bridge.backfill({ from: at.begun, ...wanted })).rejects.toThrow(say);
  });

  it("without the app's own token it says what is missing", async () => {
    const at = await town();
    const { bearer: _, ...app } = at.net.options().app;
    await using bridge = createBridge({
      channels: [x({ ...at.net.options(), app, client: at.net.client })],
      crm: deskCrm(at.desk),
      store: sqlite({ file: ":memory:", durable: false }),
    });
    await expect(bridge.backfill({ from: at.begun })).rejects.toThrow("app.bearer (X_APP_BEARER_TOKEN) is missing");
  });
});
