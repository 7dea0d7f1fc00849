import { keyed, type Sql, type Tx } from "../sql.ts";

interface Asked {
  resolve(rows: readonly unknown[]): void;
  reject(thrown: unknown): void;
}

/** Looks for rows by one of many keys: what is asked for until the code has nothing left to do but wait is one statement. */
export const createAsk = (sql: Sql): Tx["ask"] => {
  const waiting = new Map<string, Map<string, Asked[]>>();

  const look = async (text: string, of: ReadonlyMap<string, readonly Asked[]>): Promise<void> => {
    for (const { among, keys } of keyed([...of.keys()])) {
      try {
        const rows = await sql.all<{ asked: string }>(text.replace("*", among), ...keys);
        const found = Map.groupBy(rows, ({ asked }) => asked);
        for (const key of new Set(keys)) for (const one of of.get(key) ?? []) one.resolve(found.get(key) ?? []);
      } catch (thrown) {
        for (const key of new Set(keys)) for (const one of of.get(key) ?? []) one.reject(thrown);
      }
    }
  };

  return <Row>(text: string, key: string) =>
    new Promise<readonly Row[]>((resolve, reject) => {
      // Not a microtask: whoever goes on in this turn asks along.
      if (waiting.size === 0)
        process.nextTick(() => {
          const all = [...waiting];
          waiting.clear();
          for (const [statement, of] of all) void look(statement, of);
        });
      const of = waiting.get(text) ?? new Map<string, Asked[]>();
      waiting.set(text, of);
      const asked = of.get(key) ?? [];
      of.set(key, asked);
      asked.push({ resolve: (rows) => resolve(rows as readonly Row[]), reject });
    });
};
