import type { Kit, Waiting } from "casethread/adapter";
import { createClock } from "casethread/sandbox";
import { x } from "casethread/x";
import { createXSandbox, type XSandbox } from "casethread/x/sandbox";
import { type Figure, figureOf, type OnProgress } from "./figure.ts";

const acme = "1001";
const minuteMs = 60_000;

/** What X counted and billed. */
interface Read {
  readonly requests: number;
  readonly usd: number;
}

const memory = (): Kit["note"] => {
  const values = new Map<string, string>();
  return (name) => ({
    read: async () => values.get(name),
    swap: async (from, to) => values.get(name) === from && values.set(name, to).size > 0,
  });
};

/** So many people, each in a thread of somebody else's where an answer of the brand stands, and who speak now and then. */
const peopled = async (net: XSandbox, conversations: number): Promise<readonly Waiting[]> => {
  const account = { channel: "x", id: acme };
  const waiting: Waiting[] = [];
  const host = await net.persona("host");
  for (let n = 0; n < conversations; n++) {
    const by = await net.persona(`person${n}`);
    const root = await net.say({ by: host, text: `thread ${n}` });
    await net.say({ by, text: "@acme_help this happened to me too", replyTo: root.id });
    waiting.push({ root: { account, id: root.id }, by: { account, space: "user", id: by.id } });
  }
  return waiting;
};

const requestsOf = async (net: XSandbox): Promise<number> =>
  (await net.state()).requests.filter(({ method }) => method === "GET").length;

/** An hour of catching up, a pass a minute, while one in twenty says something that names nobody and one in fifty calls. */
const anHour = async (
  conversations: number,
  onProgress?: OnProgress,
): Promise<Read & { readonly missed: number; readonly said: number }> => {
  const clock = createClock({ still: true });
  await using net = await createXSandbox({
    clock,
    accounts: [{ id: acme, handle: "acme_help" }],
    hostile: { indexLagMs: 0 },
    listen: false,
  });
  const channel = x(net.options());
  const [account] = channel.accounts();
  const waiting = await peopled(net, conversations);
  if (account === undefined || channel.since === undefined || channel.spending === undefined)
    throw new Error("no account");
  const kit: Kit = {
    signal: new AbortController().signal,
    now: () => clock.now(),
    note: memory(),
    depart: () => undefined,
  };
  let cursor: string | undefined;
  const heard = new Set<string>();
  const pass = async (): Promise<void> => {
    const from = { waiting, ...(cursor === undefined ? {} : { cursor }) };
    for await (const page of channel.since?.(account, from, kit) ?? []) {
      ({ cursor } = page);
      for (const event of page.events) if (event.as === "said" && event.post !== undefined) heard.add(event.post.id);
    }
  };
  await clock.advance(10 * minuteMs);
  await pass();
  const [before, spent] = [await requestsOf(net), await channel.spending(kit)];
  const said: string[] = [];
  for (let minute = 0; minute < 60; minute++) {
    for (let n = minute; n < conversations; n += 60) {
      const deep = n % 20 === 0;
      if (!deep && n % 50 !== 1) continue;
      const { root } = waiting[n] ?? {};
      const text = deep ? "any news?" : "@acme_help any news?";
      said.push((await net.say({ by: `person${n}`, text, replyTo: root?.id ?? "" })).id);
    }
    await clock.advance(minuteMs);
    await pass();
    onProgress?.(minute + 1, 60);
  }
  // Whoever is asked about less often has their turn.
  for (let more = 0; more < 20; more++) {
    await clock.advance(minuteMs);
    await pass();
  }
  const { usd } = await channel.spending(kit);
  return {
    requests: ((await requestsOf(net)) - before) * (60 / 80),
    usd: usd - spent.usd,
    missed: said.filter((id) => !heard.has(id)).length,
    said: said.length,
  };
};

/** Every conversation asked about by itself, once: what a program does that keeps no list of them. */
const oneByOne = async (conversations: number): Promise<number> => {
  await using net = await createXSandbox({
    accounts: [{ id: acme, handle: "acme_help", tier: "enterprise" }],
    listen: false,
  });
  const waiting = await peopled(net, conversations);
  const { v2 } = net.client({ id: acme });
  for (const { root } of waiting) {
    await v2.get(
      "tweets/search/recent",
      { query: `(conversation_id:${root.id})`, max_results: 100 },
      { fullResponse: true },
    );
  }
  return requestsOf(net);
};

/**
 * What it takes to miss nothing that was said in so many open conversations, in an hour: requests, and US dollars by X's
 * prices. The floor of requests: each conversation asked about by itself, as often as the limit of 300 searches in 15
 * minutes lets it be.
 */
export const benchCatchUp = async (
  { conversations }: { readonly conversations: number },
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  const { requests, usd, missed, said } = await anHour(conversations, onProgress);
  if (missed > 0) throw new Error(`${missed} of ${said} words were not heard`);
  const single = await oneByOne(conversations);
  const per = (amount: number): number => (amount * 1_000) / conversations;
  const target = { of: "ratio", is: "at most", bound: 1 } as const;
  return [
    figureOf({ name: "catchup-reads", unit: "requests an hour per 1,000 open conversations", target }, [
      { value: per(requests), floor: per(Math.min(single * 60, 1_200)) },
    ]),
    figureOf({ name: "catchup-price", unit: "US dollars an hour per 1,000 open conversations" }, [{ value: per(usd) }]),
  ];
};
