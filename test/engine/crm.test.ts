import { describe, expect, it } from "vitest";
import { type Crm, type Perform, type Store } from "casethread";
import { sqlite } from "casethread/sqlite";
import { BridgeError } from "casethread/adapter";
import { createClock } from "casethread/sandbox";
import { createDesk, type Desk, deskCrm } from "../made-up/desk.ts";
import { createPark } from "../made-up/park.ts";
import { bridgeBetween, createWorld, type World } from "../made-up/world.ts";

const minute = 60_000;
const hour = 60 * minute;

const texts = ({ desk }: World, caseKey: string): readonly (string | null)[] =>
  [...desk.entries.values()].filter((entry) => entry.case === caseKey).map(({ text }) => text);

/** A desk's CRM, and how many conversations each of its writes carried. */
const counted = (desk: Desk): { readonly crm: Crm; readonly calls: number[] } => {
  const bare = deskCrm(desk);
  const calls: number[] = [];
  const write: Crm["write"] = (batch, kit) => {
    calls.push(new Set(batch.map(({ effect }) => effect.conversation)).size);
    return bare.write(batch, kit);
  };
  return { crm: { ...bare, write }, calls };
};

/** A desk's CRM that is there, and conversations whose records keep failing in it by themselves. */
const partly = (desk: Desk): { readonly crm: Crm; readonly failing: Set<string> } => {
  const bare = deskCrm(desk);
  const failing = new Set<string>();
  const why = new BridgeError("a trigger fails", { fault: "unavailable", adapter: "desk", landed: "no" });
  const write: Crm["write"] = async (batch, kit) => {
    const fine = batch.filter(({ effect }) => !failing.has(effect.conversation));
    const done = new Map((await bare.write(fine, kit)).map((receipt, n) => [fine[n], receipt]));
    return batch.map((task) => done.get(task) ?? why);
  };
  return { crm: { ...bare, write }, failing };
};

