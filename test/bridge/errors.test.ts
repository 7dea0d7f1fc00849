import {
  type Bridge,
  BridgeError,
  type BridgeOptions,
  type ConversationKey,
  createBridge,
  type Perform,
} from "casethread";
import type { EffectKey, EntryKey, Fault } from "casethread/adapter";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";
import { createWorld } from "../made-up/world.ts";

const park = parkChannel(createPark(Date.now));
const desk = deskCrm(createDesk(Date.now));
const store = () => sqlite({ file: ":memory:", durable: false });
const thrownBy = (make: () => unknown): unknown => {
  try {
    make();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
};

describe("createBridge names everything that is wrong, and what to do", () => {
  const wrong: readonly (readonly [string, Partial<BridgeOptions>, RegExp])[] = [
    ["no channel", { channels: [] }, /give at least one, such as x\(/],
    [
      "an adapter that is called like one of our doors",
      { channels: [{ ...park, name: "crm" }] },
      /an adapter is called "crm": doors of that name are taken, give it another/,
    ],
    [
      "an advisor's default that is a book",
      { policy: { advisors: { tier: { ask: async () => "gold", withinMs: 1, otherwise: "a".repeat(99_999) } } } },
      /policy\.advisors\.tier\.otherwise: has more than \d+ bytes as JSON; make it shorter/,
    ],
    [
      "hours of nowhere",
      { policy: { hours: { zone: "Berlin", open: { mon: "9-18" } } } },
      /policy\.hours\.zone: "Berlin" is no time zone; write one such as.*policy\.hours\.mon: "9-18" is no span; write "09:00/,
    ],
    [
      "words without a template",
      { policy: { words: { closing: {} } } },
      /policy\.words\.closing: there is no template in it; leave it out, or give one/,
    ],
    ["a mass of one", { policy: { massTimes: 1 } }, /policy\.massTimes: must be more than 1/],
    ["two of one name", { channels: [park, park] }, /two adapters are called "park": .*give one of them/],
    [
      "a promise that is no time",
      { policy: { departments: { support: { promise: "soon" } } } },
      /policy\.departments\.support\.promise: "soon" is no time; write "30m", "4h" or "1d"/,
    ],
    [
      "a reach that is none",
      { perform: JSON.parse('"None"') as Perform },
      /perform: "None" is no reach; write "none", "crm", "private", "all"/,
    ],
    [
      "an account's reach that is none",
      { perform: JSON.parse('{"park/kiosk":"off"}') as Record<string, Perform> },
      /perform: "off" is no reach/,
    ],
    [
      "a base path that is none",
      { intake: { basePath: "hooks" } },
      /intake\.basePath: "hooks" is no path; write "\/hooks"/,
    ],
    [
      "a bound of what is let in that is no number, as an environment without it gives",
      { intake: { maxPendingBytes: Number("64 MiB"), bodyMs: 0 } },
      /intake\.bodyMs: must be a number above 0; intake\.maxPendingBytes: must be a number above 0/,
    ],
    [
      "an account nobody has",
      { perform: { "park/kyosk": "none" } },
      /no account is called "park\/kyosk"; there are park\/kiosk/,
    ],
  ];
  it.each([
    ["nothing at all", undefined, /channels: give a list .*; crm: give a CRM/],
    ["no crm", { channels: [park] }, /crm: give a CRM, such as salesforce\(/],
    ["one channel and no list", { channels: park, crm: desk }, /channels: give a list of channels/],
    ["a slip in a name", { channels: [park], crm: desk, polcy: {} }, /polcy: there is no such option; .*policy/],
    [
      "a slip in the policy, and in its parts",
      {
        channels: [park],
        crm: desk,
        policy: { departmnts: {}, departments: { pr: { que: "PR" } }, words: { close: 1 } },
      },
      /policy\.departmnts: .*policy\.words\.close: .*policy\.departments\.pr\.que: there is no such option; there are queue/,
    ],
    [
      "what is of another kind, all of it at once, and what nobody reads",
      {
        channels: [park],
        crm: desk,
        store: "postgres",
        log: { info: 1 },
        telemetry: true,
        alert: "ann",
        clock: Date,
        wrods: {},
        policy: {
          departments: { support: { queue: 5 }, press: {} },
          route: "support",
          words: { closing: "Bye." },
          answers: "both",
          invite: "no",
          guard: { regions: "DE", patterns: { customer: "KD" } },
          windows: { closed: "72h" },
          helpers: "7001",
          disclosure: true,
          linkBack: [true],
          language: undefined,
        },
      },
      new RegExp(
        [
          "wrods: there is no such option; .*clock",
          "store: give a store, such as sqlite\\({ file }\\) or postgres\\({ pool }\\)",
          "log: give a logger with debug, info, warn and error, such as console",
          "telemetry: give what openTelemetry\\(\\) of casethread/opentelemetry makes",
          "alert: give a function",
          "clock: give a clock with now and sleep, or leave it out",
          "policy.route: give a function",
          'policy.answers: give "public" or "private"',
          "policy.invite: give true or false",
          "policy.helpers: give a list of texts",
          "policy.disclosure: give a text for each language, or false",
          "policy.linkBack: give a list of objects",
          'policy.guard.regions: give a list of countries in two capital letters, such as \\["DE", "GB"\\]',
          "policy.guard.patterns: give a regular expression for each name, such as { customer: /KD-\\\\d\\{6}/ }",
          "policy.words.closing: give a function that gives the words, or one for each language",
          "policy.windows.closed: give a number of milliseconds",
          "policy.departments.support.queue: give a text$",
        ].join("; "),
      ),
    ],
    [
      "rules that are none",
      {
        channels: [park],
        crm: desk,
        policy: { departments: { support: "Social Support" }, advisors: [], guard: "off" },
      },
      /departments: give an object for each, such as { support: { queue: "Social Support" } }; policy.advisors: give an object for each, such as { tier: { ask } }; policy.guard: give "block", "report" or an object$/,
    ],
    ...["Germany", "de", "UK", "XX"].map(
      (region) =>
        [
          `a country called ${region}`,
          { channels: [park], crm: desk, policy: { guard: { regions: ["DE", region] } } },
          /policy.guard.regions: give a list of countries in two capital letters, such as \["DE", "GB"\]$/,
        ] as const,
    ),
    [
      "no policy",
      { channels: [park], crm: desk, policy: null, intake: "/hooks" },
      /policy: give an object; intake: give an object$/,
    ],
  ] as const)("%s, where nobody checks types", (_name, options, say) => {
    const error = thrownBy(() => createBridge(options as unknown as BridgeOptions));
    expect(error).toBeInstanceOf(BridgeError);
    expect((error as BridgeError).message).toMatch(say);
  });

  it.each(wrong)("%s", (_name, options, say) => {
    const error = thrownBy(() => createBridge({ channels: [park], crm: desk, store: store(), ...options }));
    expect(error).toBeInstanceOf(BridgeError);
    expect(error).toMatchObject({ fault: "invalid", landed: "no" });
    expect((error as BridgeError).message).toMatch(say);
  });

  it("all of it at once", () => {
    const options = { channels: [park, park], policy: { departments: { pr: { promise: "1 day" } } } };
    const error = thrownBy(() => createBridge({ crm: desk, store: store(), perform: { nobody: "all" }, ...options }));
    expect(String(error).split("; ").length).toBeGreaterThanOrEqual(3);
    expect(String(error)).toMatch(/two adapters.*promise.*nobody/);
  });
});

const nowhere = { url: "https://park.test/999" };
const unknown = /no conversation is known there: check the link or key; a conversation begins with/;
const key = "k";

describe("what cannot be done says what to do next", () => {
  const calls: readonly (readonly [string, Fault, RegExp, (bridge: Bridge) => Promise<unknown>])[] = [
    [
      "backfill, with channels that know no past",
      "invalid",
      /backfill: no channel here can read the time before it began to listen: give one whose adapter has past/,
      (b) => b.backfill({ from: 0 }),
    ],
    ["answer, nowhere", "missing", unknown, (b) => b.answer({ ...nowhere, key, text: "hello" })],
    [
      "answer, without words",
      "invalid",
      /needs words or a file: pass text/,
      (b) => b.answer({ ...nowhere, key, text: " \n" }),
    ],
    [
      "answer, with a file that the network does not take",
      "invalid",
      /was not taken: no file can go along here: give its link in the words/,
      (b) =>
        b.answer({ url: "https://park.test/1", key, text: "", media: [{ kind: "file", url: "https://a.test/1" }] }),
    ],
    ["assign", "missing", unknown, (b) => b.assign({ ...nowhere, key, to: "Ann" })],
    ["route", "missing", unknown, (b) => b.route({ ...nowhere, key, to: "press" })],
    ["open", "missing", unknown, (b) => b.open({ ...nowhere, key })],
    ["ignore", "missing", unknown, (b) => b.ignore({ conversation: "park/kiosk/post/9" as ConversationKey, key })],
    ["resolve", "missing", unknown, (b) => b.resolve({ case: { crm: "desk", id: "00009" }, key })],
    ["merge", "missing", unknown, (b) => b.merge({ ...nowhere, key, with: nowhere })],
    ["confirm", "missing", /claims to belong to no other: bridge\.merge/, (b) => b.confirm({ ...nowhere, key })],
    ["split", "missing", unknown, (b) => b.split({ ...nowhere, key, from: "entry" as EntryKey })],
    ["a link of somewhere else", "missing", unknown, (b) => b.open({ url: "https://elsewhere.test/1", key })],
    ["what is no link", "invalid", /is no link: give a whole URL/, (b) => b.conversation({ url: "park.test/1" })],
    [
      "release",
      "missing",
      /no draft "draft" is known: bridge\.held\(\) lists/,
      (b) => b.release({ key, draft: "draft" as EntryKey }),
    ],
    ["withdraw", "missing", /bridge\.held\(\) lists/, (b) => b.withdraw({ key, draft: "draft" as EntryKey })],
    ["resume", "missing", /no pause "p" is in force; bridge\.health\(\) lists/, (b) => b.resume("p")],
    ["retry", "missing", /no parked act "e" is known: bridge\.parked\(\) lists/, (b) => b.retry("e" as EffectKey)],
    ["drop", "missing", /bridge\.parked\(\) lists/, (b) => b.drop("e" as EffectKey)],
    ["landed", "missing", /bridge\.parked\(\) lists/, (b) => b.landed("e" as EffectKey, {})],
  ];
  it.each(calls)("%s", async (_name, fault, say, call) => {
    await using world = createWorld();
    await world.post("maria", "cold coffee");
    const before = await world.bridge.ledger();
    const error = await call(world.bridge).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BridgeError);
    expect(error).toMatchObject({ fault, landed: "no" });
    expect((error as BridgeError).message).toMatch(say);
    expect(await world.bridge.ledger()).toEqual(before);
  });

  it("a lookup that finds nothing is no error", async () => {
    await using world = createWorld();
    expect(await world.bridge.conversation(nowhere)).toBeUndefined();
  });

  it("answering under the key of an answer in another conversation", async () => {
    await using world = createWorld();
    const [maria, nora] = [await world.post("maria", "cold coffee"), await world.post("nora", "warm milk")];
    await world.answer(maria, "So sorry, Maria.", "public", "one");
    const error = await world.answer(nora, "So sorry, Nora.", "public", "one").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ fault: "taken", landed: "no" });
    expect((error as BridgeError).message).toMatch(/key "one" belongs to an answer in another.*a key of its own/);
    await world.settle();
    expect(world.said().map(({ text }) => text)).toEqual(["So sorry, Maria."]);
  });

  it("naming an act that is another's receipt already", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    await world.answer(post, "One.");
    await world.settle();
    world.park.faults.push("mute");
    await world.answer(post, "Two.");
    await world.pass(60_000);
    const [parked] = await world.bridge.parked();
    const [one] = world.said();
    const receipt = { post: { account: { channel: "park", id: "kiosk" }, id: one?.id ?? "" } };
    const error = await world.bridge
      .landed(parked?.effect.key as EffectKey, receipt)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ fault: "taken" });
    expect((error as BridgeError).message).toMatch(/name the act that this effect became/);
    expect(await world.bridge.parked()).toHaveLength(1);
  });

  it("an act of a channel that is configured no more stays, and health says so", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    await world.answer(post, "So sorry.", "public");
    const other = { ...parkChannel(world.park), name: "meadow", accounts: () => [] };
    await using renamed = createWorld({ store: world.store, clock: world.clock, channels: [other] });
    await renamed.bridge.work({ until: "idle" });
    expect((await renamed.bridge.health()).troubles).toEqual([
      "acts are due at park/kiosk/public, which nothing configured here serves: add its adapter or account",
    ]);
    expect(world.park.requests).toEqual([]);
  });
});
