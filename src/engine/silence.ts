import type { Pause } from "../core/words/conversation.ts";
import type { Actor } from "../core/words/entry.ts";
import type { AccountRef, Side } from "../core/words/ref.ts";
import { callTimeoutMs } from "./send.ts";
import type { House } from "./house.ts";
import { refusal } from "./refusal.ts";

/** Whom to silence. Nothing given: everything, everywhere. */
export interface Silence {
  readonly account?: AccountRef;
  readonly side?: Side;
  readonly words?: "person" | "automatic";
  readonly reason: string;
  readonly by?: Actor;
}

/**
 * Silences what matches. When it returns, nothing more leaves: no act may be marked any more, and those that were marked
 * have been answered or are past the moment until which they may be written.
 */
export const pause = async (house: House, wanted: Silence): Promise<Pause> => {
  const { by = { kind: "agent" }, ...rest } = wanted;
  const made: Pause = { ...rest, by, id: globalThis.crypto.randomUUID(), since: house.clock.now() };
  await house.store.pause(made);
  // Nothing is marked from here on, so that this ends a window and a call from now at the latest.
  while ((await house.store.outbound(made, callTimeoutMs)).length > 0) await house.clock.sleep(20);
  house.log.info({ pause: made.id }, "paused");
  return made;
};

/**
 * Lifts a pause. What waited never leaves by itself: the machine's own words are dropped, people's words ask for a yes.
 *
 * @throws BridgeError `missing` when there is no such pause.
 */
export const resume = async (house: House, id: string): Promise<void> => {
  if (await house.store.resume(id, house.clock.now())) {
    house.log.info({ pause: id }, "resumed");
    return;
  }
  throw refusal("missing", `no pause "${id}" is in force; bridge.health() lists those that are`);
};
