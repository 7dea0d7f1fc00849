import { createBridge } from "casethread";
import type { Crm } from "casethread/adapter";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";

const start = (change: (crm: Crm) => Partial<Crm>) => {
  const clock = createClock({ still: true });
  const park = createPark(() => clock.now());
  const desk = createDesk(() => clock.now());
  const crm = deskCrm(desk);
  const writes: number[] = [];
  const asked: number[] = [];
  const whole: Crm = {
    ...crm,
    ...change(crm),
    write: (batch, kit) => {
      writes.push(batch.length);
      return crm.write(batch, kit);
    },
    since: (cursor, kit) => {
      asked.push(clock.now());
      return crm.since(cursor, kit);
    },
  };
  const bridge = createBridge({
    channels: [parkChannel(park)],
    crm: whole,
    clock,
    store: sqlite({ file: ":memory:", durable: false, clock }),
  });
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  return {
    clock,
    desk,
    bridge,
    writes,
    asked,
    say: async (who: string) => {
      await bridge.fetch(park.deliver(park.say(who, `${who} needs help`)));
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await working;
      await bridge[Symbol.asyncDispose]();
    },
  };
};

it("the first is written at once; what follows within the time travels together when it is over", async () => {
  await using world = start((crm) => ({ can: { ...crm.can, gatherMs: 20_000 } }));
  await world.say("maria");
  await expect.poll(() => world.writes).toEqual([2]);
  for (const who of ["ann", "bob", "cem"]) await world.say(who);
  await world.clock.advance(19_000);
  await sleep(20);
  expect(world.writes).toEqual([2]);
  await world.clock.advance(2_000);
  await expect.poll(() => world.desk.cases.size).toBe(4);
  expect(world.writes).toEqual([2, 6]);
});

it("work that is stopped while it gathers ends at once, and loses nothing", async () => {
  const world = start((crm) => ({ can: { ...crm.can, gatherMs: 20_000 } }));
  await world.say("maria");
  await world.say("ann");
  const began = performance.now();
  await world[Symbol.asyncDispose]();
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(world.writes.length).toBeLessThanOrEqual(2);
});

it("a ring is heard at once, and one that comes while the CRM is asked is heard after it", async () => {
  let ring = (): void => undefined;
  let over = false;
  await using world = start(() => ({
    pollMs: 3_600_000,
    listen: (kit, hear) => {
      ring = hear;
      return new Promise((resolve) =>
        kit.signal.addEventListener("abort", () => {
          over = true;
          resolve();
        }),
      );
    },
  }));
  await expect.poll(() => world.asked.length).toBeGreaterThan(0);
  await sleep(50);
  const before = world.asked.length;
  ring();
  await expect.poll(() => world.asked.length).toBe(before + 1);
  ring();
  ring();
  await expect.poll(() => world.asked.length).toBeGreaterThanOrEqual(before + 2);
  await world.bridge.health();
  expect(over).toBe(false);
});

it("a listener that fails costs nothing but its rings", async () => {
  await using world = start(() => ({ listen: () => Promise.reject(new Error("no stream")) }));
  await world.say("maria");
  await expect.poll(() => world.desk.cases.size).toBe(1);
  expect(world.asked.length).toBeGreaterThan(0);
});
