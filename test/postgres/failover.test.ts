import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Channel, ConversationKey } from "casethread/adapter";
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "pg";
import { afterAll, expect, it } from "vitest";
import { type PgPool, postgres } from "casethread/postgres";
import { createClock } from "casethread/sandbox";
import { createDesk } from "../made-up/desk.ts";
import { createPark, type Park, parkChannel } from "../made-up/park.ts";
import { bridgeBetween } from "../made-up/world.ts";
import { type Cluster, createCluster, haveClusters } from "./cluster.ts";
import { reach } from "./server.ts";

if (!haveClusters())
  process.stdout.write("not shown, for want of PostgreSQL's packages: a failover that loses the last second\n");

const clusters: Cluster[] = [];
const pools: Pool[] = [];
afterAll(async () => {
  for (const pool of pools) await pool.end().catch(() => undefined);
  for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
}, 60_000);
const poolOf = (cluster: Cluster): Pool => {
  const pool = new Pool({ ...reach(cluster), max: 8 });
  pool.on("error", () => undefined);
  pools.push(pool);
  return pool;
};

/** The park, able to tell again what stands on it: everything after a word's number, our own words with it. */
const askable = (park: Park): Channel => {
  const channel = parkChannel(park);
  return {
    ...channel,
    pollMs: 2_000,
    async *since(_account, { cursor = "0" }, kit) {
      const words = [...park.words.values()].filter(({ id }) => Number(id) > Number(cursor));
      const request = park.deliver(...words);
      const body = new Uint8Array(await request.arrayBuffer());
      const { method, url, headers } = request;
      const found = await channel.read({ method, url: new URL(url), headers, body }, kit);
      if ("events" in found) yield { ...found, cursor: words.at(-1)?.id ?? cursor };
    },
  };
};

it.runIf(haveClusters())(
  "a failover that loses the last second: nothing is said twice, nothing is lost, positions go on",
  { timeout: 120_000 },
  async () => {
    const primary = await createCluster();
    clusters.push(primary);
    const standby = await primary.standby();
    clusters.push(standby);
    const [first, second] = [poolOf(primary), poolOf(standby)];
    let now = first;
    // What a name in front of both would do.
    const pool: PgPool = { connect: () => now.connect() };

    const clock = createClock();
    const [park, desk] = [createPark(clock.now), createDesk(clock.now, { lawful: true })];
    const store = postgres({ pool, schema: "failover", clock });
    const world = bridgeBetween(park, desk, { clock, store, channels: [askable(park)] });
    const asked = (text: string): number => park.requests.filter((request) => request.text.includes(text)).length;

    await world.post("maria", "My coffee was cold, kiosk!");
    await world.settle();
    const [mine = ""] = desk.cases.keys();
    desk.answer(mine, "So sorry, Maria.", "public");
    await world.settle();
    expect(asked("So sorry")).toBe(1);

    // The standby has all of this, and nothing that follows.
    const { rows } = await first.query<{ at: string }>("SELECT pg_current_wal_lsn()::text AS at");
    for (;;) {
      const seen = await second.query("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS there", [rows[0]?.at]);
      if ((seen.rows[0] as { there: boolean }).there) break;
      await pause(50);
    }
    await second.query("ALTER SYSTEM SET primary_conninfo = ''");
    await second.query("SELECT pg_reload_conf()");
    for (;;) {
      const { rowCount } = await second.query("SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");
      if (rowCount === 0) break;
      await pause(50);
    }

    // The last second: an answer that leaves, a post that is taken in and answered. The standby knows nothing of it.
    desk.answer(mine, "A new one is on its way.", "public");
    await world.post("anna", "And mine was salty!");
    await world.settle();
    const annas = [...desk.cases.keys()].find((key) => key !== mine) ?? "";
    desk.answer(annas, "Salty is a mistake, Anna.", "public");
    await world.settle();
    expect([asked("on its way"), asked("Salty is")]).toEqual([1, 1]);
    const read = await store.ledger(undefined, 1_000);

    await primary.stop("immediate");
    await standby.promote();
    now = second;

    await world.settle();
    await world.pass(3_600_000);
    await world.settle();
    // All of it is known again, and none of it was said again.
    expect([asked("So sorry"), asked("on its way"), asked("Salty is")]).toEqual([1, 1, 1]);
    expect(desk.cases.size).toBe(2);
    const texts = [...desk.entries.values()].map(({ text }) => text ?? "");
    for (const word of ["cold, kiosk", "salty!", "So sorry"]) {
      expect(texts.filter((text) => text.includes(word)).length, word).toBe(1);
    }
    // Our own words of the lost second are told by the network before the CRM tells who wrote them: the case may show them twice.
    for (const word of ["on its way", "Salty is"]) {
      expect([1, 2], word).toContain(texts.filter((text) => text.includes(word)).length);
    }
    const effects = await Promise.all([mine, annas].map((key) => store.effects(key as ConversationKey)));
    const said = effects.flat().filter(({ effect }) => effect.act.do === "reply");
    expect(said.map(({ state }) => state)).toEqual(["done"]);
    // Whoever wrote them is told that they stand, though the store has forgotten that it said them.
    expect(await store.held()).toEqual([]);
    const answers = [...desk.entries.values()].filter(({ author }) => author === "agent");
    expect(answers.map(({ text, state }) => [text, state])).toEqual([
      ["So sorry, Maria.", "sent"],
      ["A new one is on its way.", "sent"],
      ["Salty is a mistake, Anna.", "sent"],
    ]);
    expect(await store.parked()).toEqual([]);
    expect((await world.bridge.health()).alarms.join()).toContain("came back from the past");
    // Who had read what is lost goes on behind it, and misses nothing of what followed.
    const more = await store.ledger(read.at(-1)?.position, 1_000);
    expect(more.map(({ kind }) => kind)).toContain("came-back");
    const conversations = new Set(more.flatMap(({ conversation }) => conversation ?? []));
    expect([...conversations].sort()).toEqual([mine, annas].sort());
    await world[Symbol.asyncDispose]();
  },
);

it.runIf(haveClusters())(
  "a disk that is put back under a process that works is noticed by what it has forgotten",
  async () => {
    const cluster = await createCluster();
    clusters.push(cluster);
    const store = postgres({ pool: poolOf(cluster), schema: "put_back" });
    const note = (name: string): Promise<boolean> => store.unit((unit) => unit.note(name).swap(undefined, "1"));
    await note("before");
    const [data, copy] = [join(cluster.folder, "data"), join(cluster.folder, "copy")];
    await cluster.stop("fast");
    const move = (from: string, to: string): void => void execFileSync("cp", ["-a", from, to]);
    move(data, copy);
    await cluster.start();
    for (const name of ["one", "two", "three"]) await note(name);
    expect(await store.recovered(0)).toBeUndefined();
    await cluster.stop("immediate");
    rmSync(data, { recursive: true });
    move(copy, data);
    await cluster.start();
    expect(await store.recovered(0)).toBeDefined();
    expect(await store.unit((unit) => unit.note("three").read())).toBeUndefined();
    await store[Symbol.asyncDispose]();
  },
);
