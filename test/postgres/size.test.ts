import { clue, door } from "casethread/adapter";
import { type PgPoolClient, postgres } from "casethread/postgres";
import { Pool } from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { caseActOf, keepIn, person, talkOf } from "../../src/conformance/make.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const shown = server.connection !== undefined;
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: plans where no statistics are\n");
afterAll(() => server[Symbol.asyncDispose]());

/** A client that has each statement explained before it is asked. */
const explained = (client: PgPoolClient, plans: string[]): PgPoolClient => ({
  processID: client.processID ?? null,
  query: async (statement) => {
    if (/^(SELECT|WITH|UPDATE|INSERT)/.test(statement.text) && statement.values !== undefined) {
      const { text, values } = statement;
      const told = await client.query({ text: `EXPLAIN ${text}`, values });
      const { rows } = (Array.isArray(told) ? told[0] : told) as { readonly rows: readonly Record<string, string>[] };
      plans.push([text, ...rows.map((row) => row["QUERY PLAN"])].join("\n"));
    }
    return client.query(statement);
  },
  on: (event, listener) => client.on(event, listener),
  release: (broken) => client.release(broken),
});

describe.runIf(shown)("where nobody has told PostgreSQL how large its tables have become", () => {
  // Where rows are few and short it would read a table whole, where they are many and long have another process help.
  const sizes = [
    { people: 30_000, said: 2 },
    { people: 60_000, said: 600 },
  ];
  it.for(sizes)("a few of $people are found by an index, and by one process", { timeout: 60_000 }, async (size) => {
    const { people, said } = size;
    const schema = server.schema();
    const own = new Pool({ ...server.connection, max: 1 });
    const plans: string[] = [];
    try {
      await own.query(postgres.sql({ schema }));
      for (const table of ["clue", "conversation", "effect", "lane"])
        await own.query(`ALTER TABLE "${schema}".${table} SET (autovacuum_enabled = off)`);
      const series = `generate_series(1, ${people}) AS n`;
      await own.query(`INSERT INTO "${schema}".conversation(key, account, value, updated)
        SELECT 'talk ' || n, 'park:1', '{"format":1,"value":{"said":"' || repeat('x', ${said}) || '"}}', n FROM ${series}`);
      await own.query(`INSERT INTO "${schema}".clue(clue, conversation, at)
        SELECT part || n, 'talk ' || n, n FROM ${series}, unnest(ARRAY['person in the park ', 'post in the park ', 'root in the park ']) AS part`);
      await own.query(`INSERT INTO "${schema}".lane(key, door, conversation, seq, next_at, priority, account, expires, locked_until, epoch)
        SELECT 'lane ' || n, 'crm/park', 'talk ' || n, 1, ${people} + n, 1, 'park:1', 0, 0, 0 FROM ${series}`);
      await using store = postgres({
        pool: { connect: async () => explained(await own.connect(), plans) },
        schema,
      });
      const account = { channel: "park", id: "1" };
      const places = ["a", "b", "c"].map((id) => clue.post({ account, id }));
      expect(await store.unit((unit) => unit.find(places))).toEqual([]);
      expect(await store.nextDue([])).toBe(people + 1);
      await store.lease({ door: door.crm("park"), lanes: 8, each: 1, forMs: 1_000 });
    } finally {
      await own.end();
    }
    const [looked, leased] = ["FROM .*clue JOIN", "UPDATE .*lane SET owner"].map((part) => new RegExp(part));
    expect(plans.filter((plan) => looked?.test(plan) ?? false)).toHaveLength(1);
    expect(plans.some((plan) => leased?.test(plan))).toBe(true);
    const large = /(Gather|Seq Scan on (?:clue|conversation|effect|lane))\b/;
    expect(plans.filter((plan) => large.test(plan))).toEqual([]);
  });

  it("whom to erase and what led to what are found by an index, and nothing is compiled first", async () => {
    const own = new Pool({ ...server.connection, max: 1 });
    const plans: string[] = [];
    try {
      await using store = postgres({
        pool: { connect: async () => explained(await own.connect(), plans) },
        schema: server.schema(),
      });
      const talk = talkOf("erased", 1);
      await keepIn(store, talk, 1, { clues: [clue.persona(person("maria"))], effects: [caseActOf(talk, "act", 1)] });
      expect(await store.trail(talk.key)).toHaveLength(2);
      await store.unit((unit) => unit.erase(person("maria")));
      await store.census();
      expect(await store.unread()).toEqual([]);
    } finally {
      await own.end();
    }
    expect(plans.filter((plan) => /FROM \S+\.(raw|lane WHERE key >)/.test(plan)).length).toBeGreaterThan(2);
    const whole = /Scan (?:using \w+ )?on (?:ledger|lane)\b.*\n +Filter/;
    expect(plans.filter((plan) => whole.test(plan) || plan.includes("JIT:"))).toEqual([]);
  });
});
