import { type Channel, createBridge, type EffectKey, type Store } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import type { Facts, Telemetry } from "casethread/opentelemetry";
import { describe, expect, it } from "vitest";
import { unheard, withArrivals, type Rhythm } from "../../src/core/rules/rhythm.ts";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";
import { bridgeBetween, createWorld, type World } from "../made-up/world.ts";

const hour = 3_600_000;
const kiosk = "park/kiosk";

/** Telemetry that is written down. */
const notebook = () => {
  const counts: (readonly [string, Facts])[] = [];
  const lags: Facts[] = [];
  let read: Parameters<Telemetry["levels"]>[0] = async () => [];
  const telemetry: Telemetry = {
    span: (_name, _facts, work) => work(() => undefined),
    mark: () => undefined,
    count: (name, _by, facts) => void counts.push([name, facts]),
    lag: (_seconds, facts) => void lags.push(facts),
    levels: (look) => {
      read = look;
      return () => undefined;
    },
  };
  return {
    telemetry,
    lags,
    levels: () => read(),
    ends: (door: string) =>
      counts.flatMap(([name, facts]) =>
        name === "casethread.acts" && facts["door"] === door ? [`${facts["outcome"]}, by ${facts["learned"]}`] : [],
      ),
  };
};

describe("ends of acts are counted once each, however they are learned", () => {
  const answered = async (world: World) => {
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    await world.answer(post, "So sorry.");
    return post;
  };
  const door = `${kiosk}/public`;

  it("by an answer; what is done again is no end", async () => {
    const told = notebook();
    await using world = createWorld({ telemetry: told.telemetry });
    world.park.faults.push("before", "busy");
    await answered(world);
    await world.pass(60_000);
    expect(world.park.requests).toHaveLength(3);
    expect(told.ends(door)).toEqual(["done, by answer"]);
    expect(told.ends("crm/desk").length).toBeGreaterThan(1);
    expect(new Set(told.ends("crm/desk"))).toEqual(new Set(["done, by answer"]));
  });

  it("by an echo that comes before anybody looks", async () => {
    const told = notebook();
    await using world = createWorld({ telemetry: told.telemetry });
    world.park.faults.push("lost");
    await answered(world);
    await world.settle();
    expect(told.ends(door)).toEqual(["done, by echo"]);
    await world.pass(60_000);
    expect(told.ends(door)).toHaveLength(1);
  });

  it("by a look; and by a person, who knows what nobody saw", async () => {
    const told = notebook();
    await using world = createWorld({ telemetry: told.telemetry });
    world.park.faults.push("mute");
    const post = await answered(world);
    await world.pass(60_000);
    expect(told.ends(door)).toEqual(["parked, by look"]);
    const [parked] = await world.bridge.parked();
    await world.bridge.landed(parked?.effect.key as EffectKey, {});
    expect(told.ends(door)).toEqual(["parked, by look", "done, by person"]);
    world.park.faults.push("mute");
    await world.answer(post, "Once more.");
    await world.pass(60_000);
    const [second] = await world.bridge.parked();
    await world.bridge.drop(second?.effect.key as EffectKey);
    expect(told.ends(door).slice(2)).toEqual(["parked, by look", "refused, by person"]);
  });

  it("by an answer that came when the lane was not ours any more", async () => {
    const told = notebook();
    const bare = sqlite({ file: ":memory:", durable: false });
    // Whoever settles the answer at the public door has lost the lease meanwhile.
    const settle: Store["settle"] = async (settled, also) => {
      const lost = settled.some(({ lease }) => lease.door === door);
      return bare.settle(
        lost ? settled.map((one) => ({ ...one, lease: { ...one.lease, owner: "somebody else" } })) : settled,
        also,
      );
    };
    await using world = createWorld({ telemetry: told.telemetry, store: { ...bare, settle } });
    await answered(world);
    await world.bridge.work({ until: "idle" });
    expect(world.park.requests).toHaveLength(1);
    expect(told.ends(door)).toEqual(["done, by late"]);
  });

  it("of an advisor by its answer, or by its hour", async () => {
    const told = notebook();
    const policy = {
      advisors: {
        quick: { ask: async () => "yes" },
        slow: { ask: () => new Promise<string>(() => undefined), withinMs: 50 },
      },
    };
    await using world = createWorld({ telemetry: told.telemetry, policy });
    await world.post("maria", "cold coffee");
    await world.pass(60_000);
    expect(told.ends("advisor/quick")).toEqual(["done, by answer"]);
    expect(told.ends("advisor/slow")).toEqual(["done, by deadline"]);
  });
});

