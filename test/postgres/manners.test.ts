import { setTimeout as pause } from "node:timers/promises";
import type { Store } from "casethread";
import { type PgPool, postgres } from "casethread/postgres";
import { createClock } from "casethread/sandbox";
import { afterAll, describe, expect, it } from "vitest";
import {
  caseActOf,
  causeOf,
  crmDoor,
  decisionOf,
  entryOf,
  keepIn,
  person,
  post,
  promiseWords,
  publicDoor,
  replyOf,
  said,
  talkOf,
  wokenOf,
} from "../../src/conformance/make.ts";
import { keyOf } from "../../src/core/words/ref.ts";
import { lockOf } from "../../src/store/postgres/hold.ts";
import { tables } from "../../src/store/postgres/schema.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const shown = server.kind === "real";
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: all of test/postgres/manners.test.ts\n");
const pool = server.pool();
const stores: Store[] = [];
afterAll(async () => {
  for (const store of stores) await store[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
const clock = createClock({ still: true });
type Row = Readonly<Record<string, string>>;
const ask = async (text: string, on: PgPool = pool): Promise<readonly Row[]> => {
  const client = await on.connect();
  try {
    return ((await client.query({ text })) as { readonly rows: readonly Row[] }).rows;
  } finally {
    client.release();
  }
};
const begun = (
  options: Parameters<typeof postgres>[0] = { pool },
): { readonly store: Store; readonly schema: string } => {
  const schema = server.schema();
  const store = postgres({ pool, schema, ...options });
  stores.push(store);
  return { store, schema };
};
const keepAct = async (store: Store, name: string): Promise<void> => {
  const talk = talkOf(name, clock.now());
  await keepIn(store, talk, clock.now(), { effects: [caseActOf(talk, "act", clock.now())] });
};
const leaseAny = (store: Store): ReturnType<Store["lease"]> =>
  store.lease({ door: crmDoor, lanes: 1, each: 1, forMs: 60_000 });

describe.runIf(shown)(`how transactions behave, on ${server.name}`, () => {
  it("what a transaction is set to ends with it, and is not what a role was set to", async () => {
    const settings = `SELECT current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS idle,
      current_setting('statement_timeout') AS statement, current_setting('transaction_isolation') AS isolation`;
    const own = server.pool({ max: 1, options: "-c default_transaction_isolation=serializable" });
    const seen: unknown[] = [];
    const watched: PgPool = {
      connect: async () => {
        const client = await own.connect();
        return {
          on: (event, listener) => client.on(event, listener),
          release: (broken) => client.release(broken),
          query: async (statement) => {
            if (statement.text.startsWith("INSERT INTO")) {
              const { rows } = (await client.query({ text: settings })) as { readonly rows: readonly Row[] };
              seen.push(...rows);
            }
            return client.query(statement);
          },
        };
      },
    };
    const { store } = begun({ pool: watched });
    await store.migrate();
    const [before] = await ask(settings, own);
    seen.length = 0;
    await keepAct(store, "set");
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify({ lock: "2s", idle: "1s", statement: "5s", isolation: "read committed" })]),
    );
    expect(await ask(settings, own)).toEqual([before]);
    expect(before).toMatchObject({ lock: "0", statement: "0", isolation: "serializable" });
  });

  it("the time is that of the moment, and not of a transaction that waited", async () => {
    const { store, schema } = begun();
    await keepAct(store, "late");
    const client = await pool.connect();
    await client.query({ text: `BEGIN; SELECT pg_advisory_xact_lock(${lockOf(schema, "quiet")})` });
    const leasing = leaseAny(store);
    await pause(500);
    const [{ now = "" } = {}] = (
      (await client.query({ text: "SELECT extract(epoch FROM clock_timestamp()) AS now" })) as {
        readonly rows: readonly Row[];
      }
    ).rows;
    await client.query({ text: "COMMIT" });
    client.release();
    expect((await leasing)[0]?.at).toBeGreaterThanOrEqual(Math.floor(Number(now) * 1_000));
  });

  it("no row is written by every transaction: what one conversation has written no other touches", async () => {
    const { store, schema } = begun({ pool, clock });
    const work = async (name: string): Promise<void> => {
      await keepAct(store, name);
      const [lease] = await leaseAny(store);
      if (lease === undefined) expect.fail("no lane");
      const outcomes = lease.run.map(({ effect }) => ({
        effect: effect.key,
        outcome: { as: "done" as const, receipt: { at: clock.now() } },
      }));
      await store.settle([{ lease, outcomes }], () => Promise.resolve());
    };
    const rows = async (): Promise<readonly string[]> => {
      const each = tables.map(
        (table) =>
          `SELECT '${table} ' || ctid::text || ' ' || xmin::text || ' ' || xmax::text AS row FROM "${schema}".${table}`,
      );
      return (await ask(each.join(" UNION ALL "))).map(({ row = "" }) => row);
    };
    await work("first");
    const before = await rows();
    for (const name of ["second", "third"]) await work(name);
    expect(before.length).toBeGreaterThan(5);
    expect(await rows()).toEqual(expect.arrayContaining([...before]));
  });

  it("whoever asks for work does not wait for another who writes down that it did", async () => {
    const { store, schema } = begun({ pool, clock });
    await keepAct(store, "free");
    await clock.advance(5_000);
    const client = await pool.connect();
    await client.query({ text: `BEGIN; SELECT 1 FROM "${schema}".meta WHERE name = 'leased' FOR UPDATE` });
    const first = await Promise.race([leaseAny(store), pause(1_500, "waited" as const)]);
    await client.query({ text: "COMMIT" });
    client.release();
    expect(first).toHaveLength(1);
  });

  it("hashes that come in another form are not taken for nothing", async () => {
    const own = server.pool({ max: 4, options: "-c bytea_output=escape" });
    const { store } = begun({ pool: own });
    const talk = talkOf("form", clock.now());
    const event = said("1", "My mail is maria@example.org", clock.now(), { side: "private" });
    await store.unit((unit) => unit.keep([decisionOf(talk, { entries: [entryOf(talk.key, event)] })], causeOf(event)));
    await expect(store.unit((unit) => unit.privately([person("maria")], ["@mariaexampleorg"]))).rejects.toThrow(
      'bytea_output = "hex"',
    );
  });

  it("a pause waits for what is under way, and nothing is begun before it is kept", async () => {
    const { store, schema } = begun({ pool, clock });
    const other = postgres({ pool: server.pool(), schema, clock });
    stores.push(other);
    await other.migrate();
    const order: string[] = [];
    const working = store.unit(async (unit) => {
      await unit.counted(keyOf.event("made-up", "under way", 1));
      order.push("begun");
      await pause(400);
      order.push("ended");
    });
    await expect.poll(() => order.length).toBe(1);
    await other.pause({ id: "storm", since: clock.now(), reason: "a storm", by: { kind: "automation" } });
    order.push("paused");
    await working;
    expect(order).toEqual(["begun", "ended", "paused"]);
  });

  it("of two who bring one receipt at once one waits for the other: it is one act's", async () => {
    const { store, schema } = begun({ pool, clock });
    const other = postgres({ pool: server.pool(), schema, clock });
    stores.push(other);
    const both = await Promise.all(
      ["one", "two"].map((name) => promiseWords(store, talkOf(name, clock.now()), "reply", clock.now())),
    );
    const leases = await store.lease({ door: publicDoor, lanes: 2, each: 1, forMs: 60_000 });
    const [first, second] = leases;
    if (first === undefined || second === undefined) expect.fail("no lanes");
    const same = { at: clock.now(), post: post("the same") };
    const settled = (lease: typeof first): Parameters<Store["settle"]>[0] => [
      {
        lease,
        outcomes: lease.run.map(({ effect }) => ({ effect: effect.key, outcome: { as: "done", receipt: same } })),
      },
    ];
    const held = Promise.withResolvers<void>();
    const one = store.settle(settled(first), async () => {
      held.resolve();
      await pause(300);
    });
    await held.promise;
    expect(await Promise.all([one, other.settle(settled(second), () => Promise.resolve())])).toEqual([
      ["kept"],
      ["kept"],
    ]);
    const states = await Promise.all(
      both.map(async ({ conversation }) => (await store.effects(conversation))[0]?.state),
    );
    expect(states.toSorted()).toEqual(["done", "parked"]);
  });

  it("who reaches a standby tries again until the server that takes writes is found", async () => {
    const standby = server.pool({ options: "-c default_transaction_read_only=on" });
    let left = 0;
    const way: PgPool = { connect: () => ((left -= 1) >= 0 ? standby : pool).connect() };
    const { store } = begun({ pool: way });
    await store.migrate();
    left = 3;
    await keepAct(store, "standby");
    expect(left).toBeLessThan(0);
    expect(await leaseAny(store)).toHaveLength(1);
  });

  it("two who want the same lanes take hold of them in one order, whatever order they were named in", async () => {
    const refused: unknown[] = [];
    const [taken, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    /** A pool on which somebody stands still when the first lane is its own. */
    const watched = (on: PgPool, slow: boolean): PgPool => ({
      connect: async () => {
        const client = await on.connect();
        return {
          on: () => undefined,
          release: (broken) => client.release(broken),
          query: async (statement) => {
            const mine = /INSERT INTO \S*lane\(/.test(statement.text)
              ? slow
              : /FROM \S*lane .*FOR UPDATE/.test(statement.text);
            if (mine && !slow) asked.resolve();
            const answer = await client.query(statement).catch((thrown: unknown) => {
              refused.push(thrown);
              throw thrown;
            });
            if (!mine || !slow) return answer;
            taken.resolve();
            await asked.promise;
            await pause(100);
            return answer;
          },
        };
      },
    });
    const { store, schema } = begun({ pool, clock });
    const talks = ["a", "b"].map((name) => talkOf(name, clock.now()));
    const acts = await Promise.all(talks.map((talk) => promiseWords(store, talk, "reply", clock.now())));
    const leases = await store.lease({ door: publicDoor, lanes: 2, each: 1, forMs: 60_000 });
    const [promises, marks] = [true, false].map((slow) => {
      const one = postgres({ pool: watched(server.pool(), slow), schema, clock });
      stores.push(one);
      return one;
    });
    if (promises === undefined || marks === undefined) expect.fail("no stores");
    await Promise.all([promises.migrate(), marks.migrate()]);
    const [first] = talks;
    if (first === undefined) expect.fail("no talk");
    const decisions = talks
      .toReversed()
      .map((talk) => decisionOf(talk, { effects: [replyOf(talk, "more", clock.now())] })) as [
      ReturnType<typeof decisionOf>,
      ReturnType<typeof decisionOf>,
    ];
    const promising = promises.unit((unit) => unit.keep(decisions, causeOf(wokenOf(first, clock.now(), "both"))));
    await taken.promise;
    const sending = marks.sending(
      acts.flatMap(({ key, conversation }) =>
        leases
          .filter((lease) => lease.conversation.key === conversation)
          .map((lease) => ({ lease, effect: key, windowMs: 2_000, quietMs: 1_000, timeoutMs: 1_000 })),
      ),
    );
    expect((await sending).map((sent) => sent?.attempt)).toEqual([1, 1]);
    await promising;
    expect(refused).toEqual([]);
  });

  it.for(["40001", "40P01", "55P03", "23505"])("who meets another, and is told %s, is run again", async (code) => {
    let times = 0;
    const met: PgPool = {
      connect: async () => {
        const client = await pool.connect();
        return {
          on: () => undefined,
          release: (broken) => client.release(broken),
          query: (statement) => {
            if (!statement.text.startsWith("INSERT INTO") || !statement.text.includes("effect("))
              return client.query(statement);
            times += 1;
            if (times > 1) return client.query(statement);
            return client.query({
              text: `DO $$ BEGIN RAISE EXCEPTION 'made to meet' USING ERRCODE = '${code}'; END $$`,
            });
          },
        };
      },
    };
    const { store } = begun({ pool: met, clock });
    await keepAct(store, "met");
    expect(times).toBe(2);
    expect(await leaseAny(store)).toHaveLength(1);
  });

  it("a unit that throws after the server has put it out is told what it threw, and is not run again", async () => {
    const lost: unknown[] = [];
    const watched: PgPool = {
      connect: async () => {
        const client = await pool.connect();
        return {
          on: (event, listener) => client.on(event, listener),
          query: (statement) => client.query(statement),
          release: (broken) => {
            if (broken === true) lost.push(broken);
            client.release(broken);
          },
        };
      },
    };
    const { store } = begun({ pool: watched, clock });
    await store.migrate();
    let runs = 0;
    const late = (own: string): Promise<never> =>
      store.unit(async () => {
        runs += 1;
        await pause(1_300);
        throw new Error(own);
      });
    const alone = late("by itself");
    await expect.poll(() => runs).toBe(1);
    const ended = await Promise.allSettled([alone, late("beside"), keepAct(store, "beside")]);
    expect(ended.map((one) => (one.status === "rejected" ? String(one.reason) : "kept"))).toEqual([
      "Error: by itself",
      "Error: beside",
      "kept",
    ]);
    expect([runs, lost.length]).toEqual([2, 2]);
    expect(await leaseAny(store)).toHaveLength(1);
  });

  it(
    "a unit that waits for what never comes is given up, and its place is free again",
    { timeout: 60_000 },
    async () => {
      const { store } = begun({ pool, clock });
      const told = "[postgres: invalid] a unit's work did not end within 5 s";
      await store.migrate();
      const runs = Promise.withResolvers<void>();
      const alone = store.unit(() => {
        runs.resolve();
        return new Promise<never>(() => undefined);
      });
      await runs.promise;
      const waiting = Array.from({ length: 4 }, () => store.unit(() => new Promise<never>(() => undefined)));
      const beside = keepAct(store, "beside");
      const ended = await Promise.allSettled([alone, ...waiting]);
      // The server has put them out long before, which nobody hears who asks for nothing more.
      const reasons = ended.map((one) => (one.status === "rejected" ? String(one.reason) : "kept"));
      // By itself, at the head of those that shared its commit, and behind it.
      expect(reasons).toEqual(ended.map(() => expect.stringContaining(told)));
      await beside;
      await keepAct(store, "after");
    },
  );
});
