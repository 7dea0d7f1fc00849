import type { FromCrm, Instant, Kit, Page, Unread } from "casethread/adapter";
import { z } from "zod";
import type { Client } from "./client.ts";
import { refuse } from "./faults.ts";
import { relationOf } from "./fields.ts";
import { digest } from "./keys.ts";
import type { Settings } from "./options.ts";
import { type OrgRow, readAnswer, readCase } from "./read.ts";
import { moment, queryPath, quote } from "./soql.ts";

const kinds = ["case", "entry"] as const;
type Kind = (typeof kinds)[number];

/** Where a catch-up stands. Cases and entries have marks of their own, because one may have more to tell than the other. */
const position = z.object({
  v: z.literal(1),
  /** Nothing older is ever told: the moment of the first start. */
  floor: z.number(),
  case: z.number(),
  entry: z.number(),
  /** How many pages told something: no two that differ have the same cursor. */
  page: z.number(),
});
type Position = z.infer<typeof position>;

const rows = z.object({
  // Each is read by itself: one that is no record costs the others nothing.
  records: z.array(z.unknown()),
  // Within the org only: the session goes along.
  nextRecordsUrl: z.string().startsWith("/services/data/").nullish(),
});
type Rows = z.infer<typeof rows>;
const record: z.ZodType<OrgRow> = z.record(z.string(), z.unknown());
const named = z.object({ Id: z.string() });
const idOf = (row: unknown): string => named.safeParse(row).data?.Id ?? "";

const written = (row: unknown): string => {
  try {
    return JSON.stringify(row);
  } catch {
    // Thousands of levels deep: reading it took less stack than writing it would.
    return JSON.stringify({ Id: idOf(row) });
  }
};
const composite = z.object({ compositeResponse: z.array(z.object({ referenceId: z.string(), body: z.unknown() })) });

/** How far our clock may run ahead of the org's, in ms. */
const skewMs = 300_000;

// SystemModstamp has whole seconds.
const second = (at: Instant): Instant => Math.floor(at / 1000) * 1000;

const parse = (cursor: string): Position => {
  try {
    return position.parse(JSON.parse(cursor));
  } catch {
    throw refuse("The cursor is not one of this adapter: remove it to start from now on.", "malformed");
  }
};

const queries = ({ names }: Settings, from: Readonly<Record<Kind, Instant>>): Readonly<Record<Kind, string>> => ({
  case:
    `SELECT Id, CaseNumber, Status, IsClosed, Priority, Owner.Name, SystemModstamp, ${names.caseKey} FROM Case` +
    ` WHERE ${names.caseKey} != null AND SystemModstamp >= ${moment(from.case)} ORDER BY SystemModstamp, Id`,
  // What was sent is told no more: an answer leaves once.
  entry:
    `SELECT Id, CreatedById, SystemModstamp, ${names.text}, ${names.side}, ${names.turn}, ${names.entryCase},` +
    ` ${names.answers}, ${relationOf(names.answers)}.${names.entryKey},` +
    ` ${relationOf(names.entryCase)}.CaseNumber, ${relationOf(names.entryCase)}.${names.caseKey} FROM ${names.entry}` +
    ` WHERE ${names.entryKey} = null AND ${names.direction} = ${quote("outbound")}` +
    ` AND ${names.state} IN ('draft', 'held', 'queued', 'failed')` +
    ` AND SystemModstamp >= ${moment(from.entry)} ORDER BY SystemModstamp, Id`,
});

/** What was told of each record within the time that is looked back over. */
type Memory = Map<string, { readonly at: Instant; readonly content: string }>;

/**
 * Makes the catch-up. Each poll looks back over `overlapMs`, because a transaction is stamped when it writes and seen
 * when it commits. Compared by stamps, last states of cases were missed in 49 to 474 of 500 modelled runs; compared by
 * content, in none. What was told is remembered with the cursor it led to: whoever comes back with an older one hears it
 * again.
 */
