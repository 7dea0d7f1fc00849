// A channel of your own, in under 100 lines: a forum that signs what it tells and has three requests.
// Run it:          node 15-your-own-channel.ts
// In a checkout:   node --conditions=casethread:source examples/15-your-own-channel.ts
// You should see:  a thread of the forum that is a case, and an answer below it.
// Hold it against the laws:  npm run casethread -- check examples/15-your-own-channel.ts
// With FORUM_ORIGIN, FORUM_TOKEN, FORUM_SECRET and SALESFORCE_* set, it serves a real one.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { createBridge } from "casethread";
import {
  type AccountRef,
  BridgeError,
  type Channel,
  type ChannelTask,
  door,
  type Fault,
  keyOf,
  type Kit,
  type PersonaRef,
  type PostRef,
  type PublicWords,
  type Receipt,
  type Said,
  sameWords,
} from "casethread/adapter";
import type { ChannelSubject, NetworkFault } from "casethread/conformance";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { sqlite } from "casethread/sqlite";
import { z } from "zod";

// ── The channel ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What the forum tells, and what it answers: a post, or with `to` a letter. */
const s = z.string();
const wordShape = z.object({ id: s, by: s, text: s, at: z.number(), under: s.optional(), to: s.optional() });
type Word = z.infer<typeof wordShape>;

const broken = (say: string, fault: Fault, landed: "no" | "unknown", more: { retryAt?: number } = {}): BridgeError =>
  new BridgeError(say, { fault, adapter: "forum", landed, ...more });
const faults: Readonly<Record<number, Fault>> = { 401: "unauthorized", 404: "missing", 422: "invalid" };

