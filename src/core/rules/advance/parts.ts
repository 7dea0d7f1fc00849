import type { Effect, Part, Receipt } from "../../words/effect.ts";
import type { Draft } from "../../words/entry.ts";
import { type EffectKey, keyOf, type Side } from "../../words/ref.ts";
import { type Plan, speaks } from "./plan.ts";

/** An answer's effect is named after its entry: whatever version, it is promised once. Each further part has a name of its own. */
export const answerKey = ({ entry, act }: Pick<Draft, "entry" | "act">): EffectKey =>
  keyOf.effect(entry, act?.part === undefined || act.part.at === 1 ? "answer" : `answer/${act.part.at}`);

/** Which part of its words an effect carries, if there are several. */
export const partOf = ({ act }: Effect): Part | undefined => (speaks(act) ? act.part : undefined);
/** With it all has been said. */
export const isLast = (effect: Effect): boolean => {
  const part = partOf(effect);
  return part === undefined || part.at === part.of;
};
/** Part of the answer stands on the network already: whatever becomes of this one, the answer was said. */
export const isFurther = (effect: Effect): boolean => (partOf(effect)?.at ?? 1) > 1;

/** How many acts do these words take? */
export const partsFor = ({ talk, scene }: Plan, side: Side, text: string): number =>
  scene.parts?.(talk.account, text, side).length ?? 1;

/** The act that carries the first part of words that a network needs several for. A later part stays the one it is. */
export const parted = (plan: Plan, act: NonNullable<Draft["act"]>, side: Draft["side"], text: string): typeof act => {
  const { part, ...whole } = act;
  if (part !== undefined && part.at > 1) return act;
  const of = partsFor(plan, side, text);
  return of === 1 ? whole : { ...whole, part: { at: 1, of } };
};

/** One part of an answer was said: the next is promised, behind it. */
export const sayNext = (plan: Plan, effect: Effect, receipt: Receipt): void => {
  const { act, content } = effect;
  if (!speaks(act) || act.part === undefined || act.part.at === act.part.of || content === undefined) return;
  const part = { at: act.part.at + 1, of: act.part.of };
  const to = act.do === "message" ? act.to : (receipt.learned ?? plan.talk.private?.to);
  const next: Draft["act"] =
    act.do === "reply"
      ? receipt.post && { do: "reply", under: receipt.post, ...(act.to === undefined ? {} : { to: act.to }), part }
      : to && { do: "message", to, ...(receipt.thread === undefined ? {} : { thread: receipt.thread }), part };
  if (next === undefined) return;
  const { door: at, words, by, notAfter } = effect;
  plan.because("next-part", { ...part });
  plan.promise({
    key: answerKey({ entry: content.entry, act: next }),
    door: at,
    act: next,
    content,
    by,
    ...(words === undefined ? {} : { words }),
    ...(notAfter === undefined ? {} : { notAfter }),
  });
};
