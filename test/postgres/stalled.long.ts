import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { postgres } from "casethread/postgres";
import { caseActOf, causeOf, decisionOf, keepIn, talkOf, wokenOf } from "../../src/conformance/make.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const shown = server.kind === "real";
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: a worker stopped inside a transaction\n");
const schema = server.schema();
const children = new Set<ChildProcess>();
const pool = server.pool();
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await server[Symbol.asyncDispose]();
});

const script = fileURLToPath(new URL("child.ts", import.meta.url));

/** Starts a worker that stands still, and answers when it does. */
const stall = async (name: string): Promise<void> => {
  const child = spawn(
    process.execPath,
    [
      "--conditions=casethread:source",
      "--disable-warning=ExperimentalWarning",
      script,
      JSON.stringify(server.connection),
      schema,
      name,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  children.add(child);
  await once(child.stdout, "data");
};

it.runIf(shown)(
  "a worker stopped inside a transaction keeps nobody waiting for more than 250 ms but whose conversation it has in hand",
  { timeout: 60_000 },
  async () => {
    const store = postgres({ pool, schema });
    await store.migrate();
    const held = talkOf("held", Date.now());
    await keepIn(store, held, Date.now(), {});
    await stall("held");
    const began = performance.now();
    const took = { held: [] as number[], free: [] as number[] };
    const one = async (n: number): Promise<void> => {
      // Every tenth is for the conversation that the stopped worker has in hand: more at once than a process has places to write.
      const stuck = n % 10 === 0;
      const talk = stuck ? held : talkOf(`free-${n}`, Date.now());
      const from = performance.now();
      await store.unit(async (unit) => {
        const event = wokenOf(talk, Date.now(), n);
        await unit.first(event.key);
        await unit.keep([decisionOf(talk, { effects: [caseActOf(talk, `${n}`, Date.now())] })], causeOf(event));
      });
      took[stuck ? "held" : "free"].push(performance.now() - from);
    };
    const all: Promise<void>[] = [];
    for (let n = 0; n < 400; n += 1) {
      all.push(one(n));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(all);
    const free = took.free.toSorted((a, b) => a - b);
    const [p50, p99] = [0.5, 0.99].map((share) => Math.round(free[Math.floor(free.length * share)] ?? 0));
    const most = Math.round(Math.max(...took.held));
    process.stdout.write(
      `admission beside a stopped worker: p50 ${p50} ms, p99 ${p99} ms; of the conversation in hand ${most} ms at most\n`,
    );
    expect(p99).toBeLessThan(250);
    // It did hold somebody up, or nothing was shown; and it was put out.
    expect(most).toBeGreaterThan(300);
    expect(performance.now() - began).toBeGreaterThan(3_000);
  },
);
