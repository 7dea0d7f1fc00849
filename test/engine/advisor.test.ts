import { setTimeout as sleep } from "node:timers/promises";
import type { Advisor, Alert, Policy, Store } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import { bridgeBetween, createWorld, type World, type WorldOptions } from "../made-up/world.ts";

const asking = (advisor: Advisor, more: Policy = {}, options: WorldOptions = {}): World =>
  createWorld({ ...options, policy: { ...more, advisors: { triage: advisor } } });
const adviceOn = (world: World) =>
  world.bridge.conversation({ persona: visitor("maria") }).then((talk) => talk?.conversation);
const visitor = (id: string) => ({ account: { channel: "park", id: "kiosk" }, space: "visitor", id });
/** All that is known of him, as far as anybody can ask. */
const everything = async (world: World): Promise<string> =>
  JSON.stringify(await world.bridge.conversation({ persona: visitor("bob") }));
const departments = { support: { queue: "Help" }, press: { queue: "PR" } };
const byTriage: NonNullable<Policy["route"]> = ({ conversation }) =>
  conversation.advice["triage"] === "press" ? "press" : "support";

describe("an advisor", () => {
  it("is asked about the first words, and the rules are asked again with the answer", async () => {
    const asked: string[] = [];
    const advisor: Advisor = {
      ask: async ({ text, side, account, summons }) => {
        asked.push(`${text} (${side}, ${account.id}, ${summons})`);
        return "press";
      },
    };
    await using world = asking(advisor, { departments, route: byTriage });
    const first = await world.post("maria", "I write for the Herald");
    await world.post("maria", "and I am waiting", first.id);
    await world.settle();
    expect(asked).toEqual(["I write for the Herald (public, kiosk, true)"]);
    const { conversation, effects } = await world.talk(first);
    expect(conversation).toMatchObject({
      advice: { triage: "press" },
      priority: 20,
      department: { name: "press" },
    });
    expect([...world.desk.cases.values()]).toMatchObject([{ fields: { assignee: "PR", priority: 20 } }]);
    expect(effects.find(({ effect }) => effect.act.do === "ask")?.state).toBe("done");
    expect(world.bridge.explain(await world.talk(first))).toMatch(/triage/);
  });

  it("about what it is asked, the brand says", async () => {
    const asked: string[] = [];
    const advisor: Advisor = {
      ask: async ({ text }) => asked.push(text),
      about: ({ mentions }) => mentions("order"),
    };
    await using world = asking(advisor);
    const first = await world.post("maria", "hello?");
    await world.post("maria", "my order 4711", first.id);
    await world.settle();
    expect(asked).toEqual(["my order 4711"]);
  });

  it("that fails is asked again until its time is over; then its answer is what was said it is", async () => {
    let tries = 0;
    const advisor: Advisor = {
      ask: () => {
        tries += 1;
        return Promise.reject(new Error(`secret of ${tries}`));
      },
      otherwise: { urgency: "loyalty" },
    };
    await using world = asking(advisor);
    const post = await world.post("maria", "cold coffee");
    await world.settle();
    // Nothing waits for it.
    expect(world.desk.cases.size).toBe(1);
    await world.pass(11_000);
    expect(tries).toBeGreaterThan(1);
    const { conversation, trail } = await world.talk(post);
    expect(conversation).toMatchObject({ advice: { triage: { urgency: "loyalty" } }, priority: 30 });
    expect(JSON.stringify(trail)).toContain('"late":true');
    expect(JSON.stringify(world.logs)).not.toContain("secret of");
  });

  it.for<[string, Advisor["ask"]]>([
    ["never answers", () => new Promise(() => undefined)],
    // What it leaves behind must not end the process when its time is over.
    [
      "throws before it waits",
      () => {
        throw new Error("no");
      },
    ],
    ["answers with more than is kept", async () => "x".repeat(500)],
    ["answers with more bytes than are kept", async () => "日".repeat(200)],
  ])("that %s keeps nobody waiting", async ([, ask]) => {
    await using world = asking({ ask, withinMs: 50, otherwise: "none" });
    await world.post("maria", "cold coffee");
    await world.settle();
    await world.pass(1_000);
    await sleep(60);
    expect((await adviceOn(world))?.advice).toEqual({ triage: "none" });
  });

  it("that sees danger calls a person, once", async () => {
    const called: Alert[] = [];
    await using world = asking({ ask: async () => "danger" }, {}, { alert: (alert) => void called.push(alert) });
    const post = await world.post("maria", "she has not moved since noon");
    await world.settle();
    await world.pass(1_000);
    const { key, account } = await world.talk(post);
    expect(called).toEqual([
      { conversation: key, account, why: { code: "danger", params: { urgency: "danger", by: "triage" } } },
    ]);
  });

  it("may be an object with clients of its own", async () => {
    class Loyalty {
      readonly tier = "gold";
      readonly client: { self?: unknown } = {};
      constructor() {
        this.client.self = this.client;
      }
      async ask(): Promise<string> {
        return this.tier;
      }
    }
    await using world = asking(new Loyalty());
    await world.post("maria", "cold coffee");
    await world.settle();
    expect((await adviceOn(world))?.advice).toEqual({ triage: "gold" });
  });

  it("is told nothing in a rehearsal, and is asked once for what is too long", async () => {
    const asked: string[] = [];
    const ask: Advisor["ask"] = async ({ text }) => asked.push(text) > 0 && "x".repeat(600);
    await using rehearsal = asking({ ask, otherwise: "none" }, {}, { perform: "none" });
    await rehearsal.post("maria", "cold coffee");
    await rehearsal.settle();
    expect(asked).toEqual([]);
    await using world = asking({ ask, otherwise: "none" });
    await world.post("maria", "cold coffee");
    await world.settle();
    expect(asked).toEqual(["cold coffee"]);
    expect((await adviceOn(world))?.advice).toEqual({ triage: "none" });
    expect(JSON.stringify(world.logs)).toContain("an answer has more than 500 bytes: answer with less");
  });

  it("that is configured no more keeps nothing open: what was said it would be is its answer", async () => {
    const clock = createClock();
    const store = sqlite({ file: ":memory:", durable: false, clock });
    const world = asking({ ask: async () => "late", otherwise: "none" }, {}, { clock, store });
    await world.post("maria", "cold coffee");
    await using after = bridgeBetween(world.park, world.desk, { clock, store });
    await after.pass(11_000);
    expect((await adviceOn(after))?.advice).toEqual({ triage: "none" });
    expect((await after.bridge.health()).troubles).toEqual([]);
  });

  it("that another process has is asked there, though one without it leased the question first", async () => {
    const clock = createClock();
    const store = sqlite({ file: ":memory:", durable: false, clock });
    await using world = asking({ ask: async () => "press", otherwise: "none" }, {}, { clock, store });
    await world.post("maria", "cold coffee");
    await using other = bridgeBetween(world.park, world.desk, { clock, store });
    await other.bridge.work({ until: "idle" });
    await world.pass(2_000);
    expect((await adviceOn(world))?.advice).toEqual({ triage: "press" });
  });

  it("is not asked once it is to be stopped, though its lane is in hand; whoever works next asks", async () => {
    const asked: string[] = [];
    const stop = new AbortController();
    const bare = sqlite({ file: ":memory:", durable: false });
    const lease: Store["lease"] = async (wanted) => {
      const leases = await bare.lease(wanted);
      if (wanted.door === "advisor/triage" && leases.length > 0) stop.abort();
      return leases;
    };
    const advisor: Advisor = {
      ask: async ({ text }) => {
        asked.push(text);
        return "press";
      },
    };
    await using world = asking(advisor, {}, { store: { ...bare, lease } });
    const post = await world.post("maria", "cold coffee");
    await world.bridge.work({ signal: stop.signal });
    expect(stop.signal.aborted).toBe(true);
    expect(asked).toEqual([]);
    const open = (await world.talk(post)).effects.find(({ effect }) => effect.act.do === "ask");
    expect(open).toMatchObject({ state: "promised", tries: 0 });
    await world.settle();
    expect(asked).toEqual(["cold coffee"]);
  });

  it("decides whether it matters, where the brand's rule waits for it", async () => {
    const dispose: NonNullable<Policy["dispose"]> = ({ conversation: { advice } }) =>
      advice["triage"] === undefined ? "watch" : advice["triage"] === "spam" ? "ignore" : "case";
    for (const [answer, cases, disposition] of [
      ["spam", 0, "ignore"],
      ["real", 1, "case"],
    ] as const) {
      await using world = asking({ ask: async () => answer }, { dispose });
      const post = await world.post("maria", "buy my followers");
      await world.settle();
      expect(world.desk.cases.size).toBe(cases);
      const { conversation, entries } = await world.talk(post);
      expect(conversation.disposition).toBe(disposition);
      expect(conversation.awaiting).toBe(cases === 1 ? "us" : "nobody");
      if (cases === 1)
        expect([...world.desk.entries.values()].map(({ text }) => text)).toEqual(entries.map(({ text }) => text));
    }
  });

  it("is not asked about words that were erased, and what it said is erased with them", async () => {
    const asked: string[] = [];
    await using world = asking({
      ask: async ({ text }) => {
        asked.push(text);
        return "gold-4711";
      },
    });
    await world.post("maria", "cold coffee");
    await world.bridge.erase({ persona: visitor("maria"), key: "1" });
    await world.settle();
    expect(asked).toEqual([]);
    await world.post("bob", "dry cake");
    await world.settle();
    expect(await everything(world)).toContain("gold-4711");
    await world.bridge.erase({ persona: visitor("bob"), key: "2" });
    await world.settle();
    expect(await everything(world)).not.toContain("gold-4711");
  });
});

it.for<[string, Record<string, unknown>, RegExp]>([
  ["a name with a slash", { "a/b": { ask: async () => null } }, /"a\/b" is no name/],
  ["nothing to ask", { tier: {} }, /tier: give ask/],
  ["no time", { tier: { ask: async () => null, withinMs: 0 } }, /tier.withinMs: must be more than 0/],
  [
    "time without end",
    { tier: { ask: async () => null, withinMs: Infinity } },
    /tier.withinMs: must be more than 0, and end/,
  ],
  ["a long default", { tier: { ask: async () => null, otherwise: "x".repeat(600) } }, /tier.otherwise/],
])("%s is told at the start", ([, advisors, message]) => {
  expect(() => createWorld({ policy: { advisors: advisors as NonNullable<Policy["advisors"]> } })).toThrow(message);
});