type Ask = (url: string, how?: RequestInit) => Promise<Response>;
type Forum = { origin: string; user: string; token: string; secret: string; ask?: Ask };
export const forum = ({ origin, user, token, secret, ask = fetch }: Forum): Channel => {
  const account = { channel: "forum", id: user };
  const person = (id: string): PersonaRef => ({ account, space: "user", id });
  const post = (id: string): PostRef => ({ account, id });

  const request = async (kit: Kit, path: string, body?: object): Promise<unknown> => {
    if (kit.signal.aborted) throw broken("stopped before anything was sent", "unavailable", "no");
    if (body !== undefined) kit.depart(); // the last moment at which it can be called back
    const how = { headers: { authorization: `Bearer ${token}` }, signal: kit.signal };
    const sent = body && { method: "POST", body: JSON.stringify(body) };
    // Never fetch's own message: it may hold what nobody is to see.
    const response = await ask(`${origin}${path}`, { ...how, ...sent }).catch(() => undefined);
    if (response === undefined) throw broken("the forum did not answer", "unavailable", "unknown");
    if (response.ok) return response.json();
    const retryAt = kit.now() + 1_000 * Number(response.headers.get("retry-after") ?? 60);
    if (response.status === 429) throw broken("the forum wants less", "throttled", "no", { retryAt });
    const fault = faults[response.status] ?? (response.status < 500 ? "forbidden" : "unavailable");
    throw broken(`the forum answered ${response.status}`, fault, response.status < 500 ? "no" : "unknown");
  };
  const mine = async (kit: Kit): Promise<readonly Word[]> => z.array(wordShape).parse(await request(kit, "/mine"));
  const bodyOf = (task: ChannelTask): { readonly text: string; readonly under?: string; readonly to?: string } => {
    const { act } = task.effect;
    const text = "words" in task ? task.words : "";
    if (act.do === "reply") return { text, under: act.under.id };
    if (act.do === "message") return { text, to: act.to.id };
    throw broken(`the forum knows no ${act.do}`, "forbidden", "no");
  };
  const saidOf = ({ id, by, text, at, under, to }: Word): Said => {
    const side = to === undefined ? "public" : "private";
    const entry = keyOf.entry(account, side, id); // the same thing has the same key, however it is told
    const ours = by === user;
    const actor = ours ? ({ kind: "brand", id } as const) : ({ kind: "customer", persona: person(by) } as const);
    const common = { key: keyOf.said(entry, 1), entry, at, source: "webhook", version: 1 } as const;
    const said = { ...common, as: "said", by: person(by), profile: { handle: by }, actor, side, text } as const;
    if (to === undefined)
      return { ...said, post: post(id), root: post(under ?? id), ...(under && { parent: post(under) }) };
    return { ...said, message: id, thread: { account, id: ours ? to : by }, ...(ours && { to: person(to) }) };
  };
  const receiptOf = ({ id, at, to }: Word): Receipt =>
    to === undefined ? { at, post: post(id) } : { at, message: id, thread: { account, id: to } };
  // It takes no key of ours: what may be there and is not seen is not said again, but shown to a person.
  const never = { repeat: "never", quietMs: 5_000, reads: [10_000, 60_000], source: "the forum's own word" } as const;

  return {
    name: "forum",
    accounts: () => [account],
    can: () => ({
      reply: { summonedOnly: false },
      privateReply: false,
      message: { withinMs: 365 * 86_400_000, first: true },
      invite: false,
      hide: false,
      retract: false,
      control: false,
      look: false,
      unknown: { reply: never, message: never },
    }),
    bucket: () => "forum",
    capacity: async (_account, _act, kit) => ({ left: 1_000, resetsAt: kit.now() + 60_000 }),
    price: () => ({ usd: 0, source: "the forum is our own" }),
    fits: (text) => text.length <= 2_000,
    url: ({ id }) => new URL(`/t/${id}`, origin),
    parse: (url) => (url.origin === origin ? [post(url.pathname.slice(3))] : []),
    read: async ({ body, headers }) => {
      const right = createHmac("sha256", secret).update(body).digest();
      const given = Buffer.from(headers.get("x-forum-signature") ?? "", "hex");
      if (given.length !== right.length || !timingSafeEqual(given, right))
        throw broken("the signature is not the forum's", "forged", "no");
      const read = z.array(z.unknown()).parse(JSON.parse(new TextDecoder().decode(body)));
      const events = read.flatMap((item) => wordShape.safeParse(item).data ?? []).map(saidOf);
      // Genuine and not understood: kept as it came. The reason tells none of its words.
      const odd = read.filter((item) => !wordShape.safeParse(item).success);
      return { events, unread: odd.map((item) => ({ reason: "no word", raw: JSON.stringify(item) })), alarms: [] };
    },
    perform: async (task, kit) => receiptOf(wordShape.parse(await request(kit, "/words", bodyOf(task)))),
    mark: async (_door, _about, kit) => (await mine(kit))[0]?.id, // the newest of ours, before anything is sent
    landed: async (task, { since }, kit) => {
      const { text, under, to } = bodyOf(task);
      const words = await mine(kit); // newest first
      const at = words.findIndex(({ id }) => id === since);
      const fresh = at < 0 ? words : words.slice(0, at);
      const one = fresh.find((word) => word.under === under && word.to === to && sameWords(word.text, text));
      return one === undefined ? "unknown" : { ...receiptOf(one), proof: "read-back" };
    },
  };
};

// ── A forum in this process: what it does with requests, and what is said there ──────────────────────────────────────────

const secret = "what-the-forum-signs-with";
const createForum = () => {
  const words: Word[] = [];
  const orders: NetworkFault[] = [];
  let acts = 0;
  const add = (word: Omit<Word, "id" | "at">): Word => {
    const made = { ...word, id: String(words.length + 1), at: Date.now() };
    words.push(made);
    return made;
  };
  const ask: Ask = async (url, how = {}) => {
    if (how.method !== "POST") return Response.json(words.filter(({ by }) => by === "acme").toReversed());
    acts += 1;
    const order = orders.shift();
    if (order === "refused") return new Response(null, { status: 422 });
    if (order === "throttled") return new Response(null, { status: 429, headers: { "retry-after": "30" } });
    if (order === "away") return new Response(null, { status: 503 });
    if (order === "hang") await new Promise((_, reject) => how.signal?.addEventListener("abort", reject));
    const made = add({ by: "acme", ...(JSON.parse(how.body as string) as { text: string }) });
    if (order === "lost-answer") throw new TypeError(`the connection to ${url} was cut`);
    return Response.json(made);
  };
  const deliver = (...told: readonly object[]): Request => {
    const body = JSON.stringify(told);
    const headers = { "x-forum-signature": createHmac("sha256", secret).update(body).digest("hex") };
    return new Request("http://bridge.example/forum", { method: "POST", body, headers });
  };
  const options = { origin: "https://forum.example", user: "acme", token: "token-of-acme", secret, ask };
  return { words, orders, add, deliver, options, acts: () => acts };
};

