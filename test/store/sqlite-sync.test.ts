import type * as Fs from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyOf } from "casethread/adapter";
import { sqlite } from "casethread/sqlite";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { keepIn, talkOf } from "../../src/conformance/make.ts";
import { createDesk } from "../made-up/desk.ts";
import { createPark } from "../made-up/park.ts";
import { bridgeBetween } from "../made-up/world.ts";

/** The disk: it confirms what was written, or fails to. */
const disk = vi.hoisted(() => ({ fails: false, asked: 0, waits: Promise.resolve() }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof Fs>();
  const fdatasync: (typeof real)["fdatasync"] = Object.assign(
    (fd: number, done: (error: NodeJS.ErrnoException | null) => void) => {
      disk.asked += 1;
      void disk.waits.then(() => {
        if (disk.fails)
          setImmediate(() => done(Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" })));
        else real.fdatasync(fd, done);
      });
    },
    { __promisify__: real.fdatasync.__promisify__ },
  );
  return { ...real, fdatasync };
});

const folder = await mkdtemp(join(tmpdir(), "casethread-sync-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  disk.fails = false;
  disk.asked = 0;
  disk.waits = Promise.resolve();
});

const refused = (landed: "no" | "unknown") => ({
  fault: "unavailable",
  landed,
  message: expect.stringMatching(/the disk did not confirm a commit .*EIO.*: look at the disk, then start anew/),
});

test("a delivery whose commit the disk does not confirm is not answered 200, nor is any after it; told again to a new start, it counts once", async () => {
  const file = join(folder, "delivery.db");
  const [park, desk] = [createPark(Date.now), createDesk(Date.now, { lawful: true })];
  const before = park.deliver(park.say("maria", "My coffee was cold, kiosk!"));
  const during = [park.say("nora", "Mine was salty!"), park.say("otto", "And mine?")].map((word) => park.deliver(word));
  {
    await using world = bridgeBetween(park, desk, { store: sqlite({ file }) });
    expect((await world.bridge.fetch(before)).status).toBe(200);
    disk.fails = true;
    const answers = await Promise.all(during.map((request) => world.bridge.fetch(request.clone())));
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(JSON.stringify(world.logs)).toContain("the disk did not confirm a commit");

    // The system takes the pages for written now, and would say so. Whoever believes it has lost them.
    disk.fails = false;
    const after = await world.bridge.fetch((during[0] as Request).clone());
    expect([after.status, after.headers.get("retry-after")]).toEqual([503, "10"]);
    await expect(world.bridge.health()).rejects.toMatchObject(refused("no"));
    expect(desk.writes).toEqual([]);
  }
  await using world = bridgeBetween(park, desk, { store: sqlite({ file }) });
  for (const request of during) expect((await world.bridge.fetch(request)).status).toBe(200);
  await world.settle();
  expect(desk.cases.size).toBe(3);
  expect(desk.entries.size).toBe(3);
});

test("all that share a commit hear of it, and nothing is read of what may be gone", async () => {
  const store = sqlite({ file: join(folder, "shared.db") });
  await keepIn(store, talkOf("before", 1), 1);
  disk.fails = true;
  const ends = await Promise.allSettled([1, 2, 3].map((n) => keepIn(store, talkOf(`t-${n}`, n), n)));
  for (const end of ends) expect(end).toMatchObject({ status: "rejected", reason: refused("unknown") });
  await expect(store.unit((unit) => unit.load(talkOf("t-1", 1).key))).rejects.toMatchObject(refused("no"));
  await expect(store.lease({ door: "crm/desk", lanes: 1, each: 1, forMs: 1_000 })).rejects.toMatchObject(refused("no"));
  await store[Symbol.asyncDispose]();
});

test("an event that another process has committed is not known before the disk has it", async () => {
  const file = join(folder, "beside.db");
  const event = keyOf.event("made-up", "beside", 1);
  const [one, other] = [sqlite({ file }), sqlite({ file })];
  const first = (store: typeof one): Promise<boolean> => store.unit((unit) => unit.first(event));
  await other.unit((unit) => unit.note("a").swap(undefined, "b"));
  expect(await first(one)).toBe(true);
  const asked = disk.asked;
  // It writes nothing, and asks the disk all the same: once, for what the other has written.
  expect([await first(other), await first(other)]).toEqual([false, false]);
  expect(disk.asked - asked).toBe(1);
  await one.unit((unit) => unit.note("a").swap("b", "c"));
  disk.fails = true;
  await expect(first(other)).rejects.toMatchObject(refused("unknown"));
  for (const store of [one, other]) await store[Symbol.asyncDispose]();
});

test.each([
  ["confirms", false],
  ["does not confirm", true],
])("what comes behind a commit is run meanwhile, and told only when the disk %s", async (_, fails) => {
  const store = sqlite({ file: join(folder, `behind-${fails}.db`) });
  await store.migrate();
  const slow = Promise.withResolvers<void>();
  disk.waits = slow.promise;
  const told: string[] = [];
  const note = (name: string, act: "write" | "read"): Promise<unknown> =>
    store
      .unit((unit): Promise<unknown> =>
        act === "write" ? unit.note(name).swap(undefined, "a") : unit.note(name).read(),
      )
      .finally(() => told.push(`${act} ${name}`));
  const before = disk.asked;
  const first = note("one", "write");
  await expect.poll(() => disk.asked).toBe(before + 1);
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  // Each in a transaction of its own.
  const looking = store.ledger(undefined, 1).finally(() => told.push("look"));
  await turns();
  const reading = note("one", "read");
  await turns();
  const ends = Promise.allSettled([first, looking, reading, note("two", "write")]);
  await turns();
  expect(told).toEqual([]);
  disk.fails = fails;
  slow.resolve();
  const [one, look, read, two] = await ends;
  if (fails) {
    for (const end of [one, read, two]) expect(end).toMatchObject({ status: "rejected", reason: refused("unknown") });
    expect(look).toMatchObject({ status: "rejected", reason: refused("no") });
  } else {
    expect([one, read, two].map((end) => end?.status === "fulfilled" && end.value)).toEqual([true, "a", true]);
  }
  expect(told[0]).toBe("write one");
  await store[Symbol.asyncDispose]();
});
