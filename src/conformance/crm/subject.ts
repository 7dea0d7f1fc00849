import assert from "node:assert/strict";
import type { Crm, CrmTask } from "../../core/contracts/crm.ts";
import { BridgeError } from "../../core/contracts/errors.ts";
import type { Kit } from "../../core/contracts/kit.ts";
import type { Receipt } from "../../core/words/effect.ts";
import type { ConversationKey, Side } from "../../core/words/ref.ts";
import type { Law } from "../law.ts";
import { type CrmTalk, crmTalk } from "./tasks.ts";

/** What a CRM shows of one conversation, looked at from outside the adapter. */
export interface CrmLook {
  /** How many cases carry the conversation's key. */
  readonly cases: number;
  readonly closed?: boolean;
  readonly awaiting?: string;
  /** What our side wrote, in the order in which it was said. Answers of agents are not among them. */
  readonly entries: readonly { readonly text: string | null }[];
}

/** A CRM to be tried, and the hands to try it with. */
export interface CrmSubject extends Partial<AsyncDisposable> {
  readonly crm: Crm;
  kit(signal?: AbortSignal): Kit;
  /** A name that was not given before. */
  fresh(): string;
  look(key: ConversationKey): Promise<CrmLook>;
  /** A person at work in the CRM. */
  readonly agent: {
    /** Writes an answer on the case of a conversation; what comes back names it for `edit`. */
    answer(key: ConversationKey, words: { readonly text: string; readonly side: Side }): Promise<string>;
    edit(answer: string, text: string): Promise<void>;
    close(key: ConversationKey): Promise<void>;
    reopen(key: ConversationKey): Promise<void>;
  };
  readonly trouble: {
    /** From now on records that hold these words are refused, each for itself. */
    refuse(words: string): Promise<void>;
    /** From now on a call that holds these words is refused as a whole. */
    poison(words: string): Promise<void>;
    /** The next write is done and its answer lost. */
    lose(): Promise<void>;
    /** The next call finds nobody at home. */
    away(): Promise<void>;
    /** The next call is not answered. */
    stall(): Promise<void>;
    /** What an agent does next becomes visible after other, later changes. */
    late(): Promise<void>;
    /** Ends all trouble; what was late is visible now. */
    mend(): Promise<void>;
  };
  /** Lets time pass in the CRM, so that stamps differ. */
  pass(ms: number): Promise<void>;
  /** What must never be seen in an error. */
  readonly secrets: readonly string[];
}

/** A law of a CRM. */
export type CrmLaw = Law<CrmSubject>;

/** What became of one act. */
export type Outcome = Receipt | BridgeError;

/** Did it end well? */
export const isDone = (outcome: Outcome | undefined): outcome is Receipt =>
  outcome !== undefined && !(outcome instanceof BridgeError);

/** Writes a batch; there must be one outcome for each act. */
export const write = async (subject: CrmSubject, tasks: readonly CrmTask[]): Promise<readonly Outcome[]> => {
  const outcomes = await subject.crm.write(tasks, subject.kit());
  assert.equal(outcomes.length, tasks.length, "one outcome for each act");
  return outcomes;
};
/** Writes a batch in which nothing may fail. */
export const written = async (subject: CrmSubject, tasks: readonly CrmTask[]): Promise<readonly Receipt[]> =>
  (await write(subject, tasks)).map((outcome, at) => {
    if (isDone(outcome)) return outcome;
    throw new Error(`${tasks[at]?.effect.act.do ?? "an act"} failed and nothing stood in its way: ${outcome.message}`);
  });

/** A conversation that nobody has heard of. */
export const talkOf = (subject: CrmSubject): CrmTalk => crmTalk(subject.fresh(), subject.crm.name, subject.kit().now());
/** The case must be there once, and show these words in this order. */
export const shows = async (subject: CrmSubject, talk: CrmTalk, texts: readonly string[]): Promise<CrmLook> => {
  const look = await subject.look(talk.key);
  assert.equal(look.cases, 1, "one case for one key");
  const seen = look.entries.map((entry) => entry.text);
  assert.deepEqual(seen, texts);
  return look;
};

/** Makes a law; whatever trouble it ordered is over when it ends. */
export const crmLaw = (name: string, run: (subject: CrmSubject) => Promise<void>): CrmLaw => ({
  name,
  run: async (subject) => {
    try {
      await run(subject);
    } finally {
      await subject.trouble.mend();
    }
  },
});
