import { setTimeout as pause } from "node:timers/promises";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import type { Word } from "../made-up/park.ts";
import { createWorld, type World } from "../made-up/world.ts";

const minute = 60_000;
const hour = 60 * minute;

/** A case is open, and the kiosk's answer is promised. */
const answered = async (world: World, text = "So sorry."): Promise<Word> => {
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, text);
  return post;
};

const words = async (world: World, post: Word) => {
  const found = (await world.talk(post)).effects.find(({ effect }) => effect.words === "person");
  if (found === undefined) throw new Error("no words were promised");
  return found;
};
const codes = async (world: World, post: Word): Promise<string> =>
  (await world.talk(post)).trail.map(({ row }) => JSON.stringify(row)).join("\n");

describe("an answer that is lost after the act", () => {
  it("is looked for after the quiet period, found, and requested once", async () => {
    await using world = createWorld();
    world.park.faults.push("lost");
    const post = await answered(world);
    await world.bridge.work({ until: "idle" });
    const doubt = await words(world, post);
    expect(doubt).toMatchObject({ state: "unknown", tries: 1 });
    expect(world.park.looks).toBe(0);
    // The park tells of nothing: only the look can know.
    await world.clock.advance(3_000);
    await world.bridge.work({ until: "idle" });
    expect(world.park).toMatchObject({ looks: 1, requests: [{ text: "So sorry." }] });
    expect(await words(world, post)).toMatchObject({ state: "done", receipt: { proof: "read-back" } });
    expect((await world.talk(post)).entries.at(-1)?.state).toBe("said");
  });

  it("is never seen: parked, for a person; then the echo settles it", async () => {
    await using world = createWorld();
    world.park.shown = false;
    world.park.faults.push("lost");
    const post = await answered(world);
    for (let at = 0; at < 6; at++) {
      await world.bridge.work({ until: "idle" });
      await world.clock.advance(3_000);
    }
    expect(world.park).toMatchObject({ looks: 3, requests: [{}] });
    const [parked, ...more] = await world.bridge.parked();
    expect(more).toEqual([]);
    expect(parked).toMatchObject({ state: "parked", why: { code: "may-have-gone-out", params: { looks: 3 } } });
    expect((await world.bridge.health()).troubles).toEqual(["1 act waits for a person: see bridge.parked()"]);
    await world.settle();
    expect(await world.bridge.parked()).toEqual([]);
    expect(await words(world, post)).toMatchObject({ state: "done", receipt: { proof: "echo" } });
    expect(world.park.requests).toHaveLength(1);
    const entry = [...world.desk.entries.values()].find(({ text }) => text === "So sorry.");
    expect(entry?.state).toBe("sent");
  });

  it("its echo comes before the quiet period is over: nobody looks", async () => {
    await using world = createWorld();
    world.park.faults.push("lost");
    const post = await answered(world);
    await world.settle();
    expect(await words(world, post)).toMatchObject({ state: "done", receipt: { proof: "echo" } });
    await world.pass(minute);
    expect(world.park).toMatchObject({ looks: 0, requests: [{}] });
  });

  it.for([
    ["its echo", (word: Word) => word],
    ["its echo, by nobody who is named,", (word: Word) => ({ ...word, by: word.id })],
  ] as const)("%s comes before the answer: one entry, one end, requested once", async ([, told]) => {
    await using world = createWorld();
    const { park, bridge } = world;
    const post = await answered(world);
    // The park posts the words, tells everybody, and only then answers.
    const perform = park.byHand.bind(park);
    park.byHand = (text, where) => {
      const word = perform(text, where);
      echoed = bridge.fetch(park.deliver(told(word)));
      return word;
    };
    let echoed: Promise<Response> | undefined;
    await bridge.work({ until: "idle" });
    expect((await echoed)?.status).toBe(200);
    await world.settle();
    const talk = await world.talk(post);
    expect(talk.entries.filter(({ text }) => text === "So sorry.")).toHaveLength(1);
    expect(talk.effects.filter(({ effect }) => effect.words === "person").map(({ state }) => state)).toEqual(["done"]);
    expect(park.requests).toHaveLength(1);
    expect(await bridge.parked()).toEqual([]);
    expect(world.desk.cases.size).toBe(1);
  });

  it("told by nobody who is named, after the answer: it is ours all the same; what a stranger says likewise is not", async () => {
    await using world = createWorld();
    const { park, bridge } = world;
    const post = await answered(world);
    await bridge.work({ until: "idle" });
    const ours = [...park.words.values()].find(({ text }) => text === "So sorry.");
    if (ours === undefined) throw new Error("nothing was said");
    await bridge.fetch(park.deliver({ ...ours, by: ours.id }));
    await world.settle();
    expect(world.desk.cases.size).toBe(1);
    const like = park.say(String(park.words.size + 1), "So sorry.", post.id);
    await bridge.fetch(park.deliver(like));
    await world.settle();
    const theirs = await bridge.conversation({ post: { account: { channel: "park", id: "kiosk" }, id: like.id } });
    expect(theirs?.entries.map(({ by, text }) => [by.kind, text])).toContainEqual(["customer", "So sorry."]);
  });

  it("a second copy of it is noticed: a warning, a row in the ledger, an entry of its own", async () => {
    await using world = createWorld();
    const post = await answered(world);
    await world.settle();
    world.park.byHand("So sorry.", { under: post.id });
    await world.settle();
    expect(world.logs).toContainEqual(
      expect.objectContaining({ level: "warn", message: "words of ours stand on the network twice" }),
    );
    expect((await world.talk(post)).trail.filter(({ kind }) => kind === "twice")).toHaveLength(1);
    expect((await world.talk(post)).entries.filter(({ text }) => text === "So sorry.")).toHaveLength(2);
    expect(world.park.requests).toHaveLength(1);
  });

  /** Works while time passes, and tells the bridge nothing of what the park would tell. */
  const untold = async (world: World, ms: number): Promise<void> => {
    for (const end = world.clock.now() + ms; world.clock.now() < end;) {
      await world.bridge.work({ until: "idle" });
      await world.clock.advance(minute);
    }
  };

  it("its look fails for a while: a look that failed is none, and nothing is sent again", async () => {
    await using world = createWorld();
    const { park } = world;
    park.faults.push("lost");
    park.shown = false;
    park.blind = 10;
    const post = await answered(world);
    await untold(world, 30 * minute);
    expect(park.looks).toBeGreaterThan(10);
    expect((await words(world, post)).state).toBe("parked");
    const { trail } = await world.talk(post);
    expect(JSON.stringify(trail)).toContain('"looks":3');
    expect(park.requests).toHaveLength(1);
  });

  it("it is repeated after the quiet period, and refused: the first may stand all the same, and a person looks", async () => {
    const unknown = {
      reply: { repeat: "once", quietMs: 40, reads: [30, 30], source: "the park's own word" },
    } as const;
    await using world = createWorld({ channel: { can: { unknown } } });
    const { park } = world;
    park.faults.push("lost", "before", "refuse");
    park.shown = false;
    const post = await answered(world);
    await untold(world, 30 * minute);
    expect(park.requests).toHaveLength(3);
    expect(await world.bridge.parked()).toMatchObject([
      { why: { code: "may-have-gone-out", params: { because: "network-refused" } } },
    ]);
    park.shown = true;
    // The park tells it after all: it was there from the first.
    await world.settle();
    expect((await words(world, post)).state).toBe("done");
    expect(await world.bridge.parked()).toEqual([]);
  });

  it("nobody can look for hours: parked for a person", async () => {
    await using world = createWorld();
    world.park.faults.push("lost");
    world.park.blind = 10_000;
    const post = await answered(world);
    await untold(world, 50 * minute);
    expect((await words(world, post)).state).toBe("unknown");
    await untold(world, 15 * minute);
    expect(await world.bridge.parked()).toMatchObject([{ why: { code: "may-have-gone-out", params: { looks: 0 } } }]);
    expect(world.park.requests).toHaveLength(1);
  });
});

