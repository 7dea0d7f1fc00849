import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBridge, type Silence } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import { deskCrm } from "../made-up/desk.ts";
import { parkChannel } from "../made-up/park.ts";
import { createWorld, type World } from "../made-up/world.ts";

const minute = 60_000;
const hour = 60 * minute;
const kiosk = { channel: "park", id: "kiosk" };
const gate = { channel: "park", id: "gate" };

/** Everything that a pause may tell apart, promised and not yet sent: two accounts, two sides, a person's words and the machine's. */
const promiseAll = async (world: World): Promise<void> => {
  const { park, bridge, desk } = world;
  const accounts = [kiosk, gate].map((account) => ({
    account,
    answered: park.say(`maria at ${account.id}`, "cold coffee", undefined, account.id),
    closed: park.say(`nora at ${account.id}`, "warm milk", undefined, account.id),
    lena: park.whisper(`lena at ${account.id}`, "my name is Lena", account.id),
  }));
  await world.settle();
  for (const { account, answered, closed, lena } of accounts) {
    const key = account.id;
    const post = { account, id: answered.id };
    const persona = { account, space: "visitor", id: lena.by };
    await bridge.answer({ post, key: `public ${key}`, text: `public ${key}`, side: "public" });
    await bridge.answer({ persona, key: `private ${key}`, text: `private ${key}` });
    const talk = await bridge.conversation({ post: { account, id: closed.id } });
    desk.close(talk?.key ?? "");
  }
};

const world = (): World =>
  createWorld({
    channel: { accounts: ["kiosk", "gate"] },
    policy: { disclosure: false, words: { closing: () => "Sorted." } },
  });
const every = ["Sorted.", "Sorted.", "private gate", "private kiosk", "public gate", "public kiosk"];

describe("a pause silences what it matches and nothing else", () => {
  const cases: readonly (readonly [string, Omit<Silence, "reason">, readonly string[]])[] = [
    ["an account", { account: gate }, ["Sorted.", "private kiosk", "public kiosk"]],
    ["the public side", { side: "public" }, ["private gate", "private kiosk"]],
    ["the private side of an account", { account: kiosk, side: "private" }, every.toSpliced(3, 1)],
    ["the machine's words", { words: "automatic" }, every.slice(2)],
    ["people's words", { words: "person" }, every.slice(0, 2)],
    [
      "people's words on an account",
      { words: "person", account: kiosk },
      every.filter((text) => !text.endsWith("kiosk")),
    ],
    ["everything", {}, []],
  ];
  it.each(cases)("%s", async (_name, silence, said) => {
    await using at = world();
    await promiseAll(at);
    await at.bridge.pause({ ...silence, reason: "for a test" });
    await at.settle();
    expect(at.park.requests.map(({ text }) => text).toSorted()).toEqual(said);
    expect((await at.bridge.health()).troubles).toEqual([expect.stringMatching(/^paused since .*: for a test$/)]);
    // What is held is what was a person's and did not go.
    const held = (await at.bridge.held()).map(({ entry }) => entry.text);
    const people = every.filter((text) => text !== "Sorted.");
    expect(held.toSorted()).toEqual(people.filter((text) => !said.includes(text)));
    // Cases are written all the same.
    expect(at.desk.cases.size).toBe(6);
  });
});

it("two pauses at once: what both match is silent until neither is in force", async () => {
  await using at = world();
  const { bridge } = at;
  const all = await bridge.pause({ reason: "all" });
  const people = await bridge.pause({ words: "person", reason: "people" });
  await promiseAll(at);
  await at.settle();
  await bridge.resume(all.id);
  await at.settle();
  const spoken = () => at.park.requests.map(({ text }) => text);
  expect(spoken()).toEqual([]);
  await bridge.resume(people.id);
  await at.settle();
  expect(spoken()).toEqual([]);
  const held = await bridge.held();
  expect(held.map(({ draft }) => draft.holds[0]?.kind)).toEqual(["approval", "approval", "approval", "approval"]);
  for (const { draft } of held) await bridge.release({ key: draft.entry, draft: draft.entry });
  await at.settle();
  expect(spoken().toSorted()).toEqual(every.slice(2));
});

