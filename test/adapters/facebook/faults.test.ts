import { inspect } from "node:util";
import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BridgeError, Kit, Secret } from "casethread/adapter";
import { facebook } from "casethread/facebook";
import { failureOf } from "../../../adapters/facebook/faults.ts";
import { acme, kitAt, notes, replyTask, signed } from "./subject.ts";

const now = 1_800_000_000_000;
const token = "EAAG-token-that-nobody-may-see";
const error = (code: number, subcode?: number, more: object = {}): object => ({
  error: {
    message: "(#0) said in English, and different tomorrow",
    type: "OAuthException",
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    fbtrace_id: "AbcDef123",
    ...more,
  },
});

/** Who listens before the SDK was ever asked for a client: its reporter begins with the first. */
const listening = process.listenerCount("uncaughtException");

/** What Graph answers, and what it becomes: fault, and whether an act may have landed. */
const rows: readonly (readonly [string, number, unknown, string, "no" | "unknown"])[] = [
  ["unknown", 500, error(1), "unavailable", "unknown"],
  ["temporary", 500, error(2), "unavailable", "unknown"],
  ["unknown, of Messenger", 400, error(199), "unavailable", "unknown"],
  ["sent, and an error all the same", 400, error(1_357_046), "unavailable", "unknown"],
  ["temporary, of Messenger", 400, error(1200), "unavailable", "unknown"],
  ["says that it is transient", 400, error(100, undefined, { is_transient: true }), "unavailable", "unknown"],
  ["a proxy's HTML", 502, "<html><h1>Bad Gateway</h1></html>", "unavailable", "unknown"],
  ["nothing at all", 503, "", "unavailable", "unknown"],
  ["the app's limit", 400, error(4), "throttled", "no"],
  ["the user's limit", 400, error(17), "throttled", "no"],
  ["the Page's limit", 400, error(32), "throttled", "no"],
  ["the app's limit of a feature", 400, error(341), "throttled", "no"],
  ["a custom limit", 400, error(613), "throttled", "no"],
  ["a business use case's limit", 400, error(80_001), "throttled", "no"],
  ["another one's", 400, error(80_006), "throttled", "no"],
  ["no permission", 403, error(10), "forbidden", "no"],
  ["outside the window", 400, error(10, 2_018_278), "closed", "no"],
  ["outside the window, older", 400, error(10, 2_018_065), "closed", "no"],
  ["cannot receive", 400, error(10, 2_018_108), "forbidden", "no"],
  ["somebody else has the thread", 403, error(10, 2_018_300), "forbidden", "no"],
  ["a parameter", 400, error(100), "invalid", "no"],
  ["a parameter, answered with 500", 500, error(100), "invalid", "no"],
  ["the object is gone", 400, error(100, 33), "missing", "no"],
  ["no such person", 400, error(100, 2_018_001), "missing", "no"],
  ...[458, 459, 460, 463, 464, 467, 492].map(
    (subcode) => [`the token, ${subcode}`, 401, error(190, subcode), "unauthorized", "no"] as const,
  ),
  ["the token", 400, error(190), "unauthorized", "no"],
  ["the session", 400, error(102), "unauthorized", "no"],
  ["a permission is missing", 403, error(200), "forbidden", "no"],
  ["another one is", 403, error(299), "forbidden", "no"],
  ["she receives nothing", 400, error(200, 1_545_041), "forbidden", "no"],
  ["not reviewed", 400, error(200, 2_018_028), "forbidden", "no"],
  ["routing is off", 400, error(27), "forbidden", "no"],
  ["blocked for policy", 400, error(368), "throttled", "no"],
  ["blocked for its pace", 400, error(368, 1_390_008), "throttled", "no"],
  ["the same words", 400, error(506), "taken", "unknown"],
  ["the person is unavailable", 400, error(551), "forbidden", "no"],
  ["already replied", 400, error(10_900), "taken", "no"],
  ["cannot reply to this", 400, error(10_903), "forbidden", "no"],
  ["a link", 400, error(1_609_005), "invalid", "no"],
  ["no code, 429", 429, {}, "throttled", "no"],
  ["no code, 404", 404, {}, "missing", "no"],
  ["a code nobody knows", 400, error(987_654), "invalid", "no"],
];

