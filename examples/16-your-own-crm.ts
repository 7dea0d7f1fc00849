// A CRM of your own, in under 100 lines: a help desk with two requests.
// Run it:          node 16-your-own-crm.ts
// In a checkout:   node --conditions=casethread:source examples/16-your-own-crm.ts
// You should see:  a post that is a ticket, the agent's answer on the feed, and how the ticket says so.
// Hold it against the laws:  npm run casethread -- check examples/16-your-own-crm.ts
// With DESK_ORIGIN, DESK_TOKEN and X_* set, it serves a real one.
import { createServer } from "node:http";
import { createBridge } from "casethread";
import {
  BridgeError,
  type ConversationKey,
  type Crm,
  type CrmTask,
  type EntryKey,
  type Fault,
  type FromCrm,
  keyOf,
  type Kit,
  type Receipt,
} from "casethread/adapter";
import type { CrmSubject } from "casethread/conformance";
import { toNode } from "casethread/node";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { z } from "zod";

// ── The CRM ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const [string, number] = [z.string(), z.number()];
/** What one act came to: the ticket's number, or why it was refused. */
const resultShape = z.object({ ticket: string.optional(), refused: string.optional() });
/** A ticket as it stands, and an agent's answer in one of its versions; `n` rises with each. */
const seen = z.object({ n: number, at: number, ticket: string, key: string });
const ticketShape = seen.extend({ closed: z.boolean(), queue: string.optional() });
const sides = z.enum(["public", "private"]);
const answerShape = seen.extend({ answer: string, version: number, text: string, side: sides, by: string });
const newsShape = z.object({ tickets: z.array(ticketShape), answers: z.array(answerShape), next: number });

const broken = (say: string, fault: Fault, landed: "no" | "unknown"): BridgeError =>
  new BridgeError(say, { fault, adapter: "desk", landed });

/** What the desk is told: by our keys, so that it may be told again. What it has no place for is left out. */
const actOf = ({ effect: { act, conversation, revision }, entry }: CrmTask): object => {
  const about = { do: act.do, key: conversation, revision };
  if (act.do === "answerState") return { ...about, note: act.answer, state: act.state };
  if (act.do === "entry") {
    const { key: note, text, side, by, at, state } = entry ?? {};
    return { ...about, note, text, side, by: by?.kind, at, state };
  }
  const { resolved: closed, awaiting, assignee: queue } = act.fields;
  return { ...about, closed, awaiting, queue, subject: act.do === "open" ? entry?.text : undefined };
};

const eventsOf = ({ tickets, answers }: z.infer<typeof newsShape>): readonly FromCrm[] => {
  const common = ({ at, ticket, key }: z.infer<typeof seen>) => {
    const ref = { crm: "desk", id: ticket, number: ticket };
    return { at, source: "poll", case: ref, conversation: key as ConversationKey } as const;
  };
  return [
    ...tickets.map((one): FromCrm => {
      const { n, ticket, closed, queue } = one;
      const told = { as: "case", key: keyOf.event("desk", "ticket", ticket, n), ...common(one) } as const;
      return {
        ...told,
        status: closed ? "Closed" : "Open",
        closed,
        ...(queue === undefined ? {} : { assignee: queue }),
      };
    }),
    ...answers.map((one): FromCrm => {
      const { answer, version, text, side, by } = one;
      const entry = answer as EntryKey;
      const told = { as: "answered", key: keyOf.said(entry, version), entry, version, text, side } as const;
      return { ...told, ...common(one), by: { kind: "agent", id: by } };
    }),
  ];
};

