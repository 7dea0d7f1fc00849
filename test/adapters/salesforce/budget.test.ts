import { createBridge } from "casethread";
import { createClock } from "casethread/sandbox";
import type { Kit } from "casethread/adapter";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createBudget } from "../../../adapters/salesforce/budget.ts";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createPark, parkChannel } from "../../made-up/park.ts";
import { createGround } from "./ground.ts";

const hour = 3_600_000;

/** A store's notes, at an hour. */
const shared = () => {
  const notes = new Map<string, string>();
  const note: Kit["note"] = (name) => ({
    read: async () => notes.get(name),
    swap: async (from, to) => notes.get(name) === from && notes.set(name, to) === notes,
  });
  return (now: number): Pick<Kit, "now" | "note"> => ({ now: () => now, note });
};

it("calls are counted over all processes of a store, and beyond a restart", async () => {
  const at = shared();
  const [one, other] = [createBudget(0.5), createBudget(0.5)];
  for (let call = 0; call < 50; call++) await one.note({ used: call, limit: 200 }, at(call));
  await one.note({ used: 50, limit: 200 }, at(31_000));
  for (let call = 0; call < 24; call++) await other.note({ used: 51 + call, limit: 200 }, at(32_000));
  expect(other.slowed(0, 20_000)).toBe(20_000);
  await other.note({ used: 75, limit: 200 }, at(62_000));
  const restarted = createBudget(0.5);
  await restarted.note({ used: 76, limit: 200 }, at(93_000));
  expect(restarted.slowed(0, 20_000)).toBe(20_000);
});

it("a store that cannot keep the count stops no call", async () => {
  const budget = createBudget(0.5);
  const read = async (): Promise<undefined> => {
    throw new Error("the store is away");
  };
  await budget.note({ used: 1, limit: 1 }, { now: () => 0, note: () => ({ read, swap: async () => false }) });
  expect(budget.slowed(0, 20_000)).toBe(200_000);
});

it("with room there is no waiting; near the share things slow down; where nothing is left, ten times more", async () => {
  const at = shared();
  const budget = createBudget(0.5);
  const paces = (): readonly number[] => [budget.slowed(0, 20_000), budget.slowed(5_000, 60_000)];
  expect(paces()).toEqual([0, 5_000]);
  await budget.note({ used: 10, limit: 200 }, at(0));
  expect(paces()).toEqual([0, 5_000]);
  expect(budget.troubles()).toEqual([]);
  // Its own: 75 of the 100 that are its share.
  for (let call = 1; call < 75; call++) await budget.note({ used: 10 + call, limit: 200 }, at(0));
  expect(paces()).toEqual([20_000, 60_000]);
  expect(budget.troubles()[0]).toMatch(/75 % of the API calls .*raise the option callShare/);
  for (let call = 75; call < 95; call++) await budget.note({ used: 10 + call, limit: 200 }, at(0));
  expect(paces()).toEqual([200_000, 600_000]);
  // A day later they are forgotten.
  await budget.note({ used: 1, limit: 200 }, at(25 * hour));
  expect(paces()).toEqual([0, 5_000]);
});

it("what others use of the org's calls counts too, and what has a longer pace of its own keeps it", async () => {
  const at = shared();
  const budget = createBudget(1);
  await budget.note({ used: 15_000, limit: 15_000 }, at(0));
  expect(budget.slowed(0, 20_000)).toBe(200_000);
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000), fc.nat(900_000), async (used, ms) => {
      await budget.note({ used, limit: 1_000 }, at(30 * hour));
      expect(budget.slowed(ms, 20_000)).toBeGreaterThanOrEqual(ms);
    }),
  );
});

it("the org's word comes with every answer, through the real SDK", async () => {
  await using ground = await createGround({ callShare: 1 }, { dailyLimit: 10 });
  const write = async (name: string) => ground.crm.write([crmTalk(name, "salesforce", 0).open("hi")], ground.kit());
  expect([ground.crm.can.gatherMs, ground.crm.pollMs]).toEqual([0, 5_000]);
  for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"]) await write(name);
  expect([ground.crm.can.gatherMs, ground.crm.pollMs]).toEqual([20_000, 60_000]);
  expect(ground.crm.troubles?.()[0]).toMatch(/the org: 8 of 10/);
});

it("health says so", async () => {
  const clock = createClock();
  await using org = await createSalesforceSandbox({ clock, dailyLimit: 4 });
  const park = createPark(() => clock.now());
  await using bridge = createBridge({
    channels: [parkChannel(park)],
    crm: salesforce({ origin: org.origin, login: org.login }),
    clock,
    store: sqlite({ file: ":memory:", durable: false, clock }),
  });
  expect((await bridge.health()).troubles).toEqual([]);
  await bridge.fetch(park.deliver(park.say("maria", "my parcel is lost")));
  await bridge.work({ until: "idle" });
  for (let poll = 0; poll < 2; poll++) {
    await clock.advance(6_000);
    await bridge.work({ until: "idle" });
  }
  expect((await bridge.health()).troubles.join()).toMatch(/Salesforce: \d+ % of the API calls/);
});