describe("an act that is proven not to have landed", () => {
  it("is sent again, and found", async () => {
    await using world = createWorld();
    world.park.proves = true;
    world.park.faults.push("mute", "mute");
    const post = await answered(world);
    await world.pass(5 * minute);
    expect(world.park.requests).toHaveLength(3);
    expect(world.said()).toHaveLength(1);
    expect(await words(world, post)).toMatchObject({ state: "done", tries: 3 });
  });

  it("is not sent again for ever", async () => {
    await using world = createWorld();
    world.park.proves = true;
    world.park.faults.push(...Array<"mute">(60).fill("mute"));
    await answered(world);
    await world.pass(6 * hour);
    expect(world.park.requests).toHaveLength(20);
    expect(await world.bridge.parked()).toMatchObject([{ why: { code: "gave-up", params: { tries: 20 } } }]);
  });
});

describe("a parked act", () => {
  const parked = async (world: World): Promise<Word> => {
    world.park.faults.push("mute");
    const post = await answered(world);
    await world.pass(minute);
    expect(await world.bridge.parked()).toMatchObject([{ why: { code: "may-have-gone-out" } }]);
    return post;
  };
  const key = async (world: World) => {
    const [one] = await world.bridge.parked();
    if (one === undefined) throw new Error("nothing is parked");
    return one.effect.key;
  };

  it("does not keep the next words of the same conversation back", async () => {
    await using world = createWorld();
    const post = await parked(world);
    await world.answer(post, "Are you there?");
    await world.settle();
    expect(world.said().map(({ text }) => text)).toEqual(["Are you there?"]);
  });

  it("is sent again by a person's word", async () => {
    await using world = createWorld();
    const post = await parked(world);
    await world.bridge.retry(await key(world));
    await world.settle();
    expect(world.said()).toHaveLength(1);
    expect(world.park.requests).toHaveLength(2);
    expect(await words(world, post)).toMatchObject({ state: "done", tries: 2 });
  });

  it("is dropped: the answer is withdrawn, and its agent told", async () => {
    await using world = createWorld();
    const post = await parked(world);
    await world.bridge.drop(await key(world));
    await world.settle();
    expect(world.said()).toEqual([]);
    expect(await words(world, post)).toMatchObject({ state: "refused", outcome: { fault: "dropped" } });
    expect((await world.talk(post)).entries.at(-1)?.state).toBe("withdrawn");
    expect([...world.desk.entries.values()].at(-1)?.state).toBe("failed");
  });

  it("is there after all, a person says: done, with what the person named", async () => {
    await using world = createWorld();
    const post = await parked(world);
    const account = { channel: "park", id: "kiosk" };
    const where = { account, id: "901" };
    await world.bridge.landed(await key(world), { post: where, url: "https://park.test/901" });
    await world.settle();
    expect(await words(world, post)).toMatchObject({
      state: "done",
      receipt: { post: where, proof: "a-person-said-so" },
    });
    expect([...world.desk.entries.values()].at(-1)).toMatchObject({ state: "sent", url: "https://park.test/901" });
    expect((await world.bridge.conversation({ post: where }))?.key).toBe((await world.talk(post)).key);
    expect(world.park.requests).toHaveLength(1);
  });
});