it("how late the CRM tells what happened there is told beside how late the network is", async () => {
  const told = notebook();
  await using world = createWorld({ telemetry: told.telemetry });
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, "From code, which is never late.");
  expect(told.lags).toEqual([{ channel: "park", side: "public" }, { crm: "desk" }]);
  world.desk.answer((await world.talk(post)).key, "So sorry.", "public");
  await world.pass(10_000);
  expect(told.lags.filter((facts) => facts["crm"] === "desk").length).toBeGreaterThan(1);
});

describe("silence", () => {
  const noon = Date.UTC(2026, 10, 27, 12);
  /** So many in each hour of the day, on each of the last days, until so many hours ago. */
  const days = (count: number, perHour: (hour: number) => number, until = 0): Rhythm => {
    let rhythm: Rhythm = {};
    for (let back = count * 24; back > until; back--)
      rhythm = withArrivals(rhythm, noon - back * hour, perHour((12 - back + 24 * count) % 24));
    return rhythm;
  };

  it.each([
    ["nothing is known", {}, noon, undefined],
    ["two days are too few", days(2, () => 10), noon + 9 * hour, undefined],
    ["ten an hour, and nothing for three", days(7, () => 10), noon + 3 * hour, 30],
    ["ten by day and nobody by night", days(7, (at) => (at >= 8 && at < 20 ? 10 : 0)), noon + 20 * hour, 80],
    ["it counts what has passed of the hour", days(7, () => 10), noon + hour / 2, 5],
    [
      "one storm last week is no habit",
      withArrivals(
        days(7, () => 1),
        noon - 166 * hour,
        5_000,
      ),
      noon + 3 * hour,
      3,
    ],
    ["it has not been silent", days(7, () => 10), noon - hour / 2, 0],
    ["the longer, the more", days(7, () => 1), noon + 48 * hour, 48],
  ])("%s", (_name, rhythm, now, expected) => {
    expect(unheard(rhythm, now)?.expected).toBe(expected);
  });

  it("of an account is told by health and as a figure, by its own rhythm, until somebody is heard", async () => {
    const told = notebook();
    const clock = createClock({ start: noon });
    await using world = createWorld({ clock, telemetry: told.telemetry });
    await world.bridge.health();
    const note = `rhythm/${kiosk}`;
    await world.store.unit((unit) => unit.note(note).swap(undefined, JSON.stringify(days(7, () => 10))));
    const figure = async () => (await told.levels()).find(({ name }) => name === "casethread.unheard");
    await clock.advance(hour);
    expect((await world.bridge.health()).ok).toBe(true);
    expect(await figure()).toMatchObject({ value: expect.closeTo(10, 0), facts: { account: kiosk } });
    await clock.advance(hour);
    const { ok, troubles } = await world.bridge.health();
    expect(ok).toBe(false);
    expect(troubles).toEqual([
      "nobody was heard at park/kiosk since 2026-11-27T12:00:00.000Z, where about 20 usually are in such a time: look with bridge.check() whether it is still told to us",
    ]);
    await world.post("maria", "cold coffee");
    await clock.advance(11_000);
    expect((await world.bridge.health()).troubles).toEqual([]);
  });
});

it("arrivals that could not be written down are written with the next ones", async () => {
  const bare = sqlite({ file: ":memory:", durable: false });
  let away = false;
  const unit: Store["unit"] = (work) =>
    bare.unit((one) => {
      const note: typeof one.note = (name) => {
        if (away && name.startsWith("rhythm/")) throw new Error("away");
        return one.note(name);
      };
      return work({ ...one, note });
    });
  await using world = createWorld({ store: { ...bare, unit } });
  await world.post("maria", "cold coffee");
  await world.post("nora", "warm milk");
  away = true;
  await world.clock.advance(11_000);
  await world.post("otto", "no cake");
  away = false;
  await world.clock.advance(11_000);
  await world.post("paul", "no chair");
  const kept = await bare.unit((one) => one.note(`rhythm/${kiosk}`).read());
  expect(Object.values(JSON.parse(kept ?? "{}") as Rhythm)).toEqual([3]);
});

it("a source that has not answered for long is told, also where nothing fails; and no more once it answers", async () => {
  let hangs = true;
  const since: Channel["since"] = async function* since(_account, _from, { signal }) {
    if (hangs) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    yield { events: [], unread: [], alarms: [], cursor: "1" };
  };
  const clock = createClock();
  const park = createPark(clock.now);
  const world = bridgeBetween(park, createDesk(clock.now), { clock, channels: [{ ...parkChannel(park), since }] });
  await using _world = world;
  const stop = new AbortController();
  const working = world.bridge.work({ signal: stop.signal });
  await expect.poll(async () => Object.keys((await world.bridge.health()).asked)).toContain("crm/desk");
  await clock.advance(9 * 60_000);
  // The desk is asked again, which takes a moment.
  await expect.poll(async () => (await world.bridge.health()).troubles).toEqual([]);
  await clock.advance(2 * 60_000);
  const troubles = async (): Promise<readonly string[]> => (await world.bridge.health()).troubles;
  await expect
    .poll(troubles)
    .toEqual(["park/kiosk has not told what is new for 11 minutes: the log says why; see also bridge.check()"]);
  hangs = false;
  stop.abort();
  await working;
  // Who does not work asks nobody, and is late with nothing.
  expect((await world.bridge.health()).troubles).toEqual([]);
});

