import type { Json, Side } from "casethread/adapter";
import type { Planted } from "./describe.ts";
import type { SalesforceFault, SeenRequest } from "./rest.ts";
import { textOf } from "./schema.ts";
import type { Change } from "./tables.ts";

/** A case as the org shows it. */
export interface SandboxCase {
  readonly id: string;
  readonly number: string;
  /** The conversation's key; absent on cases that are nobody's. */
  readonly key?: string;
  readonly status: string;
  readonly closed: boolean;
  readonly owner: string;
  readonly fields: Readonly<Record<string, Json>>;
  readonly history: readonly Change[];
}

/** Something said on a case, or meant to be. */
export interface SandboxEntry {
  readonly id: string;
  readonly key?: string;
  readonly case?: string;
  readonly direction: string;
  readonly side: string;
  readonly state: string;
  readonly text: string | null;
  readonly by: string;
  readonly fields: Readonly<Record<string, Json>>;
  readonly history: readonly Change[];
}

/** Everything that the org holds, for audits from outside. */
export interface SandboxState {
  readonly cases: readonly SandboxCase[];
  readonly entries: readonly SandboxEntry[];
  /** Fields by API name. */
  readonly conversations: readonly Readonly<Record<string, Json>>[];
  readonly personas: readonly Readonly<Record<string, Json>>[];
  /** Comments on cases, by API name. */
  readonly comments: readonly Readonly<Record<string, Json>>[];
  readonly requests: readonly SeenRequest[];
  /** What was deployed through the Metadata API, each as `type name`. */
  readonly deployed: readonly string[];
  /** How many sessions were handed out. */
  readonly signIns: number;
  /** How many requests asked to write. */
  readonly writeCalls: number;
  readonly struck: Readonly<Record<string, number>>;
}

/** A person at work in the org. A case is named by its id or by its conversation's key. */
export interface SandboxAgent {
  /** Writes an answer on the case; the answer's record id comes back. */
  answer(
    of: string,
    words: {
      readonly text: string;
      readonly side?: Side;
      /** The record id of the entry it answers. */
      readonly answers?: string;
      /** Not ready yet: it is to be left alone. */
      readonly writing?: boolean;
    },
  ): Promise<string>;
  /** Writes other words into an answer. */
  edit(entry: string, words: { readonly text: string; readonly side?: Side }): Promise<void>;
  /** Takes an answer back. */
  withdraw(entry: string): Promise<void>;
  /** Lets an answer that is held go as it stands. */
  release(entry: string): Promise<void>;
  close(of: string): Promise<void>;
  reopen(of: string): Promise<void>;
  /** Gives the case to a queue or to another agent, by name. */
  assign(of: string, to: string): Promise<void>;
  /** Deletes the case, and what was said on it; or an answer or a comment, by its record id. */
  delete(of: string): Promise<void>;
  /** Merges one case into another. */
  merge(of: string, into: string): Promise<void>;
  /** Writes a comment on the case, for customers where it is published. Its record id comes back. */
  comment(of: string, words: { readonly text: string; readonly published?: boolean }): Promise<string>;
  /** Changes a comment. */
  recomment(comment: string, to: { readonly text?: string; readonly published?: boolean }): Promise<void>;
  /** Hangs a file on a record. The id of its version comes back. */
  attach(to: string, file: { readonly name: string; readonly bytes: number }): Promise<string>;
  /** Signs in to Omni-Channel, goes away, or signs out. */
  is(presence: "online" | "away" | "offline"): Promise<void>;
  /** Imports a case a second time, under the same key. The second one's id comes back. */
  twin(of: string): Promise<string>;
  /** Makes a case by hand, which no conversation knows. Its id comes back. */
  open(subject: string, how?: { readonly assign?: boolean }): Promise<string>;
}

