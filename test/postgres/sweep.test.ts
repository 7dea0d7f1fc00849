import { postgres } from "casethread/postgres";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { caseActOf, crmDoor, keepIn, promiseWords, publicDoor, talkOf } from "../../src/conformance/make.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const pool = server.pool();
const schema = server.schema();
afterEach(() => void vi.useRealTimers());
afterAll(async () => {
  await server.drop(schema);
  await pool.end();
  await server[Symbol.asyncDispose]();
});
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
  await expect.poll(lanes).toEqual([{ lanes: 1 }]);
  expect((await store.census()).unarmed).toBe(1);
  const due = await store.lease({ door: publicDoor, lanes: 9, each: 1, forMs: 60_000 });
  expect(due.map(({ conversation }) => conversation.key).toSorted()).toEqual([lost.key, fine.key].toSorted());
});