it("the log says of each source when it has told what is new first, and of none that has not", async () => {
  const begun = Promise.withResolvers<void>();
  const since: Channel["since"] = async function* since() {
    await begun.promise;
    yield { events: [], unread: [], alarms: [], cursor: "1" };
  };
  const clock = createClock();
  const park = createPark(clock.now);
  const world = bridgeBetween(park, createDesk(clock.now), { clock, channels: [{ ...parkChannel(park), since }] });
  await using _world = world;
  const heard = () =>
    world.logs.flatMap(({ level, fields, message }) =>
      level === "info" && message === "nothing that happens from now on is missed" ? [fields] : [],
    );
  const stop = new AbortController();
  const working = world.bridge.work({ signal: stop.signal });
  await expect.poll(heard).toEqual([{ source: "crm/desk" }]);
  begun.resolve();
  await expect.poll(heard).toEqual([{ source: "crm/desk" }, { source: kiosk }]);
  await clock.advance(5 * 60_000);
  expect(heard()).toHaveLength(2);
  stop.abort();
  await working;
});

describe("two policies on one store", () => {
  const pair = () => {
    const clock = createClock();
    const store = sqlite({ file: ":memory:", durable: false, clock });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now, { lawful: true })];
    const first = bridgeBetween(park, desk, { clock, store });
    const second = bridgeBetween(park, desk, { clock, store, policy: { departments: { press: { queue: "PR" } } } });
    return { clock, first, second };
  };

  it("that decide by turns are told, and no more when one is left", async () => {
    const { clock, first, second } = pair();
    await using _first = first;
    for (const world of [first, second, first]) {
      await world.post("maria", "cold coffee");
      await clock.advance(1_000);
    }
    const [trouble = ""] = (await second.bridge.health()).troubles;
    expect(trouble).toMatch(
      /^2 policies decide here by turns \([\da-f]{16}, [\da-f]{16}\): give all processes on this store the same one$/,
    );
    await clock.advance(301_000);
    await second.post("maria", "cold coffee");
    expect((await second.bridge.health()).troubles.join()).not.toContain("policies");
  });

  it("of which one follows the other are a new version, and nothing to tell", async () => {
    const { clock, first, second } = pair();
    await using _first = first;
    for (const world of [first, first, second, second]) {
      await world.post("maria", "cold coffee");
      await clock.advance(1_000);
    }
    expect((await second.bridge.health()).troubles).toEqual([]);
  });
});

it("a clock that is put back by hours keeps nobody from being asked", async () => {
  const clock = createClock();
  let behindMs = 0;
  let asked = 0;
  const since: Channel["since"] = async function* since() {
    asked += 1;
    yield { events: [], unread: [], alarms: [], cursor: String(asked) };
  };
  const park = createPark(clock.now);
  const channels = [{ ...parkChannel(park), pollMs: 1_000, since }];
  const late = { ...clock, now: () => clock.now() - behindMs };
  const store = sqlite({ file: ":memory:", durable: false, clock });
  await using bridge = createBridge({ channels, crm: deskCrm(createDesk(clock.now)), store, clock: late });
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  await expect.poll(() => asked).toBeGreaterThan(0);
  behindMs = 6 * hour;
  const before = asked;
  for (let seconds = 0; seconds < 60; seconds += 1) {
    await clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => asked).toBeGreaterThan(before + 2);
  stop.abort();
  await working;
});

it("a CRM that is not asked, as conversations are still being caught up with, has not answered", async () => {
  const clock = createClock();
  const park = createPark(clock.now);
  const bare = sqlite({ file: ":memory:", durable: false, clock });
  const since: Channel["since"] = async function* since() {
    yield { events: [], unread: [], alarms: [], cursor: "1" };
  };
  const store: Store = { ...bare, catching: async () => ["park/kiosk/public"], caughtUp: async () => undefined };
  const channels = [{ ...parkChannel(park), since }];
  await using world = bridgeBetween(park, createDesk(clock.now), { clock, channels, store });
  await world.bridge.work({ until: "idle" });
  expect(Object.keys((await world.bridge.health()).asked)).toEqual(["park/kiosk"]);
});