describe("a CRM that is away", () => {
  it("for an hour: nothing is lost or parked, and everything is written in order", async () => {
    await using world = createWorld();
    const { desk } = world;
    const first = await world.post("maria", "maria 1");
    await world.settle();
    desk.away = true;
    const posts = [first];
    for (let at = 2; at <= 6; at++) {
      await world.post("maria", `maria ${at}`);
      posts.push(await world.post(`customer ${at}`, `customer ${at}`));
      await world.pass(12 * minute);
    }
    expect(desk.cases.size).toBe(1);
    expect(await world.bridge.parked()).toEqual([]);
    desk.away = false;
    await world.pass(6 * minute);
    expect(await world.bridge.parked()).toEqual([]);
    expect(desk.cases.size).toBe(6);
    const maria = (await world.talk(first)).key;
    expect(texts(world, maria)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `maria ${n}`));
    for (const post of posts) expect((await world.talk(post)).case).toMatchObject({ stage: "open" });
    const { census } = await world.bridge.health();
    expect(census.lanes.filter(({ door }) => door === "crm/desk")).toEqual([]);
  });

  it("is looked for with a few cases, and nothing else of a backlog is touched; it has all of it soon when it is back", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const { crm, calls } = counted(desk);
    await using world = bridgeBetween(park, desk, { clock, crm });
    const people = Array.from({ length: 450 }, (_, n) => `customer ${n}`);
    await Promise.all(people.map((one) => world.post(one, "hello")));
    desk.away = true;
    const stop = new AbortController();
    const working = world.bridge.work({ signal: stop.signal });
    const failed = async (): Promise<unknown> =>
      JSON.parse((await world.store.unit((unit) => unit.note("breaker/crm/desk").read())) ?? "{}");
    await expect.poll(failed).toMatchObject({ failed: 1 });
    // Nothing but time brings on the next, and here none passes.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(calls).toEqual([200]);
    for (let looks = 1; looks < 6; looks += 1) {
      await clock.advance(16_000);
      await expect.poll(failed).toMatchObject({ failed: 1 + looks });
    }
    expect(calls).toEqual([200, ...Array.from({ length: 5 }, () => [1, 2, 4, 8]).flat()]);
    // Another process knows without asking.
    await using other = bridgeBetween(park, desk, { clock, store: world.store, crm });
    await other.bridge.work({ until: "idle" });
    expect(calls).toHaveLength(21);
    desk.away = false;
    await clock.advance(16_000);
    await expect.poll(() => desk.cases.size).toBe(people.length);
    expect(calls.slice(21)).toEqual([1, 200, 200, 49]);
    expect(await world.bridge.parked()).toEqual([]);
    stop.abort();
    await working;
  });

  it("is not taken for away because a few records keep failing by themselves: all others are written at once", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const { crm, failing } = partly(desk);
    await using world = bridgeBetween(park, desk, { clock, crm });
    for (let n = 0; n < 5; n += 1) failing.add((await world.talk(await world.post(`failing ${n}`, "hello"))).key);
    await world.bridge.work({ until: "idle" });
    await clock.advance(16_000);
    const late: string[] = [];
    for (let half = 0; half < 600; half += 1) {
      const post = half % 20 === 0 ? await world.post(`customer ${half}`, "hello") : undefined;
      await world.bridge.work({ until: "idle" });
      if (post !== undefined && !desk.cases.has((await world.talk(post)).key)) late.push(post.by);
      await clock.advance(500);
    }
    expect(late).toEqual([]);
    expect(desk.cases.size).toBe(30);
  });

  it("keeps nobody for long who comes behind many writes of records that keep failing by themselves", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const { crm, failing } = partly(desk);
    await using world = bridgeBetween(park, desk, { clock, crm: { ...crm, can: { ...crm.can, batch: 10 } } });
    for (let n = 0; n < 100; n += 1) {
      failing.add((await world.talk(await world.post(`failing ${n}`, "hello"))).key);
      // Each has failed once, beside one that was written.
      if (n % 4 === 3) await world.post(`fine ${n}`, "hello");
      if (n % 4 === 3) await world.bridge.work({ until: "idle" });
    }
    expect(desk.cases.size).toBe(25);
    await clock.advance(16_000);
    for (let n = 1; n <= 3; n += 1) {
      await world.post(`customer ${n}`, "hello");
      for (let second = 0; second < 20; second += 1) {
        await world.bridge.work({ until: "idle" });
        await clock.advance(1_000);
      }
      expect(desk.cases.size).toBe(25 + n);
    }
  });

  it("is not taken for away for long because many records fail by themselves that were never tried", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const { crm, failing } = partly(desk);
    await using world = bridgeBetween(park, desk, { clock, crm: { ...crm, can: { ...crm.can, batch: 10 } } });
    for (let n = 0; n < 60; n += 1) failing.add((await world.talk(await world.post(`failing ${n}`, "hello"))).key);
    await world.post("customer", "hello");
    for (let second = 0; second < 60; second += 1) {
      await world.bridge.work({ until: "idle" });
      await clock.advance(1_000);
    }
    expect(desk.cases.size).toBe(1);
  });

  it("and makes everybody wait to learn it is not asked about all that is due", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const { crm, calls } = counted(desk);
    const slow: Crm["write"] = async (batch, kit) => {
      await clock.sleep(20_000);
      return crm.write(batch, kit);
    };
    await using world = bridgeBetween(park, desk, { clock, crm: { ...crm, write: slow } });
    for (let n = 0; n < 30; n += 1) await world.post(`customer ${n}`, "hello");
    desk.away = true;
    const stop = new AbortController();
    const working = world.bridge.work({ signal: stop.signal });
    for (let second = 0; second < 240; second += 1) {
      await clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const asked = [...calls];
    stop.abort();
    await clock.advance(60_000);
    await working;
    expect([asked[0], ...new Set(asked.slice(1))]).toEqual([30, 1]);
  });

  it("and never answers is looked at by one of all who work, at any time", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const now = { asking: 0, asked: 0, most: 0 };
    const hangs: Crm["write"] = async () => {
      now.asking += 1;
      now.asked += 1;
      now.most = Math.max(now.most, now.asking);
      await clock.sleep(60_000);
      now.asking -= 1;
      throw new BridgeError("no answer", { fault: "unavailable", adapter: "desk", landed: "unknown" });
    };
    const crm = { ...deskCrm(desk), write: hangs };
    await using world = bridgeBetween(park, desk, { clock, crm });
    const { store } = world;
    await using second = bridgeBetween(park, desk, { clock, crm, store });
    await using third = bridgeBetween(park, desk, { clock, crm, store });
    const stop = new AbortController();
    for (let n = 0; n < 20; n += 1) await world.post(`customer ${n}`, "hello");
    const working = [world, second, third].map(({ bridge }) => bridge.work({ signal: stop.signal }));
    for (let passed = 0; passed < 360; passed += 1) {
      await clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    stop.abort();
    await clock.advance(60_000);
    await Promise.all(working);
    expect(now.asked).toBeGreaterThan(3);
    expect(now.most).toBe(1);
  });

  it("is looked for again soon where the store failed whoever looked", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const bare = sqlite({ file: ":memory:", durable: false, clock });
    let fails = false;
    const lease: Store["lease"] = (wanted) => {
      if (!fails || wanted.door !== "crm/desk") return bare.lease(wanted);
      fails = false;
      return Promise.reject(new BridgeError("locked", { fault: "unavailable", adapter: "store", landed: "no" }));
    };
    await using world = bridgeBetween(park, desk, { clock, store: { ...bare, lease } });
    desk.away = true;
    for (let n = 0; n < 20; n += 1) await world.post(`customer ${n}`, "hello");
    await world.bridge.work({ until: "idle" });
    desk.away = false;
    fails = true;
    await clock.advance(16_000);
    const stop = new AbortController();
    const working = world.bridge.work({ signal: stop.signal });
    for (let passed = 0; passed < 20; passed += 1) {
      await clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect([fails, desk.cases.size]).toEqual([false, 20]);
    stop.abort();
    await working;
  });

  it("is not taken for one that is there because of what was only rehearsed", async () => {
    const clock = createClock({ still: true });
    const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
    const { crm, calls } = counted(desk);
    const accounts = ["live", "rehearsing"];
    const perform: Readonly<Record<string, Perform>> = { "park/rehearsing": "none" };
    await using world = bridgeBetween(park, desk, { clock, channel: { accounts }, perform, crm });
    const say = async (account: string, who: string): Promise<void> => {
      await world.bridge.fetch(park.deliver(park.say(who, "hello", undefined, account)));
    };
    desk.away = true;
    await say("live", "first");
    await world.bridge.work({ until: "idle" });
    expect(calls).toEqual([1]);
    // What is rehearsed is the first to be taken when somebody looks.
    await say("rehearsing", "second");
    await clock.advance(1);
    for (let n = 0; n < 30; n += 1) await say("live", `customer ${n}`);
    await clock.advance(16_000);
    await world.bridge.work({ until: "idle" });
    expect(calls).toEqual([1, 1, 2, 4, 8]);
    const { census } = await world.bridge.health();
    expect(census.lanes.map(({ due, waiting }) => due + waiting)).toEqual([31]);
  });

  it.each(["before", "after"] as const)(
    "fails %s it has written: every entry is there once, in order",
    async (fault) => {
      await using world = createWorld();
      const { desk } = world;
      desk.faults.push(fault, fault);
      const post = await world.post("maria", "one");
      await world.post("maria", "two");
      await world.pass(minute);
      desk.faults.push(fault);
      await world.post("maria", "three");
      await world.pass(minute);
      const { key } = await world.talk(post);
      expect(desk.cases.size).toBe(1);
      expect(texts(world, key)).toEqual(["one", "two", "three"]);
      const entered = desk.writes.filter((line) => line.includes(" entry ")).map((line) => line.split("/").at(-2));
      expect(entered.filter((id, at) => entered.indexOf(id) === at)).toHaveLength(3);
      expect(await world.bridge.parked()).toEqual([]);
    },
  );
});

