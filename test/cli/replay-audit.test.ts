import { explainWhy } from "casethread";
import type { SandboxCase, SandboxEntry } from "casethread/salesforce/sandbox";
import type { Post, SeenRequest } from "casethread/x/sandbox";
import { beforeAll, describe, expect, test } from "vitest";
import { audit, type Received } from "../../src/cli/replay/audit.ts";
import { readTweets, type Tweet } from "../../src/cli/replay/file.ts";
import { type Plot, plotOf } from "../../src/cli/replay/plot.ts";
import { auditRequests } from "../../src/cli/replay/requests.ts";
import { entryKeyOf, type Played } from "../../src/cli/replay/run.ts";
import { csv, written } from "./tweets.ts";

const post = (id: string, by: string, text: string, more: Partial<Post> = {}): Post => ({
  id,
  by,
  text,
  lead: 0,
  at: 0,
  shownAt: 0,
  conversation: id,
  mentions: [],
  history: [id],
  viaApi: false,
  ...more,
});
const entry = (id: string, on: string, more: Partial<SandboxEntry>): SandboxEntry => ({
  id,
  case: on,
  direction: "inbound",
  side: "public",
  state: "said",
  text: "",
  by: "",
  fields: {},
  history: [],
  ...more,
});
const caseOf = (id: string): SandboxCase => ({
  id,
  number: id,
  status: "New",
  closed: false,
  owner: "",
  fields: {},
  history: [],
});
const request = (account: string, under: string, text: string, status = 201, answer: unknown = {}): SeenRequest => ({
  at: 0,
  account,
  method: "POST",
  path: "/2/tweets",
  query: {},
  body: { text, reply: { in_reply_to_tweet_id: under } },
  status,
  answer,
});

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface World {
  posts: Post[];
  requests: SeenRequest[];
  cases: SandboxCase[];
  entries: Mutable<SandboxEntry>[];
  stands: Map<string, string>;
  writings: Map<string, string>;
}

/** A world in which all laws hold: tweet 3 is post p3, and so on. */
const perfect = (plot: Plot): World => {
  const world: World = { posts: [], requests: [], cases: [], entries: [], stands: new Map(), writings: new Map() };
  for (const part of plot.parts.values()) {
    const id = `p${part.tweet}`;
    const under = part.parent === undefined ? {} : { replyTo: `p${part.parent}` };
    if (part.as === "answer") {
      const record = `a${part.tweet}`;
      const lead = "@somebody ";
      world.posts.push(post(id, part.brand.id, lead + part.words, { lead: lead.length, viaApi: true, ...under }));
      world.requests.push(request(part.brand.id, `p${part.parent}`, part.words));
      world.writings.set(part.tweet, record);
      world.entries.push(entry(record, "c", { direction: "outbound", state: "sent", text: part.words }));
      continue;
    }
    world.stands.set(part.tweet, id);
    if (part.as === "own") {
      world.posts.push(post(id, part.brand.id, part.words, under));
      continue;
    }
    const text = part.calls.map((handle) => `@${handle} `).join("") + part.words;
    world.posts.push(post(id, `u${part.author}`, text, under));
    for (const account of part.told) {
      const home = `${part.author}-${account}`;
      if (!world.cases.some((one) => one.id === home)) world.cases.push(caseOf(home));
      world.entries.push(entry(`e${part.tweet}-${account}`, home, { key: entryKeyOf(account, id), text }));
    }
  }
  return world;
};

let tweets: readonly Tweet[];
let plot: Plot;
let world: World;
beforeAll(async () => {
  tweets = (await readTweets(await written(csv))).tweets;
  plot = plotOf(tweets);
});

