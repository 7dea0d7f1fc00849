// The sandboxes as a test kit for your own suite: your rules, the whole way, in memory. Each test has a world of its own,
// with its own time and chance, so that any number run side by side.
// Run it:          npx vitest run 18-test-kit.test.ts (in a checkout: examples/18-test-kit.test.ts)
// You should see:  eight tests that pass, in less time than a browser takes to start.
import { type Bridge, createBridge, type Policy, type Talk } from "casethread";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox, type SalesforceSandbox } from "casethread/salesforce/sandbox";
import { createClock, settle } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox, type XSandbox } from "casethread/x/sandbox";
import { describe, test } from "vitest";

// What is to be tested: in a suite of yours it is imported.
const policy: Policy = {
  departments: { support: { queue: "Social Support", promise: "30m" }, press: { queue: "PR" } },
  route: (matter) => (matter.mentions("journalist") ? "press" : "support"),
  campaigns: ["#winacme"],
  guard: { patterns: { customer: /KD-\d{6}/ } },
  words: { closing: () => "Glad we could help.", followUp: () => "We have not forgotten you." },
};

interface World extends AsyncDisposable {
  readonly network: XSandbox;
  readonly org: SalesforceSandbox;
  readonly bridge: Bridge;
  /** Everything that is due is done. */
  settle(): Promise<void>;
  /** So much time goes by, at once. */
  pass(ms: number): Promise<void>;
  /** Somebody posts, and it is dealt with. */
  post(text: string): Promise<Talk>;
  /** What the brand says on the feed. */
  feed(): Promise<readonly string[]>;
}

const createWorld = async (seed: number): Promise<World> => {
  const clock = createClock();
  // Without a socket no SDK is loaded and no port is taken; the sandboxes' rules, limits and moods are the same.
  const network = await createXSandbox({ clock, seed, listen: false, accounts: [{ id: "1001", handle: "acme_help" }] });
  const org = await createSalesforceSandbox({ clock, seed, listen: false });
  const bridge = createBridge({
    channels: [x(network.options())],
    crm: salesforce({ connection: () => org.connect() }),
    policy,
    clock,
    store: sqlite({ file: ":memory:", durable: false, clock }),
  });
  await network.attach(bridge.fetch);
  const settled = () => settle(bridge, network);
  await settled();
  return {
    network,
    org,
    bridge,
    settle: settled,
    pass: async (ms) => {
      await clock.advance(ms);
      await settled();
    },
    post: async (text) => {
      const { id } = await network.say({ by: await network.persona("maria_k"), text: `@acme_help ${text}` });
      await settled();
      const talk = await bridge.conversation({ url: `https://x.com/i/status/${id}` });
      if (talk === undefined) throw new Error("nobody heard of it");
      return talk;
    },
    feed: async () => (await network.state()).posts.filter(({ by }) => by === "1001").map(({ text }) => text),
    [Symbol.asyncDispose]: async () => {
      await bridge[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
};

describe.concurrent("Acme's rules", () => {
  test("a post is a case of support", async ({ expect }) => {
    await using world = await createWorld(1);
    const talk = await world.post("where is my parcel?");
    expect(await world.org.caseOf(talk.key)).toMatchObject({ owner: "Social Support", closed: false });
  });

  test("a journalist's is one of the press office's", async ({ expect }) => {
    await using world = await createWorld(2);
    const talk = await world.post("I am a journalist.");
    expect(await world.org.caseOf(talk.key)).toMatchObject({ owner: "PR" });
  });

  test("a campaign is watched, and is no case", async ({ expect }) => {
    await using world = await createWorld(3);
    const talk = await world.post("my shoes! #winacme");
    expect(talk.stage).toBe("watched");
    expect((await world.org.state()).cases).toEqual([]);
  });

  test("a customer's number is not said in public", async ({ expect }) => {
    await using world = await createWorld(4);
    const { key } = await world.post("where is my parcel?");
    await world.org.agent("Ann").answer(key, { text: "Are you KD-123456?", side: "public" });
    await world.settle();
    expect(await world.feed()).toEqual([]);
    expect((await world.bridge.held()).map(({ trouble }) => trouble)).toEqual([
      [{ kind: "customer", words: "KD-123456" }],
    ]);
  });

  test("a case that is closed without a word in public has one said", async ({ expect }) => {
    await using world = await createWorld(5);
    const { key } = await world.post("where is my parcel?");
    // Closed in the very second of her word, the case would be opened again: nobody can have read it.
    await world.pass(60_000);
    await world.org.agent("Ann").close(key);
    await world.settle();
    expect(await world.feed()).toEqual(["@maria_k Glad we could help. (automatic message)"]);
  });

  test("who waits for longer than is promised is told so, once", async ({ expect }) => {
    await using world = await createWorld(6);
    await world.post("where is my parcel?");
    await world.pass(29 * 60_000);
    expect(await world.feed()).toEqual([]);
    await world.pass(2 * 60_000);
    await world.pass(60 * 60_000);
    expect(await world.feed()).toEqual(["@maria_k We have not forgotten you. (automatic message)"]);
  });

  test("an answer of X's that is lost does not make us say it twice", async ({ expect }) => {
    await using world = await createWorld(7);
    const { key } = await world.post("where is my parcel?");
    await world.network.inject({ fault: "lost-response" });
    await world.org.agent("Ann").answer(key, { text: "We are looking for it.", side: "public" });
    await world.settle();
    await world.pass(10 * 60_000);
    expect(await world.feed()).toHaveLength(1);
    expect((await world.bridge.conversation({ conversation: key }))?.entries.at(-1)).toMatchObject({ state: "said" });
  });

  test("in a storm nothing leaves, and what waited asks for a yes", async ({ expect }) => {
    await using world = await createWorld(8);
    const { key } = await world.post("where is my parcel?");
    const pause = await world.bridge.pause({ reason: "a storm" });
    await world.org.agent("Ann").answer(key, { text: "We are looking for it.", side: "public" });
    await world.settle();
    await world.bridge.resume(pause.id);
    await world.settle();
    expect(await world.feed()).toEqual([]);
    for (const { draft } of await world.bridge.held()) await world.bridge.release({ key: "yes", draft: draft.entry });
    await world.settle();
    expect(await world.feed()).toHaveLength(1);
  });
});