describe("a network that wants less", () => {
  it("is obeyed until it said, by all who share the bucket; other buckets go on", async () => {
    await using world = createWorld();
    const { park } = world;
    const posts = await Promise.all(["maria", "nora", "lena"].map((by) => world.post(by, "cold coffee")));
    await world.whisper("olga", "in private");
    await world.settle();
    park.busyMs = 15 * minute;
    park.faults.push("busy");
    for (const post of posts.slice(0, 1)) await world.answer(post, "So sorry.");
    await world.bridge.work({ until: "idle" });
    const first = park.requests[0]?.time ?? 0;
    // While the bucket is closed nobody knocks, in the same run or later.
    const stop = new AbortController();
    const working = world.bridge.work({ signal: stop.signal });
    for (const post of posts.slice(1)) await world.answer(post, "So sorry.");
    const olga = { account: { channel: "park", id: "kiosk" }, space: "visitor", id: "olga" };
    await world.bridge.answer({ persona: olga, key: "private", text: "Here we are.", side: "private" });
    await expect.poll(() => park.requests.length).toBe(2);
    await world.clock.advance(14 * minute);
    stop.abort();
    await working;
    expect(park.requests.map(({ do: act }) => act)).toEqual(["reply", "message"]);
    await world.pass(2 * minute);
    expect(world.said()).toHaveLength(4);
    for (const { do: act, time } of park.requests.slice(1)) {
      if (act === "reply") expect(time - first).toBeGreaterThanOrEqual(15 * minute);
    }
    // Told when to come back: that was no try.
    expect(await words(world, posts[0] as Word)).toMatchObject({ state: "done" });
    expect(await codes(world, posts[0] as Word)).not.toContain("gave-up");
  });

  it("is away for good: tried twenty times over a quarter of an hour or more, then parked", async () => {
    await using world = createWorld();
    world.park.faults.push(...Array<"before">(40).fill("before"));
    const post = await answered(world);
    const began = world.clock.now();
    await world.pass(6 * hour);
    expect(world.park.requests).toHaveLength(20);
    expect((world.park.requests.at(-1)?.time ?? 0) - began).toBeGreaterThan(10 * minute);
    expect(await world.bridge.parked()).toMatchObject([{ why: { code: "gave-up", params: { tries: 20 } } }]);
    expect((await words(world, post)).state).toBe("parked");
    expect([...world.desk.entries.values()].at(-1)?.state).toBe("failed");
  });

  it("refuses the words: withdrawn at once, and told", async () => {
    await using world = createWorld({ policy: { invite: false } });
    world.park.faults.push("refuse");
    const post = await answered(world);
    await world.settle();
    expect(world.park.requests).toHaveLength(1);
    expect(await words(world, post)).toMatchObject({ state: "refused", outcome: { fault: "forbidden" } });
    expect([...world.desk.entries.values()].at(-1)?.state).toBe("failed");
  });
});

