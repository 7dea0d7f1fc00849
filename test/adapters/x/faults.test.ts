import { ApiRequestError, ApiResponseError, TwitterApi } from "twitter-api-v2";
import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BridgeError, Channel, Kit } from "casethread/adapter";
import { x } from "casethread/x";
import { faultOf, isBlocked } from "../../../adapters/x/faults.ts";
import { rowOf } from "../../../adapters/x/rows.ts";
import { acme, kitAt, notes, replyTask, signed } from "./subject.ts";

const now = 1_800_000_000_000;
const about = "https://api.x.com/2/problems/";

/** What X answers, and what it becomes: fault, and whether it leaves a doubt when the request acted. */
const rows: readonly (readonly [string, number, unknown, string, "no" | "unknown"])[] = [
  ["too many", 429, { title: "Too Many Requests", type: "about:blank" }, "throttled", "no"],
  ["the old code of too many", 403, { errors: [{ code: 88, message: "Rate limit exceeded" }] }, "throttled", "no"],
  [
    "credits are used up",
    429,
    { type: `${about}usage-capped`, title: "UsageCapExceeded", detail: "Usage cap exceeded: Monthly product cap" },
    "throttled",
    "no",
  ],
  [
    "payment is due",
    402,
    { title: "CreditsDepleted", detail: "Your account does not have any credits" },
    "throttled",
    "no",
  ],
  ["a token is refused", 401, { title: "Unauthorized", type: "about:blank", status: 401 }, "unauthorized", "no"],
  [
    "a token is refused, old code",
    403,
    { errors: [{ code: 89, message: "Invalid or expired token." }] },
    "unauthorized",
    "no",
  ],
  [
    "the app lacks a permission",
    403,
    { type: "https://api.twitter.com/2/problems/client-forbidden", title: "Client Forbidden", detail: "no" },
    "unauthorized",
    "no",
  ],
  [
    "duplicate by sentence",
    403,
    { detail: "You are not allowed to create a Tweet with duplicate content.", type: "about:blank" },
    "taken",
    "unknown",
  ],
  ["duplicate by code", 403, { errors: [{ code: 187, message: "Status is a duplicate." }] }, "taken", "unknown"],
  [
    "already said that",
    403,
    { errors: [{ code: 151, message: "There was an error sending your message: You already said that." }] },
    "taken",
    "unknown",
  ],
  [
    "not called on",
    403,
    {
      detail:
        "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.",
      type: "about:blank",
    },
    "forbidden",
    "no",
  ],
  [
    "answers restricted",
    403,
    { errors: [{ code: 433, message: "The original Tweet author restricted who can reply to this Tweet." }] },
    "forbidden",
    "no",
  ],
  [
    "takes no messages",
    403,
    { errors: [{ code: 150, message: "You cannot send messages to users who are not following you." }] },
    "forbidden",
    "no",
  ],
  [
    "takes no messages of ours",
    403,
    { errors: [{ code: 349, message: "You cannot send messages to this user." }] },
    "forbidden",
    "no",
  ],
  ["suspended", 403, { errors: [{ code: 64, message: "Your account is suspended" }] }, "forbidden", "no"],
  [
    "the post is gone",
    403,
    { detail: "You attempted to reply to a Tweet that is deleted or not visible to you.", type: "about:blank" },
    "missing",
    "no",
  ],
  [
    "the post was never there",
    400,
    {
      errors: [{ message: "Your reply tweet ID is invalid." }],
      type: `${about}invalid-request`,
      detail: "One or more parameters to your request was invalid.",
    },
    "missing",
    "no",
  ],
  [
    "nothing there",
    404,
    { type: `${about}resource-not-found`, title: "Not Found Error", detail: "Could not find" },
    "missing",
    "no",
  ],
  ["too long", 403, { errors: [{ code: 186, message: "Tweet needs to be a bit shorter." }] }, "invalid", "no"],
  ["a bad request", 400, { type: `${about}invalid-request`, detail: "The `text` field is required" }, "invalid", "no"],
  [
    "the day's posts are used up",
    403,
    { errors: [{ code: 185, message: "User is over daily status update limit." }] },
    "throttled",
    "no",
  ],
  ["over capacity", 503, { title: "Service Unavailable", detail: "duplicate content" }, "unavailable", "unknown"],
  ["broken inside", 500, "<html>oops</html>", "unavailable", "unknown"],
  [
    "forbidden, and no reason",
    403,
    { title: "Forbidden", type: "about:blank", detail: "Forbidden" },
    "forbidden",
    "no",
  ],
  ["a body of nothing", 403, undefined, "forbidden", "no"],
  ...(
    [
      ["missing", "no", 17, 34, 63, 50, 144, 179, 385, 421, 422],
      ["unauthorized", "no", 32, 93, 99, 135, 215, 220, 261],
      ["forbidden", "no", 214, 226, 326, 416, 425, 476],
      ["invalid", "no", 44, 323, 324, 325, 354, 386, 407, 415],
      ["unavailable", "unknown", 130, 131],
      ["taken", "no", 355],
    ] as const
  ).flatMap(([fault, landed, ...codes]) =>
    codes.map((code) => [`code ${code}`, 403, { errors: [{ code, message: "-" }] }, fault, landed] as const),
  ),
  ...(
    [
      ["missing", "no", 404, "not-authorized-for-resource"],
      ["throttled", "no", 429, "rate-limit-exceeded"],
      ["throttled", "no", 402, "credits"],
      ["unauthorized", "no", 403, "unsupported-authentication", "oauth1-permissions"],
      ["forbidden", "no", 403, "disallowed-resource", "field-unauthorized", "not-authorized-for-field"],
      ["invalid", "no", 400, "invalid-rules", "rule-cap"],
      ["taken", "no", 400, "duplicate-rules"],
      ["unavailable", "no", 429, "streaming-connection"],
      ["unavailable", "unknown", 400, "internal-error", "resource-unavailable", "field-hydration-failure"],
      ["unavailable", "unknown", 400, "operational-disconnect", "client-disconnected"],
    ] as const
  ).flatMap(([fault, landed, status, ...types]) =>
    types.map((type) => [`problem ${type}`, status, { type: about + type, title: "-" }, fault, landed] as const),
  ),
  [
    "suspended, by its sentence alone",
    403,
    { detail: "Your account is suspended and is not permitted to access this feature." },
    "forbidden",
    "no",
  ],
  ["a conflict", 409, { title: "Conflict" }, "taken", "unknown"],
  ["a timeout of X's own", 408, { title: "Request Timeout" }, "unavailable", "unknown"],
  ["calm down", 420, { title: "Enhance Your Calm" }, "throttled", "no"],
];

