import type { Waiting } from "../core/contracts/channel.ts";
import type { Census, Promised, Standing } from "../core/contracts/store.ts";
import { waitedFor } from "../core/rules/waiting.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Outcome } from "../core/words/effect.ts";
import type { Draft, Entry } from "../core/words/entry.ts";
import {
  accountName,
  type AccountRef,
  type ConversationKey,
  type Door,
  type Instant,
  type Why,
} from "../core/words/ref.ts";
import { type Stored, unwrap } from "./codec.ts";
import { effectRows, outcomeOf, promisedOf, whyOf } from "./effects.ts";
import { conversationOf } from "./lanes.ts";
import { entryAt } from "./people.ts";
import { WAITS } from "./raw.ts";
import { OPEN } from "./schema.ts";
import { meta, type Tx } from "./sql.ts";

/** Effects that wait for a person, the longest first. */
export const parked = async (tx: Tx): Promise<readonly (Promised & { readonly why: Why })[]> => {
  const rows = await effectRows(tx, "state = 'parked' ORDER BY changed, key");
  return Promise.all(
    rows.map(async (row) => ({
      ...(await promisedOf(tx, row, await conversationOf(tx, row.conversation))),
      why: whyOf(row) ?? { code: "unknown" },
    })),
  );
};

/** Effects of one conversation, oldest first. */
export const effectsOf = async (
  tx: Tx,
  conversation: ConversationKey,
): Promise<readonly (Promised & { readonly outcome?: Outcome })[]> => {
  const talk = await conversationOf(tx, conversation);
  const rows = await effectRows(tx, "conversation = ? ORDER BY at, lane, seq", conversation);
  return Promise.all(
    rows.map(async (row) => {
      const outcome = outcomeOf(row);
      return { ...(await promisedOf(tx, row, talk)), ...(outcome === undefined ? {} : { outcome }) };
    }),
  );
};

/** Whose words in public an account waits for, the newest first. A process of an older version does not write down that the wait is over: the conversation itself says so. */
export const awaited = async (
  tx: Tx,
  { account, since, most }: { readonly account: AccountRef; readonly since: Instant; readonly most: number },
): Promise<readonly Waiting[]> => {
  const rows = await tx.sql.all<{ value: Stored<Conversation> }>(
    "SELECT value FROM conversation WHERE account = ? AND waits_since >= ? ORDER BY waits_since DESC LIMIT ?",
    accountName(account),
    since,
    most,
  );
  return rows.flatMap(({ value }) => waitedFor(unwrap(value)));
};

/** Drafts that wait, oldest first, with their words. */
export const held = async (tx: Tx): Promise<readonly { readonly draft: Draft; readonly entry: Entry }[]> => {
  const rows = await tx.sql.all<{ value: Stored<Draft> }>("SELECT value FROM draft ORDER BY at, entry");
  const found = await Promise.all(
    rows.map(async (row) => {
      const draft = unwrap(row.value);
      const entry = await entryAt(tx, draft.content);
      return entry === undefined ? [] : [{ draft, entry }];
    }),
  );
  return found.flat();
};

const count = async (tx: Tx, from: string): Promise<number> =>
  (await tx.sql.one<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))?.n ?? 0;

/** How long it is told that lanes had lost their alarm, after the last that was found, in ms. */
const unarmedMs = 3_600_000;

/** Lanes that had lost their alarm, as they were found: told until it is an hour ago. */
export const unarmedOf = async (tx: Tx): Promise<number> => {
  const [lanes = 0, at = 0] = ((await meta.read(tx, "unarmed")) ?? "").split(" ").map(Number);
  return tx.now - at < unarmedMs ? lanes : 0;
};

/** What waits, by door. */
export const census = async (tx: Tx): Promise<Census> => {
  const lanes = await tx.sql.all<{ door: Door; due: number; waiting: number; oldest: Instant | null }>(
    `SELECT door, count(*) FILTER (WHERE next_at <= ?) AS due, count(*) FILTER (WHERE next_at > ?) AS waiting, min(CASE WHEN next_at <= ? THEN next_at END) AS oldest
     FROM lane WHERE next_at IS NOT NULL GROUP BY door ORDER BY door`,
    tx.now,
    tx.now,
    tx.now,
  );
  const leased = Number((await meta.read(tx, "leased")) ?? 0);
  const unarmed = await unarmedOf(tx);
  return {
    lanes: lanes.map(({ door, due, waiting, oldest }) => ({
      door,
      due,
      waiting,
      ...(oldest === null ? {} : { oldestDue: oldest }),
    })),
    parked: await count(tx, "effect WHERE state = 'parked'"),
    drafts: await count(tx, "draft"),
    raw: await count(tx, `raw WHERE ${WAITS}`),
    ...(leased === 0 ? {} : { leasedAt: leased }),
    ...(unarmed === 0 ? {} : { unarmed }),
  };
};

/** Conversations in the order of their keys, each with how much is still to be done of it. */
export const standing = async (
  tx: Tx,
  after: ConversationKey | undefined,
  limit: number,
): Promise<readonly Standing[]> => {
  const acts = `(SELECT count(*) FROM effect AS act WHERE act.conversation = talk.key AND ${OPEN} AND state`;
  const rows = await tx.sql.all<{ value: Stored<Conversation>; promised: number; parked: number; drafts: number }>(
    `SELECT value, ${acts} <> 'parked') AS promised, ${acts} = 'parked') AS parked,
       (SELECT count(*) FROM draft AS wish WHERE wish.conversation = talk.key) AS drafts
     FROM conversation AS talk WHERE key > ? ORDER BY key LIMIT ?`,
    after ?? "",
    limit,
  );
  return rows.map(({ value, ...counts }) => ({ conversation: unwrap(value), ...counts }));
};
