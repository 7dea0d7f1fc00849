import { type PgPool, postgres } from "casethread/postgres";

interface Answer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const ask = async (pool: PgPool, text: string): Promise<Answer> => {
  const client = await pool.connect();
  try {
    const answer = await client.query({ text });
    return (Array.isArray(answer) ? answer.at(-1) : answer) as Answer;
  } finally {
    client.release();
  }
};

/** Copies a schema, as a dump would; the answer puts it back, as its restore would. */
export const backupOf = async (pool: PgPool, schema: string): Promise<() => Promise<void>> => {
  const copy = `${schema}_copy`;
  const { rows } = await ask(pool, `SELECT tablename FROM pg_tables WHERE schemaname = '${schema}'`);
  const tables = rows.map(({ tablename }) => String(tablename));
  const copies = tables.map((table) => `CREATE TABLE "${copy}".${table} AS SELECT * FROM "${schema}".${table}`);
  await ask(pool, [`CREATE SCHEMA "${copy}"`, ...copies].join("; "));
  return async () => {
    await ask(pool, `DROP SCHEMA "${schema}" CASCADE`);
    await ask(pool, postgres.sql({ schema }));
    const back = tables.flatMap((table) => [
      `TRUNCATE "${schema}".${table}`,
      `INSERT INTO "${schema}".${table} SELECT * FROM "${copy}".${table}`,
    ]);
    const sequence = `SELECT setval(pg_get_serial_sequence('"${schema}".ledger', 'position'), (SELECT COALESCE(max(position), 0) + 1 FROM "${schema}".ledger), false)`;
    await ask(pool, [...back, `DROP SCHEMA "${copy}" CASCADE`, sequence].join("; "));
  };
};