const sdkError = (code: number, data: unknown, rateLimit?: object): unknown =>
  // The SDK's own class, with what its request handler gives it.
  Reflect.construct(ApiResponseError, [
    `Request failed with code ${code}`,
    {
      code,
      data,
      headers: { authorization: "Bearer very-secret" },
      rateLimit,
      request: { headers: { authorization: "very-secret" } },
      response: {},
    },
  ]);

describe("the table", () => {
  test.each(rows)("%s", (_name, status, body, fault, landed) => {
    expect(rowOf(status, body).fault).toBe(fault);
    expect(faultOf(sdkError(status, body), { now, inDoubt: true })).toMatchObject({ fault, landed });
    // Of what only reads, or never left, nothing can have landed.
    expect(faultOf(sdkError(status, body), { now, inDoubt: false })).toMatchObject({ fault, landed: "no" });
  });

  test("throttled says when to come back: the window's end, or the day's when that is spent", () => {
    const reset = now / 1_000 + 600;
    const limit = { limit: 100, remaining: 0, reset };
    expect(faultOf(sdkError(429, {}, limit), { now, inDoubt: true }).retryAt).toBe(now + 600_000);
    const userDay = { limit: 1_440, remaining: 0, reset: reset + 3_000 };
    expect(faultOf(sdkError(429, {}, { ...limit, userDay }), { now, inDoubt: true }).retryAt).toBe(now + 3_600_000);
    // The app's day is that of all its accounts.
    const day = { ...userDay, reset: reset + 6_000 };
    expect(faultOf(sdkError(429, {}, { ...limit, remaining: 9, day }), { now, inDoubt: true }).retryAt).toBe(
      now + 6_600_000,
    );
    expect(faultOf(sdkError(429, {}), { now, inDoubt: true }).retryAt).toBe(now + 900_000);
  });

  test("a cap of money is nothing to wait for: a person has to see it", () => {
    const capped = faultOf(sdkError(429, { type: `${about}usage-capped` }), { now, inDoubt: true });
    expect(capped.retryAt).toBeUndefined();
    expect(capped.message).toContain("console");
  });

  test.each([
    ["refused at the door", Object.assign(new Error("x"), { code: "ECONNREFUSED", syscall: "connect" }), "no"],
    ["no such name", Object.assign(new Error("x"), { code: "ENOTFOUND", syscall: "getaddrinfo" }), "no"],
    ["on both ways", new AggregateError([Object.assign(new Error("x"), { syscall: "connect" })]), "no"],
    ["a bad certificate", Object.assign(new Error("x"), { code: "CERT_HAS_EXPIRED" }), "no"],
    ["cut while it was under way", Object.assign(new Error("x"), { code: "ECONNRESET", syscall: "read" }), "unknown"],
    ["timed out", new Error("Request timeout."), "unknown"],
  ] as const)("a connection %s", (_name, requestError, landed) => {
    const error: unknown = Reflect.construct(ApiRequestError, ["Request failed.", { request: {}, requestError }]);
    expect(faultOf(error, { now, inDoubt: true })).toMatchObject({ fault: "unavailable", landed });
  });
});

