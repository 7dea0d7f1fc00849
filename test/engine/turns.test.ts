import { type Channel, createBridge } from "casethread";
import { createClock } from "casethread/sandbox";
import { postgres } from "casethread/postgres";
import { afterAll, expect, it } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";
import { silent } from "../../src/engine/house.ts";
import { findServer } from "../postgres/server.ts";

const server = await findServer();
afterAll(() => server[Symbol.asyncDispose]());

it("all workers of a database together ask a network as often as one, and what it tells is heard", async () => {
  const clock = createClock({ still: true });
  const schema = server.schema();
  const [park, desk] = [createPark(clock.now), createDesk(clock.now)];
  const asked: number[] = [];
  const channel: Channel = {
    ...parkChannel(park),
    pollMs: 60_000,
    async *since(_account, { cursor = "0" }, kit) {
      asked.push(kit.now());
      const words = [...park.words.values()].filter(({ id }) => Number(id) > Number(cursor));
      const request = park.deliver(...words);
      const body = new Uint8Array(await request.arrayBuffer());
      const { method, url, headers } = request;
      const found = await parkChannel(park).read({ method, url: new URL(url), headers, body }, kit);
      if ("events" in found) yield { ...found, cursor: words.at(-1)?.id ?? cursor };
    },
  };
  const stop = new AbortController();
  const ended: string[] = [];
  const log = {
    ...silent,
    info: (fields: object, message: string) => {
      if (message.startsWith("nothing that happens")) ended.push((fields as { source: string }).source);
    },
  };
  const hire = (): { readonly over: Promise<void>; end(): Promise<void> } => {
    const pool = server.pool({ max: 3 });
    const store = postgres({ pool, schema, clock });
    const bridge = createBridge({ channels: [channel], crm: deskCrm(desk), store, clock, perform: "all", log });
    return {
      over: bridge.work({ signal: stop.signal }),
      end: async () => {
        await bridge[Symbol.asyncDispose]();
        await pool.end();
      },
    };
  };
  const crew = [hire(), hire(), hire(), hire()];
  // Whoever starts asks: nobody knows what was missed.
  await expect.poll(() => asked.length).toBe(4);
  await expect.poll(() => ended.filter((source) => source === "park/kiosk").length).toBe(4);
  const pool = server.pool({ max: 1 });
  const witness = postgres({ pool, schema, clock });
  const answered = async (): Promise<unknown> =>
    JSON.parse((await witness.unit((unit) => unit.note("asked/park/kiosk").read())) ?? "{}");
  for (let minute = 1; minute <= 5; minute += 1) {
    park.say(`person ${minute}`, "cold coffee, kiosk!");
    const before = asked.length;
    await clock.advance(61_000);
    await expect.poll(() => asked.length).toBe(before + 1);
    await expect.poll(() => desk.cases.size).toBe(minute);
    // The end of an asking is written down behind what it brought: time that passes before that would be its time.
    await expect.poll(answered).toMatchObject({ answered: clock.now() });
  }
  await witness[Symbol.asyncDispose]();
  await pool.end();
  expect(asked).toHaveLength(9);
  stop.abort();
  await Promise.all(crew.map(({ over }) => over));
  for (const { end } of crew) await end();
  await server.drop(schema);
});

it("a source that answers nobody is late for all who take turns at it", async () => {
  const clock = createClock({ still: true });
  const schema = server.schema();
  const park = createPark(clock.now);
  const hangs: Channel["since"] = async function* hangs(_account, _from, { signal }) {
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    yield { events: [], unread: [], alarms: [], cursor: "never" };
  };
  const stop = new AbortController();
  const pools = [server.pool({ max: 3 }), server.pool({ max: 3 })];
  const crew = pools.map((pool) =>
    createBridge({
      channels: [{ ...parkChannel(park), since: hangs }],
      crm: deskCrm(createDesk(clock.now)),
      store: postgres({ pool, schema, clock }),
      clock,
    }),
  );
  const working = crew.map((bridge) => bridge.work({ signal: stop.signal }));
  const late = expect.stringContaining("park/kiosk has not told what is new");
  for (const bridge of crew) {
    await expect.poll(async () => Object.keys((await bridge.health()).asked)).toContain("crm/desk");
  }
  for (let minute = 0; minute < 12; minute += 1) {
    await clock.advance(60_000);
    for (const bridge of crew) await bridge.health();
  }
  for (const bridge of crew) await expect.poll(async () => (await bridge.health()).troubles).toContainEqual(late);
  stop.abort();
  // An asking that is under way is over when its time is.
  await Promise.all([...working, clock.advance(120_000)]);
  for (const bridge of crew) await bridge[Symbol.asyncDispose]();
  for (const pool of pools) await pool.end();
  await server.drop(schema);
});

it("a source that another process has heard of is heard here as well, and is said to be once it is", async () => {
  const clock = createClock({ still: true });
  const schema = server.schema();
  const park = createPark(clock.now);
  let away = true;
  const sinceFor = (alone: boolean): NonNullable<Channel["since"]> =>
    async function* since(_account, { cursor = "1" }) {
      if (away || alone) throw new Error("nobody is here");
      yield { events: [], unread: [], alarms: [], cursor };
    };
  const stop = new AbortController();
  const hire = (alone: boolean) => {
    const [said, failed]: [string[], string[]] = [[], []];
    const warn = (_fields: object, message: string): void => void failed.push(message);
    const info = (fields: object, message: string): void => {
      const { source } = fields as { readonly source?: string };
      if (message.startsWith("nothing that happens") && source === "park/kiosk") said.push(source);
    };
    const pool = server.pool({ max: 3 });
    const channels = [{ ...parkChannel(park), pollMs: 60_000, since: sinceFor(alone) }];
    const store = postgres({ pool, schema, clock });
    const bridge = createBridge({
      channels,
      crm: deskCrm(createDesk(clock.now)),
      store,
      clock,
      log: { ...silent, info, warn },
    });
    const over = bridge.work({ signal: stop.signal });
    return { said, failed, bridge, over, pool };
  };
  const crew = [hire(false), hire(true)];
  for (const { failed } of crew) await expect.poll(() => failed.join()).toContain("park/kiosk: unavailable");
  expect(crew.map(({ said }) => said)).toEqual([[], []]);
  away = false;
  // The one takes a turn some time, and the other finds out when it would be its own.
  for (let minute = 0; minute < 12 && crew.some(({ said }) => said.length === 0); minute += 1) {
    await clock.advance(61_000);
    for (const { bridge } of crew) await bridge.health();
  }
  for (const { said } of crew) await expect.poll(() => said).toEqual(["park/kiosk"]);
  stop.abort();
  for (const { over, bridge, pool } of crew) {
    await over;
    await bridge[Symbol.asyncDispose]();
    await pool.end();
  }
  await server.drop(schema);
});
