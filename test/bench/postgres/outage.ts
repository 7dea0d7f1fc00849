import { type Channel, createBridge } from "casethread";
import { postgres } from "casethread/postgres";
import { createPark, parkChannel } from "../../made-up/park.ts";
import { type Figure, figureOf, type OnProgress } from "../figure.ts";
import { idle } from "../intake/index.ts";
import { saidBy } from "./filling.ts";
import { findGround } from "./ground.ts";

/** How long nobody was there. */
export interface OutageSize {
  readonly seconds: number;
  /** Words said a second meanwhile, each by another person. */
  readonly perSecond: number;
}

/** As many as X gives at once. */
const pageSize = 100;
const connections = 10;

const pages = (words: number): number => Math.ceil(words / pageSize);

/** A network that tells what was said while nobody was there. */
const telling = (words: number, onPage: (page: number) => void): Channel => {
  const account = saidBy(0, 0).by.account;
  const began = Date.now();
  return {
    ...parkChannel(createPark(Date.now), { accounts: [account.id] }),
    // A page that could not be kept is asked for again soon.
    pollMs: 1_000,
    async *since(_account, { cursor = "0" }) {
      for (let page = Number(cursor); page < pages(words); page += 1) {
        const from = page * pageSize;
        const events = Array.from({ length: Math.min(pageSize, words - from) }, (_, n) => {
          // Accounts take turns in what is made up; this one has had all of them.
          const { by, post, ...said } = saidBy((from + n) * 8, began - (words - from - n) * 5);
          return { ...said, by, ...(post === undefined ? {} : { post }), source: "poll" as const };
        });
        yield { events, unread: [], alarms: [], cursor: String(page + 1) };
        onPage(page + 1);
      }
    },
  };
};

/**
 * How fast what was said during an outage is caught up with, on PostgreSQL: words a second, each a conversation with a case
 * and an entry promised, page after page, while the org is still away. The floor: one insert a word, in its own transaction, with the same pool and as many
 * at once as a page holds. And how long after an hour's outage all is known, while as many go on speaking; and what
 * room a word takes that begins a conversation.
 */
export const benchOutage = async (
  { seconds, perSecond }: OutageSize,
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  await using ground = await findGround();
  const words = seconds * perSecond;
  const schema = await ground.schema();
  const pool = ground.pool(connections);
  const tenths: number[] = [];
  const stop = new AbortController();
  const began = performance.now();
  const channel = telling(words, (page) => {
    onProgress?.(page, pages(words));
    if (page % Math.max(1, Math.floor(pages(words) / 10)) === 0) tenths.push(performance.now() - began);
    if (page === pages(words)) stop.abort();
  });
  const bridge = createBridge({
    channels: [channel],
    crm: idle(),
    store: postgres({ pool, schema }),
    perform: "all",
  });
  await bridge.work({ signal: stop.signal });
  const took = (performance.now() - began) / 1_000;
  await bridge[Symbol.asyncDispose]();
  const kept = await ground.count(schema, "$.entry");
  if (kept < words) throw new Error(`${kept} of ${words} words were kept`);
  const rate = words / took;
  const [room] = await ground.ask(
    `SELECT sum(pg_total_relation_size(oid))::bigint AS bytes FROM pg_class WHERE relnamespace = '"${schema}"'::regnamespace AND relkind = 'r'`,
  );

  // As long as its own part of the time, so that the same moments of the machine are met.
  await ground.ask(`CREATE TABLE "${schema}".word(id BIGINT PRIMARY KEY, body TEXT NOT NULL)`);
  const body = JSON.stringify(saidBy(1, 0));
  const floorWords = Math.min(words, 5_000);
  const floorBegan = performance.now();
  for (let from = 0; from < floorWords; from += pageSize) {
    await Promise.all(
      Array.from({ length: pageSize }, async (_, n) => {
        const client = await pool.connect();
        try {
          await client.query({
            text: `INSERT INTO "${schema}".word(id, body) VALUES($1, $2)`,
            values: [from + n, body],
          });
        } finally {
          client.release();
        }
      }),
    );
  }
  const floor = floorWords / ((performance.now() - floorBegan) / 1_000);
  await pool.end();

  const parts = tenths.map((at, n) => at - (tenths[n - 1] ?? 0));
  const [second = NaN, last = NaN] = [parts[1], parts.at(-1)];
  const minutes = rate > perSecond ? (60 * perSecond) / (rate - perSecond) : Number.POSITIVE_INFINITY;
  return [
    figureOf({ name: "outage", unit: "words/s" }, [{ value: rate, floor }]),
    figureOf({ name: "outage-tenths", unit: "ms for the last tenth; floor: the second" }, [
      { value: last, floor: second },
    ]),
    figureOf({ name: "outage-room", unit: "KB a word, tables and indexes" }, [
      { value: Number(room?.["bytes"]) / 1_024 / words },
    ]),
    figureOf({ name: "outage-hour", unit: `minutes after an hour's outage, ${perSecond} a second going on` }, [
      { value: minutes },
    ]),
  ];
};
