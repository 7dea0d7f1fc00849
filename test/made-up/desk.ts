import {
  BridgeError,
  type CaseFields,
  type ConversationKey,
  type Crm,
  type CrmTask,
  type EntryKey,
  type FromCrm,
  type Instant,
  keyOf,
  type Kit,
  type Receipt,
  type Side,
} from "casethread/adapter";

/** A case on the desk. */
export interface DeskCase {
  readonly id: string;
  /** The key of its conversation; of a case made by hand, none of ours. */
  readonly key: string;
  revision: number;
  closed: boolean;
  fields: CaseFields;
}

/** A note on a case. */
export interface DeskEntry {
  readonly key: string;
  readonly case: string;
  text: string | null;
  state: string;
  side: string;
  author: string;
  at: Instant;
  version: number;
  /** Of the write that stands there; 0: nobody but people wrote it. */
  readonly revision: number;
  url?: string;
}

/** What goes wrong with one whole write: `before` it was done, `after`, or `stall`: it is never answered. */
export type DeskFault = "before" | "after" | "stall";

/** A made-up CRM: a desk in memory, where every write is an upsert by our key. */
export interface Desk {
  readonly cases: Map<string, DeskCase>;
  readonly entries: Map<string, DeskEntry>;
  /** Tells of what we wrote ourselves, and a newcomer nothing of the past: the laws of CRMs to the letter. */
  readonly lawful: boolean;
  /** Every write that reached it, one line an act. */
  readonly writes: string[];
  /** How many acts each call brought. */
  readonly calls: number[];
  /** Each fault fails one whole write. */
  readonly faults: DeskFault[];
  /** While true nobody is at the desk. */
  away: boolean;
  /** A note with one of these words is refused for itself. */
  readonly refused: Set<string>;
  /** A call with one of these words is refused as a whole. */
  readonly poison: Set<string>;
  /** An agent makes a case by hand, as after a call on the phone. */
  file(): DeskCase;
  /** An agent writes an answer on a case. */
  answer(caseKey: string, text: string, side?: Side): string;
  edit(answer: string, text: string): void;
  close(caseKey: string): void;
  reopen(caseKey: string): void;
  caseOf(keyPart: string): DeskCase | undefined;
  /** What happens next becomes visible only with {@link Desk.show}, after all that happens in between. */
  hide(): void;
  show(): void;
  /** What the desk tells after a number. */
  told(after: number): readonly { readonly n: number; readonly event: FromCrm }[];
  /** How much it has told. */
  newest(): number;
  /** One act done. @throws BridgeError */
  apply(task: CrmTask, now: Instant): Receipt;
}

const unknown = (caseKey: string): Error => new Error(`no case ${caseKey}`);

export const createDesk = (now: () => number, { lawful = false }: { readonly lawful?: boolean } = {}): Desk => {
  const log: { readonly n: number; readonly event: FromCrm }[] = [];
  const late: FromCrm[] = [];
  let hiding = false;
  let acts = 0;
  const cases = new Map<string, DeskCase>();
  const entries = new Map<string, DeskEntry>();
  const tell = (event: FromCrm): void => {
    if (hiding) late.push(event);
    else log.push({ n: log.length + 1, event });
    hiding = false;
  };
  const seen = (one: DeskCase): void =>
    tell({
      as: "case",
      key: keyOf.event("desk", "case", one.id, (acts += 1)),
      at: now(),
      source: "poll",
      case: { crm: "desk", id: one.id, number: one.id },
      conversation: one.key as ConversationKey,
      status: one.closed ? "Closed" : "New",
      closed: one.closed,
    });
  const answered = (entry: DeskEntry): void => {
    const one = cases.get(entry.case);
    if (one === undefined) throw unknown(entry.case);
    const key = entry.key as EntryKey;
    tell({
      as: "answered",
      key: keyOf.said(key, entry.version),
      at: now(),
      source: "poll",
      case: { crm: "desk", id: one.id },
      conversation: one.key as ConversationKey,
      entry: key,
      by: { kind: "agent", id: "ann" },
      text: entry.text ?? "",
      version: entry.version,
      ...(entry.side === "" ? {} : { side: entry.side as Side }),
    });
  };
  const set = (caseKey: string, closed: boolean): void => {
    const one = cases.get(caseKey);
    if (one === undefined) throw unknown(caseKey);
    one.closed = closed;
    seen(one);
  };
  const made = (key: string, revision: number, fields: CaseFields): DeskCase => {
    const one: DeskCase = { id: String(cases.size + 1).padStart(5, "0"), key, revision, closed: false, fields };
    cases.set(key, one);
    return one;
  };
  const open = ({ effect }: CrmTask, fields: CaseFields): DeskCase => {
    const key = effect.conversation;
    const adopts = effect.act.do === "open" ? effect.act.adopts : undefined;
    const byHand = adopts && [...cases.values()].find(({ id }) => id === adopts.id);
    if (byHand !== undefined) {
      cases.delete(byHand.key);
      const adopted: DeskCase = { ...byHand, key, fields: { ...byHand.fields, ...fields } };
      cases.set(key, adopted);
      return adopted;
    }
    const one = made(key, effect.revision, fields);
    if (lawful) seen(one);
    return one;
  };
  const update = (one: DeskCase, { effect }: CrmTask, fields: CaseFields): void => {
    if (effect.revision < one.revision) return;
    one.revision = effect.revision;
    const { postUrl: _, ...rest } = one.fields;
    one.fields = { ...(fields.forget === "person" ? rest : one.fields), ...fields };
    const closed = fields.resolved ?? one.closed;
    if (closed === one.closed) return;
    one.closed = closed;
    if (lawful) seen(one);
  };
  const enter = ({ effect, entry }: CrmTask): void => {
    const known = entry && entries.get(entry.key);
    // An older write of the same case changes nothing. Versions may go back: words that came too late are taken off the record.
    const older = known?.case === effect.conversation && known.revision > effect.revision;
    if (entry === undefined || older) return;
    entries.set(entry.key, {
      key: entry.key,
      revision: effect.revision,
      case: effect.conversation,
      text: entry.text,
      state: entry.state,
      side: entry.side,
      author: entry.by.kind,
      at: entry.at,
      version: entry.version,
      ...(entry.url === undefined ? {} : { url: entry.url }),
    });
  };

  return {
    cases,
    entries,
    lawful,
    writes: [],
    calls: [],
    faults: [],
    away: false,
    refused: new Set(),
    poison: new Set(),
    file: () => made(`by-hand/${cases.size + 1}`, 0, {}),
    answer: (caseKey, text, side) => {
      if (!cases.has(caseKey)) throw unknown(caseKey);
      const key = `desk/entry/${(acts += 1)}`;
      const state = "draft";
      const one = {
        key,
        case: caseKey,
        text,
        state,
        side: side ?? "",
        author: "agent",
        at: now(),
        version: 1,
        revision: 0,
      };
      entries.set(key, one);
      answered(one);
      return key;
    },
    edit: (answer, text) => {
      const one = entries.get(answer);
      if (one === undefined) throw new Error(`no answer ${answer}`);
      Object.assign(one, { text, version: one.version + 1 });
      answered(one);
    },
    close: (caseKey) => set(caseKey, true),
    reopen: (caseKey) => set(caseKey, false),
    caseOf: (part) => [...cases.values()].find(({ key }) => key.includes(part)),
    hide: () => {
      hiding = true;
    },
    show: () => {
      for (const event of late.splice(0)) tell(event);
    },
    told: (after) => log.slice(after),
    newest: () => log.length,
    apply: (task, at) => {
      const { act, conversation } = task.effect;
      const known = cases.get(conversation);
      if (act.do === "open") {
        if (known !== undefined) update(known, task, act.fields);
        const { id } = known ?? open(task, act.fields);
        return { at, case: { crm: "desk", id, number: id } };
      }
      if (known === undefined) {
        throw new BridgeError("no such case", { fault: "missing", adapter: "desk", landed: "no" });
      }
      if (act.do === "state") update(known, task, act.fields);
      if (act.do === "entry") enter(task);
      if (act.do === "answerState") {
        const answer = entries.get(act.answer);
        const url = act.url === undefined ? {} : { url: act.url };
        if (answer !== undefined) Object.assign(answer, { state: act.state, ...url });
      }
      return { at };
    },
  };
};

