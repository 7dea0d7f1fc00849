import type {
  ActRecord,
  EventFacts,
  EventRecord,
  LedgerKind,
  LedgerRecords,
  LedgerRow,
  OrderRecord,
  OutcomeRecord,
  ReceiptRecord,
} from "../core/contracts/ledger.ts";
import type { Cause, Store } from "../core/contracts/store.ts";
import type { Effect, Receipt } from "../core/words/effect.ts";
import type { BridgeEvent, Order, Settled } from "../core/words/event.ts";
import { type ConversationKey, type Instant, personaName } from "../core/words/ref.ts";
import { format } from "./codec.ts";
import { RARE } from "./schema.ts";
import { type Told, type Tx, type Write, writeAll } from "./sql.ts";

/** A row of `ledger`, as the database has it. */
export interface StoredRow {
  readonly position: number | string;
  readonly at: Instant;
  readonly kind: string;
  readonly format: number;
  readonly conversation: ConversationKey | null;
  readonly body: string;
}

const columns = "position, at, kind, format, conversation, body";

/** What appends a row, and tells its position. What is handed in must be free of words, names and handles. */
export const recorded = <K extends LedgerKind>(
  { now }: Pick<Tx, "now">,
  kind: K,
  row: LedgerRecords[K],
  of: { readonly conversation?: string; readonly cause?: number | Told } = {},
): Write => [
  "INSERT INTO ledger(at, kind, format, conversation, cause, body) VALUES(?, ?, ?, ?, ?, ?) RETURNING position AS n",
  now,
  kind,
  format,
  of.conversation ?? null,
  of.cause ?? null,
  JSON.stringify(row),
];

/** Appends a row. */
export const record = async <K extends LedgerKind>(
  tx: Tx,
  kind: K,
  row: LedgerRecords[K],
  of: { readonly conversation?: string } = {},
): Promise<void> => {
  await writeAll(tx, [recorded(tx, kind, row, of)]);
};

/** A row as it is told: the kind says what stands in it. */
export const told = (row: StoredRow): LedgerRow =>
  ({
    position: String(row.position),
    at: row.at,
    kind: row.kind,
    format: row.format,
    ...(row.conversation === null ? {} : { conversation: row.conversation }),
    row: JSON.parse(row.body) as unknown,
  }) as LedgerRow;

const common: ReadonlySet<LedgerKind> = new Set<LedgerKind>(["event", "decided"]);

/**
 * What follows the condition of a reader who wants some kinds only. Nearly all records are events and decisions; the
 * others have an index of their own, used where the query repeats its condition, so that whoever waits for them passes
 * by no others. Kinds are the library's own words and stand in the text: it is that of a few queries.
 */
export const ofKinds = (kinds: readonly LedgerKind[] | undefined): string => {
  if (kinds === undefined) return "";
  const wanted = `AND kind IN (${kinds.map((kind) => `'${kind}'`).join(", ")})`;
  return kinds.some((kind) => common.has(kind)) ? wanted : `${wanted} AND ${RARE}`;
};

/** The ledger from a position on. */
export const ledgerAfter = async (
  tx: Tx,
  after: string | undefined,
  limit: number,
  kinds?: readonly LedgerKind[],
): Promise<readonly LedgerRow[]> =>
  (
    await tx.sql.all<StoredRow>(
      `SELECT ${columns} FROM ledger WHERE position > ? ${ofKinds(kinds)} ORDER BY position LIMIT ?`,
      Number(after ?? 0),
      limit,
    )
  ).map(told);

/** Enough of the newest rows to see who decides, and few enough to be read at any time. */
const newest = 1_000;

/** Which policies decided since a moment, among the newest rows. */
export const policiesSince = async (tx: Tx, since: Instant): ReturnType<Store["policies"]> => {
  const rows = await tx.sql.all<Pick<StoredRow, "at" | "kind" | "body">>(
    "SELECT at, kind, body FROM ledger ORDER BY position DESC LIMIT ?",
    newest,
  );
  const seen = new Map<string, { readonly policy: string; readonly first: Instant; readonly last: Instant }>();
  for (const { at, kind, body } of rows) {
    if (kind !== "event" || at < since) continue;
    const { policy } = JSON.parse(body) as { readonly policy: string };
    seen.set(policy, { policy, first: at, last: seen.get(policy)?.last ?? at });
  }
  return [...seen.values()];
};

/** The ledger of one conversation, with the events that led to it. */
export const trailOf = async (tx: Tx, conversation: ConversationKey): Promise<readonly LedgerRow[]> =>
  (
    await tx.sql.all<StoredRow>(
      `SELECT ${columns} FROM ledger WHERE conversation = ?
         OR position IN (SELECT cause FROM ledger WHERE conversation = ?) ORDER BY position`,
      conversation,
      conversation,
    )
  ).map(told);

