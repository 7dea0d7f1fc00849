import type { Store } from "casethread";
import { postgres } from "casethread/postgres";
import { createClock } from "casethread/sandbox";
import { afterAll, describe, expect, it } from "vitest";
import type { Lease } from "../../src/core/contracts/store.ts";
import { caseActOf, crmDoor, keepIn, promiseWords, publicDoor, talkOf } from "../../src/conformance/make.ts";
import { backupOf } from "./backup.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const pool = server.pool();
const stores: Store[] = [];
afterAll(async () => {
  for (const store of stores) await store[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
const clock = createClock({ still: true });
const storeOn = (schema: string): Store => {
  const store = postgres({ pool, schema, clock });
  stores.push(store);
  return store;
};
const ask = async (text: string): Promise<Readonly<Record<string, unknown>>> => {
  const client = await pool.connect();
  try {
    const answer = (await client.query({ text })) as { rows: Record<string, unknown>[] } | { rows: never[] }[];
    return (Array.isArray(answer) ? answer.at(-1) : answer)?.rows[0] ?? {};
  } finally {
    client.release();
  }
};
const leaseOf = async (store: Store): Promise<Lease> => {
  const [lease] = await store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 600_000 });
  return lease ?? expect.fail("no lane");
};
const settle = (store: Store, lease: Lease): ReturnType<Store["settle"]> => {
  const outcomes = lease.run.map(({ effect }) => ({
    effect: effect.key,
    outcome: { as: "done" as const, receipt: { at: clock.now() } },
  }));
  return store.settle([{ lease, outcomes }], () => Promise.resolve());
};

describe(`what comes back from the past, on ${server.name}`, () => {
  it("another cluster, another timeline or another copy of the schema is noticed, each by itself", async () => {
    const schema = server.schema();
    await storeOn(schema).migrate();
    const is = await ask(
      `SELECT (SELECT system_identifier FROM pg_control_system())::text AS cluster, '"${schema}".meta'::regclass::oid::text AS copy,
         (SELECT value FROM "${schema}".meta WHERE name = 'identity') AS kept`,
    );
    const [cluster, timeline, copy, more] = String(is["kept"]).split("/");
    expect([cluster, copy, more]).toEqual([is["cluster"], is["copy"], undefined]);
    expect(timeline).toMatch(/^[0-9A-F]{8}$/);
    const others = [`1/${timeline}/${copy}`, `${cluster}/0000FFFF/${copy}`, `${cluster}/${timeline}/1`];
    for (const other of others) {
      await ask(`UPDATE "${schema}".meta SET value = '${other}' WHERE name = 'identity'`);
      const store = storeOn(schema);
      expect(await store.recovered(0), other).toBeDefined();
      expect(await store.recovered(0), other).toBeUndefined();
    }
  });

  it("a turn of a lane that comes back is not taken for the one before it", async () => {
    const schema = server.schema();
    const [notices, hears] = [storeOn(schema), storeOn(schema)];
    const talk = talkOf("turn", clock.now());
    await keepIn(notices, talk, clock.now(), { effects: [caseActOf(talk, "act", clock.now())] });
    await hears.migrate();
    for (const store of [notices, hears]) {
      const restore = await backupOf(pool, schema);
      await store.recovered(0);
      const before = await leaseOf(store);
      await restore();
      // One notices by itself, the other when all is seen to.
      await notices.recovered(0);
      const after = await leaseOf(store);
      expect([after.lane, after.epoch]).toEqual([before.lane, before.epoch]);
      expect(await settle(store, before)).toEqual(["lost"]);
      expect(await settle(store, after)).toEqual(["kept"]);
      await keepIn(store, talk, clock.now(), { effects: [caseActOf(talk, "again", clock.now())] });
    }
  });

  it("a backlog is put in doubt piece by piece, so that neither its size nor its time stops anybody", async () => {
    const schema = server.schema();
    const store = storeOn(schema);
    const each = 550;
    for (const name of ["one", "two"]) {
      const talk = talkOf(name, clock.now());
      const effects = Array.from({ length: each }, (_, n) => caseActOf(talk, String(n), clock.now()));
      await keepIn(store, talk, clock.now(), { effects });
    }
    await ask(`INSERT INTO "${schema}".meta(name, value) VALUES('returned', '0')`);
    expect(await store.recovered(1_000)).toBe(0);
    const { pieces, doubted } = await ask(
      `SELECT count(DISTINCT xmin::text) AS pieces, count(*) FILTER (WHERE state = 'unknown') AS doubted FROM "${schema}".effect`,
    );
    expect([Number(pieces), Number(doubted)]).toEqual([3, 2 * each]);
    const rows = await store.ledger(undefined, 1_000, ["came-back"]);
    expect(rows.map(({ row }) => row)).toEqual([{ to: 0, effects: 2 * each }]);
    expect(await leaseOf(store).catch(() => undefined)).toBeUndefined();
    await clock.advance(1_000);
    expect((await leaseOf(store)).run[0]?.state).toBe("unknown");
  });

  it("a standby whose clock is behind finds all that was open, and knows what followed from before", async () => {
    const schema = server.schema();
    const store = storeOn(schema);
    await promiseWords(store, talkOf("left", clock.now()), "reply", clock.now());
    const [lease] = await store.lease({ door: publicDoor, lanes: 1, each: 1, forMs: 60_000 });
    const head = lease?.run[0]?.effect.key;
    if (lease === undefined || head === undefined) expect.fail("no lane");
    await clock.advance(1_000);
    // Nothing in the ledger is as new as this mark.
    await store.sending([{ lease, effect: head, windowMs: 2_000, quietMs: 1_000, timeoutMs: 1_000 }]);
    await ask(`UPDATE "${schema}".meta SET value = '1/2/3' WHERE name = 'identity'`);
    const behind = createClock({ still: true, start: clock.now() - 60_000 });
    const standby = postgres({ pool, schema, clock: behind });
    stores.push(standby);
    expect(await standby.recovered(1_000)).toBeDefined();
    expect((await standby.effects(lease.conversation.key))[0]?.state).toBe("unknown");
    const told = talkOf("told again", clock.now() - 30_000);
    await promiseWords(standby, told, "reply", clock.now() - 30_000);
    expect((await standby.effects(told.key))[0]?.state).toBe("unknown");
  });
});
