import { type ChildProcess, fork } from "node:child_process";
import { refuse } from "./refuse.ts";

/** A process of its own. */
export interface Housed extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Rejects when the process ends unasked. Whoever waits for anything that it does waits for this too. */
  readonly lost: Promise<never>;
}

/** A child that answers questions: `{ id, ask, args }` in, `{ id, value }` or `{ id, error }` out. */
export interface Child extends Housed {
  ask<T>(what: string, ...args: readonly unknown[]): Promise<T>;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const isReply = (message: unknown): message is Reply =>
  typeof message === "object" && message !== null && "id" in message;

/** Takes a line that a process prints. */
export type OnLine = (line: string) => void;

/** Starts a program that answers with {@link answerParent} as a process of its own. */
export const startChild = (name: string, file: URL, onLine: OnLine): Child => {
  const child: ChildProcess = fork(file, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 0;
  let over: Error | undefined;
  let loseIt: (reason: Error) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => (loseIt = reject));
  lost.catch(() => undefined);
  child.stdout?.setEncoding("utf8").on("data", onLine);
  child.stderr?.setEncoding("utf8").on("data", onLine);
  child.on("message", (message) => {
    if (!isReply(message)) return;
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) asked?.resolve(message.value);
    else asked?.reject(new Error(message.error));
  });
  const end = (how: string): void => {
    if (over !== undefined) return;
    over = refuse(
      `${name} (process ${child.pid ?? "never begun"}) ended before the play did (${how}): see what it printed, and begin again`,
    );
    for (const asked of waiting.values()) asked.reject(over);
    waiting.clear();
    loseIt(over);
  };
  child.once("exit", (code, signal) => end(signal === null ? `exit code ${code}` : `killed by ${signal}`));
  child.once("error", (thrown) => end(thrown.message));
  return {
    pid: child.pid,
    lost,
    ask: <T>(what: string, ...args: readonly unknown[]) =>
      new Promise<T>((resolve, reject) => {
        if (over !== undefined) return reject(over);
        const id = ++next;
        waiting.set(id, { resolve: (value) => resolve(value as T), reject });
        // What cannot be sent is not told here: the end of the process follows, and says how.
        child.send({ id, ask: what, args }, () => undefined);
      }),
    [Symbol.asyncDispose]: async () => {
      if (over !== undefined) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(patience);
    },
  };
};

/** Answers the parent's questions with these functions. */
export const answerParent = (answers: Readonly<Record<string, (...args: never[]) => Promise<unknown>>>): void => {
  const answer = async (message: {
    readonly id: number;
    readonly ask: string;
    readonly args: readonly never[];
  }): Promise<void> => {
    try {
      const value = await answers[message.ask]?.(...message.args);
      process.send?.({ id: message.id, value });
    } catch (thrown) {
      process.send?.({ id: message.id, error: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  };
  process.on("message", (message) => void answer(message as Parameters<typeof answer>[0]));
  // A terminal sends this to every process at once; the parent ends its children in order.
  process.on("SIGINT", () => undefined);
  // The parent is gone: nobody will ask again.
  process.on("disconnect", () => process.exit(0));
};