/** The laws that an audit finds broken after `harm`, each with the tweet it is about. */
const broken = (harm: (world: World) => void): readonly string[] => {
  world = perfect(plot);
  harm(world);
  const { posts, requests, cases, entries } = world;
  const played: Played = { stands: world.stands, written: world.writings };
  const received: Received = { x: { posts, requests }, org: { cases, entries } };
  return audit(plot, played, received).differences.map(({ law, tweet }) =>
    tweet === undefined ? law : `${law}: ${tweet}`,
  );
};
const find = (id: string): Mutable<SandboxEntry> => {
  const found = world.entries.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no entry ${id}`);
  return found;
};
const without = <T extends { readonly id: string }>(list: readonly T[], id: string): T[] => {
  const left = list.filter((one) => one.id !== id);
  expect(left).toHaveLength(list.length - 1);
  return left;
};

describe("the audit", () => {
  test("finds nothing where nothing is wrong", () => expect(broken(() => undefined)).toEqual([]));

  test("finds an entry that is missing", () =>
    expect(broken((w) => (w.entries = without(w.entries, "e8-1001")))).toContain(
      "one entry for each account it was told to: 8",
    ));

  test("finds an entry that is there twice", () =>
    expect(broken((w) => w.entries.push({ ...find("e1-1001"), id: "e1-again" }))).toEqual([
      "one entry for each account it was told to: 1",
    ]));

  test("finds an entry on a stranger's case", () =>
    expect(broken(() => (find("e4-1001").case = "900001-1001"))).toEqual([
      "a case of its author alone: 4",
      "nothing else",
    ]));

  test("finds a second case of one person with one account", () =>
    expect(
      broken((w) => {
        w.cases.push(caseOf("another"));
        find("e10-1001").case = "another";
      }),
    ).toEqual(["one case a person and account: 10"]));

  test("finds an entry on no case, and a case that is nobody's", () =>
    expect(broken(() => (find("e13-1001").case = "gone"))).toEqual(["a case of its author alone: 13", "nothing else"]));

  test("finds other words", () =>
    expect(broken(() => (find("e3-1001").text = "something else"))).toEqual(["its words: 3"]));

  test("finds words filed as the brand's", () =>
    expect(broken(() => (find("e3-1001").direction = "outbound"))).toEqual(["its words: 3"]));

  test("finds a post that is there twice", () =>
    expect(
      broken((w) => {
        const twice = w.posts.find(({ id }) => id === "p9");
        if (twice !== undefined) w.posts.push({ ...twice, id: "p9-again" });
      }),
    ).toEqual(["one post for an answer: 9"]));

  test("finds an answer that is not on the feed", () =>
    expect(broken((w) => (w.posts = without(w.posts, "p5")))).toEqual(["one post for an answer: 5"]));

  test("finds an answer under another post", () =>
    expect(
      broken((w) => (w.posts = w.posts.map((one) => (one.id === "p5" ? { ...one, replyTo: "p1" } : one)))),
    ).toEqual(["one post for an answer: 5", "nothing else"]));

  test("finds a tweet that is not on the feed, or stands elsewhere", () => {
    expect(broken((w) => (w.posts = without(w.posts, "p12")))).toEqual(["a tweet stands once: 12"]);
    expect(broken((w) => w.stands.delete("15"))).toContain("a tweet stands once: 15");
    expect(
      broken((w) => (w.posts = w.posts.map((one) => (one.id === "p3" ? { ...one, replyTo: "p1" } : one)))),
    ).toEqual(["a tweet stands once: 3"]);
  });

  test("finds an agent who was not told", () => {
    expect(broken(() => (find("a7").state = "failed"))).toEqual(["the agent is told: 7"]);
    expect(broken((w) => w.writings.delete("7"))).toEqual(["the agent is told: 7", "nothing else"]);
  });

  test("finds what nobody said", () => {
    expect(broken((w) => w.posts.push(post("p99", "1001", "out of nowhere")))).toEqual(["nothing else"]);
    expect(
      broken((w) =>
        w.entries.push(entry("e99", "900001-1001", { key: entryKeyOf("1001", "p2"), direction: "outbound" })),
      ),
    ).toEqual(["nothing else"]);
    // Not told to this account.
    expect(broken((w) => w.entries.push(entry("e99", "900001-1001", { key: entryKeyOf("1002", "p1") })))).toEqual([
      "nothing else",
    ]);
  });

  test("lets stand what an account said by hand, once", () => {
    const byHand = entry("e15", "900001-1001", { key: entryKeyOf("1001", "p15"), direction: "outbound" });
    expect(broken((w) => w.entries.push(byHand))).toEqual([]);
    expect(broken((w) => w.entries.push(byHand, { ...byHand, id: "e15-again" }))).toEqual(["nothing else"]);
  });

  test("finds a second request without a proof", () =>
    expect(broken((w) => w.requests.push(request("1001", "p3", "Thanks, a new one is on its way. -Becky")))).toEqual([
      "no second request without a proof",
    ]));

  describe("where the file has the same words under one tweet twice", () => {
    const words = "Thanks, a new one is on its way. -Becky";
    const twin = { author: "AcmeHelp", inbound: false, text: `@900001 ${words}`, parent: "3" };
    const refusal = { detail: "You are not allowed to create a Tweet with duplicate content." };
    /** Tweet 99 is tweet 5 again: X lets one of them stand, and the other one's record says so. */
    const twice = (reason: string, harm: (world: World) => void = () => undefined) => {
      const both = plotOf([...tweets, { id: "99", ...twin }]);
      world = perfect(both);
      world.posts = without(world.posts, "p99");
      Object.assign(find("a99"), { state: "failed", fields: { Reason__c: explainWhy({ code: reason }) } });
      world.requests = world.requests.map((one, at, all) =>
        at === all.findLastIndex(({ body }) => JSON.stringify(body).includes(words))
          ? { ...one, status: 403, answer: refusal }
          : one,
      );
      harm(world);
      const { posts, requests, cases, entries, stands, writings } = world;
      const audited = audit(both, { stands, written: writings }, { x: { posts, requests }, org: { cases, entries } });
      return { duplicates: audited.duplicates, laws: audited.differences.map(({ law }) => law) };
    };
    test.each(["may-have-gone-out", "receipt-taken"])("lets X refuse one: %s", (reason) =>
      expect(twice(reason)).toEqual({ duplicates: 1, laws: [] }),
    );
    test("finds one that failed for another reason", () =>
      expect(twice("not-summoned").laws).toEqual([
        "one post for an answer",
        "the agent is told",
        "no second request without a proof",
      ]));
    test("finds a second request for one of the two", () =>
      expect(twice("may-have-gone-out", (w) => w.requests.push(request("1001", "p3", words, 403, refusal)))).toEqual({
        duplicates: 1,
        laws: ["no second request without a proof"],
      }));
    test("finds both on the feed", () =>
      expect(
        twice("may-have-gone-out", (w) => w.posts.push(post("p99", "1001", words, { replyTo: "p3" }))).laws,
      ).toEqual(["one post for an answer"]));
    test("finds none on the feed", () =>
      expect(twice("may-have-gone-out", (w) => (w.posts = without(w.posts, "p5"))).laws).toEqual([
        "one post for an answer",
      ]));
  });

  test("repeats nobody's words", () => {
    world = perfect(plot);
    const { differences } = audit(
      plot,
      { stands: new Map(), written: new Map() },
      { x: { posts: [], requests: world.requests }, org: world },
    );
    expect(differences.length).toBeGreaterThan(20);
    expect(JSON.stringify(differences)).not.toMatch(/kumquat|zeppelin|c90000|help/i);
  });
});

describe("a second request for the same words", () => {
  const first = (status: number | undefined, answer: unknown = {}): number => {
    const { status: _, ...rest } = request("1001", "5", "hello");
    return auditRequests([
      { ...rest, ...(status === undefined ? {} : { status, answer }) },
      request("1001", "5", "hello"),
    ]).length;
  };
  test.each([429, 401, 400, 404])("may follow %i: nothing landed", (status) => expect(first(status)).toBe(0));
  test.each([201, 0, 500, 503, undefined])("may not follow %s: it may have landed", (status) =>
    expect(first(status)).toBe(1),
  );
  test("may not follow a refusal that calls it a duplicate", () =>
    expect(first(403, { detail: "You are not allowed to create a Tweet with duplicate content." })).toBe(1));
  test("may follow another refusal", () => expect(first(403, { detail: "Not permitted." })).toBe(0));
  test("is none for other words, another post or another account", () => {
    const one = request("1001", "5", "hello");
    expect(
      auditRequests([
        one,
        request("1001", "5", "hello you"),
        request("1001", "6", "hello"),
        request("1002", "5", "hello"),
      ]),
    ).toEqual([]);
  });
  test("a proof of the second is none of the first", () =>
    expect(
      auditRequests([request("1", "5", "a", 503), request("1", "5", "a", 429), request("1", "5", "a")]),
    ).toHaveLength(2));
});
