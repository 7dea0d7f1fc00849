import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BridgeError, createBridge } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { parkChannel } from "../made-up/park.ts";
import { bridgeBetween, createWorld, type World } from "../made-up/world.ts";

const folder = mkdtempSync(join(tmpdir(), "casethread-work-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const posts = (world: World, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => world.post(`customer ${n}`, "cold coffee")));

describe("work", () => {
  it("until idle returns when nothing is due any more, whatever is due later", async () => {
    await using world = createWorld();
    await posts(world, 30);
    world.park.faults.push("busy");
    world.park.busyMs = 60_000;
    const [post] = await posts(world, 1);
    if (post !== undefined) await world.answer(post, "So sorry.");
    await world.bridge.work({ until: "idle" });
    expect(world.desk.cases.size).toBe(30);
    const { lanes } = (await world.bridge.health()).census;
    expect(lanes).toEqual([{ door: "park/kiosk/public", due: 0, waiting: 1 }]);
  });

  it("for so many ms begins nothing after that, and finishes what is under way", async () => {
    await using world = createWorld();
    const all = await posts(world, 60);
    await world.settle();
    for (const post of all) await world.answer(post, "So sorry.");
    world.park.gate = () => new Promise((resolve) => setTimeout(resolve, 25));
    await world.bridge.work({ forMs: 150 });
    const { length } = world.park.requests;
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(60);
    expect(world.said()).toHaveLength(length);
    const states = (await Promise.all(all.map((post) => world.talk(post)))).flatMap(({ effects }) =>
      effects.filter(({ effect }) => effect.words === "person").map(({ state }) => state),
    );
    expect(new Set(states)).toEqual(new Set(["done", "promised"]));
  });

  it("for so many ms returns in that time when there is nothing to do", async () => {
    await using world = createWorld();
    const began = performance.now();
    await world.bridge.work({ forMs: 80 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(75);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("is stopped by the bridge's end", async () => {
    const world = createWorld();
    const working = world.bridge.work();
    await world.post("maria", "cold coffee");
    await expect.poll(() => world.desk.cases.size).toBe(1);
    await world.bridge[Symbol.asyncDispose]();
    await working;
  });

  it("of a file that another process works is refused, in a sentence that says what to do", async () => {
    const file = join(folder, "worked.db");
    await using world = createWorld({ store: sqlite({ file, durable: false }) });
    const stop = new AbortController();
    const working = world.bridge.work({ signal: stop.signal });
    await world.post("maria", "cold coffee");
    await expect.poll(() => world.desk.cases.size).toBe(1);
    await using other = bridgeBetween(world.park, world.desk, { store: sqlite({ file, durable: false }) });
    const refused = await other.bridge.work().catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(BridgeError);
    expect(refused).toMatchObject({ fault: "taken", landed: "no" });
    expect((refused as BridgeError).message).toMatch(/another process works this file: stop it, or use a store/);
    // It may admit all the same, and whoever works finds it.
    await other.post("nora", "warm milk");
    await expect.poll(() => world.desk.cases.size, { timeout: 5_000 }).toBe(2);
    stop.abort();
    await working;
    await other.bridge.work({ until: "idle" });
  });

  it("goes on when the store does not answer for a while", async () => {
    const bare = sqlite({ file: ":memory:", durable: false });
    let silent = 1;
    const nextDue = async (): Promise<number | undefined> => {
      if (silent-- > 0) throw new BridgeError("the disk", { fault: "unavailable", adapter: "sqlite", landed: "no" });
      return bare.nextDue();
    };
    await using world = createWorld({ store: { ...bare, nextDue } });
    const stop = new AbortController();
    const working = world.bridge.work({ signal: stop.signal });
    await expect.poll(() => world.logs.some(({ message }) => message === "the store did not answer")).toBe(true);
    await world.post("maria", "cold coffee");
    await expect.poll(() => world.clock.advance(1_000).then(() => world.desk.cases.size)).toBe(1);
    stop.abort();
    await working;
  });

  it("two on one bridge do everything once", async () => {
    await using world = createWorld();
    const all = await posts(world, 50);
    for (const post of all) await world.answer(post, "So sorry.");
    await Promise.all([1, 2].map(() => world.bridge.work({ until: "idle" })));
    await world.settle();
    expect(world.park.requests).toHaveLength(50);
    expect(world.desk.cases.size).toBe(50);
    expect(world.desk.writes.filter((line) => line.includes(" open "))).toHaveLength(50);
  });
});

it("settled resolves when every act has ended, or waits for a person", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  await world.answer(post, "So sorry.");
  let over = false;
  const settled = world.bridge.settled().then(() => {
    over = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(over).toBe(false);
  world.park.faults.push("mute");
  const stop = new AbortController();
  const working = world.bridge.work({ signal: stop.signal });
  await expect.poll(() => world.park.requests.length).toBe(1);
  await expect.poll(() => world.clock.advance(5_000).then(() => over), { timeout: 10_000 }).toBe(true);
  await settled;
  expect(await world.bridge.parked()).toHaveLength(1);
  stop.abort();
  await working;
  await world.answer(post, "Once more.");
  await world.bridge.settled({ signal: AbortSignal.timeout(30) });
});

describe("health", () => {
  it("says when effects are due and nobody has asked for them for a minute", async () => {
    await using world = createWorld();
    await world.post("maria", "cold coffee");
    expect(await world.bridge.health()).toMatchObject({ ok: true, troubles: [] });
    await world.clock.advance(59_000);
    expect((await world.bridge.health()).ok).toBe(true);
    await world.clock.advance(2_000);
    const ill = await world.bridge.health();
    expect(ill.ok).toBe(false);
    expect(ill.troubles).toEqual([
      "effects are due and nobody has asked for them for a minute: run bridge.work() somewhere",
    ]);
    expect(ill.census.lanes).toMatchObject([{ door: "crm/desk", due: 1 }]);
    await world.settle();
    const well = await world.bridge.health();
    expect(well).toMatchObject({ ok: true, troubles: [] });
    expect(well.asked["crm/desk"]).toBeGreaterThan(0);
  });

  it("says what keeps failing, in the words of the error, and no more once it answers", async () => {
    await using world = createWorld();
    const { desk, bridge, clock } = world;
    desk.away = true;
    await world.post("maria", "cold coffee");
    for (let at = 0; at < 8; at++) {
      await bridge.work({ until: "idle" });
      await clock.advance(30_000);
    }
    const ill = await bridge.health();
    expect(ill.ok).toBe(false);
    expect(ill.troubles).toEqual([
      expect.stringMatching(/^crm\/desk, asked what is new, failed \d+ times since .*: \[desk: unavailable\]/),
      expect.stringMatching(/^crm\/desk failed \d+ times since .*: \[desk: unavailable\]/),
    ]);
    desk.away = false;
    await clock.advance(300_000);
    await world.settle();
    expect(await bridge.health()).toMatchObject({ ok: true, troubles: [] });
  });

  it("says so too when the CRM can be read and not be written", async () => {
    const desk = createDesk(Date.now);
    const write = () => Promise.reject(new BridgeError("no", { fault: "unauthorized", adapter: "desk", landed: "no" }));
    await using world = createWorld({ crm: { ...deskCrm(desk), write } });
    await world.post("maria", "cold coffee");
    for (let at = 0; at < 8; at++) {
      await world.bridge.work({ until: "idle" });
      await world.clock.advance(300_000);
    }
    const { troubles, asked } = await world.bridge.health();
    expect(asked["crm/desk"]).toBeGreaterThan(0);
    // Whether the next try is due yet is chance; what failed is not.
    const failing = troubles.filter((one) => one.includes(" failed "));
    expect(failing).toEqual([expect.stringMatching(/^crm\/desk failed \d+ times since .*: \[desk: unauthorized\]/)]);
  });

  it("lists pauses that are in force and no others", async () => {
    await using world = createWorld();
    const { id } = await world.bridge.pause({ side: "public", reason: "a recall" });
    expect((await world.bridge.health()).pauses).toMatchObject([{ id, side: "public", reason: "a recall" }]);
    await world.bridge.resume(id);
    expect(await world.bridge.health()).toMatchObject({ ok: true, pauses: [] });
  });
});

it("the ledger is read page by page, in order, without gaps and without anybody's words", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "my marmalade is cold");
  await world.answer(post, "Which marmalade?");
  await world.settle();
  const whole = await world.bridge.ledger({ limit: 10_000 });
  const pages: (typeof whole)[number][] = [];
  for (let after: string | undefined; ;) {
    const page = await world.bridge.ledger({ limit: 3, ...(after === undefined ? {} : { after }) });
    expect(page.length).toBeLessThanOrEqual(3);
    if (page.length === 0) break;
    pages.push(...page);
    after = page.at(-1)?.position;
  }
  expect(pages).toEqual(whole);
  expect(whole.length).toBeGreaterThan(9);
  expect(new Set(whole.map(({ position }) => position)).size).toBe(whole.length);
  expect(JSON.stringify(whole)).not.toMatch(/marmalade|Name of/);
  expect((await world.bridge.ledger()).length).toBe(Math.min(100, whole.length));
  const decided = await world.bridge.ledger({ kinds: ["decided"], limit: 10_000 });
  // By its kind a row's shape is known.
  expect(decided.flatMap(({ row }) => row.effects.map((act) => act.do))).toContain("reply");
  expect(decided).toEqual(whole.filter(({ kind }) => kind === "decided"));
});

describe("a process whose clock runs behind the store's", () => {
  /** Its bridge's clock is so many ms behind. */
  const drifting = (behindMs: number) => {
    const clock = createClock();
    const late = { ...clock, now: () => clock.now() - behindMs };
    const world = createWorld({ clock: late, store: sqlite({ file: ":memory:", durable: false, clock }) });
    return { world, clock };
  };

  it("looks as often as it should, and does not take waiting for a look", async () => {
    const { world, clock } = drifting(10_000);
    await using at = world;
    at.park.shown = false;
    at.park.faults.push("lost");
    const post = await at.post("maria", "cold coffee");
    await at.answer(post, "So sorry.");
    for (let turn = 0; turn < 8; turn++) {
      await at.bridge.work({ until: "idle" });
      await clock.advance(3_000);
    }
    await clock.advance(15_000);
    await at.bridge.work({ until: "idle", forMs: 1_000 });
    expect(at.park.requests).toHaveLength(1);
    expect(await at.bridge.parked()).toMatchObject([{ why: { params: { looks: 3 } } }]);
    expect(at.park.looks).toBe(3);
  });

  it("waits for a bucket that was closed as long as the network said, and does not spin on it", async () => {
    const clock = createClock();
    const late = { ...clock, now: () => clock.now() - 30_000 };
    const store = sqlite({ file: ":memory:", durable: false, clock });
    let leases = 0;
    const counted = {
      ...store,
      lease: async (wanted: Parameters<typeof store.lease>[0]) => {
        const taken = await store.lease(wanted);
        leases += taken.length;
        if (leases > 200) throw new Error("handed out again and again");
        return taken;
      },
    };
    await using at = createWorld({ clock: late, store: counted });
    const [post, other] = [await at.post("maria", "cold coffee"), await at.post("mo", "no cups")];
    at.park.busyMs = 20_000;
    at.park.faults.push("busy");
    await at.answer(post, "So sorry.");
    await at.answer(other, "They are coming.");
    for (let turn = 0; turn < 16; turn++) {
      await at.bridge.work({ until: "idle", forMs: 1_000 });
      await clock.advance(4_000);
    }
    expect(at.park.requests.map(({ text }) => text)).toEqual(expect.arrayContaining(["So sorry.", "They are coming."]));
    expect(leases).toBeLessThan(20);
  });

  it("wakes a conversation when its hour has come, once", async () => {
    const clock = createClock();
    const late = { ...clock, now: () => clock.now() - 10_000 };
    const store = sqlite({ file: ":memory:", durable: false, clock });
    const closing = (): string => "Glad it is sorted: kiosk@example.org";
    await using at = createWorld({ clock: late, store, policy: { words: { closing } } });
    const post = await at.post("maria", "cold coffee");
    await at.settle();
    at.desk.close((await at.talk(post)).key);
    await at.settle();
    const [held] = await at.bridge.held();
    expect(held?.draft.holds).toMatchObject([{ kind: "guard" }]);
    // Of no use after its time: by the store's clock that has come, by this process's it has not.
    await clock.advance((held?.draft.notAfter ?? 0) + 1_000 - clock.now());
    expect(await store.due(10)).toHaveLength(1);
    await at.bridge.work({ until: "idle", forMs: 1_000 });
    expect(await store.due(10)).toEqual([]);
    expect(await at.bridge.held()).toEqual([]);
    const woken = (await at.talk(post)).trail.filter(({ row }) => JSON.stringify(row).includes('"as":"woken"'));
    expect(woken).toHaveLength(1);
  });
});

it("acts at the door of a CRM that is configured no more wait, and health says so", async () => {
  const file = sqlite({ file: ":memory:", durable: false });
  const world = createWorld({ store: file });
  await world.post("maria", "cold coffee");
  const other = { ...deskCrm(world.desk), name: "ledgers" };
  await using moved = createBridge({ channels: [parkChannel(world.park)], crm: other, store: file });
  await moved.work({ until: "idle" });
  expect(world.desk.writes).toEqual([]);
  expect((await moved.health()).troubles).toEqual([
    "acts are due at crm/desk, which nothing configured here serves: add its adapter or account",
  ]);
});

it("a position that is none is refused", async () => {
  await using world = createWorld();
  await expect(world.bridge.ledger({ after: "yesterday" })).rejects.toThrow(
    /"yesterday" is no position; pass the position/,
  );
  await expect(world.bridge.ledger({ kinds: ["event", "rumour" as "event"] })).rejects.toThrow(
    /"rumour" is no kind of record; there are event, decided, paused/,
  );
  await expect(world.bridge.ledger({ kinds: [] })).rejects.toThrow(/name at least one kind/);
});
