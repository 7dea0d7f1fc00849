import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { FacebookPeople } from "casethread/facebook/sandbox";
import { facebookSandboxClient } from "casethread/facebook/sandbox";
import type { XPeople } from "casethread/x/sandbox";
import { xSandboxClient } from "casethread/x/sandbox";
import type { SandboxBoard } from "casethread/salesforce/sandbox";
import { salesforceSandboxClient } from "casethread/salesforce/sandbox";
import type { BridgeDesk, BridgeSettings } from "./bridge.ts";
import type { GroundOrigins, GroundSettings } from "./sandbox.ts";

/** A process of its own. */
interface Housed extends AsyncDisposable {
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

type OnLine = (line: string) => void;

/** Starts a program that answers with {@link answerParent} as a process of its own. */
export const startChild = (name: string, file: string | URL, onLine: OnLine): Child => {
  const child: ChildProcess = fork(new URL(file, import.meta.url), { stdio: ["ignore", "pipe", "pipe", "ipc"] });
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
    over = new Error(`${name} (process ${child.pid ?? "never begun"}) ended before the play did: ${how}`);
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

/** Waits for work, unless something ends before it is done. */
export const unless = async <T>(work: Promise<T>, ends: readonly Promise<never>[]): Promise<T> => {
  try {
    return await Promise.race([work, ...ends]);
  } catch (thrown) {
    // A cut connection is seen before the end of the process that cut it, and says less.
    await Promise.race([sleep(250), ...ends]);
    throw thrown;
  }
};

/** Asks a child to begin. One that does not is not left behind. */
const begun = async <T>(child: Child, settings: unknown, ends: readonly Promise<never>[] = []): Promise<T> => {
  try {
    return await unless(child.ask<T>("start", settings), [child.lost, ...ends]);
  } catch (thrown) {
    await child[Symbol.asyncDispose]();
    throw thrown;
  }
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

/** The networks and the CRM, in a process of their own, and what people do there. */
export interface Ground extends Housed {
  readonly origins: GroundOrigins;
  readonly people: XPeople;
  /** What people do on Facebook, where the play has it. */
  readonly onFacebook?: FacebookPeople;
  readonly board: SandboxBoard;
}

const aloud: OnLine = (line) => void process.stderr.write(line);

/** How a process is started. */
export interface Starting {
  /** Gets what it prints. @default standard error */
  readonly onLine?: OnLine | undefined;
  /** Rejections with which the start is given up. */
  readonly unless?: readonly Promise<never>[] | undefined;
}

/** Starts X and Salesforce as sandboxes in a process of their own. */
export const startGround = async (settings: GroundSettings, starting: Starting = {}): Promise<Ground> => {
  const child = startChild("the process of the sandboxes", "./sandbox.ts", starting.onLine ?? aloud);
  const origins = await begun<GroundOrigins>(child, settings, starting.unless);
  return {
    pid: child.pid,
    lost: child.lost,
    origins,
    people: xSandboxClient(origins.x),
    ...(origins.facebook === undefined ? {} : { onFacebook: facebookSandboxClient(origins.facebook.origin) }),
    board: salesforceSandboxClient(origins.salesforce),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
};

/** The bridge in a process of its own, and what can be asked of it. */
export interface RemoteBridge extends Housed {
  readonly webhooks: string;
  ask<K extends keyof BridgeDesk>(what: K, ...args: Parameters<BridgeDesk[K]>): ReturnType<BridgeDesk[K]>;
}

/** Starts a bridge in a process of its own. */
export const startBridge = async (settings: BridgeSettings, starting: Starting = {}): Promise<RemoteBridge> => {
  const child = startChild("the process of the bridge", "./bridge.ts", starting.onLine ?? aloud);
  const webhooks = await begun<string>(child, settings, starting.unless);
  return {
    pid: child.pid,
    lost: child.lost,
    webhooks,
    ask: (what, ...args) => child.ask(what, ...args) as ReturnType<BridgeDesk[typeof what]>,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
};

/** Rejects when a signal aborts, with its reason. */
export const aborted = (signal: AbortSignal | undefined): Promise<never> => {
  const ends = new Promise<never>((_, reject) => {
    if (signal?.aborted === true) reject(signal.reason as Error);
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  ends.catch(() => undefined);
  return ends;
};
