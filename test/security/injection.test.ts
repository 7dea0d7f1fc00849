import { parseQuery } from "@jetstreamapp/soql-parser-js";
import { salesforce, type SalesforceConnection } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createClock } from "casethread/sandbox";
import { expect, it } from "vitest";
import { createWorld } from "../made-up/world.ts";

/** What a query asks, without the values it compares with. */
const skeleton = (soql: string): string =>
  JSON.stringify(parseQuery(soql), (name, value: unknown) =>
    name === "value" ? "…" : name === "literalType" || name === "dateLiteralVariable" ? undefined : value,
  );

/** A story in which people choose names, addresses and queues; the shapes of all queries that left, and what they found. */
const asked = async (of: {
  readonly by: string;
  readonly mail: string;
  readonly queue: string;
  readonly text: string;
}) => {
  const clock = createClock();
  const org = await createSalesforceSandbox({ clock, listen: false });
  const queries: string[] = [];
  const connect = async (): Promise<SalesforceConnection> => {
    const real = await org.connect();
    return {
      instanceUrl: real.instanceUrl,
      request: (request, options) => {
        const texts = [request.url, ...(request.body?.match(/"url":"[^"]+"/g) ?? [])];
        for (const text of texts) {
          const query = /\/query(?:All)?\/?\?q=([^"&]+)/.exec(text)?.[1];
          if (query !== undefined) queries.push(decodeURIComponent(query.replaceAll("+", " ")));
        }
        return real.request(request, options);
      },
    };
  };
  await using world = createWorld({
    clock,
    crm: salesforce({ connection: connect, pollMs: 1_000 }),
  });
  const post = await world.post(of.by, of.text);
  await world.settle();
  await world.whisper(of.by, `my address is ${of.mail}`);
  await world.pass(5_000);
  await world.bridge.assign({ url: `https://park.test/${post.id}`, key: "k", to: of.queue });
  await world.pass(5_000);
  const { cases } = await org.state();
  return { shapes: new Set(queries.map(skeleton)), queries, cases };
};

it("what people write is a value in every query that leaves, and changes no query's shape", async () => {
  const plain = await asked({ by: "maria", mail: "maria@acme.example", queue: "No Such Queue", text: "cold coffee" });
  expect(plain.queries.length).toBeGreaterThan(3);
  const hostile = await asked({
    by: "x' OR Name != '",
    mail: "a'or'b@acme.example",
    queue: "x\\' OR IsActive = true OR Name = '\\",
    text: "'; DELETE --\n' OR Casethread_Key__c != null OR Subject = '\\",
  });
  expect([...hostile.shapes].filter((shape) => !plain.shapes.has(shape))).toEqual([]);
  // Nobody was found by it either: the case stands, with its words, and its owner is nobody new.
  expect(hostile.queries.some((query) => query.includes(String.raw`x\\\' OR IsActive`))).toBe(true);
  expect(hostile.cases).toHaveLength(1);
  expect(hostile.cases.map(({ fields }) => fields["OwnerId"])).toEqual(
    plain.cases.map(({ fields }) => fields["OwnerId"]),
  );
});
