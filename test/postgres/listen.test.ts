import { Client } from "pg";
import type { Store } from "casethread";
import { type PgPool, postgres } from "casethread/postgres";
import { afterAll, expect, it } from "vitest";
import { caseActOf, keepIn, talkOf } from "../../src/conformance/make.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const shown = server.kind === "real";
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: that a worker who listens is woken\n");
const schema = server.schema();
afterAll(() => server[Symbol.asyncDispose]());

it.runIf(shown)(
  "who listens is woken by what another process commits, again after its connection was lost",
  async () => {
    const pool = server.pool();
    // Whoever only asks four times a second would be told nothing here.
    const deaf: PgPool = {
      connect: async () => {
        const client = await pool.connect();
        return {
          on: (event, listener) => client.on(event, listener),
          release: (broken) => client.release(broken),
          query: async (statement) =>
            statement.text.startsWith("SELECT pg_current_snapshot()")
              ? { rows: [{ now: "1" }] }
              : client.query(statement),
        };
      },
    };
    const ears: Client[] = [];
    const listen = async (): Promise<Client> => {
      const client = new Client(server.connection);
      await client.connect();
      ears.push(client);
      return client;
    };
    await using worker = postgres({ pool: deaf, schema, listen });
    await using other = postgres({ pool: server.pool(), schema, listen });
    await worker.migrate();
    const act = async (store: Store, name: string): Promise<void> => {
      const talk = talkOf(name, Date.now());
      await keepIn(store, talk, Date.now(), { effects: [caseActOf(talk, "act", Date.now())] });
    };
    for (const [round, name] of ["first", "second"].entries()) {
      // What was told while nobody waited is over with.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await worker.stirred(AbortSignal.abort());
      const woken = { yet: false };
      const stop = new AbortController();
      const waiting = worker.stirred(stop.signal).then(() => {
        woken.yet = true;
      });
      // Lost while somebody waits.
      if (round > 0) await ears.at(-1)?.end();
      await expect.poll(() => ears.length, { timeout: 10_000 }).toBe(round + 1);
      // It is connected, and is told what it listens to a moment later: told again until it is heard.
      for (let n = 0; !woken.yet && n < 20; n += 1) {
        await act(other, `${name}-${n}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect(woken.yet, name).toBe(true);
      stop.abort();
      await waiting;
    }
  },
);

it.runIf(shown)("who is woken by each commit is woken twenty times a second at most", async () => {
  await using store = postgres({ pool: server.pool(), schema: server.schema() });
  await store.migrate();
  const over = AbortSignal.timeout(600);
  let [woken, kept] = [0, 0];
  const waiting = (async () => {
    for (; !over.aborted; woken += 1) await store.stirred(over);
  })();
  for (; !over.aborted; kept += 1) {
    const talk = talkOf(`busy ${kept}`, Date.now());
    await keepIn(store, talk, Date.now(), { effects: [caseActOf(talk, "act", Date.now())] });
  }
  await waiting;
  expect(kept).toBeGreaterThan(20);
  expect(woken).toBeGreaterThan(2);
  expect(woken).toBeLessThan(16);
});
