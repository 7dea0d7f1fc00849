import type { Promised, Why } from "casethread";
import type { SandboxState } from "casethread/salesforce/sandbox";
import type { XState } from "casethread/x/sandbox";
import type { Words } from "./town.ts";

/** All that can be seen from outside when everything is quiet. */
export interface Remains {
  readonly words: readonly Words[];
  readonly x: XState;
  readonly salesforce: SandboxState;
  readonly parked: readonly (Promised & { readonly why: Why })[];
  readonly held: number;
  readonly unread: number;
  readonly open: number;
  /** When bridges were killed. */
  readonly kills: readonly number[];
}

/** What was found. */
export interface Findings {
  /** Which laws are broken; none when all is well. */
  readonly broken: readonly string[];
  readonly customers: number;
  readonly answers: number;
  readonly closings: number;
  readonly parked: number;
}

// The window in which a marked act may leave, and how long it may be under way: src/engine/send.ts.
const windowMs = 2_000;
const underWayMs = 15_000;

interface Asked {
  readonly text: string;
  readonly status: number | undefined;
}

const bodyOf = (body: unknown): string =>
  typeof body === "object" && body !== null && "text" in body && typeof body.text === "string" ? body.text : "";

/** Requests that asked X to say something. */
const requestsOf = (x: XState): readonly Asked[] =>
  x.requests
    .filter(({ method, path }) => method === "POST" && /^\/2\/(?:tweets$|dm_conversations\/)/.test(path))
    .map(({ body, status }) => ({ text: bodyOf(body), status }));

/** X said itself that it did not do it. */
const refused = ({ status }: Asked): boolean => status !== undefined && status >= 400 && status < 500;

/** Looks at what is left from outside, and says which laws it breaks. */
export const audit = (remains: Remains): Findings => {
  const { words, x, salesforce, parked, kills } = remains;
  const broken: string[] = [];
  const law = (kept: boolean, sentence: string): void => {
    if (!kept) broken.push(sentence);
  };
  const requests = requestsOf(x);
  const shown = [...x.posts, ...x.dms].filter(({ viaApi }) => viaApi);
  const cases = salesforce.cases.filter(({ key }) => key !== undefined);
  const customers = new Set(words.map(({ customer }) => customer));
  const homes = new Map<string, Set<string | undefined>>();
  let closings = 0;

  /** Words that were to be said on X: asked for at most once without a proof between, and there once, or waiting for a person. */
  const said = (name: string, includes: (text: string) => boolean): number => {
    const asked = requests.filter(({ text }) => includes(text));
    const stands = shown.filter(({ text }) => includes(text)).length;
    const waits = parked.filter(({ entry }) => includes(entry?.text ?? "")).length;
    // Whatever the second was answered: X may call it a duplicate, and it was a second request all the same.
    const once = asked.slice(0, -1).every(refused);
    law(once, `${name}: asked of X ${asked.length} times (${asked.map(({ status }) => status).join(", ")})`);
    law(stands + waits === 1, `${name}: stands on X ${stands} times and waits for a person ${waits} times`);
    return stands;
  };

  for (const { mark, customer, by } of words) {
    const entries = salesforce.entries.filter(({ text }) => text?.includes(mark) === true);
    law(entries.length === 1, `${mark}: on cases ${entries.length} times`);
    const home = homes.get(customer) ?? new Set();
    for (const entry of entries) home.add(entry.case);
    homes.set(customer, home);
    if (by === "customer") continue;
    const stands = said(mark, (text) => text.includes(mark));
    const state = entries[0]?.state;
    law(
      state === (stands === 1 ? "sent" : "failed"),
      `${mark}: the case calls it ${state} and X shows it ${stands} times`,
    );
  }
  for (const customer of customers) {
    const home = homes.get(customer)?.size ?? 0;
    law(home === 1, `${customer}: words on ${home} cases`);
    const name = `the closing word for ${customer}`;
    const closes = (text: string): boolean => text.includes("Glad we could") && text.includes(`@${customer}.`);
    const stands = said(name, closes);
    closings += stands;
    const entered = salesforce.entries.filter(({ text }) => closes(text ?? "")).length;
    law(entered === stands, `${name}: on cases ${entered} times and on X ${stands} times`);
  }
  const answered = words.filter(({ by }) => by === "agent");
  for (const [lane, some] of Map.groupBy(answered, ({ customer, side }) => `${customer}, ${side}`)) {
    const ids = some.flatMap(({ mark }) => shown.find(({ text }) => text.includes(mark))?.id ?? []);
    const ordered = ids.every((id, at) => at === 0 || BigInt(ids[at - 1] ?? 0) < BigInt(id));
    law(ordered, `${lane}: answers stand on X in the order ${ids.join(", ")}, which is not that of their writing`);
  }
  law(cases.length === customers.size, `${cases.length} cases for ${customers.size} customers`);
  for (const { effect, why, sent } of parked) {
    const marked = (sent?.sendBy ?? 0) - windowMs;
    const cause = kills.some((at) => at >= marked && at <= marked + windowMs + underWayMs);
    law(sent !== undefined && cause, `${effect.key} is parked and no kill came between: ${why.code}`);
  }
  law(remains.open === 0, `${remains.open} acts have no end`);
  law(remains.held === 0, `${remains.held} drafts are held`);
  law(remains.unread === 0, `${remains.unread} deliveries could not be read`);
  const answers = words.filter(({ by }) => by === "agent").length;
  return { broken, customers: customers.size, answers, closings, parked: parked.length };
};
