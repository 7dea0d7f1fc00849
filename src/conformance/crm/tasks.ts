import type { CrmTask } from "../../core/contracts/crm.ts";
import type { Persona } from "../../core/words/conversation.ts";
import type { CaseFields, CrmAct } from "../../core/words/effect.ts";
import type { Entry } from "../../core/words/entry.ts";
import { type ConversationKey, door, type EntryKey, type EventKey, keyOf, type Side } from "../../core/words/ref.ts";
import { account, person, post } from "../make.ts";

/** What is said of an entry that a test has written. */
interface Saying {
  readonly key?: EntryKey;
  readonly version?: number;
  readonly side?: Side;
  readonly revision?: number;
  readonly by?: "customer" | "agent";
}

/** Makes tasks for one conversation, as an engine would hand them over. */
export interface CrmTalk {
  readonly key: ConversationKey;
  open(
    text: string,
    over?: { readonly fields?: CaseFields; readonly revision?: number; readonly attempt?: number },
  ): CrmTask;
  entry(text: string, over?: Saying): CrmTask;
  state(fields: CaseFields, revision?: number): CrmTask;
  answerState(answer: EntryKey, state: "held" | "queued" | "sent" | "failed", revision?: number): CrmTask;
}

/** Makes tasks under a name that was not used before. */
export const crmTalk = (name: string, crm: string, now: number): CrmTalk => {
  const persona = person(`customer-${name}`);
  const began = keyOf.said(keyOf.entry(account, "post", name), 1);
  const key = keyOf.conversation(began);
  const known: Persona = { ref: persona, profile: { handle: "maria", name: "Maria Example" }, roles: [] };
  let said = 0;
  let decided = 0;

  const task = (
    act: CrmAct,
    revision: number | undefined,
    rest: { readonly entry?: Entry; readonly attempt?: number } = {},
  ): CrmTask => {
    decided = Math.max(decided, revision ?? 0);
    const { entry, attempt = 1 } = rest;
    const cause = `${name}/${(decided += 1)}` as EventKey;
    return {
      effect: {
        key: keyOf.effect(cause, act.do),
        conversation: key,
        door: door.crm(crm),
        act,
        ...(entry === undefined ? {} : { content: entry.content }),
        by: { kind: "automation" },
        cause,
        at: now,
        turn: said,
        revision: revision ?? decided,
        priority: 50,
      },
      attempt,
      ...(entry === undefined ? {} : { entry }),
      persona: known,
    };
  };
  const entryOf = (text: string, over: Saying = {}): Entry => {
    const id = `${name}-${(said += 1)}`;
    const entry = over.key ?? keyOf.entry(account, "post", id);
    const version = over.version ?? 1;
    const by = over.by ?? "customer";
    return {
      key: entry,
      conversation: key,
      side: over.side ?? "public",
      by: by === "customer" ? { kind: by, persona } : { kind: by, id: "ann" },
      state: "said",
      content: { entry, version, of: persona },
      text,
      at: now + said,
      version,
      post: post(id),
      url: `https://demo.example/post/${encodeURIComponent(id)}`,
      words: "person",
    };
  };
  return {
    key,
    open: (text, over = {}) =>
      task({ do: "open", persona, fields: over.fields ?? { awaiting: "us" }, saidAt: now }, over.revision, {
        entry: entryOf(text),
        ...(over.attempt === undefined ? {} : { attempt: over.attempt }),
      }),
    entry: (text, over = {}) => task({ do: "entry" }, over.revision, { entry: entryOf(text, over) }),
    state: (fields, revision) => task({ do: "state", fields }, revision),
    answerState: (answer, state, revision) => task({ do: "answerState", answer, state }, revision),
  };
};