// What may stand in the ledger of each order: never the name of a person or a queue.
const ofOrder = (what: Order): OrderRecord => {
  switch (what.order) {
    case "route":
      return { order: what.order, to: what.to };
    case "merge":
      return { order: what.order, with: what.with };
    case "split":
      return { order: what.order, from: what.from };
    case "release":
    case "withdraw":
      return { order: what.order, draft: what.draft };
    case "topic":
      return { order: what.order, topic: what.topic.id, join: what.join };
    case "adopt":
      return { order: what.order, case: what.case.id, post: what.post, persona: personaName(what.persona) };
    case "erase":
    case "part":
      return { order: what.order, persona: personaName(what.persona) };
    case "preserve":
      return { order: what.order, hold: what.hold, ...(what.lift === true ? { lift: true } : {}) };
    case "unmerge":
      return { order: what.order, from: what.from };
    case "claim":
      return { order: what.order, claim: what.claim };
    case "mute":
      return { order: what.order, persona: personaName(what.persona), until: what.until };
    case "hide":
      return { order: what.order, hidden: what.hidden, ...(what.post === undefined ? {} : { post: what.post.id }) };
    case "like":
      return { order: what.order, ...(what.post === undefined ? {} : { post: what.post.id }) };
    case "retract":
      return { order: what.order, entry: what.entry };
    case "control":
      return { order: what.order, take: what.take };
    case "assign":
    case "open":
    case "ignore":
    case "resolve":
      return { order: what.order };
  }
};

/** A receipt by its ids: a link may show a handle. */
export const ofReceipt = ({ at, post, thread, case: of, message, proof }: Receipt): ReceiptRecord => ({
  at,
  ...(post === undefined ? {} : { post: post.id }),
  ...(thread === undefined ? {} : { thread: thread.id }),
  ...(of === undefined ? {} : { case: of.id }),
  ...(message === undefined ? {} : { message }),
  ...(proof === undefined ? {} : { proof }),
});

/** An outcome without anybody's words. */
const ofOutcome = (outcome: Settled["outcome"]): OutcomeRecord => {
  switch (outcome.as) {
    case "done":
      return { as: outcome.as, receipt: ofReceipt(outcome.receipt) };
    case "rehearsed":
      return { as: outcome.as };
    case "refused":
      return { as: outcome.as, fault: outcome.fault, why: outcome.why };
    case "held":
      return { as: outcome.as, hold: outcome.hold.kind, why: outcome.hold.why };
    case "parked":
      return { as: outcome.as, why: outcome.why, doubt: outcome.doubt };
  }
};

/** An effect by what it is, without what it carries. */
export const ofEffect = ({ key, door, act }: Effect): ActRecord => ({ effect: key, door, do: act.do });

// Field by field, so that a field added to an event stays out until somebody has thought about it.
const ofEvent = (event: BridgeEvent): EventFacts[keyof EventFacts] => {
  switch (event.as) {
    case "said": {
      const { entry, side, actor, version, by, post, parent, root, thread, to, echoes, share } = event;
      return {
        entry,
        side,
        version,
        actor: actor.kind,
        by: personaName(by),
        ...(post === undefined ? {} : { post: post.id }),
        ...(parent === undefined ? {} : { parent: parent.id }),
        ...(root === undefined ? {} : { root: root.id }),
        ...(thread === undefined ? {} : { thread: thread.id }),
        ...(to === undefined ? {} : { to: personaName(to) }),
        ...(echoes === undefined ? {} : { echoes }),
        ...(share === undefined ? {} : { share }),
      };
    }
    case "profiled":
      return { persona: personaName(event.persona), ...(event.gone === undefined ? {} : { gone: event.gone }) };
    case "opened":
      return { persona: personaName(event.persona) };
    case "gone":
      return {
        post: event.post.id,
        how: event.how,
        ...(event.author === undefined ? {} : { author: event.author }),
      };
    case "controlled":
      return { thread: event.thread.id, by: event.by };
    case "case":
      return { case: event.case.id, status: event.status, closed: event.closed };
    case "answered": {
      const { entry, version, by, side, turn, answers } = event;
      return {
        entry,
        version,
        by: by.kind,
        ...(by.id === undefined ? {} : { who: by.id }),
        ...(side === undefined ? {} : { side }),
        ...(turn === undefined ? {} : { turn }),
        ...(answers === undefined ? {} : { answers }),
      };
    }
    case "ordered":
      return { by: event.by.kind, ...(event.by.id === undefined ? {} : { who: event.by.id }), ...ofOrder(event.what) };
    case "advised":
      return { advisor: event.advisor, late: event.late };
    case "settled":
      return { ...ofEffect(event.effect), outcome: ofOutcome(event.outcome) };
    case "woken":
      return {};
  }
};

/** The row of an event: what it was, its three times, the policy it met. */
export const eventRow = (cause: Cause, now: Instant): EventRecord => {
  const { event, received, policy } = cause;
  const { key, as, source, at } = event;
  // Of an event of this kind are these the facts.
  return { event: key, as, source, at, received, recorded: now, policy, ...ofEvent(event) } as EventRecord;
};
