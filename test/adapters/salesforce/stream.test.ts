import { type Answered, type Crm, type FromCrm, type Kit } from "casethread/adapter";
import { createBridge } from "casethread";
import { createClock } from "casethread/sandbox";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox, type SalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createPark, parkChannel } from "../../made-up/park.ts";

/** Somebody who listens and follows, as the engine does. */
const follower = (crm: Crm, kit: Kit, cursor?: string) => {
  const stop = new AbortController();
  const told: FromCrm[] = [];
  let at = cursor;
  let asking = Promise.resolve();
  const ask = (): Promise<void> => {
    asking = asking.then(async () => {
      for await (const page of crm.since(at, kit)) {
        told.push(...page.events);
        at = page.cursor;
      }
    });
    return asking;
  };
  const listening = crm.listen?.({ ...kit, signal: stop.signal }, () => void ask());
  return {
    told,
    ask,
    cursor: () => at,
    texts: () => told.flatMap((event) => (event.as === "answered" ? [event.text] : [])),
    /** Waits until it holds. */
    until: async (holds: () => boolean): Promise<void> => {
      for (let tries = 0; !holds() && tries < 500; tries++) await sleep(10);
      expect(holds()).toBe(true);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await asking;
      await listening;
    },
  };
};

const kitOf = (org: { now(): number }): Kit => ({
  signal: new AbortController().signal,
  now: () => org.now(),
  note: () => Promise.reject(new Error()) as never,
  depart: () => undefined,
});

const ground = async () => {
  const clock = createClock();
  const org = await createSalesforceSandbox({ clock });
  const crm = (): Crm => salesforce({ origin: org.origin, login: org.login, stream: true });
  const kit = kitOf(clock);
  const talk = crmTalk("streamed", "salesforce", clock.now());
  await crm().write([talk.open("hi")], kit);
  return { org, clock, crm, kit, talk, [Symbol.asyncDispose]: () => org[Symbol.asyncDispose]() };
};
const reads = async (org: SalesforceSandbox): Promise<number> =>
  (await org.state()).requests.filter(({ writes, path }) => writes === 0 && path.endsWith("/composite")).length;

describe("changes as they are streamed", () => {
  it("are told within moments, for one read each, and our own writes for none", async () => {
    await using given = await ground();
    const { org, crm, kit, talk } = given;
    const adapter = crm();
    await using one = follower(adapter, kit);
    await one.ask();
    await one.ask();
    await one.until(() => adapter.pollMs === 60_000);
    await sleep(100);
    const before = await reads(org);
    const began = performance.now();
    await org.agent("Ann").answer(talk.key, { text: "on its way" });
    await one.until(() => one.texts().length === 1);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect((await reads(org)) - before).toBe(1);
    await adapter.write([talk.state({ awaiting: "customer" }, 5), talk.entry("our own")], kit);
    await sleep(200);
    expect((await reads(org)) - before).toBe(1);
    await org.agent("Ann").close(talk.key);
    await one.until(() => one.told.some((event) => event.as === "case" && event.closed));
  });

  it("go on where the cursor stands, whatever happened meanwhile", async () => {
    await using given = await ground();
    const { org, crm, kit, talk } = given;
    let cursor: string | undefined;
    {
      await using one = follower(crm(), kit);
      await one.ask();
      await one.ask();
      await sleep(300);
      await org.agent("Ann").answer(talk.key, { text: "first" });
      await one.until(() => one.texts().length === 1);
      cursor = one.cursor();
      expect(JSON.parse(cursor ?? "{}")).toMatchObject({ replay: { entry: expect.any(Number) } });
    }
    await org.agent("Ann").answer(talk.key, { text: "while nobody heard" });
    await using two = follower(crm(), kit, cursor);
    await two.ask();
    await two.until(() => two.texts().includes("while nobody heard"));
  });

  it("a gap event is as good as another, and a replay id that is none falls back to asking", async () => {
    await using given = await ground();
    const { org, crm, kit, talk } = given;
    let cursor: string | undefined;
    {
      await using one = follower(crm(), kit);
      await one.ask();
      await one.ask();
      await sleep(300);
      await org.inject("gap-event");
      await org.agent("Ann").answer(talk.key, { text: "with a gap" });
      await one.until(() => one.texts().length === 1);
      cursor = one.cursor();
    }
    await org.agent("Ann").answer(talk.key, { text: "long forgotten" });
    await org.forgetChanges();
    const adapter = crm();
    await using two = follower(adapter, kit, cursor);
    await two.ask();
    await two.until(() => two.texts().includes("long forgotten"));
    // And streams again, from now on.
    await two.until(() => adapter.pollMs === 60_000);
    await org.agent("Ann").answer(talk.key, { text: "and now" });
    await two.until(() => two.texts().includes("and now"));
  });

  it("a stream that is connected and tells nothing is found out, said so, and stood in for", async () => {
    await using given = await ground();
    const { org, clock, crm, kit, talk } = given;
    const adapter = crm();
    await using one = follower(adapter, kit);
    await one.ask();
    await one.ask();
    await one.until(() => adapter.pollMs === 60_000);
    await sleep(300);
    await clock.advance(2_000);
    await org.rate("silent-stream", 1);
    await org.agent("Ann").answer(talk.key, { text: "unheard" });
    await sleep(100);
    expect(one.texts()).toEqual([]);
    await clock.advance(61_000);
    await one.ask();
    expect(one.texts()).toEqual(["unheard"]);
    expect(adapter.troubles?.().join()).toMatch(/connected and tells nothing/);
    expect(adapter.pollMs).toBe(5_000);
    await org.mend();
    await sleep(1_500);
    await org.agent("Ann").answer(talk.key, { text: "heard" });
    await one.until(() => one.texts().includes("heard"));
    await one.until(() => adapter.troubles?.().length === 0);
  });

  it("a session that ends is renewed, and nothing is missed", async () => {
    await using given = await ground();
    const { org, crm, kit, talk } = given;
    const adapter = crm();
    await using one = follower(adapter, kit);
    await one.ask();
    await one.ask();
    await one.until(() => adapter.pollMs === 60_000);
    await org.expire();
    await org.agent("Ann").answer(talk.key, { text: "after the session" });
    await one.until(() => one.texts().includes("after the session"));
  });
});

