import { createHash } from "node:crypto";
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
  /** Tells which process of the server answers. Where it is the one that was connected to, the connection is ours alone, and keeps what is asked often. */
  answeredBy(pid: number): void;
}

/** The name of a schema, or of anything, as it stands in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const named = new RegExp(`\\b(FROM|INTO|UPDATE|JOIN)\\s+(${tables.join("|")})\\b`, "g");

/** A statement as PostgreSQL gets it. */
interface Statement {
  readonly text: string;
  /** What a connection keeps it under, once it has been asked often. */
  readonly name?: string;
}

/** Statements as the store writes them, made PostgreSQL's. */
export type Dialect = (text: string) => Statement;

/** How often a statement is asked before connections keep it, and how many of them do: lists of values come in any length. */
const often = 10;
const mostKept = 256;

/** `$n` for `?`, and every table by its full name, so that no search path is needed. */
export const dialect = (schema: string): Dialect => {
  const known = new Map<string, { readonly text: string; asked: number; name?: string }>();
  const own = quoted(schema);
  let kept = 0;
  return (text) => {
    let found = known.get(text);
    if (found === undefined) {
      let n = 0;
      const made = text
        .replace(named, (_, verb: string, table: string) => `${verb} ${own}.${table}`)
        .replace(/\?/g, () => `$${(n += 1)}`);
      // Not those of every length there ever was.
      if (known.size > 2_000) for (const [other, { name }] of known) if (name === undefined) known.delete(other);
      found = { text: made, asked: 0 };
      known.set(text, found);
    }
    found.asked += 1;
    if (found.asked === often && kept < mostKept) {
      kept += 1;
      // By its text: connections may be shared by stores of several schemas, and by versions of this code.
      found.name = `casethread_${createHash("sha256").update(found.text).digest("base64url").slice(0, 22)}`;
    }
    return found;
  };
};

const given = (value: Value): unknown => {
  if (typeof value === "string") return encode(value);
  return value instanceof Uint8Array ? Buffer.from(value) : value;
};

const lastOf = (results: readonly PgResult[]): PgResult => results.at(-1) ?? { rows: [], rowCount: 0, command: "" };

/** Makes the session of a client: a client asked twice at once would only keep the second waiting, and says so in its log. */
export const createSession = (client: PgClient, translated: Dialect): Session => {
  listenTo(client);
  let alone = false;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<unknown>): Promise<readonly PgResult[]> => {
    const mine = last.then(work).then(resultsOf);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    exec: async (text) => lastOf(await inTurn(() => client.query({ text, types }))),
    script: (text) => inTurn(() => client.query({ text, types })),
    run: async (text, values) => {
      const { text: made, name } = translated(text);
      const kept = alone && name !== undefined ? { name } : {};
      const statement = { ...kept, text: made, values: values.map((value) => given(value)), types };
      return lastOf(await inTurn(() => client.query(statement)));
    },
    answeredBy: (pid) => {
      alone = client.processID === pid;
    },
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
