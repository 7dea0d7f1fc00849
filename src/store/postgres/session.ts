import { BridgeError } from "../../core/contracts/errors.ts";
import type { Sql, Value } from "../sql.ts";
import { encode, listenTo, type PgClient, type PgResult, resultsOf, types } from "./client.ts";
import { tables } from "./schema.ts";

/** One connection, inside one transaction: statements one after the other. */
export interface Session {
  /** Sends text that holds no values: one statement or several. */
  exec(text: string): Promise<PgResult>;
  /** The same, and what each of them came to. */
  script(text: string): Promise<readonly PgResult[]>;
  run(text: string, values: readonly Value[]): Promise<PgResult>;
}

/** The name of a schema, or of anything, as it stands in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const named = new RegExp(`\\b(FROM|INTO|UPDATE|JOIN)\\s+(${tables.join("|")})\\b`, "g");

/** Statements as the store writes them, made PostgreSQL's: `$n` for `?`, and every table by its full name, so that no search path is needed. */
export const dialect = (schema: string): ((text: string) => string) => {
  const known = new Map<string, string>();
  const own = quoted(schema);
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    let n = 0;
    const made = text
      .replace(named, (_, verb: string, table: string) => `${verb} ${own}.${table}`)
      .replace(/\?/g, () => `$${(n += 1)}`);
    // Lists of values come in any length; the texts of a few hundred are kept, not those of every length there ever was.
    if (known.size > 2_000) known.clear();
    known.set(text, made);
    return made;
  };
};

const given = (value: Value): unknown => {
  if (typeof value === "string") return encode(value);
  return value instanceof Uint8Array ? Buffer.from(value) : value;
};

const lastOf = (results: readonly PgResult[]): PgResult => results.at(-1) ?? { rows: [], rowCount: 0, command: "" };

/** Makes the session of a client: a client asked twice at once would only keep the second waiting, and says so in its log. */
export const createSession = (client: PgClient, translated: (text: string) => string): Session => {
  listenTo(client);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<unknown>): Promise<readonly PgResult[]> => {
    const mine = last.then(work).then(resultsOf);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    exec: async (text) => lastOf(await inTurn(() => client.query({ text, types }))),
    script: (text) => inTurn(() => client.query({ text, types })),
    run: async (text, values) =>
      lastOf(
        await inTurn(() =>
          client.query({ text: translated(text), values: values.map((value) => given(value)), types }),
        ),
      ),
  };
};

/** The statements of one call: closed when the call has ended, and spoiled for good by the first that fails. */
export const statementsOf = (session: Session): { readonly sql: Sql; end(): Promise<void>; refused(): unknown } => {
  let open = true;
  let spoiled: { readonly thrown: unknown } | undefined;
  let under: Promise<unknown> = Promise.resolve();
  const run = async (text: string, values: readonly Value[]): Promise<PgResult> => {
    if (!open) {
      throw new BridgeError(
        "a unit was used after its transaction had ended: await everything inside the unit's work",
        {
          fault: "invalid",
          adapter: "postgres",
          landed: "no",
        },
      );
    }
    if (spoiled !== undefined) throw spoiled.thrown;
    const running = session.run(text, values);
    under = running.catch((thrown: unknown) => {
      spoiled ??= { thrown };
    });
    return running;
  };
  return {
    sql: {
      all: async <Row>(text: string, ...values: readonly Value[]) => (await run(text, values)).rows as readonly Row[],
      one: async <Row>(text: string, ...values: readonly Value[]) =>
        (await run(text, values)).rows[0] as Row | undefined,
      run: async (text, ...values) => (await run(text, values)).rowCount ?? 0,
    },
    end: async () => {
      open = false;
      await under;
    },
    // Work that swallowed the store's refusal must not be told that it was kept.
    refused: () => spoiled?.thrown,
  };
};
