import { PGlite, type Results } from "@electric-sql/pglite";
import type { PgPool, PgStatement } from "casethread/postgres";

/** PostgreSQL inside this process, as a pool of its one connection. */
export const pglitePool = (): PgPool & { end(): Promise<void> } => {
  const db = new PGlite();
  let free: Promise<unknown> = Promise.resolve();
  const query = async ({ text, values, types }: PgStatement): Promise<unknown> => {
    const oids = [16, 20, 21, 23, 25, 26, 700, 701, 1700];
    const parsers = Object.fromEntries(oids.map((oid) => [oid, types?.getTypeParser(oid) ?? String]));
    // It tells no tags: the last verb stands for one.
    const told = ({ rows, affectedRows }: Results): object => ({
      rows,
      rowCount: affectedRows === undefined || affectedRows === 0 ? rows.length : affectedRows,
      command: /(\w+)[^;]*;?\s*$/.exec(text)?.[1]?.toUpperCase() ?? "",
    });
    if (values === undefined) return (await db.exec(text, { parsers })).map(told);
    return told(await db.query(text, values, { parsers }));
  };
  return {
    connect: async () => {
      let release = (): void => undefined;
      const mine = free;
      free = new Promise<void>((resolve) => {
        release = resolve;
      });
      await mine;
      return {
        query,
        on: () => undefined,
        release: (broken) => {
          if (broken === undefined || broken === false) release();
          else
            void db
              .exec("ROLLBACK")
              .catch(() => undefined)
              .then(release);
        },
      };
    },
    end: () => db.close(),
  };
};