/** What can be done to a sandbox, from inside the process or over HTTP. */
export interface SandboxBoard {
  agent(name: string): SandboxAgent;
  caseOf(of: string): Promise<SandboxCase | undefined>;
  entriesOf(of: string): Promise<readonly SandboxEntry[]>;
  /** Entries made or changed after a moment that an earlier answer named as `next`; 0 for all of them. */
  entriesChanged(after: number): Promise<{ readonly entries: readonly SandboxEntry[]; readonly next: number }>;
  state(): Promise<SandboxState>;
  /** The next `times` chances for this fault are taken. */
  inject(fault: SalesforceFault, times?: number): Promise<void>;
  /** From now on this fault happens with this probability. */
  rate(fault: SalesforceFault, probability: number): Promise<void>;
  /** A validation rule of the org refuses records with these words. */
  refuse(words: string): Promise<void>;
  /** Somebody the org knows. The record's id comes back. */
  contact(person: { readonly name: string; readonly email?: string; readonly phone?: string }): Promise<string>;
  /** A user of a type of their own: a portal's, a guest, the org's automation. The record's id comes back. */
  user(person: { readonly name: string; readonly type: string }): Promise<string>;
  /** The org works at these times of every day: `"09:00"`, `"17:30"`. */
  hours(open: { readonly zone: string; readonly from: string; readonly until: string }): Promise<void>;
  /** Something of the org's own stands in the bridge's way from now on. */
  plant(obstacle: Planted): Promise<void>;
  /** A duplicate rule says that a new case with these words in its subject is this record. */
  doubled(words: string, record: string): Promise<void>;
  /** A body with these words cannot be read: the request is refused as a whole. */
  poison(words: string): Promise<void>;
  /** Changes that were streamed are kept no longer: whoever was away is told that its replay id is none. */
  forgetChanges(): Promise<void>;
  /** Ends all sessions. */
  expire(): Promise<void>;
  /** No more faults, refused or poisonous words. What was done late becomes visible. */
  mend(): Promise<void>;
}

/** Does one thing by name: the one door that both boards go through. */
export type Verb = (verb: string, args: Readonly<Record<string, Json | undefined>>) => Promise<Json>;

/** Makes a board over one door. */
export const boardOf = (call: Verb): SandboxBoard => {
  const done = async (verb: string, args: Readonly<Record<string, Json | undefined>>): Promise<void> => {
    await call(verb, args);
  };
  return {
    agent: (by) => ({
      answer: async (of, words) => textOf(await call("answer", { by, of, ...words })),
      edit: (entry, words) => done("edit", { by, entry, ...words }),
      withdraw: (entry) => done("withdraw", { by, entry }),
      release: (entry) => done("release", { by, entry }),
      close: (of) => done("close", { by, of }),
      reopen: (of) => done("reopen", { by, of }),
      assign: (of, to) => done("assign", { by, of, to }),
      delete: (of) => done("delete", { by, of }),
      merge: (of, into) => done("merge", { by, of, into }),
      twin: async (of) => textOf(await call("twin", { by, of })),
      comment: async (of, words) => textOf(await call("comment", { by, of, published: false, ...words })),
      recomment: (comment, to) => done("recomment", { by, comment, ...to }),
      attach: async (to, file) => textOf(await call("attach", { by, to, file })),
      is: (presence) => done("presence", { by, is: presence }),
      open: async (subject, how = {}) => textOf(await call("open", { by, subject, ...how })),
    }),
    caseOf: async (of) => ((await call("caseOf", { of })) ?? undefined) as unknown as SandboxCase | undefined,
    entriesOf: async (of) => (await call("entriesOf", { of })) as unknown as readonly SandboxEntry[],
    entriesChanged: async (after) =>
      (await call("entriesChanged", { after })) as unknown as Awaited<ReturnType<SandboxBoard["entriesChanged"]>>,
    state: async () => (await call("state", {})) as unknown as SandboxState,
    inject: (fault, times = 1) => done("inject", { fault, times }),
    rate: (fault, probability) => done("rate", { fault, probability }),
    refuse: (words) => done("refuse", { words }),
    contact: async (person) => textOf(await call("contact", { ...person })),
    user: async (person) => textOf(await call("user", { ...person })),
    hours: (open) => done("hours", { ...open }),
    plant: (obstacle) => done("plant", { obstacle: obstacle as unknown as Json }),
    doubled: (words, record) => done("doubled", { words, record }),
    poison: (words) => done("poison", { words }),
    forgetChanges: () => done("forgetChanges", {}),
    expire: () => done("expire", {}),
    mend: () => done("mend", {}),
  };
};
