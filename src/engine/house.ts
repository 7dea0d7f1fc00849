import type { Channel } from "../core/contracts/channel.ts";
import type { Clock } from "../core/contracts/clock.ts";
import type { Crm } from "../core/contracts/crm.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import type { Kit } from "../core/contracts/kit.ts";
import type { Store } from "../core/contracts/store.ts";
import type { Telemetry } from "../core/contracts/telemetry.ts";
import type { Perform, Rulebook } from "../core/rules/policy.ts";
import type { AccountRef, ConversationKey, Why } from "../core/words/ref.ts";
import type { Breaker } from "./breaker.ts";
import type { Crowd } from "./crowd.ts";
import type { Faults } from "./faults.ts";
import type { Pace } from "./pace.ts";
import { refusal } from "./refusal.ts";
import type { Intake } from "./web.ts";

/** Where the bridge says what it does: a subset that pino, winston and the console fit. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Somebody has to look at once. */
export interface Alert {
  readonly conversation: ConversationKey;
  readonly account: AccountRef;
  readonly why: Why;
}

/** All that the engine's rooms share. */
export interface House {
  readonly store: Store;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly crm: Crm;
  readonly rules: Rulebook;
  /** The hash of the policy, written beside every decision. */
  readonly policy: string;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly roll: () => number;
  readonly log: Log;
  readonly telemetry: Telemetry;
  perform(account: AccountRef): Perform;
  /** Which buckets of vendors are closed: known to all who work here. */
  readonly pace: Pace;
  /** Which doors do not answer: known to all who work here. */
  readonly breaker: Breaker;
  /** How many arrive, and how many wait to be spoken to in private. */
  readonly crowd: Crowd;
  /** Which ways to the outside keep failing, in this process. */
  readonly faults: Faults;
  /** What adapters said about accounts, newest last. */
  readonly alarms: string[];
  readonly alert: (alert: Alert) => void | Promise<void>;
  readonly intake: Intake;
}

/** A log that says nothing. */
export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What a call into an adapter is handed. */
export const kitFor = (house: House, adapter: string, signal: AbortSignal, depart: () => void = () => {}): Kit => ({
  signal,
  now: () => house.clock.now(),
  depart,
  note: (name) => {
    const full = `${adapter}/${name}`;
    return {
      read: () => house.store.unit((unit) => unit.note(full).read()),
      swap: (from, to) => house.store.unit((unit) => unit.note(full).swap(from, to)),
    };
  },
});

/**
 * What an adapter or a store threw. The message of an error that is not ours may repeat what it stumbled over, a token or
 * a customer's words (JSON.parse quotes ten characters of them): its name and where it was thrown are told instead.
 */
export const thrownBy = (thrown: unknown, adapter: string): BridgeError => {
  if (thrown instanceof BridgeError) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const frame = thrown instanceof Error ? /\n\s+at (.+)/.exec(thrown.stack ?? "")?.[1] : undefined;
  return new BridgeError(`${name} was thrown${frame === undefined ? "" : ` at ${frame}`}: report it to its author`, {
    fault: "unavailable",
    adapter,
    landed: "unknown",
    cause: thrown,
  });
};

/** The channel of an account. */
export const channelOf = (house: House, account: AccountRef): Channel => {
  const channel = house.channels.get(account.channel);
  if (channel !== undefined) return channel;
  throw refusal(
    "missing",
    `no channel "${account.channel}" is configured, and a promised act needs it: add it to createBridge({ channels }) or drop the act`,
  );
};

/** Runs a call with a time limit: its signal aborts when the time is over or the outer signal aborts. */
export const within = async <T>(
  ms: number,
  outer: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const timeout = AbortSignal.timeout(ms);
  const signal = outer === undefined ? timeout : AbortSignal.any([timeout, outer]);
  return call(signal);
};
