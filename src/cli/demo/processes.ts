import { type ChildProcess, fork } from "node:child_process";
import type { XPeople } from "casethread/x/sandbox";
import { xSandboxClient } from "casethread/x/sandbox";
import type { SandboxBoard } from "casethread/salesforce/sandbox";
import { salesforceSandboxClient } from "casethread/salesforce/sandbox";
import type { BridgeDesk, BridgeSettings } from "./bridge.ts";
import type { GroundOrigins, GroundSettings } from "./sandbox.ts";

/** A child that answers questions: `{ id, ask, args }` in, `{ id, value }` or `{ id, error }` out. */
interface Child extends AsyncDisposable {
  ask<T>(what: string, ...args: readonly unknown[]): Promise<T>;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

const isReply = (message: unknown): message is Reply =>
  typeof message === "object" && message !== null && "id" in message;

type OnLine = (line: string) => void;

const start = (file: string, onLine: OnLine): Child => {
  const child: ChildProcess = fork(new URL(file, import.meta.url), { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 0;
  let over: Error | undefined;
  child.stdout?.setEncoding("utf8").on("data", onLine);
  child.stderr?.setEncoding("utf8").on("data", onLine);
  child.on("message", (message) => {
    if (!isReply(message)) return;
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) asked?.resolve(message.value);
    else asked?.reject(new Error(message.error));
  });
  child.once("exit", (code, signal) => {
    over = new Error(`the process ${file} ended (${signal ?? `exit code ${code}`})`);
    for (const asked of waiting.values()) asked.reject(over);
    waiting.clear();
  });
  return {
    ask: <T>(what: string, ...args: readonly unknown[]) =>
      new Promise<T>((resolve, reject) => {
        if (over !== undefined) return reject(over);
        const id = ++next;
        waiting.set(id, { resolve: (value) => resolve(value as T), reject });
        child.send({ id, ask: what, args });
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
  // The parent is gone: nobody will ask again.
  process.on("disconnect", () => process.exit(0));
};

/** The networks and the CRM, in a process of their own, and what people do there. */
export interface Ground extends AsyncDisposable {
  readonly origins: GroundOrigins;
  readonly people: XPeople;
  readonly board: SandboxBoard;
}

const aloud: OnLine = (line) => void process.stderr.write(line);

/** Starts X and Salesforce as sandboxes in a process of their own. What it prints goes to `onLine`, by default standard error. */
export const startGround = async (settings: GroundSettings, onLine: OnLine = aloud): Promise<Ground> => {
  const child = start("./sandbox.ts", onLine);
  const origins = await child.ask<GroundOrigins>("start", settings);
  return {
    origins,
    people: xSandboxClient(origins.x),
    board: salesforceSandboxClient(origins.salesforce),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
};

/** The bridge in a process of its own, and what can be asked of it. */
export interface RemoteBridge extends AsyncDisposable {
  readonly webhooks: string;
  ask<K extends keyof BridgeDesk>(what: K, ...args: Parameters<BridgeDesk[K]>): ReturnType<BridgeDesk[K]>;
}

/** Starts a bridge in a process of its own. What it prints goes to `onLine`, by default standard error. */
export const startBridge = async (settings: BridgeSettings, onLine: OnLine = aloud): Promise<RemoteBridge> => {
  const child = start("./bridge.ts", onLine);
  const webhooks = await child.ask<string>("start", settings);
  return {
    webhooks,
    ask: (what, ...args) => child.ask(what, ...args) as ReturnType<BridgeDesk[typeof what]>,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
};