/** For `casethread check`: the channel, and its network in the laws' hands. Made anew for each law. */
export const channel = async (): Promise<ChannelSubject> => {
  const { orders, add, deliver, options, acts } = createForum();
  const made = forum(options);
  const [account] = made.accounts() as [AccountRef];
  const kit = (over: Partial<Kit> = {}): Kit => ({
    signal: new AbortController().signal,
    now: Date.now,
    depart: () => undefined,
    note: () => ({ read: async () => undefined, swap: async () => true }),
    ...over,
  });
  const sample = async (...told: readonly object[]) => {
    const request = deliver(...told);
    const body = new Uint8Array(await request.arrayBuffer());
    return {
      delivery: { method: "POST", url: new URL(request.url), headers: request.headers, body },
      items: told.length,
    };
  };
  const asked = add({ by: "maria", text: "cold coffee" });
  let since: string | undefined;
  return {
    channel: made,
    account,
    kit,
    samples: {
      public: await sample(asked),
      private: await sample(add({ by: "maria", to: "acme", text: "it was order 4711" })),
      own: await sample(add({ by: "acme", under: asked.id, text: "So sorry." })),
      unreadable: { ...(await sample({ odd: "marmalade" })), words: ["marmalade"] },
    },
    forged: (delivery) =>
      ["", "00".repeat(32)].map((signature) => ({
        ...delivery,
        headers: new Headers({ "x-forum-signature": signature }),
      })),
    reply: async (text) => {
      since = await made.mark?.(door.of(account, "public"), {}, kit());
      const cause = keyOf.event("law", "reply", text);
      const act = { do: "reply", under: { account, id: asked.id } } as const;
      const effect = {
        key: keyOf.effect(cause, "reply"),
        conversation: keyOf.conversation(cause),
        cause,
        act,
      } as const;
      const more = { door: door.of(account, "public"), by: { kind: "agent" }, at: Date.now() } as const;
      return {
        effect: { ...effect, ...more, turn: 1, revision: 1, priority: 50 },
        attempt: 1,
        words: text as PublicWords,
      };
    },
    sent: () => ({ attempt: 1, sendBy: Date.now() + 1_000, ...(since === undefined ? {} : { since }) }),
    acted: async () => acts(),
    fault: async (kind) => void orders.push(kind),
    shown: async () => undefined,
    secrets: [options.token, secret],
  };
};

// ── The channel at work ──────────────────────────────────────────────────────────────────────────────────────────────────

const play = async (): Promise<void> => {
  const { FORUM_ORIGIN: origin, FORUM_TOKEN: token = "", FORUM_SECRET: signs = "" } = process.env;
  await using org = await createSalesforceSandbox();
  const coffee = createForum();
  await using bridge = createBridge({
    channels: [forum(origin === undefined ? coffee.options : { origin, user: "acme", token, secret: signs })],
    crm: salesforce.fromEnv(origin === undefined ? org.env() : process.env),
    store: sqlite(origin === undefined ? { file: ":memory:", durable: false } : { file: "casethread.db" }),
  });
  if (origin !== undefined) {
    createServer(toNode(bridge.fetch)).listen(8080, () => console.log("webhooks: http://localhost:8080/forum"));
    await bridge.work();
  }

  const asked = coffee.add({ by: "maria", text: "The coffee is cold." });
  await bridge.fetch(coffee.deliver(asked));
  await bridge.work({ until: "idle" });
  const [opened] = (await org.state()).cases;
  console.log(`https://forum.example/t/${asked.id} is case ${opened?.number}`);
  await org.agent("Ann").answer(opened?.id ?? "", { text: "A new one is on its way.", side: "public" });
  await bridge.work({ until: "idle" });
  const answer = coffee.words.at(-1);
  console.log(`below ${answer?.under}: ${answer?.text}`);
};
// Run, and not loaded by `casethread check`.
if (process.argv[1] === import.meta.filename) await play();