type Outcome = Receipt | BridgeError;

const failed = (landed: "no" | "unknown"): BridgeError =>
  new BridgeError("the desk is away", { fault: "unavailable", adapter: "desk", landed });
const refusal = (what: string): BridgeError =>
  new BridgeError(what, { fault: "invalid", adapter: "desk", landed: "no" });
const holds = (task: CrmTask, words: ReadonlySet<string>): boolean =>
  [...words].some((word) => task.entry?.text?.includes(word) === true);

/** One call to the desk. What stands behind a failed act of the same conversation fails with it. */
const call = (desk: Desk, batch: readonly CrmTask[], broken: Set<string>, now: Instant): readonly Outcome[] => {
  // A call refused as a whole is halved until only the guilty act is left.
  if (batch.some((task) => holds(task, desk.poison))) {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      broken.add(only.effect.conversation);
      return [refusal("the desk cannot read this call")];
    }
    const half = Math.ceil(batch.length / 2);
    return [...call(desk, batch.slice(0, half), broken, now), ...call(desk, batch.slice(half), broken, now)];
  }
  return batch.map((task): Outcome => {
    const { conversation, act, key } = task.effect;
    if (broken.has(conversation)) return failed("no");
    try {
      if (holds(task, desk.refused)) throw refusal("the desk does not take such words");
      desk.writes.push(`${conversation} ${act.do} ${key}`);
      return desk.apply(task, now);
    } catch (thrown) {
      broken.add(conversation);
      return BridgeError.from(thrown, "desk");
    }
  });
};

/** The desk as a CRM. */
export const deskCrm = (desk: Desk): Crm => ({
  name: "desk",
  can: { batch: 1_000 },
  pollMs: 20,
  write: async (batch, kit: Kit) => {
    try {
      kit.depart();
    } catch (thrown) {
      return batch.map(() => BridgeError.from(thrown, "desk"));
    }
    const fault = desk.away ? "before" : desk.faults.shift();
    if (fault === "before") return batch.map(() => failed("no"));
    desk.calls.push(batch.length);
    if (fault === "stall") {
      await new Promise((resolve) => kit.signal.addEventListener("abort", resolve, { once: true }));
      return batch.map(() => failed("unknown"));
    }
    const outcomes = call(desk, batch, new Set(), kit.now());
    return fault === "after" ? batch.map(() => failed("unknown")) : outcomes;
  },
  since: async function* (cursor) {
    if (desk.away) throw failed("no");
    const from = Number(cursor ?? (desk.lawful ? desk.newest() : 0));
    const fresh = desk.told(from);
    yield { events: fresh.map(({ event }) => event), unread: [], alarms: [], cursor: String(fresh.at(-1)?.n ?? from) };
  },
  url: (ref) => new URL(`https://desk.test/cases/${ref.id}`),
  parse: (url) => (url.host === "desk.test" ? { crm: "desk", id: url.pathname.split("/").at(-1) ?? "" } : undefined),
});
