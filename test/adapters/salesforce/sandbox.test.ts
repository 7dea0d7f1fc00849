import { salesforceSandboxClient, createSalesforceSandbox } from "casethread/salesforce/sandbox";
import * as fc from "fast-check";
import jsforce from "jsforce";
import { afterAll, beforeAll, expect, it } from "vitest";
import { externalId } from "../../../adapters/salesforce/keys.ts";
import { inPortions, quote } from "../../../adapters/salesforce/soql.ts";
import { cut } from "../../../adapters/salesforce/text.ts";

let org: Awaited<ReturnType<typeof createSalesforceSandbox>>;
let connection: jsforce.Connection;
beforeAll(async () => {
  org = await createSalesforceSandbox();
  const oauth = new jsforce.OAuth2({ loginUrl: org.origin, ...org.login });
  const { access_token: accessToken } = await oauth.requestToken({ grant_type: "client_credentials" });
  connection = new jsforce.Connection({ loginUrl: org.origin, instanceUrl: org.origin, version: "62.0", accessToken });
});
afterAll(() => org[Symbol.asyncDispose]());

interface Result {
  readonly id?: string;
  readonly success: boolean;
  readonly created?: boolean;
  readonly errors: readonly { readonly statusCode: string; readonly message: string }[];
}
const upsert = (records: readonly object[], allOrNone = false): Promise<readonly Result[]> =>
  connection.request({
    method: "PATCH",
    url: "/composite/sobjects/Case/Casethread_Key__c",
    body: JSON.stringify({
      allOrNone,
      records: records.map((one) => ({ attributes: { type: "Case" }, Subject: "a case", ...one })),
    }),
    headers: { "content-type": "application/json" },
  });
const find = async (soql: string): Promise<readonly Record<string, unknown>[]> =>
  (await connection.query(soql)).records;

it("creates, then updates, by external id; the same id twice in one call fails, both of them", async () => {
  const row = { Casethread_Key__c: "twice", Subject: "one" };
  expect(await upsert([row])).toMatchObject([{ success: true, created: true }]);
  expect(await upsert([row])).toMatchObject([{ success: true, created: false }]);
  const both = await upsert([row, { ...row, Subject: "two" }]);
  expect(both.map((one) => one.errors[0]?.message)).toEqual(Array(2).fill("Duplicate external id specified: twice"));
});

it("refuses a lower revision, and takes an equal one", async () => {
  const at = (revision: number) => upsert([{ Casethread_Key__c: "guarded", Casethread_Revision__c: revision }]);
  expect(await at(5)).toMatchObject([{ success: true }]);
  expect(await at(5)).toMatchObject([{ success: true }]);
  const [older] = await at(4);
  expect(older).toMatchObject({ success: false, errors: [{ statusCode: "FIELD_CUSTOM_VALIDATION_EXCEPTION" }] });
  expect(older?.errors[0]?.message).toMatch(/^casethread-older/);
});

it("takes all of a strict call back when one record fails, keys and numbers of rows too", async () => {
  const results = await upsert(
    [
      { Casethread_Key__c: "strict-a", Subject: "a" },
      { Casethread_Key__c: "strict-b", Subject: "x".repeat(256) },
    ],
    true,
  );
  expect(results.map((one) => one.errors[0]?.statusCode)).toEqual([
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "STRING_TOO_LONG",
  ]);
  expect(await find("SELECT Id FROM Case WHERE Casethread_Key__c IN ('strict-a', 'strict-b')")).toEqual([]);
  expect(await upsert([{ Casethread_Key__c: "strict-a", Subject: "a" }])).toMatchObject([{ created: true }]);
});

