import { BridgeError } from "../../core/contracts/errors.ts";
import type { Delivery, Found } from "../../core/contracts/kit.ts";
import type { FromChannel } from "../../core/words/event.ts";
import type { ChannelSubject } from "./subject.ts";

/** Breaks a law, saying what was seen instead. */
export const must: (holds: boolean, otherwise: string) => asserts holds = (holds, otherwise) => {
  if (!holds) throw new Error(otherwise);
};

/** What a delivery holds. */
export const found = async (subject: ChannelSubject, delivery: Delivery): Promise<Found<FromChannel>> => {
  const reading = await subject.channel.read(delivery, subject.kit());
  must(!("handshake" in reading), "a delivery was taken for a handshake");
  return reading;
};

/** The keys of events, in order. */
export const keys = (events: readonly FromChannel[]): string => events.map(({ key }) => key).join(" ");

/** What a promise came to. */
export type Settlement<T> = { readonly value: T } | { readonly error: unknown };

/** Waits for a promise, however it ends. */
export const settlement = async <T>(work: Promise<T>): Promise<Settlement<T>> => {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
};

/** The refusal that was due. */
export const refusal = (settled: Settlement<unknown>, of: string): BridgeError => {
  must("error" in settled, `${of}: no error, but ${JSON.stringify("value" in settled ? settled.value : undefined)}`);
  const { error } = settled;
  must(
    error instanceof BridgeError,
    `${of}: the error is no BridgeError but ${error instanceof Error ? error.name : typeof error}`,
  );
  return error;
};

/** Whether a promise is settled within `ms`. */
export const within = async (ms: number, work: Promise<unknown>): Promise<boolean> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = work.then(
    () => true,
    () => true,
  );
  const first = await Promise.race([done, late]);
  clearTimeout(timer);
  return first;
};
