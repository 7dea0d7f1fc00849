import { BridgeError } from "casethread/adapter";
import { salesforce } from "casethread/salesforce";
import jsforce from "jsforce";
import nock from "nock";
import { afterEach, describe, expect, it } from "vitest";
import { fromOrg, fromThrown, redact } from "../../../adapters/salesforce/faults.ts";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createGround } from "./ground.ts";

const talkOf = (name: string) => crmTalk(name, "salesforce", 0);
const anError = (value: unknown): BridgeError => {
  if (value instanceof BridgeError) return value;
  throw new Error(`an error was to come, and this came: ${JSON.stringify(value)}`);
};

describe("what the org says of a record", () => {
  it.for([
    ["UNABLE_TO_LOCK_ROW", "unavailable"],
    ["REQUEST_LIMIT_EXCEEDED", "throttled"],
    ["INVALID_SESSION_ID", "unauthorized"],
    ["INSUFFICIENT_ACCESS_OR_READONLY", "forbidden"],
    ["ENTITY_IS_DELETED", "missing"],
    ["INVALID_CROSS_REFERENCE_KEY", "missing"],
    ["DUPLICATE_VALUE", "taken"],
    ["DUPLICATES_DETECTED", "taken"],
    ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "invalid"],
    ["STRING_TOO_LONG", "invalid"],
    ["STORAGE_LIMIT_EXCEEDED", "forbidden"],
    ["EXCEEDED_QUOTA", "forbidden"],
    ["API_CURRENTLY_DISABLED", "unavailable"],
    ["API_DISABLED_FOR_ORG", "forbidden"],
    ["SOMETHING_NEW", "invalid"],
  ] as const)("%s is %s, and did not land", ([code, fault]) => {
    const error = fromOrg({ code, message: "The org's own words" }, 1_000);
    expect(error).toMatchObject({ fault, landed: "no", adapter: "salesforce" });
    expect(error.message).toContain(`${code}: The org's own words. `);
    expect(error.retryAt === undefined).toBe(fault !== "throttled");
  });

  it("a case that is not there is missing, whatever the code", () => {
    const message = "Foreign key external ID: x/1 not found for field Casethread_Key__c in entity Case";
    expect(fromOrg({ code: "INVALID_FIELD", message }, 0).fault).toBe("missing");
  });

  it("is told without tokens and without what customers wrote", () => {
    expect(redact("Session 00D5e000000Sand!AQ1.xx for Bearer abc.def and client_secret=s3cret&x=1")).toBe(
      "Session [removed] for [removed] and [removed]&x=1",
    );
    expect(redact("Subject: data value too large: I live at 5 Main St (max length=255)")).toBe(
      "Subject: data value too large: … (max length=255)",
    );
    expect(redact("y".repeat(1_000))).toHaveLength(300);
  });

  it("what nobody answered may have landed, unless nobody was reached", () => {
    const thrown = (code: string): Error => Object.assign(new TypeError("fetch failed"), { cause: { code } });
    expect(fromThrown(thrown("ECONNRESET"), 0)).toMatchObject({ fault: "unavailable", landed: "unknown" });
    expect(fromThrown(thrown("ECONNREFUSED"), 0)).toMatchObject({ fault: "unavailable", landed: "no" });
  });
});