it("words that are of no use any more never leave", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  world.park.faults.push("busy");
  world.park.busyMs = 40 * minute;
  world.desk.close((await world.talk(post)).key);
  await world.pass(hour);
  expect(world.park.requests).toHaveLength(1);
  expect(world.said()).toEqual([]);
  const closing = (await world.talk(post)).effects.find(({ effect }) => effect.words === "automatic");
  expect(closing).toMatchObject({ state: "refused", outcome: { fault: "expired" } });
});

it("a receipt that comes after its lease was lost is kept", async () => {
  const clock = createClock({ still: true, start: 1_750_000_000_000 });
  await using world = createWorld({ clock, store: sqlite({ file: ":memory:", durable: false, clock }) });
  const { park, bridge } = world;
  const post = await world.post("maria", "cold coffee");
  await bridge.work({ until: "idle" });
  await world.answer(post, "So sorry.");
  const opened = Promise.withResolvers<void>();
  park.gate = () => opened.promise;
  const slow = bridge.work({ until: "idle" });
  await expect.poll(() => park.requests.length).toBe(1);
  park.gate = undefined;
  await clock.advance(40_000);
  // Another worker takes the lane over; it looks, sees nothing, and does not send.
  await bridge.work({ until: "idle" });
  expect((await words(world, post)).state).toBe("unknown");
  expect(park.looks).toBe(1);
  opened.resolve();
  await slow;
  expect(world.logs.map(({ message }) => message)).toContain("a lease was lost; its receipt is told as evidence");
  expect(await words(world, post)).toMatchObject({ state: "done", receipt: { post: { id: "2" } } });
  await bridge.work({ until: "idle" });
  expect(park.requests).toHaveLength(1);
  expect(await bridge.parked()).toEqual([]);
});

it("a call that stalls past its send window never leaves: what was marked is promised again, and said once", async () => {
  await using world = createWorld();
  const { park, bridge, clock } = world;
  const post = await answered(world);
  let stalls = 0;
  park.stall = async () => {
    park.stall = undefined;
    stalls += 1;
    // The worker is stopped between its mark and the wire, longer than the two seconds it has.
    await clock.advance(2_100);
  };
  await bridge.work({ until: "idle" });
  expect(stalls).toBe(1);
  expect(park.requests).toHaveLength(0);
  expect(await words(world, post)).toMatchObject({ state: "promised", tries: 1 });
  await world.pass(minute);
  expect(park.requests).toHaveLength(1);
  expect(await words(world, post)).toMatchObject({ state: "done" });
});

it("a stop finishes what is under way and begins nothing", async () => {
  await using world = createWorld();
  const { park, bridge } = world;
  const posts = await Promise.all(Array.from({ length: 20 }, (_, n) => world.post(`customer ${n}`, "cold coffee")));
  await world.settle();
  for (const post of posts) await world.answer(post, "So sorry.");
  const opened = Promise.withResolvers<void>();
  park.gate = () => opened.promise;
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  await expect.poll(() => park.requests.length).toBe(8);
  stop.abort();
  await pause(30);
  opened.resolve();
  await working;
  expect(park.requests).toHaveLength(8);
  const states = await Promise.all(posts.map(async (post) => (await words(world, post)).state));
  expect(states.filter((state) => state === "done")).toHaveLength(8);
  expect(states.filter((state) => state === "promised")).toHaveLength(12);
  await world.settle();
  expect(world.said()).toHaveLength(20);
});
