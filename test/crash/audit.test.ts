import type { EffectKey, Promised } from "casethread";
import { expect, it } from "vitest";
import { audit, type Remains } from "./kill/audit.ts";

const apology = { mark: "(1 apology)", customer: "customer_1", by: "agent", side: "public" } as const;
const second = { ...apology, mark: "(1 promise)" } as const;
const complaint = { mark: "(1 complaint)", customer: "customer_1", by: "customer", side: "public" } as const;
const closing = "Glad we could sort it out, @customer_1.";

const post = (id: string, text: string): Remains["x"]["posts"][number] => ({
  id,
  by: "1001",
  text,
  lead: 0,
  at: 0,
  shownAt: 0,
  conversation: "1",
  mentions: [],
  history: [],
  viaApi: true,
});
const request = (text: string, status: number): Remains["x"]["requests"][number] => ({
  at: 0,
  method: "POST",
  path: "/2/tweets",
  query: {},
  body: { text },
  status,
});
const entry = (id: string, text: string, state = "said"): Remains["salesforce"]["entries"][number] => ({
  id,
  case: "500",
  direction: "",
  side: "public",
  state,
  text,
  by: "",
  fields: {},
  history: [],
});
const parked = (sendBy: number, text: string): Remains["parked"][number] => ({
  effect: { key: "answer" as EffectKey } as Promised["effect"],
  entry: { text } as NonNullable<Promised["entry"]>,
  tries: 1,
  state: "parked",
  sent: { attempt: 1, sendBy, quietUntil: sendBy, reads: 3 },
  why: { code: "may-have-gone-out" },
});

/** One customer, answered and closed, as it should be. */
const well: Remains = {
  words: [complaint, apology],
  x: {
    users: [],
    dms: [],
    posts: [post("2", apology.mark), post("3", closing)],
    requests: [request(apology.mark, 429), request(apology.mark, 201), request(closing, 201)],
    deliveries: { pending: 0, waiting: 0, delivered: 1, doubled: 0, refused: 0, lost: 0 },
  },
  salesforce: {
    cases: [
      {
        id: "500",
        number: "1",
        key: "one",
        status: "Closed",
        closed: true,
        owner: "",
        fields: {},
        history: [],
      },
    ],
    entries: [entry("1", complaint.mark), entry("2", apology.mark, "sent"), entry("3", closing)],
    comments: [],
    requests: [],
    conversations: [],
    personas: [],
    deployed: [],
    signIns: 0,
    writeCalls: 0,
    struck: {},
  },
  parked: [],
  held: 0,
  unread: 0,
  open: 0,
  kills: [50_000],
};
const on = (x: Partial<Remains["x"]>): Remains => ({ ...well, x: { ...well.x, ...x } });
const inOrg = (salesforce: Partial<Remains["salesforce"]>): Remains => ({
  ...well,
  salesforce: { ...well.salesforce, ...salesforce },
});
const unsaid = {
  ...inOrg({ entries: [entry("1", complaint.mark), entry("2", apology.mark, "failed"), entry("3", closing)] }),
  x: { ...well.x, posts: [post("3", closing)], requests: [request(closing, 201)] },
};

it("finds nothing where all is well, nor where a kill explains what waits", () => {
  expect(audit(well).broken).toEqual([]);
  expect(audit({ ...unsaid, parked: [parked(51_000, apology.mark)] }).broken).toEqual([]);
});

it.each<[string, Remains, RegExp]>([
  [
    "asked twice",
    on({ requests: [...well.x.requests, request(apology.mark, 403)] }),
    /asked of X 3 times \(429, 201, 403\)/,
  ],
  ["said twice", on({ posts: [...well.x.posts, post("4", closing)] }), /closing word .* stands on X 2 times/],
  ["said and parked", { ...well, parked: [parked(51_000, apology.mark)] }, /waits for a person 1 times/],
  ["lost", inOrg({ entries: well.salesforce.entries.slice(1) }), /complaint\): on cases 0 times/],
  ["entered twice", inOrg({ entries: [...well.salesforce.entries, entry("9", complaint.mark)] }), /on cases 2 times/],
  ["two cases", inOrg({ cases: [...well.salesforce.cases, ...well.salesforce.cases] }), /2 cases for 1 customers/],
  ["unsaid", unsaid, /apology\): stands on X 0 times/],
  ["parked for nothing", { ...unsaid, parked: [parked(49_000 - 20_000, apology.mark)] }, /no kill came between/],
  [
    "said out of order",
    {
      ...on({
        posts: [post("1", second.mark), ...well.x.posts],
        requests: [...well.x.requests, request(second.mark, 201)],
      }),
      words: [...well.words, second],
      salesforce: { ...well.salesforce, entries: [...well.salesforce.entries, entry("4", second.mark, "sent")] },
    },
    /customer_1, public: answers stand on X in the order 2, 1/,
  ],
  ["left open", { ...well, open: 1 }, /1 acts have no end/],
])("finds what was %s", (_name, remains, sentence) => {
  expect(audit(remains).broken.join("\n")).toMatch(sentence);
});
