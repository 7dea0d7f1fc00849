import type { Promised } from "../core/contracts/store.ts";
import { speaks } from "../core/rules/advance/plan.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Effect, Outcome, Receipt } from "../core/words/effect.ts";
import {
  clue,
  type Clue,
  type Door,
  type EffectKey,
  type Instant,
  type PersonaRef,
  type Why,
} from "../core/words/ref.ts";
import { type Stored, unwrap, wrap } from "./codec.ts";
import { entryAt, personaOf } from "./people.ts";
import { portions, type Tx, type Write, writeAll } from "./sql.ts";

/** A row of `effect`, as the database has it. */
export interface EffectRow {
  readonly key: string;
  readonly lane: string;
  readonly seq: number;
  readonly conversation: string;
  readonly door: string;
  readonly state: Promised["state"];
  readonly priority: number;
  readonly revision: number;
  readonly at: Instant;
  readonly place: string | null;
  readonly tries: number;
  readonly reads: number;
  readonly run_at: Instant;
  readonly not_after: Instant | null;
  readonly send_by: Instant | null;
  readonly quiet_until: Instant | null;
  readonly since: string | null;
  readonly receipt_ref: string | null;
  readonly value: Stored<Effect>;
  readonly outcome: Stored<Outcome> | null;
  readonly changed: Instant;
}

const columns = [
  "key",
  "lane",
  "seq",
  "conversation",
  "door",
  "state",
  "priority",
  "revision",
  "at",
  "place",
  "tries",
  "reads",
  "run_at",
  "not_after",
  "send_by",
  "quiet_until",
  "since",
  "receipt_ref",
  "value",
  "outcome",
  "changed",
] as const satisfies readonly (keyof EffectRow)[];

const list = columns.join(", ");
const one = `(${columns.map(() => "?").join(", ")})`;
const upsert = `INSERT INTO effect(${list}) VALUES${one} ON CONFLICT(key) DO UPDATE SET ${columns
  .slice(1)
  .map((name) => `${name} = excluded.${name}`)
  .join(", ")}`;

/** Effects by a condition, in the order that it names. */
export const effectRows = (
  tx: Tx,
  condition: string,
  ...values: readonly (string | number)[]
): Promise<readonly EffectRow[]> => tx.sql.all<EffectRow>(`SELECT ${list} FROM effect WHERE ${condition}`, ...values);

/** Effects of several lanes, by a condition that says in which order and how many of each. */
export const headRows = (tx: Tx, lanes: readonly string[], condition: string): Promise<readonly EffectRow[]> =>
  tx.sql.all<EffectRow>(
    lanes
      .map(() => `SELECT * FROM (SELECT ${list} FROM effect WHERE lane = ? AND ${condition}) AS one`)
      .join(" UNION ALL "),
    ...lanes,
  );

/** One effect. */
export const effectRow = async (tx: Tx, key: EffectKey): Promise<EffectRow | undefined> =>
  (await tx.ask<EffectRow>(`SELECT key AS asked, ${list} FROM effect WHERE key IN (*)`, key))[0];

/** Writes effects that were never promised before. The answer is the keys of those: under the others there is one. */
export const addEffects = async (tx: Tx, rows: readonly EffectRow[]): Promise<Set<string>> => {
  const added = new Set<string>();
  for (const some of portions(rows)) {
    const keys = await tx.sql.all<{ key: string }>(
      `INSERT INTO effect(${list}) VALUES${some.map(() => one).join(", ")} ON CONFLICT(key) DO NOTHING RETURNING key`,
      ...some.flatMap((row) => columns.map((name) => row[name])),
    );
    for (const { key } of keys) added.add(key);
  }
  return added;
};

/** Writes an effect in the place of another. */
export const writeEffect = async (tx: Tx, row: EffectRow): Promise<void> => {
  await tx.sql.run(upsert, ...columns.map((name) => row[name]));
};

const turning = [
  "state",
  "tries",
  "reads",
  "run_at",
  "send_by",
  "quiet_until",
  "since",
  "receipt_ref",
  "outcome",
  "changed",
] as const satisfies readonly (keyof EffectRow)[];
const update = `UPDATE effect SET ${turning.map((name) => `${name} = ?`).join(", ")} WHERE key = ?`;

/** What a turn, evidence or a person changed of an effect. The act itself, its place and its order stay: half of the indexes need not be touched. */
export const turned = (row: EffectRow): Write => [update, ...turning.map((name) => row[name]), row.key];

/** Writes what became of one. */
export const turnEffect = async (tx: Tx, row: EffectRow): Promise<void> => {
  await writeAll(tx, [turned(row)]);
};

/** A new effect, which has no place in its lane yet. */
export const freshRow = (effect: Effect, lane: string, now: Instant): EffectRow => ({
  key: effect.key,
  lane,
  seq: 0,
  conversation: effect.conversation,
  door: effect.door,
  state: "promised",
  priority: effect.priority,
  revision: effect.revision,
  at: effect.at,
  place: placeOf(effect) ?? null,
  tries: 0,
  reads: 0,
  run_at: effect.notBefore ?? now,
  not_after: effect.notAfter ?? null,
  send_by: null,
  quiet_until: null,
  since: null,
  receipt_ref: null,
  value: wrap(effect),
  outcome: null,
  changed: now,
});

