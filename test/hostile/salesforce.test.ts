import { deepEqual } from "node:assert";
import { createBridge, type LedgerRow } from "casethread";
import { BridgeError, type FromCrm, type Kit, type Page } from "casethread/adapter";
import { salesforce, type SalesforceConnection } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { createClock } from "casethread/sandbox";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createPark, parkChannel } from "../made-up/park.ts";
import { mutantOf, mutation, type Mutation } from "./mutate.ts";

const runs = { rows: 4_000, watched: 60 };
const together = 4;

const now = Date.parse("2026-09-01T12:00:00Z");
const kit: Kit = {
  signal: new AbortController().signal,
  now: () => now,
  note: () => ({ read: async () => undefined, swap: async () => true }),
  depart: () => undefined,
};

const stamped = (n: number): string => new Date(now - 60_000 + n * 1_000).toISOString().replace("Z", "+0000");
const caseRow = (n: number): object => ({
  attributes: { type: "Case", url: `/services/data/v62.0/sobjects/Case/500${n}` },
  Id: `5005e00000000${n}AAA`,
  CaseNumber: `0000100${n}`,
  Status: "New",
  IsClosed: false,
  Priority: "Medium",
  Owner: { attributes: { type: "Name" }, Name: "Social Support" },
  SystemModstamp: stamped(n),
  Casethread_Key__c: `park/kiosk/post/${n}`,
});
const answerRow = (n: number): object => ({
  attributes: { type: "Casethread_Entry__c" },
  Id: `a005e00000000${n}AAA`,
  CreatedById: "0055e000000001AAA",
  SystemModstamp: stamped(n),
  Text__c: "We look into it.",
  Side__c: "Public",
  Turn__c: 1,
  Case__c: `5005e00000000${n}AAA`,
  Answers__c: null,
  Answers__r: null,
  Case__r: { CaseNumber: `0000100${n}`, Casethread_Key__c: `park/kiosk/post/${n}` },
});
const bodies = [caseRow(1), answerRow(1)].map((row) => JSON.stringify(row));
const mutations = mutation(bodies.length);

/** The mutant as a row, or undefined when it is no JSON: then the whole answer is none, and it is asked again. */
const rowOf = ({ of, steps }: Mutation): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(mutantOf(bodies[of] ?? "", steps)));
  } catch {
    return undefined;
  }
};

const answerWith = (rows: { case: readonly unknown[]; entry: readonly unknown[] }): object => ({
  compositeResponse: (["case", "entry"] as const).map((referenceId) => ({
    referenceId,
    httpStatusCode: 200,
    body: { totalSize: rows[referenceId].length, done: true, records: rows[referenceId] },
  })),
});

/** A CRM over a connection that answers what it is told to. */
const crmOver = (answer: () => unknown) => {
  const asked: string[] = [];
  const connection: SalesforceConnection = {
    instanceUrl: "https://acme.my.salesforce.com",
    accessToken: "00D5e000000Sand!token",
    request: async ({ url, body }) => {
      asked.push(`${url} ${body ?? ""}`);
      return answer();
    },
  };
  return { crm: salesforce({ connection }), asked };
};

const cursor = JSON.stringify({ v: 1, floor: now - 3_600_000, case: now - 60_000, entry: now - 60_000, page: 0 });
const pagesOf = async (answer: () => unknown, from: string = cursor): Promise<readonly Page<FromCrm>[]> => {
  const pages: Page<FromCrm>[] = [];
  for await (const page of crmOver(answer).crm.since(from, kit)) pages.push(page);
  return pages;
};

