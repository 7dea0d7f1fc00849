import { randomUUID } from "node:crypto";
import { type AccountRef, type Bridge, type EffectKey, type EntryKey, explainWhy } from "casethread";
import { misunderstood } from "./config.ts";
import type { Said } from "./shell.ts";

/** An account, as people write it. */
export const accountOf = (text: string): AccountRef => {
  const [channel, id, ...more] = text.split("/");
  if (!channel || !id || more.length > 0)
    throw misunderstood(`--account ${text}: write it as channel/id, such as x/1001`);
  return { channel, id };
};

const oneOf = <Word extends string>(flag: string, given: string, words: readonly Word[]): Word => {
  const word = words.find((one) => one === given);
  if (word !== undefined) return word;
  throw misunderstood(`--${flag} ${given}: write ${words.join(" or ")}`);
};

/** What `pause` may be given. */
export interface PauseFlags {
  readonly reason: string;
  readonly account?: string;
  readonly side?: string;
  readonly words?: string;
}

/** Silences the brand, or a part of it. When this has returned, nothing more leaves. */
export const pause = async (bridge: Bridge, flags: PauseFlags): Promise<Said> => {
  const made = await bridge.pause({
    reason: flags.reason,
    ...(flags.account === undefined ? {} : { account: accountOf(flags.account) }),
    ...(flags.side === undefined ? {} : { side: oneOf("side", flags.side, ["public", "private"] as const) }),
    ...(flags.words === undefined ? {} : { words: oneOf("words", flags.words, ["person", "automatic"] as const) }),
  });
  return {
    lines: [`paused: nothing more leaves. To lift it: casethread resume ${made.id}`],
    json: made,
  };
};

/** Lifts a pause. */
export const resume = async (bridge: Bridge, id: string): Promise<Said> => {
  await bridge.resume(id);
  return {
    lines: ["resumed. What people wrote meanwhile asks for a yes: see casethread held"],
    json: { resumed: id },
  };
};

/** Sends a parked act again, or lets it be. */
export const settle = async (bridge: Bridge, how: "retry" | "drop", effect: string): Promise<Said> => {
  await bridge[how](effect as EffectKey);
  return { lines: [how === "retry" ? "promised again" : "dropped"], json: { effect, how } };
};

/** Lets a held draft go, or takes it back. */
export const decide = async (bridge: Bridge, how: "release" | "withdraw", draft: string): Promise<Said> => {
  const state = await bridge[how]({ key: `cli-${randomUUID()}`, draft: draft as EntryKey });
  return { lines: [state.state, ...state.holds.map(({ why }) => `  held: ${explainWhy(why)}`)], json: state };
};
