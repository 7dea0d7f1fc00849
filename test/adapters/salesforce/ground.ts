import type { Crm, Kit } from "casethread/adapter";
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

/** The ground as the laws of a CRM want it. */
export const subjectOf = ({ org, crm, clock, kit }: Ground): CrmSubject => {
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
      const sentAt = (fields: Readonly<Record<string, unknown>>): string => String(fields["Sent_At__c"]);
      const entries = (await org.entriesOf(key)).filter((entry) => entry.key !== undefined);
      return {
        cases: mine.length,
        closed: first.closed,
        ...(typeof awaiting === "string" ? { awaiting } : {}),
        entries: entries
          .toSorted((a, b) => sentAt(a.fields).localeCompare(sentAt(b.fields)))
          .map(({ text }) => ({ text })),
      };
    },
    agent: {
      answer: (key, words) => ann.answer(key, words),
      edit: (answer, text) => ann.edit(answer, { text }),
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