it("an act that keeps failing is given up after some hours, and keeps what is behind it back", async () => {
  await using world = createWorld();
  const { desk } = world;
  const post = await world.post("maria", "hello");
  await world.settle();
  const { key } = await world.talk(post);
  const apply = desk.apply.bind(desk);
  let broken = true;
  Object.assign(desk, {
    apply: (task: Parameters<typeof apply>[0], now: number) => {
      if (broken && task.entry?.text === "cursed") throw new Error("the drawer is stuck");
      return apply(task, now);
    },
  });
  await world.post("maria", "cursed");
  await world.post("maria", "behind it");
  await world.pass(20 * hour);
  expect(texts(world, key)).toEqual(["hello"]);
  expect(await world.bridge.parked()).toMatchObject([{ why: { code: "gave-up", params: { tries: 300 } } }]);
  broken = false;
  const [parked] = await world.bridge.parked();
  if (parked !== undefined) await world.bridge.retry(parked.effect.key);
  await world.settle();
  expect(texts(world, key)).toEqual(["hello", "cursed", "behind it"]);
});

it("an entry the CRM refuses is parked at once, and other conversations do not notice", async () => {
  await using world = createWorld();
  world.desk.refused.add("unspeakable");
  const bad = await world.post("maria", "something unspeakable");
  const good = await world.post("nora", "something speakable");
  await world.settle();
  expect(await world.bridge.parked()).toMatchObject([{ why: { code: "crm-refused" } }]);
  expect((await world.talk(good)).case.stage).toBe("open");
  expect(texts(world, (await world.talk(bad)).key)).toEqual([]);

  // Tried again and refused again, it is told again.
  const [parked] = await world.bridge.parked();
  if (parked !== undefined) await world.bridge.retry(parked.effect.key);
  await world.settle();
  expect(await world.bridge.parked()).toHaveLength(1);
  expect(world.bridge.explain(await world.talk(bad)).match(/waits for a person: the CRM refused it/g)).toHaveLength(2);
});

