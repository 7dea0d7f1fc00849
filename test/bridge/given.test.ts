import { type Bridge, BridgeError } from "casethread";
import { toNode } from "casethread/node";
import { postgres } from "casethread/postgres";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import { createWorld } from "../made-up/world.ts";

// Nobody's words, names or tokens may stand in a refusal.
const secret = "her pin is 4711";
const [key, url] = ["k", "https://park.test/1"];
const which = "one of conversation, post, thread, case, persona, url";
const wanted = (needed: string): string => `give an object with key, ${needed}and ${which}, not`;
const person = "give an object with account, space, id, not";
const account = "persona: account: give an object with channel, id, not a text";

type Wrong = readonly [given: readonly unknown[], say: string];
/** What a conversation is wanted for, with nothing of all that and with nothing but a text. */
const nowhere = (needed = ""): readonly Wrong[] => [
  [[], `${wanted(needed)} nothing`],
  [[secret], `${wanted(needed)} a text`],
];
const draft: readonly Wrong[] = [
  [[], "give an object with key, draft, not nothing"],
  [[{ key, draft: { entry: secret } }], "draft: give a draft's entry, as bridge.held() lists them, not an object"],
];
const many: readonly Wrong[] = [
  [[[{ url }]], `give an object with key, and ${which}, all, not a list`],
  [[{ key, all: { url } }], "all: give a list of conversations, not an object"],
  [[{ key, all: [{ url }, { ulr: url }] }], `all: 1: say which conversation: give ${which}`],
];
const effect: readonly Wrong[] = [
  [[], "give an effect's key, as bridge.parked() lists them, not nothing"],
  [[{ effect: secret }], "give an effect's key, as bridge.parked() lists them, not an object"],
];

