import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgres } from "casethread/postgres";
import { sqlite } from "casethread/sqlite";
import { createClock, type SandboxClock } from "casethread/sandbox";
import type { Store } from "casethread";
import { afterAll, describe, expect, it } from "vitest";
import { bridgeBetween, createWorld, type World } from "../made-up/world.ts";
import type { Word } from "../made-up/park.ts";
import { findServer } from "../postgres/server.ts";

const hour = 3_600_000;
const day = 24 * hour;
const server = await findServer();
afterAll(() => server[Symbol.asyncDispose]());

/** A ground, and all that it holds, as bytes that can be searched. */
interface Ground extends AsyncDisposable {
  open(clock: SandboxClock): Store;
  everything(): Promise<string>;
}

const files = async (): Promise<Ground> => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-erase-"));
  const file = join(folder, "casethread.db");
  return {
    open: (clock) => sqlite({ file, clock }),
    everything: () =>
      Promise.resolve(
        [file, `${file}-wal`].map((name) => (existsSync(name) ? readFileSync(name, "latin1") : "")).join("\n"),
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};

const database = (): Ground => {
  const schema = server.schema();
  const pool = server.pool();
  return {
    open: (clock) => postgres({ pool: server.pool(), schema, clock }),
    everything: async () => {
      const client = await pool.connect();
      const rows = async (text: string): Promise<readonly { readonly table_name: string }[]> =>
        ((await client.query({ text })) as { rows: readonly { readonly table_name: string }[] }).rows;
      const tables = await rows(`SELECT table_name FROM information_schema.tables WHERE table_schema = '${schema}'`);
      const all: string[] = [];
      for (const { table_name } of tables)
        all.push(JSON.stringify(await rows(`SELECT * FROM "${schema}"."${table_name}"`)));
      client.release();
      return all.join("\n");
    },
    [Symbol.asyncDispose]: () => server.drop(schema),
  };
};

const persona = (id: string) => ({ account: { channel: "park", id: "kiosk" }, space: "visitor", id });
const secrets = ["Zborowska", "marzipan", "44871902", "0170 5567123", "Name of v1", 'park.test/1"'];

/** Five days of talk with two people, all of it delivered. */
const fiveDays = async (world: World): Promise<readonly Word[]> => {
  const post = await world.post("v1", "My marzipan order 44871902 is lost! Call 0170 5567123");
  await world.post("v2", "Is the kiosk open on Sunday?");
  for (let n = 1; n <= 4; n += 1) {
    await world.settle();
    await world.whisper("v1", `I am Zborowska, day ${n}: still no marzipan`);
    await world.settle();
    await world.answer(post, `Dear Zborowska, day ${n}: we look for the marzipan`, "private", `private-${n}`);
    await world.answer(post, `Day ${n}: we are on it`, "public", `public-${n}`);
    await world.settle();
    await world.clock.advance(day);
  }
  // What cannot leave, and what cannot be read.
  await world.answer(post, "Dear Zborowska, we have found it", "public", "leak");
  await world.settle();
  return [...world.park.words.values()];
};

describe.each<[string, () => Ground | Promise<Ground>]>([
  ["a file", files],
  [server.name, database],
])("erased, on %s", (_, make) => {
  it("nothing is left, and five days of deliveries bring nothing back", async () => {
    await using ground = await make();
    const clock = createClock();
    const world = createWorld({ clock, store: ground.open(clock) });
    const words = await fiveDays(world);
    expect(await ground.everything()).toContain("Zborowska");
    expect((await world.bridge.held()).map(({ trouble }) => trouble)).toContainEqual([
      { kind: "told-in-private", words: "Zborowska" },
    ]);
    const cases = world.desk.cases.size;
    const said = world.said().length;

    expect(await world.bridge.erase({ persona: persona("v1"), key: "erase-1" })).toEqual({ kept: [] });
    await world.settle();
    expect(await world.bridge.held()).toEqual([]);
    for (const word of words) expect((await world.bridge.fetch(world.park.deliver(word))).status).toBe(200);
    await world.settle();
    // Nothing was said to anybody because of it, and nothing begun.
    expect([world.said().length, world.desk.cases.size]).toEqual([said, cases]);
    const crm = JSON.stringify([...world.desk.entries.values(), ...world.desk.cases.values()]);
    for (const secret of secrets.filter((one) => one !== "Name of v1")) expect(crm, secret).not.toContain(secret);
    const other = await world.bridge.conversation({ persona: persona("v2") });
    expect(other?.entries.map(({ text }) => text)).toEqual(["Is the kiosk open on Sunday?"]);
    await world[Symbol.asyncDispose]();
    const left = await ground.everything();
    for (const secret of secrets) expect(left.includes(secret), secret).toBe(false);
    expect(left).toContain("Name of v2");

    // What she says from now on is heard again.
    const again = bridgeBetween(world.park, world.desk, { clock, store: ground.open(clock) });
    await clock.advance(hour);
    await again.post("v1", "I am back");
    await again.settle();
    const talk = await again.bridge.conversation({ persona: persona("v1") });
    expect(talk?.entries.map(({ text }) => text).filter((text) => text !== null)).toEqual(["I am back"]);
    await again[Symbol.asyncDispose]();
  }, 60_000);

  it("what was still to be said is dropped; what was told late is not taken in", async () => {
    await using ground = await make();
    const clock = createClock();
    await using world = createWorld({ clock, store: ground.open(clock) });
    const post = await world.post("v1", "where is it?");
    await world.settle();
    const late = world.park.say("v1", "and this was told late, marzipan");
    await clock.advance(hour);
    // Nobody works: it is promised, and not said.
    await world.answer(post, "We are on it", "public", "waits");
    await world.answer(post, "Come to the bench", "private", "held");
    await world.bridge.erase({ persona: persona("v1"), key: "erase-1" });
    await world.bridge.fetch(world.park.deliver(late));
    await world.settle();
    expect(world.said()).toEqual([]);
    const talk = await world.bridge.conversation({ persona: persona("v1") });
    expect(talk?.drafts).toEqual([]);
    const ends = talk?.effects.filter(({ effect }) => effect.act.do === "reply").map(({ outcome }) => outcome);
    expect(ends).toEqual([{ as: "refused", fault: "dropped", why: { code: "erased" } }]);
    expect(talk?.entries.every(({ text }) => text === null)).toBe(true);
    expect(await ground.everything()).not.toContain("marzipan");
  }, 60_000);

  it("a hold overrides, and says so; when it is lifted the erasure is made good", async () => {
    await using ground = await make();
    const clock = createClock();
    const world = createWorld({ clock, store: ground.open(clock) });
    const post = await world.post("v1", "My marzipan is lost");
    await world.settle();
    const where = { url: `https://park.test/${post.id}` };
    await world.bridge.preserve({ ...where, hold: "case 17/26", key: "hold" });
    const talk = await world.bridge.conversation(where);
    expect(await world.bridge.erase({ persona: persona("v1"), key: "erase-1" })).toEqual({
      kept: [{ conversation: talk?.key, holds: ["case 17/26"] }],
    });
    await world.settle();
    expect((await world.bridge.conversation(where))?.entries[0]?.text).toBe("My marzipan is lost");
    expect(world.logs.some(({ message }) => message.includes("on hold"))).toBe(true);
    await world.bridge.preserve({ ...where, hold: "case 17/26", lift: true, key: "lift" });
    await world.settle();
    expect((await world.bridge.conversation(where))?.entries[0]?.text).toBe(null);
    await world[Symbol.asyncDispose]();
    // A file's log forgets when it is brought into the file: at the latest when that is closed.
    expect(await ground.everything()).not.toContain("marzipan");
  }, 60_000);
});