it("many conversations travel in few writes", async () => {
  await using world = createWorld();
  await Promise.all(Array.from({ length: 300 }, (_, n) => world.post(`customer ${n}`, "cold coffee")));
  await world.bridge.work({ until: "idle" });
  const { desk } = world;
  expect(desk.cases.size).toBe(300);
  expect(desk.entries.size).toBe(300);
  // 200 conversations in hand at once, an open and an entry each.
  expect(desk.calls).toEqual([400, 200]);
});

it("a stop lets a write under way finish", async () => {
  const stop = new AbortController();
  const clock = createClock();
  const desk = createDesk(clock.now, { lawful: true });
  const quick = deskCrm(desk);
  const write: typeof quick.write = async (batch, kit) => {
    stop.abort();
    await clock.sleep(30, kit.signal);
    const faults = kit.signal.aborted ? (["after"] as const) : [];
    desk.faults.push(...faults);
    return quick.write(batch, kit);
  };
  await using world = bridgeBetween(createPark(clock.now), desk, { clock, crm: { ...quick, write } });
  const post = await world.post("maria", "cold coffee");
  await world.bridge.work({ signal: stop.signal });
  expect((await world.talk(post)).case.stage).toBe("open");
  expect(desk.calls).toHaveLength(1);
});

describe("how far acts go", () => {
  const story = async (perform: Perform, resolves = true): Promise<World> => {
    const world = createWorld({ perform: { "park/kiosk": perform } });
    const answered = await world.post("maria", "cold coffee");
    await world.whisper("lena", "in private");
    const closed = await world.post("nora", "warm milk");
    await world.settle();
    await world.answer(answered, "So sorry.");
    const lena = { account: { channel: "park", id: "kiosk" }, space: "visitor", id: "lena" };
    await world.bridge.answer({ persona: lena, key: "lena", text: "Hello, Lena." });
    if (resolves) await world.bridge.resolve({ conversation: (await world.talk(closed)).key, key: "resolve" });
    await world.settle();
    return world;
  };
  const reached: readonly (readonly [Perform, number, readonly string[]])[] = [
    ["none", 0, []],
    ["crm", 3, []],
    ["private", 3, ["Hello, Lena."]],
    ["all", 3, ["Glad it is sorted, Name. (automatic message)", "Hello, Lena.", "So sorry."]],
  ];
  it.each(reached)("%s: %i cases, said: %j", async (perform, cases, said) => {
    await using world = await story(perform);
    expect(world.desk.cases.size).toBe(cases);
    expect(world.park.requests.map(({ text }) => text).toSorted()).toEqual(said);
    expect(await world.bridge.parked()).toEqual([]);
    expect(await world.bridge.held()).toEqual([]);
    await world.bridge.settled({ signal: AbortSignal.timeout(1_000) });
  });

  it("an account that is not named goes all the way", async () => {
    await using world = createWorld({ channel: { accounts: ["kiosk", "gate"] }, perform: { "park/gate": "none" } });
    const { park, bridge } = world;
    const posts = ["kiosk", "gate"].map((at) => park.say("maria", "cold coffee", undefined, at));
    await world.settle();
    for (const { account, id } of posts) {
      const post = { account: { channel: "park", id: account }, id };
      await bridge.answer({ post, key: account, text: `from ${account}`, side: "public" });
    }
    await world.settle();
    expect(park.requests.map(({ text }) => text)).toEqual(["from kiosk"]);
    expect(world.desk.cases.size).toBe(1);
  });

  it("switched up from none: cases and entries are written, in order, and words are not said", async () => {
    const before = await story("none", false);
    expect(before.desk.writes).toEqual([]);
    const { park, desk, clock, store } = before;
    // The next process, on the same store.
    await using world = bridgeBetween(park, desk, { clock, store, perform: "all" });
    await world.settle();
    expect(desk.cases.size).toBe(3);
    const said = [...desk.entries.values()].map(({ text, state }) => `${text}: ${state}`);
    expect(said).toContain("cold coffee: said");
    expect(said).toHaveLength(5);
    await world.pass(hour);
    expect(park.requests).toEqual([]);
    expect(world.said()).toEqual([]);
    const post = await world.post("maria", "anybody?");
    await world.answer(post, "Now we are.", "public", "a key of its own");
    await world.settle();
    expect(world.said().map(({ text }) => text)).toEqual(["Now we are."]);
  });
});
