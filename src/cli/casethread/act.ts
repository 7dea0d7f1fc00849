import { randomUUID } from "node:crypto";
import {
  type AccountRef,
  type Bridge,
  type Channel,
  type EffectKey,
  type EntryKey,
  explainWhy,
  type Pause,
} from "casethread";
import { accountName } from "../../core/words/ref.ts";
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

/** Which part a pause silences; of all, nothing. */
const partOf = ({ account, side, words }: Pause): string =>
  [
    ...(words === undefined ? [] : [` of ${words === "person" ? "people's words" : "the machine's own words"}`]),
    ...(account === undefined ? [] : [` from ${accountName(account)}`]),
    ...(side === undefined ? [] : [` in ${side}`]),
  ].join("");

/** One of the accounts that the configuration has: with a slip in it, nothing would be silenced, or linked. */
export const ownAccountOf = (text: string, channels: readonly Channel[]): AccountRef => {
  const wanted = accountOf(text);
  const own = channels.flatMap((channel) => channel.accounts());
  if (own.some((one) => accountName(one) === accountName(wanted))) return wanted;
  throw misunderstood(`--account ${text}: there is no such account here, only ${own.map(accountName).join(", ")}`);
};

/** Silences the brand, or a part of it. When this has returned, nothing more leaves. */
export const pause = async (bridge: Bridge, channels: readonly Channel[], flags: PauseFlags): Promise<Said> => {
  if (flags.reason.trim() === "") throw misunderstood("--reason: say why, for whoever finds it");
  const made = await bridge.pause({
    reason: flags.reason,
    ...(flags.account === undefined ? {} : { account: ownAccountOf(flags.account, channels) }),
    ...(flags.side === undefined ? {} : { side: oneOf("side", flags.side, ["public", "private"] as const) }),
    ...(flags.words === undefined ? {} : { words: oneOf("words", flags.words, ["person", "automatic"] as const) }),
  });
  return {
    lines: [`paused: nothing more leaves${partOf(made)}. To lift it: casethread resume ${made.id}`],
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

/** Says that somebody has seen to an unread item. */
export const dismiss = async (bridge: Bridge, id: string): Promise<Said> => {
  await bridge.dismiss(id);
  return { lines: ["dismissed: what it said is kept no longer"], json: { dismissed: id } };
};

/** Says that a parked act is there after all, and where: what it is known by from now on, to answers and to likes. */
export const landed = async (
  bridge: Bridge,
  channels: readonly Channel[],
  effect: string,
  link: string | undefined,
): Promise<Said> => {
  const url = URL.parse(link ?? "");
  const posts = url === null ? [] : channels.flatMap((one) => one.parse(url));
  const its = (await bridge.parked()).find((one) => one.effect.key === effect)?.effect.door ?? "";
  const post = posts.find(({ account }) => its.startsWith(`${accountName(account)}/`));
  if (link !== undefined && its !== "" && post === undefined)
    throw misunderstood(`${link}: it is no link to a post of ${its}; give the post's own, or none`);
  await bridge.landed(effect as EffectKey, {
    ...(post === undefined ? {} : { post }),
    ...(link === undefined ? {} : { url: link }),
  });
  return { lines: ["taken as done"], json: { effect, how: "landed", ...(link === undefined ? {} : { url: link }) } };
};

/** Lets a held draft go, or takes it back. */
export const decide = async (bridge: Bridge, how: "release" | "withdraw", draft: string): Promise<Said> => {
  const state = await bridge[how]({ key: `cli-${randomUUID()}`, draft: draft as EntryKey });
  return { lines: [state.state, ...state.holds.map(({ why }) => `  held: ${explainWhy(why)}`)], json: state };
};
