import { Stopped } from "../process.ts";
import { BridgeError } from "casethread";
import { oneLine } from "../../core/rules/one-line.ts";

/** Where a command runs: what it was given, where it writes, and what stops it. */
export interface Shell {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The version of Node it runs on. */
  readonly node?: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Where somebody sits before it: absent where the command is piped. */
  readonly terminal?: {
    readonly screen: NodeJS.WritableStream;
    /** Asks for a yes; anything else is none. */
    ask(question: string): Promise<boolean>;
  };
  /** Its reason says what the exit code of a command is that was stopped before it was done. */
  readonly stop: AbortSignal;
}

/** The exit code of a command that was stopped before it was done. One whose work is to go on until it is stopped ends with 0. */
export const stoppedCode = ({ stop }: Shell): number => (stop.reason instanceof Stopped ? stop.reason.code : 1);

/** What a command has to say: lines for people, one value for programs. */
export interface Said {
  readonly lines: readonly string[];
  readonly json: unknown;
  /** @default 0 */
  readonly code?: number;
}

/** Says it the way it was asked for. The answer is the exit code. */
export const say = (shell: Shell, json: boolean, said: Said): number => {
  if (json) shell.out(`${JSON.stringify(said.json)}\n`);
  // Words of customers stand in some: what they hold must not command a terminal.
  else for (const line of said.lines) shell.out(`${oneLine(line)}\n`);
  return said.code ?? 0;
};

/** The innermost place in a stack that is none of Node's, or the line that could not be read. */
const placeOf = ({ stack = "" }: Error): string | undefined =>
  /^\s+at (?!(?:async )?node:|.*\(node:|JSON\.parse)(.+)/m.exec(stack)?.[1] ??
  /^(?:file:\/\/)?(\/.+:\d+)\n/.exec(stack)?.[1];

/** Modules that cannot be loaded, and what the system refuses: these name files and hosts, and quote nothing. */
const plain = /^(?:E[A-Z]+|ERR_(?:MODULE_NOT_FOUND|PACKAGE_\w+|UNKNOWN_FILE_EXTENSION|UNSUPPORTED_\w+|REQUIRE_\w+))$/;

/**
 * What was thrown, in a sentence. Ours is one. Of what is not ours the message may repeat what it stumbled over, a key or a
 * customer's words: only those of modules that cannot be loaded and of what the system refuses are told, of others name and place.
 */
export const sentenceOf = (thrown: unknown): string => {
  if (thrown instanceof BridgeError) return thrown.message;
  if (!(thrown instanceof Error)) return "something was thrown that is no error: look at who throws it";
  const { code = "" } = thrown as NodeJS.ErrnoException;
  // Of two addresses that both refuse, the message is empty.
  if (plain.test(code)) return thrown.message === "" ? code : thrown.message;
  const place = placeOf(thrown);
  return `${thrown.name} was thrown${place === undefined ? "" : ` at ${place}`}: look there; what it says is not repeated, for it may hold a secret`;
};

const commands: Readonly<Record<string, string>> = { work: "serve", check: "doctor" };

/** A sentence of the bridge's for whoever reads it here: programs ask the bridge, people have commands. */
export const asCommands = (sentence: string): string =>
  sentence.replaceAll(
    /bridge\.(parked|held|unread|health|ledger|work|check)\(\)/g,
    (_, verb: string) => `casethread ${commands[verb] ?? verb}`,
  );

/** A moment, as people read it. */
export const moment = (at: number): string => new Date(at).toISOString().replace("T", " ").slice(0, 19);