test("an account may be named once", () => {
  const twice = { id: acme, credentials: { bearer: "a-bearer-token" } };
  expect(() => x({ app: { consumerSecret: "s" }, accounts: [twice, twice] })).toThrow(
    /accounts: two have the same id, leave one out/,
  );
});

describe("through the SDK", () => {
  const account = { channel: "x", id: acme };
  // Each time a channel that has met no limit yet.
  const channel = (): Channel =>
    x({ app: { consumerSecret: "s" }, accounts: [{ id: acme, credentials: { bearer: "a-bearer-token" } }] });
  const perform = (kit: Kit = kitAt(() => now)): Promise<BridgeError> =>
    channel()
      .perform(replyTask(account, "5", "Hello", now), kit)
      .then(
        (receipt) => Promise.reject(new Error(JSON.stringify(receipt))),
        (error: BridgeError) => error,
      );
  const api = (): nock.Interceptor => nock("https://api.x.com").post("/2/tweets");

  beforeAll(() => nock.disableNetConnect());
  afterEach(() => nock.cleanAll());
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });

  test.each(rows)("%s", async (_name, status, body, fault, landed) => {
    const scope = api().reply(status, typeof body === "object" ? { ...body } : (body ?? ""), {
      "content-type": typeof body === "string" ? "text/html" : "application/problem+json",
      "x-rate-limit-limit": "100",
      "x-rate-limit-remaining": "0",
      "x-rate-limit-reset": String(now / 1_000 + 60),
    });
    const error = await perform();
    // A locked account is to be silent: what met it waits.
    const waits = isBlocked(faultOf(sdkError(status, body), { now, inDoubt: true }));
    expect(error).toMatchObject(waits ? { fault: "throttled", landed, retryAt: now + 3_600_000 } : { fault, landed });
    expect(JSON.stringify([error, error.cause, error.message, error.stack])).not.toContain("a-bearer-token");
    expect(scope.isDone()).toBe(true);
  });

  test("an answer that is no JSON, a yes without an id, and a cut connection leave a doubt", async () => {
    for (const body of ["{ broken", JSON.stringify({ data: {} })]) {
      api().reply(201, body, { "content-type": "application/json" });
      expect(await perform()).toMatchObject({ fault: "unavailable", landed: "unknown" });
    }
    api().replyWithError(Object.assign(new Error("cut"), { code: "ECONNRESET" }));
    expect(await perform()).toMatchObject({ fault: "unavailable", landed: "unknown" });
  });

  test.each([64, 226, 326, 416])("a locked account (%i) is silent, in every process, for an hour", async (code) => {
    let at = now;
    const kit = kitAt(() => at, { note: notes().note });
    api().reply(403, { errors: [{ code, message: "-" }] });
    const [one, two] = [channel(), channel()];
    const act = (by: Channel): Promise<unknown> => by.perform(replyTask(account, "5", "Hello", now), kit);
    await expect(act(one)).rejects.toMatchObject({ fault: "throttled", landed: "no", retryAt: now + 3_600_000 });
    // Nothing is asked: there is no answer.
    for (const each of [one, two]) await expect(act(each)).rejects.toThrow("Sign in on x.com");
    at += 3_600_001;
    api().reply(201, { data: { id: "6", text: "Hello" } });
    await expect(act(two)).resolves.toMatchObject({ post: { id: "6" } });
  });

  test("a secret that cannot be fetched sends nothing", async () => {
    const failing = x({
      app: { consumerSecret: "s" },
      accounts: [{ id: acme, credentials: { bearer: () => Promise.reject(new Error("vault is sealed: hunter2")) } }],
    });
    const error: unknown = await failing
      .perform(
        replyTask(account, "5", "Hello", now),
        kitAt(() => now),
      )
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ fault: "unavailable", landed: "no" });
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain("hunter2");
  });

  test("a client that is handed in is used as it is, and departs first", async () => {
    const own = x({
      app: { consumerSecret: () => Promise.reject(new Error("vault is sealed: hunter2")) },
      accounts: [{ id: acme, credentials: { bearer: "not used" } }],
      client: () => new TwitterApi("a-bearer-of-its-own"),
    });
    const order: string[] = [];
    api().reply(201, () => {
      order.push("sent");
      return { data: { id: "6", text: "Hello" } };
    });
    const depart = (): void => void order.push("departed");
    const receipt = await own.perform(
      replyTask(account, "5", "Hello", now),
      kitAt(() => now, { depart }),
    );
    expect(receipt).toMatchObject({ post: { id: "6" }, at: now });
    expect(order).toEqual(["departed", "sent"]);
    const read = own.read(
      signed("{}"),
      kitAt(() => now),
    );
    await expect(read).rejects.toMatchObject({ fault: "unavailable", message: expect.not.stringContaining("hunter2") });
  });
});