test(
  "a row that is no row costs its neighbours nothing, and the mark stays where more can come",
  { timeout: 120_000 },
  async () => {
    const became = { events: 0, unread: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(mutations, { minLength: together, maxLength: together }), async (mutants) => {
        const rows = { case: [caseRow(2)], entry: [answerRow(2)] };
        for (const mutant of mutants) {
          const row = rowOf(mutant);
          if (row !== undefined) rows[mutant.of === 0 ? "case" : "entry"].push(row as object);
        }
        rows.case.push(caseRow(3));
        rows.entry.push(answerRow(3));
        const [page] = await pagesOf(() => answerWith(rows));
        if (page === undefined) throw new Error("no page");
        const keys = page.events.map(({ key }) => key);
        for (const n of [2, 3]) {
          if (!keys.some((key) => key.startsWith(`salesforce/case/5005e00000000${n}AAA/`)))
            throw new Error(`case ${n} is lost`);
          if (!keys.some((key) => key.startsWith(`salesforce/answer/a005e00000000${n}AAA/`)))
            throw new Error(`answer ${n} is lost`);
        }
        for (const event of page.events) {
          // Loosely: minus zero comes back as zero, and nothing else may differ.
          deepEqual(JSON.parse(JSON.stringify(event)), event);
          new Date(event.at).toISOString();
        }
        // Whoever asks from here is still told what comes next.
        const { case: mark, entry } = JSON.parse(page.cursor) as { case: number; entry: number };
        if (mark > now || entry > now) throw new Error(`the mark ran ahead: ${page.cursor}`);
        became.events += page.events.length - 4;
        became.unread += page.unread.length;
      }),
      { numRuns: runs.rows / together },
    );
    console.log(`hostile CRM: ${runs.rows} mutants among good rows: ${JSON.stringify(became)}; no neighbour lost`);
    expect(Math.min(became.events, became.unread)).toBeGreaterThan(runs.rows / 10);
  },
);

test.each(["https://thief.example/services/data/v62.0/query/1", "//thief.example/x", "/services/data/v62.0/query/1"])(
  "a next page at %s, which only leads to itself again, is not followed",
  async (next) => {
    const first = answerWith({ case: [caseRow(2)], entry: [] }) as { compositeResponse: readonly { body: object }[] };
    const compositeResponse = first.compositeResponse.map((one) => ({
      ...one,
      body: { ...one.body, nextRecordsUrl: next },
    }));
    let answers = 0;
    const { crm, asked } = crmOver(() => {
      answers += 1;
      if (answers > 20) throw new Error("asked for ever");
      return answers === 1 ? { compositeResponse } : { records: [], nextRecordsUrl: next };
    });
    const all = async (): Promise<void> => {
      for await (const _ of crm.since(cursor, kit));
    };
    await expect(all()).rejects.toBeInstanceOf(BridgeError);
    expect(asked.length).toBeLessThan(20);
    expect(asked.filter((one) => one.includes("thief"))).toEqual([]);
  },
);

test("an error named like a property of every object is an error like any other", async () => {
  for (const errorCode of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    const answer = (): never => {
      throw Object.assign(new Error("no"), { errorCode, name: errorCode });
    };
    await expect(pagesOf(answer)).rejects.toMatchObject({ fault: expect.any(String), landed: "no" });
  }
});

test(
  "nothing that an org answers gets past the watch, and what is good in it is admitted",
  { timeout: 120_000 },
  async () => {
    const clock = createClock();
    const answers: unknown[] = [];
    let garbage: unknown;
    const { crm } = crmOver(() => {
      if (garbage instanceof Error) throw garbage;
      return garbage;
    });
    const faults: string[] = [];
    await using bridge = createBridge({
      channels: [parkChannel(createPark(clock.now))],
      crm,
      clock,
      store: sqlite({ file: ":memory:", durable: false, clock }),
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: (_, message) => void faults.push(message) },
    });
    garbage = answerWith({ case: [], entry: [] });
    await bridge.work({ until: "idle" });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.jsonValue(),
          fc.constantFrom(undefined, "<html>", new Error("socket hang up"), new TypeError("x"), {
            compositeResponse: [],
          }),
          mutations.map((mutant) => answerWith({ case: [rowOf(mutant)], entry: [rowOf(mutant)] })),
        ),
        async (answer) => {
          garbage = answer;
          answers.push(answer);
          await clock.advance(6_000);
          await bridge.work({ until: "idle" });
        },
      ),
      { numRuns: runs.watched },
    );
    await clock.advance(3_600_000);
    garbage = answerWith({ case: [{ ...caseRow(7), SystemModstamp: new Date(clock.now()).toISOString() }], entry: [] });
    await bridge.work({ until: "idle" });
    const rows: readonly LedgerRow[] = await bridge.ledger({ limit: 10_000 });
    expect(rows.some(({ row }) => JSON.stringify(row).includes("5005e000000007AAA"))).toBe(true);
    console.log(
      `hostile CRM: ${answers.length} answers through the watch; ${rows.length} ledger rows, ${(await bridge.unread()).length} kept raw`,
    );
    expect(faults).toEqual([]);
  },
);
