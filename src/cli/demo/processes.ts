import { setTimeout as sleep } from "node:timers/promises";
import type { FacebookPeople } from "casethread/facebook/sandbox";
import { facebookSandboxClient } from "casethread/facebook/sandbox";
import type { XPeople } from "casethread/x/sandbox";
import { xSandboxClient } from "casethread/x/sandbox";
import type { SandboxBoard } from "casethread/salesforce/sandbox";
import { salesforceSandboxClient } from "casethread/salesforce/sandbox";
import type { BridgeDesk, BridgeSettings } from "./bridge.ts";
import { type Child, type Housed, type OnLine, startChild } from "./child.ts";
import type { GroundOrigins, GroundSettings } from "./sandbox.ts";

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
  const child = startChild(
    "the process of the sandboxes",
    new URL("sandbox.ts", import.meta.url),
    starting.onLine ?? aloud,
  );
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
  const child = startChild(
    "the process of the bridge",
    new URL("bridge.ts", import.meta.url),
    starting.onLine ?? aloud,
  );
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
