import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Orders } from "./child.ts";

/** Bridges in processes of their own, one at work and one that waits for its turn. */
export interface Victims extends AsyncDisposable {
  /** The next one begins to work. */
  begin(): Promise<void>;
  /**
   * SIGKILL. When it resolves the process is gone. The answer is when it was killed.
   *
   * @throws Error when it had ended by itself: nothing would be tested by killing it.
   */
  kill(): Promise<number>;
  /** Asks it to end what is under way and stop. */
  stop(): Promise<void>;
  /** What the processes said, newest last. */
  readonly said: readonly string[];
}

const patienceMs = 10_000;

/** Makes processes that work by these orders. */
export const createVictims = (orders: Orders): Victims => {
  const said: string[] = [];
  const hire = (): {
    readonly child: ChildProcess;
    readonly ready: Promise<unknown>;
    readonly gone: Promise<unknown>;
  } => {
    const child = fork(new URL("child.ts", import.meta.url), {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"],
    });
    child.stderr?.setEncoding("utf8").on("data", (line: string) => {
      said.push(line.trimEnd());
      if (said.length > 1_000) said.shift();
    });
    const gone = once(child, "exit");
    return { child, gone, ready: Promise.race([once(child, "message"), gone]) };
  };
  let next = hire();
  let atWork: ReturnType<typeof hire> | undefined;

  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<number> => {
    const victim = atWork;
    atWork = undefined;
    const at = Date.now();
    if (victim === undefined) return at;
    const { exitCode } = victim.child;
    if (exitCode !== null) throw new Error(`a bridge ended by itself with ${exitCode}:\n${said.join("\n")}`);
    victim.child.kill(signal);
    const late = setTimeout(() => victim.child.kill("SIGKILL"), patienceMs);
    await victim.gone;
    clearTimeout(late);
    return at;
  };

  return {
    said,
    begin: async () => {
      const victim = next;
      await victim.ready;
      victim.child.send(orders);
      atWork = victim;
      next = hire();
    },
    kill: () => end("SIGKILL"),
    stop: async () => void (await end("SIGTERM")),
    [Symbol.asyncDispose]: async () => {
      await end("SIGKILL").catch(() => undefined);
      next.child.kill("SIGKILL");
      await next.gone;
    },
  };
};