type Ask = (url: string, how?: RequestInit) => Promise<Response>;
export const desk = ({ origin, token, ask = fetch }: { origin: string; token: string; ask?: Ask }): Crm => {
  const request = async (kit: Kit, path: string, acts?: readonly object[]): Promise<unknown> => {
    if (kit.signal.aborted) throw broken("stopped before anything was sent", "unavailable", "no");
    if (acts !== undefined) kit.depart(); // the last moment at which it can be called back
    const how = { headers: { authorization: `Bearer ${token}` }, signal: kit.signal };
    const post = acts && { method: "POST", body: JSON.stringify(acts) };
    const response = await ask(`${origin}${path}`, { ...how, ...post }).catch(() => undefined);
    if (response?.ok === true) return response.json();
    if (response?.status === 400) throw broken("the desk cannot read this call", "malformed", "no");
    throw broken(
      response ? `the desk answered ${response.status}` : "the desk did not answer",
      "unavailable",
      "unknown",
    );
  };
  const write = async (batch: readonly CrmTask[], kit: Kit): Promise<readonly (Receipt | BridgeError)[]> => {
    try {
      const results = z.array(resultShape).parse(await request(kit, "/acts", batch.map(actOf)));
      return results.map(({ ticket: id = "", refused }) =>
        refused ? broken(refused, "invalid", "no") : { at: kit.now(), case: { crm: "desk", id, number: id } },
      );
    } catch (thrown) {
      const error = BridgeError.from(thrown, "desk");
      // Refused as a whole: halved until only the guilty act is left, so that nobody pays for another's fault.
      if (error.fault !== "malformed" || batch.length === 1) return batch.map(() => error);
      const [front, back] = [batch.slice(0, batch.length / 2), batch.slice(batch.length / 2)];
      const done = await write(front, kit);
      const guilty = front.filter((_, at) => done[at] instanceof BridgeError);
      const failed = new Set(guilty.map(({ effect }) => effect.conversation));
      const behind = broken("an act before it has failed", "unavailable", "no");
      const free = back.filter(({ effect }) => !failed.has(effect.conversation));
      const rest = [...(free.length === 0 ? [] : await write(free, kit))];
      return [...done, ...back.map((task) => (free.includes(task) ? (rest.shift() ?? behind) : behind))];
    }
  };
  return {
    name: "desk",
    can: { batch: 100 },
    write,
    since: async function* (cursor, kit) {
      const news = newsShape.parse(await request(kit, `/news?after=${cursor ?? "now"}`));
      yield { events: eventsOf(news), unread: [], alarms: [], cursor: String(news.next) };
    },
    url: ({ id }) => new URL(`/tickets/${id}`, origin),
    parse: (url) => (url.origin === origin ? { crm: "desk", id: url.pathname.slice(9) } : undefined),
  };
};

// ── A help desk in this process: what it does with requests, and what agents do there ────────────────────────────────────

type Ticket = { id: string; key: string; revision: number; closed: boolean; queue?: string; awaiting?: string };
type Note = { note: string; key: string; revision: number; text: string | null; at: number; by: string; state: string };
type Act = { do: string; key: string } & Partial<Ticket & Note>;

const createDesk = () => {
  const tickets = new Map<string, Ticket>();
  const notes = new Map<string, Note>();
  const news: { kind: "tickets" | "answers"; row: object }[] = [];
  const trouble = { refuse: "", poison: "", next: "", late: false };
  const late: (() => void)[] = [];
  const tell = (kind: "tickets" | "answers", row: object): void => {
    const now = (): void => void news.push({ kind, row });
    if (trouble.late) late.push(now);
    else now();
    trouble.late = false;
  };
  const told = ({ id: ticket, key, closed, queue }: Ticket): void =>
    tell("tickets", { at: Date.now(), ticket, key, closed, queue });
  const apply = (act: Act): { ticket: string } | { refused: string } => {
    if (trouble.refuse !== "" && JSON.stringify(act).includes(trouble.refuse)) return { refused: "words not taken" };
    const known = tickets.get(act.key);
    const one = known ?? { id: String(tickets.size + 1), key: act.key, revision: 0, closed: false };
    if (known === undefined && act.do !== "open") return { refused: "no such ticket" };
    tickets.set(act.key, one);
    const { note = "", revision = 0 } = act;
    if (act.do === "answerState") Object.assign(notes.get(note) ?? {}, { state: act.state });
    else if (act.do === "entry") {
      // The newer write stands, however late an older one comes.
      if ((notes.get(note)?.revision ?? 0) <= revision) notes.set(note, { ...(act as Act & Note) });
    } else if (one.revision <= revision) {
      const before = one.closed;
      const { closed = before, awaiting, queue } = act;
      Object.assign(one, { revision, closed, ...(awaiting && { awaiting }), ...(queue && { queue }) });
      if (known === undefined || before !== closed) told(one);
    }
    return { ticket: one.id };
  };
  const ask: Ask = async (url, how = {}) => {
    const after = new URL(url).searchParams.get("after");
    if (after !== null) {
      const from = after === "now" ? news.length : Number(after);
      const of = (kind: string) => news.flatMap((one, n) => (one.kind === kind && n >= from ? { n, ...one.row } : []));
      return Response.json({ tickets: of("tickets"), answers: of("answers"), next: news.length });
    }
    const next = trouble.next;
    trouble.next = "";
    if (next === "away") return new Response(null, { status: 503 });
    if (next === "stall") await new Promise((_, reject) => how.signal?.addEventListener("abort", reject));
    const body = how.body as string;
    if (trouble.poison !== "" && body.includes(trouble.poison)) return new Response(null, { status: 400 });
    const failed = new Set<string>();
    const results = (JSON.parse(body) as readonly Act[]).map((act) => {
      // Acts of one ticket stand in order: behind one that failed nothing is done.
      const result = failed.has(act.key) ? { refused: "an act before it was refused" } : apply(act);
      if ("refused" in result) failed.add(act.key);
      return result;
    });
    if (next === "lose") throw new TypeError("the connection was cut");
    return Response.json(results);
  };
  const versions = new Map<string, { key: string; version: number; side: string }>();
  const answered = (answer: string, text: string): void => {
    const { key, version, side } = versions.get(answer)!;
    notes.set(answer, { note: answer, key, revision: 0, text, at: Date.now(), by: "agent", state: "draft" });
    tell("answers", { at: Date.now(), ticket: tickets.get(key)!.id, key, answer, version, text, side, by: "ann" });
  };
  const set = (key: string, closed: boolean): void => told(Object.assign(tickets.get(key)!, { closed }));
  return {
    tickets,
    notes,
    trouble,
    ask,
    set,
    mend: () => {
      Object.assign(trouble, { refuse: "", poison: "", next: "", late: false });
      for (const now of late.splice(0)) now();
    },
    answer: (key: string, text: string, side: string): string => {
      const answer = `desk/answer/${versions.size + 1}`;
      versions.set(answer, { key, version: 1, side });
      answered(answer, text);
      return answer;
    },
    edit: (answer: string, text: string): void => {
      versions.get(answer)!.version += 1;
      answered(answer, text);
    },
  };
};