it("answers 300 where two records have one key, and says so of each in a collection", async () => {
  await upsert([{ Casethread_Key__c: "doubled", Subject: "one" }]);
  const second = await org.agent("Ann").twin("doubled");
  const url = "/sobjects/Case/Casethread_Key__c/doubled";
  const one = connection.request({ method: "PATCH", url, body: "{}", headers: { "content-type": "application/json" } });
  await expect(one).rejects.toMatchObject({
    name: "MULTIPLE_CHOICES",
    data: [expect.any(String), expect.stringContaining(second)],
  });
  const [both] = await upsert([{ Casethread_Key__c: "doubled", Subject: "two" }]);
  expect(both).toMatchObject({ success: false, errors: [{ statusCode: "DUPLICATE_EXTERNAL_ID" }] });
  expect((await find("SELECT Subject FROM Case WHERE Casethread_Key__c = 'doubled'")).length).toBeGreaterThan(0);
});

it("asks the package's rules of what people write, and leaves the bridge out of them", async () => {
  const ann = org.agent("Ann");
  const of = await ann.open("By phone");
  const id = await ann.answer(of, { text: "on its way" });
  const state = (to: string) =>
    connection.request({
      method: "PATCH",
      url: `/sobjects/Casethread_Entry__c/${id}`,
      body: JSON.stringify({ State__c: to }),
      headers: { "content-type": "application/json" },
    });
  await state("held");
  await ann.edit(id, { text: "on its way!" });
  await state("sent");
  await expect(ann.edit(id, { text: "too late" })).rejects.toThrow("This has been sent");
  await expect(ann.withdraw(id)).rejects.toThrow("This has been sent");
  await upsert([{ Casethread_Key__c: "ruled", Subject: "a" }]);
  await connection.request({
    method: "PATCH",
    url: "/sobjects/Casethread_Entry__c/Casethread_Key__c/inbound",
    body: JSON.stringify({ Case__c: of, Direction__c: "inbound", State__c: "said", Text__c: "help" }),
    headers: { "content-type": "application/json" },
  });
  const inbound = (await org.entriesOf(of)).find(({ direction }) => direction === "inbound")?.id ?? "";
  await expect(ann.edit(inbound, { text: "changed" })).rejects.toThrow("What others said");
  expect((await org.entriesOf(of)).map(({ text }) => text)).toEqual(["on its way!", "help"]);
});

it("has assignment and duplicate rules for people, too: the one where they tick it, the other always", async () => {
  await using own = await createSalesforceSandbox();
  await own.rate("takes-cases", 1);
  const ann = own.agent("Ann");
  const [kept, taken] = [await ann.open("One"), await ann.open("Two", { assign: true })];
  expect((await own.caseOf(kept))?.owner).toBe("Ann");
  expect((await own.caseOf(taken))?.owner).toBe("Taken by a rule");
  await ann.assign(taken, "Ann");
  expect((await own.caseOf(taken))?.owner).toBe("Ann");
  await own.doubled("parcel", kept);
  await expect(ann.open("My parcel")).rejects.toThrow("DUPLICATES_DETECTED");
});

it("finds what was deleted, with all that hung on it, where all is asked for", async () => {
  const ann = org.agent("Ann");
  const of = await ann.open("By phone");
  await ann.answer(of, { text: "on its way" });
  await ann.delete(of);
  const soql = `SELECT Id, IsDeleted FROM Case WHERE Id = '${of}'`;
  expect(await find(soql)).toEqual([]);
  const all = await connection.request<{ records: object[] }>(`/queryAll?q=${encodeURIComponent(soql)}`);
  expect(all.records).toMatchObject([{ Id: of, IsDeleted: true }]);
  expect(await find(`SELECT Id FROM Casethread_Entry__c WHERE Case__c = '${of}'`)).toEqual([]);
});

it("knows its columns, in writing and in asking", async () => {
  await expect(upsert([{ Casethread_Key__c: "c", Nonsense__c: 1 }])).rejects.toMatchObject({
    errorCode: "INVALID_FIELD",
  });
  await expect(find("SELECT Nonsense__c FROM Case")).rejects.toMatchObject({ errorCode: "INVALID_FIELD" });
  const { fields } = await connection.describe("Case");
  expect(fields.find((field) => field.name === "Casethread_Key__c")).toMatchObject({ externalId: true, unique: true });
});