/** The longest a late copy may take anywhere, doubled, in ms. */
const lateMs = 240_000;
const dayMs = 24 * 3_600_000;

/**
 * Words that follow from something older than the store's return: they may have left already, in the part of its history
 * that it lost. So they begin in doubt and are looked for before they are sent. Pure.
 */
export const inDoubtAfter = (row: EffectRow, effect: Effect, cause: Instant, back: Instant | undefined): EffectRow => {
  if (back === undefined || cause > back || row.changed > back + dayMs || !speaks(effect.act)) return row;
  const quietUntil = Math.max(row.run_at, back + lateMs);
  return { ...row, state: "unknown", send_by: row.changed, quiet_until: quietUntil, run_at: quietUntil };
};

/** Where an echo of these words would be looked for. */
const placeOf = ({ act }: Effect): Clue | undefined => {
  if (!speaks(act)) return undefined;
  return act.do === "message" ? clue.persona(act.to) : clue.post(act.under);
};

/** The name of words on a network. */
const refOf = ({ post, message }: Pick<Receipt, "post" | "message">): string | undefined =>
  post === undefined ? (message === undefined ? undefined : `message:${message}`) : clue.post(post);

/** The name of one act of a network. Words only: of an act done to a post the receipt names the post, and may do so often. */
export const receiptRef = ({ act }: Effect, receipt: Receipt): string | undefined =>
  speaks(act) ? refOf(receipt) : undefined;

/** The effect of a row. */
export const effectOf = (row: EffectRow): Effect => unwrap(row.value);

/** The act at a door whose receipt this is. */
export const actWith = async (
  tx: Tx,
  door: Door,
  of: Pick<Receipt, "post" | "message">,
): Promise<Effect | undefined> => {
  const ref = refOf(of);
  if (ref === undefined) return undefined;
  const [row] = await effectRows(tx, "door = ? AND receipt_ref = ?", door, ref);
  return row && effectOf(row);
};

/** What the last turn of an effect came to. */
export const outcomeOf = (row: EffectRow): Outcome | undefined =>
  row.outcome === null ? undefined : unwrap(row.outcome);

/** Why an effect stands as it does. */
export const whyOf = (row: EffectRow): Why | undefined => {
  const outcome = outcomeOf(row);
  if (outcome === undefined || outcome.as === "done" || outcome.as === "rehearsed") return undefined;
  return outcome.as === "held" ? outcome.hold.why : outcome.why;
};

/** The person an effect concerns: whom it addresses, whose words it carries, or whose conversation it is in. */
export const recipientOf = (effect: Effect, conversation: Conversation | undefined): PersonaRef | undefined => {
  const { act, content } = effect;
  if (act.do === "message") return act.to;
  if (act.do === "open" || act.do === "look") return act.persona;
  if (act.do === "reply" && act.to !== undefined) return act.to;
  if (content !== undefined && content.of !== "brand") return content.of;
  return conversation?.personas[0];
};

const inDoubt: ReadonlySet<Promised["state"]> = new Set<Promised["state"]>(["sending", "unknown", "parked", "done"]);

const sentOf = async (tx: Tx, row: EffectRow): Promise<Promised["sent"]> => {
  if (row.send_by === null || row.quiet_until === null || !inDoubt.has(row.state)) return undefined;
  const [said] = await tx.ask<{ text: string | null }>(
    "SELECT effect AS asked, text FROM sent WHERE effect IN (*)",
    row.key,
  );
  return {
    attempt: row.tries,
    sendBy: row.send_by,
    quietUntil: row.quiet_until,
    reads: row.reads,
    ...(row.since === null ? {} : { since: row.since }),
    ...(said === undefined ? {} : { words: said.text }),
  };
};

/** An effect as the store hands it out, with its words and its person. */
export const promisedOf = async (tx: Tx, row: EffectRow, conversation: Conversation | undefined): Promise<Promised> => {
  const effect = effectOf(row);
  const entry = effect.content === undefined ? undefined : await entryAt(tx, effect.content);
  const recipient = recipientOf(effect, conversation);
  const persona = recipient === undefined ? undefined : await personaOf(tx, recipient);
  const sent = await sentOf(tx, row);
  const outcome = outcomeOf(row);
  return {
    effect,
    tries: row.tries,
    state: row.state,
    ...(entry === undefined ? {} : { entry }),
    ...(persona === undefined ? {} : { persona }),
    ...(outcome?.as === "done" ? { receipt: outcome.receipt } : {}),
    ...(outcome?.as === "again" && outcome.unseen === true ? { unseen: true } : {}),
    ...(sent === undefined ? {} : { sent }),
  };
};
