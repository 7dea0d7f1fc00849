import { BridgeError } from "../../core/contracts/errors.ts";
/**
 * A statement as it is handed to a client. Without values it may be several, and is sent by the simple protocol; with values it is
 * one. It has a name, under which a connection keeps it, only where no pooler stands between that may give the next transaction another connection.
 */
export interface PgStatement {
  name?: string;
  text: string;
  values?: unknown[];
  types?: { getTypeParser(oid: number, format?: string): (value: string) => unknown };
}

/** What is needed of a client: those of `pg` have it. */
export interface PgClient {
  /** The process of the server that it was told it is connected to. */
  readonly processID?: number | null;
  query(statement: PgStatement): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** A client that goes back to its pool. */
export interface PgPoolClient extends PgClient {
  /** With an error, or true, it is closed instead. */
  release(broken?: Error | boolean): void;
}

/** What is needed of a pool: `new pg.Pool(…)` has it. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  on?: {
    (event: "error", listener: (error: Error) => void): unknown;
    (event: "acquire", listener: (client: PgPoolClient) => void): unknown;
  };
}

/** What a statement came to. */
export interface PgResult {
  readonly rows: readonly unknown[];
  readonly rowCount: number | null;
  readonly command: string;
}

const escaped = "\u0001";

// NUL, or half a surrogate pair. And what looks like an escaped one.
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0") && !text.startsWith(escaped);

/** Any text, as PostgreSQL can hold it. The same text gives the same, so keys stay keys. */
export const encode = (text: string): string => (isStorable(text) ? text : escaped + JSON.stringify(text));

const decode = (text: string): string =>
  text.startsWith(escaped) ? (JSON.parse(text.slice(escaped.length)) as string) : text;

const numbers: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);
const plain = (text: string): unknown => text;
/** `\x` and two digits a byte, unless a session asks for another form: what is not read must not pass for nothing found. */
const bytes = (text: string): Uint8Array => {
  if (text.startsWith("\\x")) return Buffer.from(text.slice(2), "hex");
  throw new BridgeError('the database gives bytes in a form of its own: set bytea_output = "hex" for this role', {
    fault: "invalid",
    adapter: "postgres",
    landed: "no",
  });
};
/** How values come back, whatever parsers others have set for their own use: every number of ours is below 2^53. */
export const types: NonNullable<PgStatement["types"]> = {
  getTypeParser: (oid) => (numbers.has(oid) ? Number : oid === 25 ? decode : oid === 17 ? bytes : plain),
};

const heard = new WeakSet<object>();

/** Without somebody who listens, a connection that ends while nothing is asked of it ends the process. */
export const listenTo = (source: { on?(event: "error", listener: () => void): unknown }): void => {
  if (heard.has(source)) return;
  heard.add(source);
  source.on?.("error", () => undefined);
};

/**
 * Listens to a pool and to each client before it is handed out: a server that shuts down may say so in the same breath in
 * which it lets somebody in, and by the time the pool's promise resolves nobody would have listened.
 */
export const listenToPool = (pool: PgPool): void => {
  if (heard.has(pool)) return;
  listenTo(pool);
  pool.on?.("acquire", listenTo);
};

/** What a statement came to, or each of several. */
export const resultsOf = (answer: unknown): readonly PgResult[] =>
  (Array.isArray(answer) ? answer : [answer]) as readonly PgResult[];
