import { type PgPool, type PgPoolClient, postgres } from "casethread/postgres";
import { Pool } from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { findServer } from "./server.ts";

const server = await findServer();
const schema = server.schema();
const shown = server.connection !== undefined;
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: what a connection keeps of statements\n");
afterAll(() => server[Symbol.asyncDispose]());

/** One connection, as it is handed out. */
const poolOf = (connection: Pool, change: (client: PgPoolClient) => PgPoolClient): PgPool => ({
  connect: async () => change(await connection.connect()),
});

describe.runIf(shown)("what a connection keeps of statements", () => {
  /** Twenty units on one connection, and the names of what it has kept of them. */
  const keptBy = async (change: (client: PgPoolClient) => PgPoolClient): Promise<readonly string[]> => {
    const connection = new Pool({ ...server.connection, max: 1 });
    try {
      await using store = postgres({ pool: poolOf(connection, change), schema });
      for (let n = 0; n < 20; n += 1) {
        expect(await store.unit((unit) => unit.note(`note ${n}`).read())).toBeUndefined();
      }
      const { rows } = await connection.query<{ name: string }>("SELECT name FROM pg_prepared_statements");
      return rows.map(({ name }) => name);
    } finally {
      await connection.end();
    }
  };

  it("what is asked often, on a connection that is ours alone", async () => {
    expect(await keptBy((client) => client)).toEqual([expect.stringMatching(/^casethread_[\w-]{22}$/)]);
  });

  it("nothing, where a pooler stands between: who answers is not whom the client was told it is connected to", async () => {
    const behind = (client: PgPoolClient): PgPoolClient => ({
      processID: (client.processID ?? 0) + 1,
      query: (statement) => client.query(statement),
      on: () => undefined,
      release: (broken) => client.release(broken),
    });
    expect(await keptBy(behind)).toEqual([]);
  });

  it("somebody who makes it forget all that between two transactions stops nobody", async () => {
    let forgot = 0;
    const forgetful = (client: PgPoolClient): PgPoolClient => ({
      processID: client.processID ?? null,
      query: async (statement) => {
        if (statement.text.startsWith("BEGIN")) {
          forgot += 1;
          await client.query({ text: "DISCARD ALL" });
        }
        return client.query(statement);
      },
      on: () => undefined,
      release: (broken) => client.release(broken),
    });
    await keptBy(forgetful);
    expect(forgot).toBeGreaterThan(20);
  });
});
