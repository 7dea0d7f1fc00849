import { setTimeout as sleep } from "node:timers/promises";
import {
  type Bridge,
  type ConversationKey,
  explainWhy,
  type LedgerKind,
  ledgerKinds,
  type LedgerRow,
  type Where,
} from "casethread";
import { misunderstood } from "./config.ts";
import { asCommands, moment, type Said, type Shell } from "./shell.ts";

/** What is wrong, in sentences; 1 where anything is. */
export const health = async (bridge: Bridge): Promise<Said> => {
  const told = await bridge.health();
  const found = { ...told, troubles: told.troubles.map(asCommands), alarms: told.alarms.map(asCommands) };
  const { lanes, drafts } = found.census;
  return {
    lines: [
      ...[...found.troubles, ...found.alarms].map((trouble) => `wrong: ${trouble}`),
      ...found.pauses.map(({ id, reason }) => `to lift the pause "${reason}": casethread resume ${id}`),
      ...lanes.map(({ door, due, waiting }) => `${door}: ${due} due, ${waiting} later`),
      ...Object.entries(found.spending).map(([name, { usd, day }]) => `${name}: ${usd} US dollars on ${day}`),
      ...(drafts === 0 ? [] : [`${drafts} drafts are held: see casethread held`]),
      ...(found.ok ? ["nothing is wrong"] : []),
    ],
    json: found,
    code: found.ok ? 0 : 1,
  };
};

/** Which conversation somebody means: a link to a post or a case, a case's id, or the conversation's key. */
const whereOf = (text: string, crm: string): Where => {
  if (URL.canParse(text) && /^https?:/.test(text)) return { url: text };
  return text.includes("/") ? { conversation: text as ConversationKey } : { case: { crm, id: text } };
};

/** The trail of a conversation, as a person would tell it. */
export const explain = async (bridge: Bridge, crm: string, text: string): Promise<Said> => {
  const talk = await bridge.conversation(whereOf(text, crm));
  if (talk === undefined) {
    return {
      lines: [
        `nothing is known of ${text}: give the link of a post or of a case, a case's id${/^\d+$/.test(text) ? ", which is not its number," : ","} or a conversation's key`,
      ],
      json: { found: false },
      code: 1,
    };
  }
  const told = bridge.explain(talk);
  const { key, stage, trail } = talk;
  return { lines: [key, ...told.split("\n")], json: { found: true, key, stage, case: talk.case, told, trail } };
};

/** Acts that wait for a person; 1 where there are any. */
export const parked = async (bridge: Bridge): Promise<Said> => {
  const acts = (await bridge.parked()).map(({ effect, tries, why, entry }) => ({
    effect: effect.key,
    conversation: effect.conversation,
    door: effect.door,
    does: effect.act.do,
    tries,
    why,
    ...(entry === undefined ? {} : { words: entry.text }),
  }));
  return {
    lines:
      acts.length === 0
        ? ["no act waits for a person"]
        : [
            ...acts.flatMap(({ effect, does, door, tries, why, words }) => [
              effect,
              `  ${does} at ${door}, tried ${tries} times: ${explainWhy(why)}`,
              ...(typeof words === "string" ? [`  "${words}"`] : []),
            ]),
            "then: casethread landed KEY, it is there; retry KEY, send it again; drop KEY, let it be",
          ],
    json: acts,
    code: acts.length === 0 ? 0 : 1,
  };
};

/** What was genuine and could not be read, kept raw; 1 where there is any. */
export const unread = async (bridge: Bridge): Promise<Said> => {
  const items = await bridge.unread();
  return {
    lines:
      items.length === 0
        ? ["all that came could be read"]
        : items.flatMap(({ id, at, reason, raw }) => [id, `  ${moment(at)}, could not be read: ${reason}`, `  ${raw}`]),
    json: items,
    code: items.length === 0 ? 0 : 1,
  };
};

/** Drafts that wait, each with what holds it. */
export const held = async (bridge: Bridge): Promise<Said> => {
  const drafts = (await bridge.held()).map(({ draft, entry, trouble }) => ({
    draft: draft.entry,
    conversation: draft.conversation,
    side: draft.side,
    holds: draft.holds,
    words: entry.text,
    trouble,
  }));
  return {
    lines:
      drafts.length === 0
        ? ["no draft is held"]
        : drafts.flatMap(({ draft, side, holds, words, trouble }) => [
            draft,
            `  ${side}, held by ${holds.map(({ kind, why }) => `${kind} (${explainWhy(why)})`).join(", ")}`,
            ...(typeof words === "string" ? [`  "${words}"`] : []),
            ...trouble.map((one) => `  the trouble: "${one.words}" (${one.kind})`),
          ]),
    json: drafts,
  };
};

const row = ({ position, at, kind, conversation }: LedgerRow): string =>
  `${position.padStart(8)}  ${moment(at)}  ${kind.padEnd(8)}  ${conversation ?? ""}`;

const followEveryMs = 1_000;

/** Rows of the ledger from a position on; with `follow`, those to come as well, until it is stopped. */
export const ledger = async (
  bridge: Bridge,
  shell: Shell,
  wanted: {
    readonly after?: string;
    readonly limit: number;
    readonly kinds?: readonly LedgerKind[];
    readonly follow: boolean;
    readonly json: boolean;
  },
): Promise<number> => {
  let { after } = wanted;
  const of = wanted.kinds === undefined ? {} : { kinds: wanted.kinds };
  let left = wanted.limit;
  for (;;) {
    const most = Math.min(500, left);
    const rows = await bridge.ledger({ ...of, limit: most, ...(after === undefined ? {} : { after }) });
    for (const one of rows) shell.out(`${wanted.json ? JSON.stringify(one) : row(one)}\n`);
    after = rows.at(-1)?.position ?? after;
    left -= rows.length;
    if (left === 0 || (rows.length < most && !wanted.follow)) return 0;
    if (rows.length < most) await sleep(followEveryMs, undefined, { signal: shell.stop }).catch(() => undefined);
    if (shell.stop.aborted) return 0;
  }
};

/** Kinds of record, as they stand behind `--kinds`. */
export const kindsOf = (text: string): readonly LedgerKind[] =>
  text.split(",").map((one) => {
    const kind = ledgerKinds.find((known) => known === one.trim());
    if (kind !== undefined) return kind;
    throw misunderstood(`--kinds ${text}: give some of ${ledgerKinds.join(", ")}, with commas between them`);
  });

/** A whole number of rows. */
export const rowsOf = (text: string): number => {
  const rows = Number(text);
  if (Number.isSafeInteger(rows) && rows > 0) return rows;
  throw misunderstood(`--limit ${text}: give a number of rows`);
};