const wrong: Readonly<Partial<Record<keyof Bridge & string, readonly Wrong[]>>> = {
  fetch: [
    [[], "give a Request, as toNode(bridge.fetch) of casethread/node makes one, not nothing"],
    [
      [{ url: "/park", headers: {} }],
      "give a Request, as toNode(bridge.fetch) of casethread/node makes one, not an object",
    ],
  ],
  work: [
    [["idle"], "give an object with signal, until, forMs, not a text"],
    [
      [{ signal: new AbortController(), until: secret, forMs: "5" }],
      'signal: give an AbortSignal, not an object; until: give "idle", not another text; forMs: give a number of milliseconds, not a text',
    ],
  ],
  settled: [
    [[null], "give an object with signal, not null"],
    [[{ signal: {} }], "signal: give an AbortSignal, not an object"],
  ],
  conversation: [
    [[], `give an object with ${which}, not nothing`],
    [[url], `give an object with ${which}, not a text`],
    [[{ ulr: url }], `say which conversation: give ${which}`],
    [[{ url: 5 }], "url: give a link, as a text or a URL, not a number"],
    [[{ case: { id: "00009" } }], "case: crm: give a text, not nothing"],
    [[{ thread: { account: secret, id: "1" } }], "thread: account: give an object with channel, id, not a text"],
    [[{ conversation: ["9"] }], "conversation: give a conversation's key, not a list"],
  ],
  explain: [
    [[], "give what bridge.conversation() found, not nothing"],
    [[Promise.resolve({})], "give what bridge.conversation() found, not a promise"],
    [[{ trail: [], drafts: [] }], "give what bridge.conversation() found, not an object"],
  ],
  ways: [[[{ url, text: 5 }], "text: give a text, not a number"]],
  answer: [
    ...nowhere("text, "),
    [[{}], `key: give a text, not nothing; text: give a text, not nothing; say which conversation: give ${which}`],
    [
      [
        {
          url,
          key,
          text: [secret],
          side: secret,
          media: [{ url: secret, bytes: Number.NaN }],
          version: "2",
          by: secret,
        },
      ],
      [
        "by: give an object with kind, not a text",
        "text: give a text, not a list",
        "media: 0: kind: give a text, not nothing",
        "media: 0: bytes: give a number of bytes, not NaN",
        'side: give "public" or "private", not another text',
        "version: give a number, not a text",
      ].join("; "),
    ],
    [
      [{ url, key, text: "", answers: {}, media: "cup.png", by: { kind: 1 } }],
      'by: kind: give "customer" or "employee" or "brand" or "agent" or "automation" or "other", not a number; media: give a list of files, not a text; answers: give an entry\'s key, not an object',
    ],
  ],
  assign: [...nowhere("to, "), [[{ url, key, to: { queue: secret } }], "to: give a text, not an object"]],
  route: [...nowhere("to, "), [[{ url, key, ot: "press" }], "to: give a text, not nothing"]],
  open: many,
  ignore: many,
  mute: [
    [[], "give an object with key, persona, not nothing"],
    [
      [{ key, persona: secret, until: new Date() }],
      `persona: ${person} a text; until: give a moment in ms since 1970, "for-good" or null, not a Date`,
    ],
  ],
  claim: [...nowhere(), [[{ url, key, claim: "no" }], "claim: give true or false, not a text"]],
  redeem: [
    [[], "give an object with key, token, text, not nothing"],
    [[{ key, token: new URL(url), text: secret }], "token: give a text, not an object"],
  ],
  resolve: nowhere(),
  merge: [
    ...nowhere("with, "),
    [[{ url, key, with: {} }], `with: say which conversation: give ${which}`],
    [[{ url, key, with: url }], `with: give an object with ${which}, not a text`],
  ],
  unmerge: [...nowhere("from, "), [[{ url, key, from: { url } }], "from: give a conversation's key, not an object"]],
  split: [...nowhere("from, "), [[{ url, key, from: 5 }], "from: give an entry's key, not a number"]],
  confirm: nowhere(),
  part: [...nowhere("persona, "), [[{ key, persona: { account: secret, space: "s", id: "i" } }], account]],
  hide: [
    ...nowhere(),
    [
      [{ url, key, which: url, hidden: "no", because: secret }],
      'which: give an object with account, id, not a text; hidden: give true or false, not a text; because: give "handling" or "abuse", not another text',
    ],
  ],
  like: [...nowhere(), [[{ url, key, which: null }], "which: give an object with account, id, not null"]],
  retract: [...nowhere("entry, "), [[{ url, key, entry: () => secret }], "entry: give an entry's key, not a function"]],
  control: [...nowhere("take, "), [[{ url, key, take: 1 }], "take: give true or false, not a number"]],
  release: draft,
  withdraw: draft,
  adopt: [
    [[], "give an object with key, case, post, persona, not nothing"],
    [
      [{}],
      `key: give a text, not nothing; case: give an object with crm, id, not nothing; post: give an object with account, id, not nothing; persona: ${person} nothing`,
    ],
  ],
  erase: [
    [[], "give an object with key, persona, not nothing"],
    [[{ persona: "maria" }], `key: give a text, not nothing; persona: ${person} a text`],
  ],
  preserve: [
    ...nowhere("hold, "),
    [[{ url, key, hold: 5, lift: secret }], "hold: give a text, not a number; lift: give true or false, not a text"],
  ],
  pause: [
    [[], "give an object with reason, not nothing"],
    [
      [{ account: "park/kiosk", side: 1, words: secret }],
      'account: give an object with channel, id, not a text; side: give "public" or "private", not a number; words: give "person" or "automatic", not another text; reason: give a text, not nothing',
    ],
  ],
  resume: [
    [[], "give a pause's id, as bridge.health() lists them, not nothing"],
    [[{ id: secret }], "give a pause's id, as bridge.health() lists them, not an object"],
  ],
  retry: effect,
  drop: effect,
  landed: [
    ...effect,
    [
      ["e", { at: new Date(), post: "1", openings: {} }],
      "at: give a moment in ms since 1970, not a Date; post: give an object with account, id, not a text; openings: reply: give true or false, not nothing; openings: privateReply: give true or false, not nothing; openings: message: give true or false, not nothing",
    ],
  ],
  dismiss: [
    [[], "give an item's id, as bridge.unread() lists them, not nothing"],
    [[5n], "give an item's id, as bridge.unread() lists them, not a bigint"],
  ],
  check: [
    [["https://bridge.test"], "give an object with at, not a text"],
    [[{ at: new URL(url) }], "at: give a text, not an object"],
  ],
  setup: [
    [[], "give an adapter's name, not nothing"],
    [["park", { production: "yes" }], "production: give true or false, not a text"],
  ],
  backfill: [
    [[], "give an object with from, not nothing"],
    [[{ from: new Date() }], "from: give a moment in ms since 1970, not a Date"],
  ],
  ledger: [
    [[null], "give an object with after, limit, kinds, not null"],
    [
      [{ after: 5, limit: Infinity, kinds: "event" }],
      "after: give the position of a row, which is a text, not a number; limit: give a number of rows, not Infinity; kinds: give a list of kinds, not a text",
    ],
  ],
};