describe("through the real SDK", () => {
  afterEach(() => {
    nock.cleanAll();
    nock.enableNetConnect();
  });
  const origin = "https://acme.my.salesforce.com";
  const kit = {
    signal: new AbortController().signal,
    now: () => 1_000,
    note: () => ({ read: async () => undefined, swap: async () => false }),
    depart: () => undefined,
  };
  const byToken = () => salesforce({ origin, login: { accessToken: "00Dtoken!secret" }, timeoutMs: 500 });
  const composite = () => nock(origin).post("/services/data/v62.0/composite");

  it("a page of HTML is a server that is away, and none of it is told", async () => {
    composite().reply(500, "<html>token=00Dtoken!secret</html>", { "content-type": "text/html" });
    const error = anError((await byToken().write([talkOf("a").open("hi")], kit))[0]);
    expect(error).toMatchObject({ fault: "unavailable", landed: "unknown" });
    expect(error.message).not.toMatch(/html|secret/);
  });

  it("a body cut in the middle is an unknown outcome, and the process lives", async () => {
    await using ground = await createGround();
    const { createServer } = await import("node:http");
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write("{");
      setTimeout(() => response.destroy(), 20);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const crm = salesforce({ origin: `http://127.0.0.1:${port}`, login: { accessToken: "x" } });
    const error = anError((await crm.write([talkOf("b").open("hi")], ground.kit()))[0]);
    expect(error).toMatchObject({ fault: "unavailable", landed: "unknown" });
    server.close();
  });

  it("an answer that never comes is an unknown outcome after the timeout", async () => {
    await using ground = await createGround({ timeoutMs: 300 });
    await ground.org.inject("stall");
    const error = anError((await ground.crm.write([talkOf("c").open("hi")], ground.kit()))[0]);
    expect(error).toMatchObject({ fault: "unavailable", landed: "unknown" });
    await ground.org.mend();
  });

  it("an org that always says 401 is asked twice, and no more", async () => {
    let asked = 0;
    nock(origin)
      .post("/services/data/v62.0/composite")
      .times(10)
      .reply(401, () => {
        asked += 1;
        return [{ errorCode: "INVALID_SESSION_ID", message: "Session expired or invalid" }];
      });
    const error = anError((await byToken().write([talkOf("d").open("hi")], kit))[0]);
    expect(error).toMatchObject({ fault: "unauthorized", landed: "no" });
    expect(asked).toBe(2);
  });

  it("an answer in another shape is not taken for a yes", async () => {
    composite().reply(200, { ok: true });
    expect(anError((await byToken().write([talkOf("e").open("hi")], kit))[0])).toMatchObject({
      fault: "unavailable",
      landed: "unknown",
    });
  });

  it("credentials that are not accepted are told as such, without them", async () => {
    await using ground = await createGround();
    const crm = ground.another({ login: { clientId: "sandbox-consumer-key", clientSecret: "wr0ng" } });
    const error = anError((await crm.write([talkOf("f").open("hi")], ground.kit()))[0]);
    expect(error).toMatchObject({ fault: "unauthorized", landed: "no" });
    expect(JSON.stringify([error.message, error.cause])).not.toContain("wr0ng");
  });

  it("the limit of the day waits a quarter of an hour", async () => {
    await using ground = await createGround();
    await ground.org.inject("request-limit");
    const error = anError((await ground.crm.write([talkOf("g").open("hi")], ground.kit()))[0]);
    expect(error.fault).toBe("throttled");
    expect((error.retryAt ?? 0) - ground.clock.now()).toBeGreaterThan(14 * 60_000);
  });

  it("reading outlives a server that is away for a moment; writing is never repeated", async () => {
    await using ground = await createGround();
    const crm = ground.another({ queues: { press: "PR" } });
    await ground.org.inject("503");
    const [open] = await crm.write([talkOf("h").open("hi", { fields: { department: "press" } })], ground.kit());
    expect(open).toMatchObject({ case: { number: "00001001" } });
    await ground.org.inject("503");
    const before = (await ground.org.state()).requests.length;
    const error = anError((await crm.write([talkOf("i").open("hi")], ground.kit()))[0]);
    expect(error).toMatchObject({ fault: "unavailable", landed: "unknown" });
    expect((await ground.org.state()).requests.length - before).toBe(1);
  });

  it("a connection of one's own is taken as it is", async () => {
    await using ground = await createGround();
    const { clientId, clientSecret } = ground.org.login;
    const connection = new jsforce.Connection({
      loginUrl: ground.org.origin,
      instanceUrl: ground.org.origin,
      version: "62.0",
    });
    const token = await new jsforce.OAuth2({ loginUrl: ground.org.origin, clientId, clientSecret }).requestToken({
      grant_type: "client_credentials",
    });
    connection.accessToken = token.access_token;
    const crm = salesforce({ connection });
    expect(await crm.write([talkOf("j").open("hi")], ground.kit())).toMatchObject([{ case: { number: "00001001" } }]);
    await ground.org.expire();
    const error = anError((await crm.write([talkOf("k").open("hi")], ground.kit()))[0]);
    expect(error).toMatchObject({
      fault: "unauthorized",
      landed: "no",
      message: expect.stringContaining("sign in again"),
    });
  });
});
