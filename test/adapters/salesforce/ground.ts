import { BridgeError, type Crm, type FromCrm, type Kit, type Page } from "casethread/adapter";
import { type CrmSubject } from "../../../src/conformance/crm.ts";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { salesforce, type SalesforceOptions } from "casethread/salesforce";
import {
  createSalesforceSandbox,
  type SalesforceSandbox,
  type SalesforceSandboxOptions,
} from "casethread/salesforce/sandbox";

/** An org and an adapter that talks to it through the real SDK. */
export interface Ground extends AsyncDisposable {
  readonly org: SalesforceSandbox;
  readonly crm: Crm;
  readonly clock: SandboxClock;
  readonly kit: (signal?: AbortSignal) => Kit;
  /** Another adapter, as another process would have it. */
  another(options?: Partial<SalesforceOptions>): Crm;
}

const kitOf = (clock: SandboxClock, signal: AbortSignal = new AbortController().signal): Kit => ({
  signal,
  now: () => clock.now(),
  note: () => {
    throw new Error("this adapter keeps no notes");
  },
  depart: () => undefined,
});

/** Starts an org and an adapter on it. */
export const createGround = async (
  options: Partial<SalesforceOptions> = {},
  sandbox: SalesforceSandboxOptions = {},
): Promise<Ground> => {
  const clock = createClock();
  const org = await createSalesforceSandbox({ clock, ...sandbox });
  const another = (more: Partial<SalesforceOptions> = {}): Crm =>
    salesforce({ origin: org.origin, login: org.login, timeoutMs: 5_000, ...options, ...more });
  return {
    org,
    clock,
    crm: another(),
    another,
    kit: (signal) => kitOf(clock, signal),
    [Symbol.asyncDispose]: () => org[Symbol.asyncDispose](),
  };
};

/** All that is told after a cursor, page by page. */
export const pagesOf = async (
  { crm, kit }: Pick<Ground, "crm" | "kit">,
  from: string | undefined,
): Promise<readonly Page<FromCrm>[]> => {
  const all: Page<FromCrm>[] = [];
  for await (const page of crm.since(from, kit())) all.push(page);
  return all;
};
/** What pages tell. */
export const toldIn = (all: readonly Page<FromCrm>[]): readonly FromCrm[] => all.flatMap((page) => page.events);
/** Where they lead. */
export const lastOf = (all: readonly Page<FromCrm>[]): string => all.at(-1)?.cursor ?? "";
/** What went wrong, of outcomes. */
export const failures = (outcomes: readonly unknown[]): readonly string[] =>
  outcomes.filter((outcome) => outcome instanceof BridgeError).map((error) => error.message);

/** What our side wrote on a case, in the order in which it was said: as entries, or, in an org without them, as comments. */
const lookAt = async (org: SalesforceSandbox, key: string, comments: boolean): Promise<readonly (string | null)[]> => {
  if (!comments) {
    const sentAt = (fields: Readonly<Record<string, unknown>>): string => String(fields["Sent_At__c"]);
    return (await org.entriesOf(key))
      .filter((entry) => entry.key !== undefined)
      .toSorted((a, b) => sentAt(a.fields).localeCompare(sentAt(b.fields)))
      .map(({ text }) => text);
  }
  const { cases, comments: all } = await org.state();
  const id = cases.find((one) => one.key === key)?.id;
  return all
    .filter((row) => row["ParentId"] === id)
    .map((row) => /^.+:\n([\s\S]+)\n.+\n— casethread [\w-]{16}\.\d+$/.exec(row["CommentBody"] as string)?.[1])
    .filter((text) => text !== undefined);
};

/** The ground as the laws of a CRM want it. */
export const subjectOf = ({ org, crm, clock, kit }: Ground, comments = false): CrmSubject => {
  let names = 0;
  const ann = org.agent("Ann Agent");
  return {
    crm,
    kit,
    fresh: () => `law-${(names += 1)}`,
    look: async (key) => {
      const { cases } = await org.state();
      const mine = cases.filter((one) => one.key === key);
      const [first] = mine;
      if (first === undefined) return { cases: 0, entries: [] };
      const awaiting = first.fields["Casethread_Awaiting__c"];
      return {
        cases: mine.length,
        closed: first.closed,
        ...(typeof awaiting === "string" ? { awaiting } : {}),
        entries: (await lookAt(org, key, comments)).map((text) => ({ text })),
      };
    },
    agent: {
      answer: (key, { text, side }) =>
        comments ? ann.comment(key, { text: `[${side}] ${text}`, published: true }) : ann.answer(key, { text, side }),
      edit: (answer, text) => (comments ? ann.recomment(answer, { text }) : ann.edit(answer, { text })),
      close: (key) => ann.close(key),
      reopen: (key) => ann.reopen(key),
    },
    trouble: {
      refuse: (words) => org.refuse(words),
      poison: (words) => org.poison(words),
      lose: () => org.inject("timeout-after-commit"),
      away: () => org.inject("503"),
      stall: () => org.inject("stall"),
      late: () => org.inject("late-commit"),
      mend: () => org.mend(),
    },
    pass: (ms) => clock.advance(ms),
    secrets: [org.login.clientSecret, "00D5e000000Sand!"],
  };
};
