import { describe, expect, it } from "vitest";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import type { Store } from "../../src/core/contracts/store.ts";
import { type Breaker, createBreaker } from "../../src/engine/breaker.ts";
import { writeLeaseMs } from "../../src/engine/write.ts";
import { door } from "../../src/core/words/ref.ts";

const crm = door.crm("desk");

/** Two processes, here two breakers that know nothing of each other, on one store. */
const pair = () => {
  const clock = createClock({ still: true });
  const store = sqlite({ file: ":memory:", durable: false, clock });
  const make = (roll: number): Breaker => createBreaker(store, clock, () => roll);
  return { clock, one: make(0.5), other: make(0.5), make, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
};

describe("a breaker", () => {
  it("lets everything through a door of which nothing is known, and of another than the one that failed", async () => {
    await using ground = pair();
    const { one, other } = ground;
    expect(await one.pass(crm)).toBe("open");
    await one.failed(crm);
    expect(await other.pass(door.crm("another"))).toBe("open");
    expect([...one.closed().keys()]).toEqual([crm]);
  });

  it("closes for all, and one of them looks when the pause is over", async () => {
    await using ground = pair();
    const { clock, one, other } = ground;
    await one.failed(crm);
    expect([await one.pass(crm), await other.pass(crm)]).toEqual(["closed", "closed"]);
    expect(other.closed()).toEqual(new Map([[crm, clock.now() + 1_500]]));
    await clock.advance(1_500);
    const passes = await Promise.all([one.pass(crm), other.pass(crm), one.pass(crm)]);
    expect(passes.toSorted()).toEqual(["closed", "closed", "probe"]);
    await one.answered(crm);
    expect([await one.pass(crm), await other.pass(crm)]).toEqual(["open", "open"]);
    expect([one.closed(), other.closed()].map(({ size }) => size)).toEqual([0, 0]);
  });

  it("pauses longer each time, 16 s at most, and never less than half of that; from the start once it has answered", async () => {
    await using ground = pair();
    const { clock, make } = ground;
    const pauses = async (breaker: Breaker): Promise<readonly number[]> => {
      const found: number[] = [];
      for (let times = 0; times < 6; times += 1) {
        await breaker.failed(crm);
        const until = breaker.closed().get(crm) ?? 0;
        found.push(until - clock.now());
        await clock.advance(until - clock.now());
        expect(await breaker.pass(crm)).toBe("probe");
      }
      await breaker.answered(crm);
      return found;
    };
    expect(await pauses(make(0))).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(await pauses(make(1))).toEqual([2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
  });

  it("whoever was to look and died keeps nobody for longer than their write may take and be settled", async () => {
    await using ground = pair();
    const { clock, one, other } = ground;
    await one.failed(crm);
    await clock.advance(1_500);
    expect(await one.pass(crm)).toBe("probe");
    await clock.advance(writeLeaseMs - 1);
    expect(await other.pass(crm)).toBe("closed");
    await clock.advance(1);
    expect(await other.pass(crm)).toBe("probe");
  });

  it("what somebody finds out by looking is known to the others 16 s later at most", async () => {
    await using ground = pair();
    const { clock, one, other } = ground;
    await one.failed(crm);
    await clock.advance(1_500);
    expect([await one.pass(crm), await other.pass(crm)]).toEqual(["probe", "closed"]);
    expect(other.closed()).toEqual(new Map([[crm, clock.now() + 16_000]]));
    await one.answered(crm);
    await clock.advance(16_000);
    expect([other.closed().size, await other.pass(crm)]).toEqual([0, "open"]);
  });

  it("counts an outage once, however many were let through before it was known", async () => {
    await using ground = pair();
    const { clock, one, other, make } = ground;
    const all = [one, other, make(0.5), make(0.5)];
    expect(await Promise.all(all.map((each) => each.pass(crm)))).toEqual(all.map(() => "open"));
    for (const each of all) await each.failed(crm);
    for (const each of all) expect(each.closed()).toEqual(new Map([[crm, clock.now() + 1_500]]));
    await clock.advance(1_500);
    expect(await other.pass(crm)).toBe("probe");
    await other.failed(crm);
    expect(other.closed()).toEqual(new Map([[crm, clock.now() + 3_000]]));
  });

  it("whoever was to look for so long that another did opens nothing by not having looked", async () => {
    await using ground = pair();
    const { clock, one, other } = ground;
    await one.failed(crm);
    await clock.advance(1_500);
    expect(await one.pass(crm)).toBe("probe");
    await clock.advance(writeLeaseMs);
    expect(await other.pass(crm)).toBe("probe");
    await other.failed(crm);
    await one.unasked(crm);
    expect(await one.pass(crm)).toBe("closed");
    expect(one.closed()).toEqual(new Map([[crm, clock.now() + 3_000]]));
  });

  it("whoever was to look and could not leaves it to the next, and it is not taken for an answer", async () => {
    await using ground = pair();
    const { clock, one, other } = ground;
    await one.failed(crm);
    await clock.advance(1_500);
    expect(await one.pass(crm)).toBe("probe");
    await one.unasked(crm);
    expect(one.closed().size).toBe(0);
    expect(await other.pass(crm)).toBe("probe");
    await other.failed(crm);
    expect(other.closed()).toEqual(new Map([[crm, clock.now() + 3_000]]));
  });

  it("a clock that was put back by hours closes nothing for hours", async () => {
    const clock = createClock({ still: true });
    await using store = sqlite({ file: ":memory:", durable: false, clock });
    let behindMs = 0;
    const late = createBreaker(store, { ...clock, now: () => clock.now() - behindMs }, () => 0.5);
    await late.failed(crm);
    behindMs = 6 * 3_600_000;
    expect([late.closed().size, await late.pass(crm)]).toEqual([0, "probe"]);
  });

  it("where another was faster, what they wrote is asked for again, and nothing is taken for closed meanwhile", async () => {
    const clock = createClock({ still: true });
    await using store = sqlite({ file: ":memory:", durable: false, clock });
    const winner = createBreaker(store, clock, () => 0.5);
    // As on a server: between what is read and what is written somebody else's commit stands.
    let meanwhile = async (): Promise<void> => {};
    const raced: Store = {
      ...store,
      unit: async (work) => {
        const { read } = await store.unit(async (unit) => ({ read: await unit.note(`breaker/${crm}`).read() }));
        const lost = meanwhile;
        meanwhile = async () => {};
        await lost();
        return store.unit((unit) =>
          work({ ...unit, note: (name) => ({ ...unit.note(name), read: () => Promise.resolve(read) }) }),
        );
      },
    };
    const loser = createBreaker(raced, clock, () => 0.5);
    await winner.failed(crm);
    await clock.advance(1_500);
    meanwhile = () => winner.answered(crm);
    expect(await loser.pass(crm)).toBe("closed");
    expect(loser.closed().size).toBe(0);
    expect(await loser.pass(crm)).toBe("open");
  });
});
