import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { sqlite } from "casethread/sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { createWorld, type World } from "../made-up/world.ts";

afterEach(() => vi.restoreAllMocks());

const words = 10_000;
const others = 150;

let posts = 0;
const admitted = async (world: World, by: string): Promise<number> => {
  const request = world.park.deliver(world.park.say(by, `where is parcel ${(posts += 1)}?`));
  const began = performance.now();
  const { status } = await world.bridge.fetch(request);
  if (status !== 200) throw new Error(`answered ${status}`);
  return performance.now() - began;
};

const p99 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;

/** So many words of as many people, one after the other. */
const crowd = async (world: World): Promise<number> => {
  const times: number[] = [];
  for (let n = 0; n < others; n += 1) times.push(await admitted(world, `person-${posts}`));
  return p99(times);
};

/** Counts the rows that statements hand out, and the statements. */
const countRows = () => {
  const { all } = StatementSync.prototype;
  const seen = { rows: 0, statements: 0 };
  vi.spyOn(StatementSync.prototype, "all").mockImplementation(function (
    this: StatementSync,
    ...values: Parameters<typeof all>
  ) {
    const rows = all.apply(this, values);
    seen.rows += rows.length;
    seen.statements += 1;
    return rows;
  });
  return seen;
};

test(
  "one author's flood of 10,000 words costs the others nothing, and its own admissions no more with each",
  { timeout: 240_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "casethread-flood-"));
    const prepared = new Set<string>();
    const { prepare } = DatabaseSync.prototype;
    const databases = new Set<DatabaseSync>();
    vi.spyOn(DatabaseSync.prototype, "prepare").mockImplementation(function (this: DatabaseSync, text) {
      databases.add(this);
      prepared.add(text);
      return prepare.call(this, text);
    });
    const world = createWorld({ store: sqlite({ file: join(folder, "casethread.db") }) });
    await crowd(world);

    const costOf = async (by: string): Promise<{ rows: number; statements: number }> => {
      const seen = countRows();
      await admitted(world, by);
      const { rows, statements } = seen;
      vi.mocked(StatementSync.prototype.all).mockRestore();
      return { rows, statements };
    };
    for (let n = 0; n < 20; n += 1) await admitted(world, "the-flood");
    const early = await costOf("the-flood");

    // Quiet and flooded runs by turns, so that whatever else this machine does meets both. In a flooded one the flood's
    // next word follows its last at once.
    const runs: { readonly quiet: number; readonly flooded: number }[] = [];
    const flood = { words: 21 };
    const each = words / 3;
    for (let turn = 0; turn < 3; turn += 1) {
      const quiet = await crowd(world);
      const crowded = new AbortController();
      const end = flood.words + each;
      const flooding = (async () => {
        while (!crowded.signal.aborted || flood.words < end) {
          await admitted(world, "the-flood");
          flood.words += 1;
        }
      })();
      const beside = await crowd(world);
      crowded.abort();
      await flooding;
      runs.push({ quiet, flooded: beside });
    }
    const late = await costOf("the-flood");
    // Noise only ever adds: the best quiet run beside the best flooded one.
    const ratio = Math.min(...runs.map(({ flooded }) => flooded)) / Math.min(...runs.map(({ quiet }) => quiet));
    const show = runs.map(({ quiet, flooded }) => `${quiet.toFixed(1)}/${flooded.toFixed(1)}`).join(", ");
    console.log(
      `flood: ${flood.words} words of one author; others' p99 quiet/flooded in ms: ${show}; best beside best ${ratio.toFixed(2)}; one more word reads ${late.rows} rows in ${late.statements} statements, ${early.rows} in ${early.statements} at the 21st`,
    );

    // Whatever an admission asks, it asks an index: none of what was prepared walks through a table that grows.
    const walks: string[] = [];
    const [db] = databases;
    for (const text of prepared) {
      if (!/^\s*(?:SELECT|UPDATE|DELETE|INSERT|WITH)/i.test(text) || db === undefined) continue;
      const blanks = Array.from({ length: text.match(/\?/g)?.length ?? 0 }, () => null);
      for (const row of prepare.call(db, `EXPLAIN QUERY PLAN ${text}`).all(...blanks)) {
        const detail = String(row["detail"]);
        if (/^SCAN (?:event|conversation|clue|persona|entry|content|mark|lane|effect|ledger)\b(?!.*USING)/.test(detail))
          walks.push(`${detail}: ${text}`);
      }
    }
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    expect(walks).toEqual([]);
    expect(late.statements).toBeLessThanOrEqual(early.statements);
    expect(late.rows).toBeLessThanOrEqual(early.rows);
    expect(ratio).toBeLessThanOrEqual(2);
  },
);
