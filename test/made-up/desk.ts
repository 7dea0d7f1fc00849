import {
  BridgeError,
  type CaseFields,
  type Crm,
  type CrmTask,
  type EntryKey,
  type FromCrm,
  type Kit,
  keyOf,
  type Receipt,
  type Side,
} from "casethread/adapter";

/** A case on the desk. */
export interface DeskCase {
  readonly id: string;
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
  url?: string;
}

/** A made-up CRM: a desk in memory, where every write is an upsert by our key. */
export interface Desk {
  readonly cases: Map<string, DeskCase>;
  readonly entries: Map<string, DeskEntry>;
  /** Every write that reached it, one line an act. */
  readonly writes: string[];
  /** Each fault fails one whole write. */
  readonly faults: ("before" | "after")[];
  /** An agent writes an answer on a case. */
  answer(caseKey: string, text: string, side?: Side): string;
  close(caseKey: string): void;
  reopen(caseKey: string): void;
  caseOf(keyPart: string): DeskCase | undefined;
}

interface Change {
  readonly n: number;
  readonly event: FromCrm;
}

const changes = new WeakMap<Desk, Change[]>();

export const createDesk = (now: () => number): Desk => {
  const log: Change[] = [];
  const cases = new Map<string, DeskCase>();
  const entries = new Map<string, DeskEntry>();
  const seen = (one: DeskCase): void => {
    const n = log.length + 1;
    log.push({
      n,
      event: {
        as: "case",
        key: keyOf.event("desk", "case", one.id, n),
        at: now(),
        source: "poll",
        case: { crm: "desk", id: one.id, number: one.id },
        conversation: keyOf.conversation(one.key as Parameters<typeof keyOf.conversation>[0]),
        status: one.closed ? "Closed" : "New",
        closed: one.closed,
      },
    });
  };
  const set = (caseKey: string, closed: boolean): void => {
    const one = cases.get(caseKey);
    if (one === undefined) throw new Error(`no case ${caseKey}`);
    one.closed = closed;
    seen(one);
  };
  const desk: Desk = {
    cases,
    entries,
    writes: [],
    faults: [],
    answer: (caseKey, text, side) => {
      const n = log.length + 1;
      const entry = `desk/entry/${n}` as EntryKey;
      const one = cases.get(caseKey);
      if (one === undefined) throw new Error(`no case ${caseKey}`);
      entries.set(entry, { key: entry, case: caseKey, text, state: "draft", side: side ?? "private", author: "agent" });
      log.push({
        n,
        event: {
          as: "answered",
          key: keyOf.said(entry, 1),
          at: now(),
          source: "poll",
          case: { crm: "desk", id: one.id },
          entry,
          by: { kind: "agent", id: "ann" },
          text,
          version: 1,
          ...(side === undefined ? {} : { side }),
        },
      });
      return entry;
    },
    close: (caseKey) => set(caseKey, true),
    reopen: (caseKey) => set(caseKey, false),
    caseOf: (part) => [...cases.values()].find(({ key }) => key.includes(part)),
  };
  changes.set(desk, log);
  return desk;
};

const apply = (desk: Desk, task: CrmTask, now: number): Receipt => {
  const { effect, entry } = task;
  const { act } = effect;
  desk.writes.push(`${effect.conversation} ${act.do} ${effect.key}`);
  const one = desk.cases.get(effect.conversation);
  const update = (fields: CaseFields): void => {
    if (one === undefined || effect.revision < one.revision) return;
    one.revision = effect.revision;
    one.fields = { ...one.fields, ...fields };
    if (fields.resolved !== undefined) one.closed = fields.resolved;
  };
  if (act.do === "open") {
    if (one === undefined) {
      const id = String(desk.cases.size + 1).padStart(5, "0");
      desk.cases.set(effect.conversation, { id, key: effect.conversation, revision: effect.revision, closed: false, fields: act.fields });
    } else update(act.fields);
    const made = desk.cases.get(effect.conversation);
    return made === undefined ? { at: now } : { at: now, case: { crm: "desk", id: made.id, number: made.id } };
  }
  if (one === undefined) throw new BridgeError("no such case", { fault: "missing", adapter: "desk", landed: "no" });
  if (act.do === "state") update(act.fields);
  if (act.do === "entry" && entry !== undefined) {
    desk.entries.set(entry.key, {
      key: entry.key,
      case: effect.conversation,
      text: entry.text,
      state: entry.state,
      side: entry.side,
      author: entry.by.kind,
      ...(entry.url === undefined ? {} : { url: entry.url }),
    });
  }
  if (act.do === "answerState") {
    const answer = desk.entries.get(act.answer);
    if (answer !== undefined) Object.assign(answer, { state: act.state, ...(act.url === undefined ? {} : { url: act.url }) });
  }
  return { at: now };
};

/** The desk as a CRM. */
export const deskCrm = (desk: Desk): Crm => ({
  name: "desk",
  can: { batch: 1_000 },
  pollMs: 20,
  write: async (batch, kit: Kit) => {
    const fault = desk.faults.shift();
    const failed = (landed: "no" | "unknown"): BridgeError =>
      new BridgeError("the desk is away", { fault: "unavailable", adapter: "desk", landed });
    if (fault === "before") return batch.map(() => failed("no"));
    const failedTalks = new Set<string>();
    const outcomes = batch.map((task): Receipt | BridgeError => {
      if (failedTalks.has(task.effect.conversation)) return failed("no");
      try {
        return apply(desk, task, kit.now());
      } catch (thrown) {
        failedTalks.add(task.effect.conversation);
        return BridgeError.from(thrown, "desk");
      }
    });
    return fault === "after" ? batch.map(() => failed("unknown")) : outcomes;
  },
  since: async function* (cursor) {
    const log = changes.get(desk) ?? [];
    const from = Number(cursor ?? 0);
    const fresh = log.filter(({ n }) => n > from);
    yield { events: fresh.map(({ event }) => event), unread: [], alarms: [], cursor: String(fresh.at(-1)?.n ?? from) };
  },
  url: (ref) => new URL(`https://desk.test/cases/${ref.id}`),
  parse: (url) => (url.host === "desk.test" ? { crm: "desk", id: url.pathname.split("/").at(-1) ?? "" } : undefined),
});