const channel = facebook({
  app: { id: "5550001", secret: "an-app-secret", verifyToken: "v" },
  pages: [{ id: acme, token }],
});
const [account] = channel.accounts();
if (account === undefined) throw new Error("no account");
const fresh = () =>
  facebook({ app: { id: "5550001", secret: "an-app-secret", verifyToken: "v" }, pages: [{ id: acme, token }] });

const failing = async (kit: Partial<Kit> = {}, of = fresh()): Promise<BridgeError> => {
  const task = replyTask(account, "1_2", "hello", now);
  return of
    .perform(
      task,
      kitAt(() => now, kit),
    )
    .then(
      () => {
        throw new Error("it was done");
      },
      (thrown: unknown) => thrown as BridgeError,
    );
};

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

const graph = () => nock("https://graph.facebook.com").post("/v25.0/1_2/comments");

describe("through the real SDK", () => {
  test.for(rows)("%s (HTTP %i)", async ([, status, body, fault, landed]) => {
    const scope = graph().reply(status, body as nock.Body);
    const thrown = await failing();
    expect({ fault: thrown.fault, landed: thrown.landed }).toEqual({ fault, landed });
    expect(thrown.message.length).toBeGreaterThan(40);
    const all = inspect(thrown, { depth: 10, showHidden: true }) + JSON.stringify(thrown);
    expect(all).not.toContain(token);
    expect(all).not.toMatch(/access_token|appsecret_proof|said in English/);
    if (fault === "throttled") expect(thrown.retryAt).toBeGreaterThan(now);
    expect(scope.isDone()).toBe(true);
  });

  test("a connection that is cut, and one that is refused, leave a doubt: the SDK drops why", async () => {
    graph().replyWithError(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
    expect(await failing()).toMatchObject({ fault: "unavailable", landed: "unknown" });
  });

  test("the headers say when to come back", async () => {
    const usage = { [acme]: [{ type: "pages", call_count: 100, estimated_time_to_regain_access: 7 }] };
    graph().reply(400, error(80_001), { "x-business-use-case-usage": JSON.stringify(usage) });
    expect(await failing()).toMatchObject({ fault: "throttled", retryAt: now + 7 * 60_000 });
  });

  test("an answer of another shape leaves a doubt", async () => {
    graph().reply(200, { id: "<script>" });
    expect(await failing()).toMatchObject({ fault: "unavailable", landed: "unknown" });
  });

  test("the token travels in the body, with its proof, and the version stands in the path", async () => {
    let url = "";
    let sent: Record<string, unknown> = {};
    graph()
      .query(true)
      .reply(200, async (request: Request) => {
        url = request.url;
        sent = (await request.json()) as Record<string, unknown>;
        return { id: "1_3" };
      });
    await channel.perform(
      replyTask(account, "1_2", "hello", now),
      kitAt(() => now),
    );
    expect(url).toBe("https://graph.facebook.com/v25.0/1_2/comments");
    expect(sent).toMatchObject({ message: "hello", access_token: token });
    expect(sent["appsecret_proof"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("an id that would lead elsewhere is asked nothing", async () => {
    const task = replyTask(account, "1_2/../../me", "hello", now);
    await expect(
      channel.perform(
        task,
        kitAt(() => now),
      ),
    ).rejects.toMatchObject({ fault: "invalid", landed: "no" });
  });

  test.for([
    ["throws", () => Promise.reject(new Error(`the vault keeps ${token}`))],
    ["answers with nothing", () => undefined as never],
    ["answers with an empty text", () => ""],
  ] satisfies readonly (readonly [string, Secret])[])(
    "a vault that %s: said which secret, asked nothing, and nothing told",
    async ([, vault]) => {
      const of = (app: { readonly secret: Secret }, pageToken: Secret) =>
        facebook({ app: { id: "5550001", verifyToken: "v", ...app }, pages: [{ id: acme, token: pageToken }] });
      for (const [channelOf, says] of [
        [of({ secret: "s" }, vault), `the token of Page ${acme} could not be fetched`],
        [of({ secret: vault }, token), "app.secret could not be fetched"],
      ] as const) {
        // Nock would refuse a request.
        const thrown = await failing({}, channelOf);
        expect(thrown).toMatchObject({ fault: "unavailable", landed: "no", message: expect.stringContaining(says) });
        expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain(token);
      }
      // Not even for who guesses that it is empty.
      const delivery = signed("{}", "");
      const kit = kitAt(() => now);
      await expect(of({ secret: vault }, token).read(delivery, kit)).rejects.toMatchObject({ fault: "unavailable" });
    },
  );

  test("the SDK listens to no error of the process", async () => {
    graph().reply(200, { id: "1_3" });
    await fresh().perform(
      replyTask(account, "1_2", "hello", now),
      kitAt(() => now),
    );
    expect(process.listenerCount("uncaughtException")).toBe(listening);
  });
});

describe("what a read meets", () => {
  const looking = (of = fresh()) =>
    of
      .landed(
        replyTask(account, "1_2", "hello", now),
        { attempt: 1, sendBy: now },
        kitAt(() => now),
      )
      .then(
        (seen) => seen,
        (thrown: unknown) => thrown as BridgeError,
      );
  // Of a read the token stands in the address, and the SDK's error tells the address.
  test.for(rows.filter(([, , , fault]) => fault !== "unavailable" && fault !== "missing"))(
    "%s (HTTP %i): told without the address",
    async ([, status, body]) => {
      const scope = nock("https://graph.facebook.com")
        .get("/v25.0/1_2/comments")
        .query(true)
        .reply(status, body as nock.Body);
      const thrown = await looking();
      const all = inspect(thrown, { depth: 10, showHidden: true }) + JSON.stringify(thrown);
      expect(thrown).toMatchObject({ landed: "unknown" });
      expect(all).not.toContain(token);
      expect(all).not.toMatch(/access_token|appsecret_proof|graph\.facebook\.com|said in English/);
      expect(scope.isDone()).toBe(true);
    },
  );

  test("under what is gone nothing is seen", async () => {
    nock("https://graph.facebook.com")
      .get("/v25.0/1_2/comments")
      .query(true)
      .reply(400, error(100, 33) as nock.Body);
    expect(await looking()).toBe("unknown");
  });

  test("its address holds the token and its proof, and no Page's but its own", async () => {
    let url = "";
    nock("https://graph.facebook.com")
      .get("/v25.0/1_2/comments")
      .query(true)
      .reply(200, (request: Request) => {
        url = request.url;
        return { data: [] };
      });
    expect(await looking()).toBe("unknown");
    const asked = new URL(url).searchParams;
    expect([asked.get("access_token"), asked.get("appsecret_proof")?.length]).toEqual([token, 64]);
  });
});

describe("a block for policy", () => {
  test("silences the Page in every process until it should be over, and asks Meta nothing meanwhile", async () => {
    const note = notes();
    graph().reply(400, error(368));
    const blocked = await failing({ note });
    expect(blocked).toMatchObject({ fault: "throttled", landed: "no", retryAt: now + 86_400_000 });
    // Another process, with another adapter: nock would refuse a request.
    expect(await failing({ note })).toMatchObject({ fault: "throttled", retryAt: now + 86_400_000 });
    const scope = graph().reply(200, { id: "1_3" });
    const later = now + 86_400_001;
    await fresh().perform(
      replyTask(account, "1_2", "hello", later),
      kitAt(() => later, { note }),
    );
    expect(scope.isDone()).toBe(true);
  });
});

describe("usage", () => {
  const usage = (percent: number, minutes = 0) => ({
    "x-business-use-case-usage": JSON.stringify({
      [acme]: [
        {
          type: "pages",
          call_count: percent,
          total_cputime: 1,
          total_time: 1,
          estimated_time_to_regain_access: minutes,
        },
      ],
    }),
  });
  const acting = (of: ReturnType<typeof fresh>, at: number) =>
    of.perform(
      replyTask(account, "1_2", `hello ${at}`, at),
      kitAt(() => at),
    );

  test("from 80 % on acts are spaced out; from 95 % on nothing leaves until Meta says", async () => {
    const of = fresh();
    graph().times(3).reply(200, { id: "1_3" }, usage(82));
    await acting(of, now);
    await expect(acting(of, now + 100)).rejects.toMatchObject({
      fault: "throttled",
      landed: "no",
      retryAt: now + 2_200,
    });
    await acting(of, now + 2_201);
    nock.cleanAll();
    graph().reply(200, { id: "1_3" }, usage(96, 30));
    await acting(of, now + 10_000);
    const over = now + 10_000 + 30 * 60_000;
    await expect(acting(of, now + 60_000)).rejects.toMatchObject({ fault: "throttled", retryAt: over });
    await expect(
      of.capacity(
        account,
        "reply",
        kitAt(() => now + 60_000),
      ),
    ).resolves.toEqual({ left: 0, resetsAt: over });
    // What is counted apart is not held up.
    await expect(
      of.capacity(
        account,
        "message",
        kitAt(() => now + 60_000),
      ),
    ).resolves.toMatchObject({ left: 95 });
    const scope = graph().reply(200, { id: "1_3" }, usage(10));
    await acting(of, over + 1);
    expect(scope.isDone()).toBe(true);
  });

  test("of several that count as the Page's the tightest says when, and Messenger's hour is its own", async () => {
    const of = fresh();
    const use = (type: string, call_count: number, minutes: number) => ({
      type,
      call_count,
      total_cputime: 1,
      total_time: 1,
      estimated_time_to_regain_access: minutes,
    });
    const header = (...uses: readonly object[]) => ({
      "x-business-use-case-usage": JSON.stringify({ [acme]: uses }),
    });
    graph().reply(200, { id: "1_3" }, header(use("pages", 96, 30), use("leadgen", 1, 0), use("messenger", 20, 600)));
    await acting(of, now);
    await expect(acting(of, now + 1_000)).rejects.toMatchObject({ retryAt: now + 30 * 60_000 });
    const kit = kitAt(() => now);
    const left = async (what: "reply" | "message") => (await of.capacity(account, what, kit)).left;
    expect([await left("reply"), await left("message")]).toEqual([0, 75]);
    const later = now + 30 * 60_000;
    graph().reply(400, error(32));
    await expect(acting(of, later)).rejects.toMatchObject({ fault: "throttled", retryAt: later + 900_000 });
  });

  test("without an hour of Meta's, one call looks after five minutes", async () => {
    const of = fresh();
    graph().reply(200, { id: "1_3" }, { "x-app-usage": '{"call_count":99,"total_cputime":1,"total_time":1}' });
    await acting(of, now);
    await expect(acting(of, now + 1_000)).rejects.toMatchObject({ retryAt: now + 300_000 });
  });

  test.for([
    ["stopped", usage(96, 30), 30 * 60_000],
    ["stopped without an hour", usage(97), 300_000],
    ["spaced out", usage(82), 2_200],
  ] as const)(
    "seen by a clock that was a day ahead counts from when it is right again: %s",
    async ([, headers, ms]) => {
      const of = fresh();
      graph().reply(200, { id: "1_3" }, headers);
      await acting(of, now + 86_400_000);
      await expect(acting(of, now)).rejects.toMatchObject({ fault: "throttled", retryAt: now + ms });
      await expect(acting(of, now + ms - 1)).rejects.toMatchObject({ retryAt: now + ms });
      const scope = graph().reply(200, { id: "1_3" }, usage(10));
      await acting(of, now + ms);
      expect(scope.isDone()).toBe(true);
    },
  );

  test("headers that are no JSON say nothing", async () => {
    const of = fresh();
    graph().times(2).reply(200, { id: "1_3" }, { "x-app-usage": "{", "x-business-use-case-usage": "[1,2" });
    await acting(of, now);
    await acting(of, now + 1);
  });
});

test("whatever else is thrown is unavailable", () => {
  for (const thrown of [undefined, null, "x", 5, new Error("x"), { name: "FacebookRequestError", status: null }]) {
    expect(failureOf(thrown, { now, inDoubt: true }).error).toMatchObject({ fault: "unavailable", landed: "unknown" });
    expect(failureOf(thrown, { now, inDoubt: false }).error).toMatchObject({ fault: "unavailable", landed: "no" });
  }
});