const token = "token-of-the-desk";
/** For `casethread check`: the CRM, and its desk in the laws' hands. Made anew for each law. */
export const crm = (): CrmSubject => {
  const { tickets, notes, trouble, ask, set, mend, answer, edit } = createDesk();
  let names = 0;
  const order = async (what: Partial<typeof trouble>): Promise<void> => void Object.assign(trouble, what);
  return {
    crm: desk({ origin: "https://desk.example", token, ask }),
    kit: (signal = new AbortController().signal) => ({
      signal,
      now: Date.now,
      depart: () => undefined,
      note: () => ({ read: async () => undefined, swap: async () => true }),
    }),
    fresh: () => `law-${(names += 1)}`,
    look: async (key) => {
      const entries = [...notes.values()].filter((note) => note.key === key && !note.note.startsWith("desk/"));
      return {
        cases: tickets.has(key) ? 1 : 0,
        ...tickets.get(key), // closed, and whom it waits for
        entries: entries.toSorted((a, b) => a.at - b.at),
      };
    },
    agent: {
      answer: async (key, { text, side }) => answer(key, text, side),
      edit: async (which, text) => edit(which, text),
      close: async (key) => set(key, true),
      reopen: async (key) => set(key, false),
    },
    trouble: {
      refuse: (refuse) => order({ refuse }),
      poison: (poison) => order({ poison }),
      lose: () => order({ next: "lose" }),
      away: () => order({ next: "away" }),
      stall: () => order({ next: "stall" }),
      late: () => order({ late: true }),
      mend: async () => mend(),
    },
    pass: async () => {},
    secrets: [token],
  };
};

// ── The CRM at work ──────────────────────────────────────────────────────────────────────────────────────────────────────

const play = async (): Promise<void> => {
  const { DESK_ORIGIN: origin, DESK_TOKEN: given = "" } = process.env;
  await using network = await createXSandbox({ accounts: [{ id: "1001", handle: "acme_help" }] });
  const help = createDesk();
  await using bridge = createBridge({
    channels: [x.fromEnv(origin === undefined ? network.env() : process.env)],
    crm: desk(
      origin === undefined ? { origin: "https://desk.example", token, ask: help.ask } : { origin, token: given },
    ),
    store: sqlite(origin === undefined ? { file: ":memory:", durable: false } : { file: "casethread.db" }),
  });
  if (origin !== undefined) {
    createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/x"));
    await bridge.work();
  }

  await network.attach(bridge.fetch);
  const settle = async (): Promise<void> => {
    await network.settled();
    await bridge.work({ until: "idle" });
    await network.settled();
    await bridge.work({ until: "idle" });
  };
  await settle();
  const post = await network.say({ by: await network.persona("maria_k"), text: "@acme_help where is my parcel?" });
  await settle();
  const talk = await bridge.conversation({ url: `https://x.com/i/status/${post.id}` });
  console.log(`ticket ${talk?.case.number}: ${talk?.case.url}`);
  const answer = help.answer(talk?.key ?? "", "We are looking for it.", "public");
  await settle();
  const said = (await network.state()).posts.find(({ by }) => by === "1001")?.text;
  console.log(`on the feed: ${said?.replace(/ https:\S+/, "")}`);
  console.log(`on the ticket: the answer is ${help.notes.get(answer)?.state}`);
};
if (process.argv[1] === import.meta.filename) await play(); // run, and not loaded by `casethread check`
