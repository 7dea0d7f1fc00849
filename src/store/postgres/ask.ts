import { keyed, type Sql, type Tx } from "../sql.ts";

interface Asked {
  resolve(rows: readonly unknown[]): void;
  reject(thrown: unknown): void;
}

/** One statement, and who asks it by which key. */
interface Question {
  readonly text: string;
  readonly values: readonly number[];
  readonly of: Map<string, Asked[]>;
}

/** Looks for rows by one of many keys: what is asked for until the code has nothing left to do but wait is one statement. */
export const createAsk = (sql: Sql): Tx["ask"] => {
  const waiting = new Map<string, Question>();

  const look = async ({ text, values, of }: Question): Promise<void> => {
    for (const { among, keys } of keyed([...of.keys()])) {
      try {
        const rows = await sql.all<{ asked: string }>(text.replace("*", among), ...values, ...keys);
        const found = Map.groupBy(rows, ({ asked }) => asked);
        for (const key of new Set(keys)) for (const one of of.get(key) ?? []) one.resolve(found.get(key) ?? []);
      } catch (thrown) {
        for (const key of new Set(keys)) for (const one of of.get(key) ?? []) one.reject(thrown);
      }
    }
  };

  return <Row>(text: string, key: string, ...values: readonly number[]) =>
    new Promise<readonly Row[]>((resolve, reject) => {
      // Not a microtask: whoever goes on in this turn asks along.
      if (waiting.size === 0)
        process.nextTick(() => {
          const all = [...waiting.values()];
          waiting.clear();
          for (const question of all) void look(question);
        });
      const name = [text, ...values].join(" ");
      const question = waiting.get(name) ?? { text, values, of: new Map<string, Asked[]>() };
      waiting.set(name, question);
      const asked = question.of.get(key) ?? [];
      question.of.set(key, asked);
      asked.push({ resolve: (rows) => resolve(rows as readonly Row[]), reject });
    });
};
