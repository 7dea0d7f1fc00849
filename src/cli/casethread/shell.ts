import { Stopped } from "../process.ts";

/** Where a command runs: what it was given, where it writes, and what stops it. */
export interface Shell {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
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
  else for (const line of said.lines) shell.out(`${line}\n`);
  return said.code ?? 0;
};

/** A moment, as people read it. */
export const moment = (at: number): string => new Date(at).toISOString().replace("T", " ").slice(0, 19);