it("what was promised before a pause and in nobody's hands while it lasted, waits for a yes as well", async () => {
  await using at = world();
  await promiseAll(at);
  const { id } = await at.bridge.pause({ reason: "over the weekend" });
  // Nobody works.
  await at.clock.advance(2 * hour);
  await at.bridge.resume(id);
  await at.settle();
  expect(at.park.requests).toEqual([]);
  const held = await at.bridge.held();
  expect(held).toHaveLength(4);
  expect(held.map(({ draft }) => draft.holds[0]?.why.code)).toEqual(Array(4).fill("was-paused"));
});

it("what was promised before a pause that was lifted long ago waits for a yes too, and nobody runs in circles", async () => {
  await using at = world();
  await promiseAll(at);
  const { id } = await at.bridge.pause({ reason: "before the move" });
  await at.clock.advance(minute);
  await at.bridge.resume(id);
  await at.clock.advance(10 * 24 * hour);
  await at.bridge.work({ until: "idle", forMs: 5_000 });
  expect(at.park.requests).toEqual([]);
  expect(await at.bridge.held()).toHaveLength(4);
});

it("what is promised after it was lifted goes", async () => {
  await using at = createWorld();
  const post = await at.post("maria", "cold coffee");
  const { id } = await at.bridge.pause({ reason: "a moment" });
  await at.clock.advance(minute);
  await at.bridge.resume(id);
  await at.answer(post, "Here we are again.");
  await at.settle();
  expect(at.said()).toHaveLength(1);
});

it("a closing word that a pause held is too late when it is lifted, and is said by nobody", async () => {
  await using at = createWorld();
  const post = await at.post("maria", "cold coffee");
  await at.settle();
  await at.bridge.pause({ reason: "a recall" }).then(async ({ id }) => {
    at.desk.close((await at.talk(post)).key);
    await at.settle();
    await at.clock.advance(hour);
    await at.bridge.resume(id);
  });
  await at.settle();
  expect(at.said()).toEqual([]);
  expect(await at.bridge.held()).toEqual([]);
  const { effects } = await at.talk(post);
  expect(effects.filter(({ effect }) => effect.words === "automatic").map(({ state }) => state)).toEqual(["refused"]);
});

it("does not return while a call is under way, and the call is finished", async () => {
  await using at = createWorld();
  const post = await at.post("maria", "cold coffee");
  await at.answer(post, "One moment.");
  const opened = Promise.withResolvers<void>();
  at.park.gate = () => opened.promise;
  const working = at.bridge.work({ until: "idle" });
  await expect.poll(() => at.park.requests.length).toBe(1);
  let returned = false;
  const pausing = at.bridge.pause({ reason: "now" }).then(() => {
    returned = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(returned).toBe(false);
  opened.resolve();
  await pausing;
  expect(at.said()).toHaveLength(1);
  await working;
  await at.settle();
  expect((await at.talk(post)).conversation.stamps.firstPublicAnswer).toBeDefined();
});

it("is honoured by the process that works, when another one orders it on the same file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-pause-"));
  try {
    const file = join(folder, "shared.db");
    const clock = createClock();
    await using at = createWorld({ clock, store: sqlite({ file, durable: false, clock }) });
    const { park, desk } = at;
    await using other = createBridge({
      channels: [parkChannel(park)],
      crm: deskCrm(desk),
      store: sqlite({ file, durable: false, clock }),
      clock,
    });
    const posts = await Promise.all(Array.from({ length: 40 }, (_, n) => at.post(`customer ${n}`, "cold coffee")));
    for (const post of posts) await at.answer(post, "We look into it.");
    park.gate = () => new Promise((resolve) => setTimeout(resolve, 10));
    const stop = new AbortController();
    const working = at.bridge.work({ signal: stop.signal });
    await expect.poll(() => park.requests.length, { interval: 1 }).toBeGreaterThan(5);
    await other.pause({ reason: "from the console" });
    const count = park.requests.length;
    expect(count).toBeLessThan(40);
    expect(at.said()).toHaveLength(count);
    await at.bridge.settled();
    expect(park.requests).toHaveLength(count);
    stop.abort();
    await working;
    expect(await other.held()).toHaveLength(40 - count);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
