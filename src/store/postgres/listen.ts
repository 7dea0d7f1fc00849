import type { PgListener } from "../postgres.ts";
import type { Tx } from "../sql.ts";
import { types } from "./client.ts";
import { quoted } from "./session.ts";

/** Hears what other processes have committed, and tells them of ours. */
export interface Ear {
  begin(): void;
  /** After a commit, at most twenty times a second: a NOTIFY inside the transaction would make all commits of the database go one after the other. */
  tell(): void;
  stop(): Promise<void>;
}

const everyMs = 50;
const againMs = 1_000;

/** Makes the ear of a store. A listener that is lost is replaced; meanwhile the bell asks. */
export const createEar = (options: {
  readonly schema: string;
  readonly listen: () => Promise<PgListener>;
  readonly heard: () => void;
  readonly ask: (work: (tx: Tx) => Promise<unknown>) => Promise<unknown>;
}): Ear => {
  const { schema, listen, heard, ask } = options;
  const channel = `casethread_${schema}`;
  let listener: Promise<PgListener | undefined> | undefined;
  let again: NodeJS.Timeout | undefined;
  let telling: NodeJS.Timeout | undefined;
  let stopped = false;

  const lost = (): void => {
    if (stopped) return;
    listener = undefined;
    clearTimeout(again);
    again = setTimeout(begin, againMs);
    again.unref();
  };
  const connect = async (): Promise<PgListener | undefined> => {
    try {
      const client = await listen();
      client.on("error", () => undefined);
      client.on("end", lost);
      client.on("notification", heard);
      await client.query({ text: `LISTEN ${quoted(channel)}`, types });
      return client;
    } catch {
      lost();
      return undefined;
    }
  };
  const begin = (): void => {
    if (!stopped) listener ??= connect();
  };

  return {
    begin,
    tell: () => {
      if (stopped || telling !== undefined) return;
      telling = setTimeout(() => {
        telling = undefined;
        // What is not told is found by asking.
        ask(({ sql }) => sql.all("SELECT pg_notify(?, '')", channel)).catch(() => undefined);
      }, everyMs);
      telling.unref();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(again);
      clearTimeout(telling);
      await (await listener)?.end().catch(() => undefined);
    },
  };
};
