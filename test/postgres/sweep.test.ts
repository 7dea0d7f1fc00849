import { type PgPool, postgres } from "casethread/postgres";
import { createClock } from "casethread/sandbox";
import { createBridge } from "casethread";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { caseActOf, crmDoor, keepIn, promiseWords, publicDoor, talkOf } from "../../src/conformance/make.ts";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const pool = server.pool();
const schema = server.schema();
afterEach(() => void vi.useRealTimers());
afterAll(() => server[Symbol.asyncDispose]());
const ask = async (text: string): Promise<void> => {
  const client = await pool.connect();
  await client.query({ text });
  client.release();
};

it("a lane that nothing would ever wake is found by whoever works, each minute, and counted", async () => {
  await using store = postgres({ pool, schema });
  const at = Date.now();
  const [lost, fine, rests] = [talkOf("lost", at), talkOf("fine", at), talkOf("rests", at)];
  for (const talk of [lost, fine]) await promiseWords(store, talk, "reply", at);
  await keepIn(store, rests, at, { effects: [caseActOf(rests, "open", at), caseActOf(rests, "entry", at)] });
  const [lease] = await store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 60_000 });
  const head = lease?.run[0]?.effect.key;
  if (lease === undefined || head === undefined) expect.fail("no lane");
  const outcome = { as: "parked" as const, why: { code: "made-up" }, doubt: false };
  await store.settle([{ lease, outcomes: [{ effect: head, outcome }] }], () => Promise.resolve());

  // More of them than one look takes on, and first in order.
  const copies = "SELECT (jsonb_populate_record(one, jsonb_build_object";
  for (const [table, renamed] of [
    ["effect", "'key', 'a' || n || one.key, 'lane', 'a' || n || one.lane"],
    ["lane", "'key', 'a' || n || one.key"],
  ] as const) {
    await ask(
      `INSERT INTO "${schema}".${table} ${copies}(${renamed}))).* FROM "${schema}".${table} AS one, generate_series(1, 500) AS n WHERE one.conversation = '${rests.key}'`,
    );
  }

  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  await using _working = await store.working();
  const lanes = async (): Promise<readonly object[]> =>
    (await store.ledger(undefined, 100, ["unarmed"])).map(({ row }) => row);
  // A CRM's lane behind a parked act rests by right.
  vi.advanceTimersByTime(60_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([await lanes(), (await store.census()).unarmed]).toEqual([[], undefined]);

  await ask(`UPDATE "${schema}".lane SET next_at = NULL WHERE conversation = '${lost.key}'`);
  vi.advanceTimersByTime(60_000);
  await expect.poll(lanes, { timeout: 3_000 }).toEqual([{ lanes: 1 }]);
  expect((await store.census()).unarmed).toBe(1);
  const due = await store.lease({ door: publicDoor, lanes: 9, each: 1, forMs: 60_000 });
  expect(due.map(({ conversation }) => conversation.key).toSorted()).toEqual([lost.key, fine.key].toSorted());
});

it("lanes that were found stand in health for an hour, and then no more", async () => {
  const own = server.schema();
  const clock = createClock({ still: true });
  await using store = postgres({ pool, schema: own, clock });
  await using bridge = createBridge({
    channels: [parkChannel(createPark(clock.now))],
    crm: deskCrm(createDesk(clock.now)),
    store,
    clock,
  });
  const told = async (): Promise<readonly string[]> =>
    (await bridge.health()).troubles.filter((one) => one.includes("had lost their alarm"));
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  await using _working = await store.working();
  for (const [n, name] of ["one", "two"].entries()) {
    const talk = talkOf(name, clock.now());
    await keepIn(store, talk, clock.now(), { effects: [caseActOf(talk, "open", clock.now())] });
    await ask(`UPDATE "${own}".lane SET next_at = NULL WHERE conversation = '${talk.key}'`);
    vi.advanceTimersByTime(60_000);
    await expect.poll(async () => (await store.census()).unarmed).toBe(n + 1);
    await clock.advance(30 * 60_000);
  }
  expect(await told()).toEqual([
    '2 lanes with something to do had lost their alarm and were found within the last hour, so their acts came late: a fault of the store, report it with the ledger\'s rows "unarmed"',
  ]);
  await clock.advance(30 * 60_000);
  expect(await told()).toEqual([]);
  await server.drop(own);
});

it("a look for such lanes that fails is told by health until one succeeds, or nobody works any more", async () => {
  const own = server.schema();
  const clock = createClock({ still: true, start: Date.UTC(2031, 4, 6) });
  let broken = false;
  const way: PgPool = {
    connect: async () => {
      const client = await pool.connect();
      return {
        on: () => undefined,
        release: (spoiled) => client.release(spoiled),
        query: (statement) =>
          broken && statement.text.startsWith("SELECT DISTINCT lane")
            ? client.query({ text: "SELECT no_such_column" })
            : client.query(statement),
      };
    },
  };
  await using store = postgres({ pool: way, schema: own, clock });
  await using bridge = createBridge({
    channels: [parkChannel(createPark(clock.now))],
    crm: deskCrm(createDesk(clock.now)),
    store,
    clock,
  });
  const told = async (): Promise<readonly string[]> =>
    (await bridge.health()).troubles.filter((one) => one.startsWith("nobody could look for lanes"));
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const failing = async (): Promise<void> => {
    broken = true;
    vi.advanceTimersByTime(60_000);
    await expect
      .poll(told)
      .toEqual([
        expect.stringMatching(
          /since 2031-05-06T00:00:00.000Z: .*the server refused a statement: see its log \(SQLSTATE 42703\)/,
        ),
      ]);
    broken = false;
  };
  const claim = await store.working();
  await failing();
  vi.advanceTimersByTime(60_000);
  await expect.poll(told).toEqual([]);
  await failing();
  await claim[Symbol.asyncDispose]();
  expect(await told()).toEqual([]);
  await server.drop(own);
});