describe("an agent's answer", () => {
  it.each([true, false])("changed from A to B and back to A ends as A (streamed: %s)", async (stream) => {
    await using given = await ground();
    const { org, clock, kit, talk } = given;
    const adapter = salesforce({ origin: org.origin, login: org.login, stream });
    await using one = follower(adapter, kit);
    await one.ask();
    await one.ask();
    const ann = org.agent("Ann");
    const id = await ann.answer(talk.key, { text: "A" });
    for (const [count, text] of [
      [2, "B"],
      [3, "A"],
      [4, "B"],
    ] as const) {
      await one.ask();
      await clock.advance(1_000);
      await ann.edit(id, { text });
      await one.ask();
      await one.until(() => one.texts().length === count);
    }
    expect(one.texts()).toEqual(["A", "B", "A", "B"]);
    const answers = one.told.filter((event): event is Answered => event.as === "answered");
    expect(new Set(answers.map(({ key }) => key)).size).toBe(4);
    // Another process that goes on from here hears none of it again.
    await using two = follower(salesforce({ origin: org.origin, login: org.login }), kit, one.cursor());
    await two.ask();
    expect(two.texts()).toEqual([]);
    await clock.advance(1_000);
    await ann.edit(id, { text: "A" });
    await two.ask();
    expect(two.texts()).toEqual(["A"]);
    expect(answers.map(({ key }) => key)).not.toContain(two.told.at(-1)?.key);
  });

  it("is taken back by its author before it is sent", async () => {
    await using given = await ground();
    const { org, crm, kit, talk } = given;
    const adapter = crm();
    await using one = follower(adapter, kit);
    await one.ask();
    await one.ask();
    const id = await org.agent("Ann").answer(talk.key, { text: "a mistake" });
    await one.until(() => one.texts().length === 1);
    await org.agent("Ann").withdraw(id);
    await one.until(() => one.told.some((event) => event.as === "ordered"));
    expect(one.told.at(-1)).toMatchObject({
      as: "ordered",
      conversation: talk.key,
      what: { order: "withdraw", draft: `salesforce/entry/${id}` },
    });
  });

  it("is promised in the outbox with p95 under a second", { timeout: 120_000 }, async () => {
    await using org = await createSalesforceSandbox();
    const park = createPark(() => Date.now());
    const crm = salesforce({ origin: org.origin, login: org.login, stream: true });
    await using bridge = createBridge({
      channels: [parkChannel(park)],
      crm,
      store: sqlite({ file: ":memory:", durable: false }),
    });
    const stop = new AbortController();
    const working = bridge.work({ signal: stop.signal });
    const said = park.say("maria", "my parcel is lost");
    await bridge.fetch(park.deliver(said));
    while ((await org.state()).cases.length === 0) await sleep(20);
    while (crm.pollMs !== 60_000) await sleep(20);
    const promised = async (): Promise<number> => (await bridge.held()).length;
    const times: number[] = [];
    const [one] = (await org.state()).cases;
    for (let count = 1; count <= 40; count++) {
      const began = performance.now();
      await org.agent("Ann").answer(one?.id ?? "", { text: `answer ${count}`, side: "private" });
      while ((await promised()) < count) await sleep(5);
      times.push(performance.now() - began);
    }
    stop.abort();
    await working;
    const p95 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Infinity;
    console.log(`streaming: an agent's answer reaches the outbox, p95 of ${times.length}: ${Math.round(p95)} ms`);
    expect(p95).toBeLessThan(1_000);
  });
});