it("answers across relationships, with and, or, and parentheses", async () => {
  await upsert([
    { Casethread_Key__c: "q1", Priority: "High", Status: "New" },
    { Casethread_Key__c: "q2", Priority: "Low", Status: "Closed" },
    { Casethread_Key__c: "q3", Priority: "Low", Status: "New" },
  ]);
  const soql = `SELECT Casethread_Key__c, Owner.Name FROM Case WHERE Casethread_Key__c IN ('q1','q2','q3') AND (Priority = 'High' OR IsClosed = true) ORDER BY Casethread_Key__c DESC`;
  expect(await find(soql)).toMatchObject([
    { Casethread_Key__c: "q2", Owner: { Name: "Integration User" } },
    { Casethread_Key__c: "q1", Owner: { Name: "Integration User" } },
  ]);
});

it("ids survive a change of case: eighteen characters, and no two alike", async () => {
  const results = await upsert(Array.from({ length: 100 }, (_one, at) => ({ Casethread_Key__c: `id-${at}` })));
  const ids = results.map((one) => one.id ?? "");
  expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(100);
  expect(ids.every((id) => /^500\w{15}$/.test(id))).toBe(true);
});

it("is driven from another process, and tells all it holds", async () => {
  const board = salesforceSandboxClient(org.origin);
  await upsert([{ Casethread_Key__c: "remote", Subject: "far away" }]);
  const id = await board.agent("Zoe").answer("remote", { text: "hello", side: "public" });
  await board.agent("Zoe").close("remote");
  const seen = await board.caseOf("remote");
  expect(seen).toMatchObject({
    closed: true,
    history: [{ set: { Subject: "far away" } }, { set: { Status: "Closed" } }],
  });
  expect(await board.entriesOf("remote")).toMatchObject([{ id, text: "hello", by: "Zoe", state: "draft" }]);
  expect(await (await fetch(`${org.origin}/sandbox/state`)).json()).toMatchObject(
    JSON.parse(JSON.stringify(await org.state())),
  );
  await expect(board.agent("Zoe").close("nobody's")).rejects.toThrow("there is no case nobody's");
  await expect(board.inject("nonsense" as never)).rejects.toThrow();
});

// Through the vendor's own grammar: whatever the text, the literal is that text again and nothing else of the query.
it("any text is quoted so that it is found as itself, and cannot break out", async () => {
  let turn = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.string({
        unit: fc.constantFrom("\\", "'", '"', "\n", "\t", " OR ", "a", "é", "%", ")"),
        minLength: 1,
        maxLength: 12,
      }),
      async (text) => {
        const key = `${(turn += 1)}${text}.`;
        await upsert([{ Casethread_Key__c: key }]);
        const found = await find(`SELECT Casethread_Key__c FROM Case WHERE Casethread_Key__c = ${quote(key)}`);
        expect(found.map((one) => one["Casethread_Key__c"])).toEqual([key]);
      },
    ),
    { numRuns: 60 },
  );
});

it("any key fits its field, and two keys never share one", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 600 }), fc.string({ maxLength: 600 }), (a, b) => {
      expect(externalId(a).length).toBeLessThanOrEqual(255);
      expect(externalId(a) === externalId(b)).toBe(a === b);
    }),
  );
});

it("any text is cut to size, well formed, and only when it must be", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), fc.integer({ min: 2, max: 30 }), (text, most) => {
      const short = cut(text, most);
      expect(short.length).toBeLessThanOrEqual(most);
      expect(short.isWellFormed()).toBe(true);
      if (text.length <= most) expect(short).toBe(text.toWellFormed().replaceAll("\0", ""));
    }),
  );
});

it("portions hold every value once, in order, and none grows too long", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 60 })), (values) => {
      const portions = inPortions(values, 300);
      expect(portions.flat()).toEqual(values);
      for (const one of portions)
        if (one.length > 1) expect(encodeURIComponent(one.map(quote).join(", ")).length).toBeLessThan(400);
    }),
  );
});
