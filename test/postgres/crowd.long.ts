import { afterAll, describe, expect, it } from "vitest";
import { createBridge } from "casethread";
import { type PgPool, postgres } from "casethread/postgres";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel, type Word } from "../made-up/park.ts";
import { findServer } from "./server.ts";

const server = await findServer();
// PGlite shows the same shapes more slowly.
const size = server.kind === "real" ? 10_000 : 400;
if (server.kind !== "real") process.stdout.write("not shown, for want of a PostgreSQL: crowds beside each other\n");
const pools: (PgPool & { end(): Promise<void> })[] = [];
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await server[Symbol.asyncDispose]();
}, 60_000);

const perDelivery = 20;
const atOnce = 4;

/** Takes in that many words, and says how long each tenth of them took. */
const takeIn = async (crowd: (say: (by: string, text: string, under?: string) => Word) => readonly Word[]) => {
  const [pool, schema] = [server.pool({ max: 8 }), server.schema()];
  pools.push(pool);
  const [park, desk] = [createPark(Date.now), createDesk(Date.now)];
  const store = postgres({ pool, schema });
  const bridge = createBridge({ channels: [parkChannel(park)], crm: deskCrm(desk), store, perform: "all" });
  const words = crowd((by, text, under) => park.say(by, text, under));
  const tenths: number[] = [];
  let refused = 0;
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const from = performance.now();
    const part = words.slice((tenth * words.length) / 10, ((tenth + 1) * words.length) / 10);
    const deliveries = Array.from({ length: Math.ceil(part.length / perDelivery) }, (_, n) =>
      park.deliver(...part.slice(n * perDelivery, (n + 1) * perDelivery)),
    );
    const send = async (): Promise<void> => {
      for (let next = deliveries.pop(); next !== undefined; next = deliveries.pop()) {
        const { status } = await bridge.fetch(next.clone());
        if (status === 200) continue;
        // A network delivers again what was not answered with 200.
        refused += 1;
        deliveries.push(next);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, send));
    tenths.push(Math.round(performance.now() - from));
  }
  expect(refused).toBeLessThan(words.length / perDelivery / 50);
  return { bridge, store, schema, pool, words, tenths };
};

const conversations = async ({ pool, schema }: { readonly pool: PgPool; readonly schema: string }) => {
  const client = await pool.connect();
  const answer = await client.query({
    text: `SELECT count(*)::int AS n, max(length(value))::int AS longest FROM "${schema}".conversation`,
  });
  client.release();
  const [row] = (Array.isArray(answer) ? answer.at(-1) : answer).rows as { n: number; longest: number }[];
  return { n: Number(row?.n), longest: Number(row?.longest) };
};

const steady = (tenths: readonly number[], what: string): void => {
  const total = tenths.reduce((sum, ms) => sum + ms, 0);
  process.stdout.write(
    `${size} ${what}: ${Math.round((size / total) * 1_000)} a second; tenths in ms: ${tenths.join(" ")}\n`,
  );
  // The last are not slower for all that came before; the first tenth warms up.
  const early = Math.max(...tenths.slice(1, 4));
  expect(Math.min(...tenths.slice(-3))).toBeLessThan(early * 2);
};

describe(`a crowd, on ${server.name}`, () => {
  it(`${size} persons under one post`, { timeout: 1_200_000 }, async () => {
    const taken = await takeIn((say) => {
      const root = say("kiosk", "We are open!");
      return Array.from({ length: size }, (_, n) => say(`visitor-${n}`, `Is it true? (${n})`, root.id));
    });
    expect((await conversations(taken)).n).toBe(size);
    steady(taken.tenths, "persons under one post");
    await taken.bridge[Symbol.asyncDispose]();
  });

  it(`${size} posts by one person`, { timeout: 1_200_000 }, async () => {
    const taken = await takeIn((say) =>
      Array.from({ length: size }, (_, n) => say("troll", `And another thing! (${n})`)),
    );
    const { n, longest } = await conversations(taken);
    expect(n).toBe(1);
    expect(longest).toBeLessThan(4_096);
    steady(taken.tenths, "posts by one person");
    await taken.bridge[Symbol.asyncDispose]();
  });

  it("others beside one person who says four deliveries at once, over and over", { timeout: 600_000 }, async () => {
    const [pool, schema] = [server.pool({ max: 8 }), server.schema()];
    pools.push(pool);
    const [park, desk] = [createPark(Date.now), createDesk(Date.now)];
    const store = postgres({ pool, schema });
    await using bridge = createBridge({ channels: [parkChannel(park)], crm: deskCrm(desk), store, perform: "all" });
    const others = async (name: string): Promise<number> => {
      const times: number[] = [];
      for (let n = 0; n < 200; n += 1) {
        const request = park.deliver(park.say(`${name}-${n}`, "Where is my parcel?"));
        const from = performance.now();
        expect((await bridge.fetch(request)).status).toBe(200);
        times.push(performance.now() - from);
      }
      return Math.round(times.toSorted((a, b) => a - b)[197] ?? 0);
    };
    await others("first");
    const quiet = await others("quiet");
    const over = new AbortController();
    let said = 0;
    const flood = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const words = Array.from({ length: perDelivery }, () =>
          park.say("troll", `And another thing! (${(said += 1)})`),
        );
        await bridge.fetch(park.deliver(...words));
      }
    };
    const flooding = Array.from({ length: atOnce }, flood);
    const beside = await others("beside").finally(() => over.abort());
    await Promise.all(flooding);
    process.stdout.write(`others' p99: ${quiet} ms, beside a flood of one person's ${said} words ${beside} ms\n`);
    expect(said).toBeGreaterThan(perDelivery * atOnce);
    expect(beside).toBeLessThan(1_000);
  });
});