export const createChanges = (client: Client, settings: Settings) => {
  const root = `/services/data/v${settings.version}`;
  let memory: { readonly cursor: string; readonly told: Memory } | undefined;

  /** Both queries in one request, which the org counts as one call. */
  const poll = async (from: Readonly<Record<Kind, Instant>>, kit: Kit): Promise<Readonly<Record<Kind, Rows>>> => {
    const soql = queries(settings, from);
    const ask = (kind: Kind) => ({ method: "GET", url: root + queryPath(soql[kind]), referenceId: kind });
    const body = { allOrNone: false, collateSubrequests: false, compositeRequest: kinds.map(ask) };
    const answer = await client.read({ method: "POST", path: `${root}/composite`, body }, composite, kit);
    const part = (kind: Kind): Rows => {
      const read = rows.safeParse(answer.compositeResponse.find((one) => one.referenceId === kind)?.body);
      if (read.success) return read.data;
      const object = kind === "case" ? "Case" : settings.names.entry;
      throw refuse(
        `The org does not tell changes of ${object}: check that its fields exist and that the user may read them.`,
        "forbidden",
      );
    };
    return { case: part("case"), entry: part("entry") };
  };

  const readRow = (kind: Kind, row: OrgRow) =>
    kind === "case" ? readCase(row, settings.names) : readAnswer(row, settings.names);

  /** Reads rows into a page, and remembers what was told. */
  const page = (kind: Kind, found: readonly unknown[], told: Memory, now: Instant) => {
    const events: FromCrm[] = [];
    const unread: Unread[] = [];
    let newest = 0;
    const isNew = (id: string, at: Instant, content: string): boolean => {
      const known = told.get(id)?.content === content;
      told.set(id, { at, content });
      return !known;
    };
    for (const row of found) {
      try {
        const one = readRow(kind, record.parse(row));
        if (one === undefined) continue;
        // A stamp from the future must not carry the mark past what is still to come.
        newest = Math.max(newest, second(Math.min(one.at, now)));
        if (isNew(idOf(row), one.at, one.content)) events.push(one.event);
      } catch (thrown) {
        if (!(thrown instanceof z.ZodError)) throw thrown;
        const raw = written(row);
        const where = thrown.issues.map((issue) => issue.path.join(".")).join(", ");
        if (isNew(idOf(row), Infinity, digest(raw)))
          unread.push({ reason: `a ${kind} cannot be read (at: ${where})`, raw });
      }
    }
    return { events, unread, newest };
  };

  return async function* since(cursor: string | undefined, kit: Kit): AsyncGenerator<Page<FromCrm>> {
    if (cursor === undefined) {
      // By our clock, which may run ahead of the org's: what is told for some minutes before the start counts once all the same.
      const now = second(kit.now() - skewMs);
      yield {
        events: [],
        unread: [],
        alarms: [],
        cursor: JSON.stringify({ v: 1, floor: now, case: now, entry: now, page: 0 }),
      };
      return;
    }
    const at = parse(cursor);
    const back = (mark: Instant): Instant => Math.max(at.floor, mark - settings.overlapMs);
    const from = { case: back(at.case), entry: back(at.entry) };
    const oldest = Math.min(from.case, from.entry);
    const told: Memory = new Map(
      [...(memory?.cursor === cursor ? memory.told : [])].filter(([, one]) => one.at >= oldest),
    );
    let found: Readonly<Record<Kind, Rows | undefined>> = await poll(from, kit);
    const seen = new Set<string>();
    for (;;) {
      const cases = page("case", found.case?.records ?? [], told, kit.now());
      const entries = page("entry", found.entry?.records ?? [], told, kit.now());
      // Stamps are of one second: who answers and closes in the same one said the words first.
      const events = [...entries.events, ...cases.events].sort((a, b) => a.at - b.at);
      const unread = [...cases.unread, ...entries.unread];
      at.case = Math.max(at.case, cases.newest);
      at.entry = Math.max(at.entry, entries.newest);
      if (events.length + unread.length > 0) at.page += 1;
      const next = JSON.stringify(at);
      memory = { cursor: next, told: new Map(told) };
      yield { events, unread, alarms: [], cursor: next };
      const more = async (kind: Kind): Promise<Rows | undefined> => {
        const url = found[kind]?.nextRecordsUrl;
        if (url != null && seen.has(url)) throw refuse("The org tells the same page again and again.", "unavailable");
        if (url != null) seen.add(url);
        return url == null ? undefined : client.read({ method: "GET", path: url }, rows, kit);
      };
      found = { case: await more("case"), entry: await more("entry") };
      if (found.case === undefined && found.entry === undefined) return;
    }
  };
};