const call = async (bridge: Bridge, verb: string, given: readonly unknown[]): Promise<unknown> =>
  Reflect.apply(Reflect.get(bridge, verb), bridge, given);

describe("what a verb is given amiss is told, and nothing is done", () => {
  const cases = Object.entries(wrong).flatMap(([verb, all]) => all.map((one, at) => [verb, at + 1, ...one] as const));
  it.each(cases)("%s, %i", async (verb, _at, given, say) => {
    await using world = createWorld();
    const error = await call(world.bridge, verb, given).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BridgeError);
    expect(error).toMatchObject({ fault: "invalid", adapter: "bridge", landed: "no" });
    expect((error as BridgeError).message).toBe(`[bridge: invalid] ${verb}: ${say}`);
    expect(String(error)).not.toContain(secret);
    expect(await world.bridge.ledger()).toEqual([]);
  });

  it("every verb that takes something stands in the table", async () => {
    await using world = createWorld();
    const bare = new Set(["parked", "held", "unread", "handover", "health"]);
    expect(Object.keys(wrong).toSorted()).toEqual(
      Object.keys(world.bridge)
        .filter((verb) => !bare.has(verb))
        .toSorted(),
    );
  });

  it("who waits is told by a promise, and who does not at once", async () => {
    await using world = createWorld();
    const loose = world.bridge as unknown as Readonly<Record<string, () => unknown>>;
    await expect(loose["answer"]?.()).rejects.toThrow("answer: give an object");
    expect(() => loose["explain"]?.()).toThrow("explain: give what bridge.conversation() found");
  });

  it("what could be given before can be given still", async () => {
    await using world = createWorld();
    const post = await world.post("maria", "cold coffee");
    const more = { handle: "maria", side: undefined, by: undefined };
    const at = { ...more, url: new URL(`https://park.test/${post.id}`) };
    await call(world.bridge, "answer", [{ ...at, key, text: "So sorry.", media: Object.freeze([]) }, secret]);
    await call(world.bridge, "work", [{ until: "idle", forMs: Infinity, signal: undefined }]);
    await call(world.bridge, "open", [{ key, all: [at, Object.create({ url: at.url })] }]);
    await call(world.bridge, "mute", [
      { key, persona: (await world.talk(post)).conversation.personas[0], until: null },
    ]);
    // Of another realm, or another's make.
    const { signal } = new AbortController();
    const likeIt = { aborted: true, addEventListener: signal.addEventListener };
    await call(world.bridge, "settled", [{ signal: likeIt }]);
    expect((await world.talk(post)).drafts).toHaveLength(1);
  });
});

describe("what is made of something else than it needs is told when it is made", () => {
  const loose = (make: unknown, ...given: readonly unknown[]): (() => unknown) => {
    const made = make as (...all: readonly unknown[]) => unknown;
    return () => made(...given);
  };
  it.each([
    [loose(postgres), "postgres: give options, such as { pool: new pg.Pool() }, not nothing"],
    [loose(postgres, { pool: secret }), "postgres: pool: give a Pool of pg, or what has its connect, not a text"],
    [
      loose(postgres, { client: {} }),
      "postgres: client: give a client of pg, inside a transaction of yours, not an object",
    ],
    [loose(postgres, {}), "postgres: give a pool, or a client that is in a transaction of yours, and not both"],
    [loose(sqlite, "case.db"), 'sqlite: give options, such as { file: "casethread.db" }, not a text'],
    [loose(sqlite, { file: 5 }), "sqlite: file: give a path as a text, not a number"],
    [loose(toNode, { fetch: secret }), "toNode: give a fetch function, such as bridge.fetch, not an object"],
  ])("%#", (make, say) => {
    let thrown: unknown;
    try {
      make();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BridgeError);
    expect(thrown).toMatchObject({ fault: "invalid", landed: "no" });
    expect((thrown as BridgeError).message.replace(/^\[\w+: invalid\] /, "")).toBe(say);
  });
});
