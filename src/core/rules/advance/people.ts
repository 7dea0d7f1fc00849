import type { Conversation, Persona } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Gone, Profiled, Said } from "../../words/event.ts";
import type { PersonaRef } from "../../words/ref.ts";
import { optOut } from "../optout.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";

const formerNames = 3;

/** What the network shows of somebody now. A new handle is noted with those of before: words may still be written to one. */
const seenAs = (plan: Plan, before: Persona, profile: Said["profile"]): Persona => {
  const old = before.profile.handle;
  const renamed = old !== undefined && profile?.handle !== undefined && profile.handle !== old;
  if (renamed) plan.because("handle-changed");
  return {
    ...before,
    profile: { ...before.profile, ...profile },
    ...(renamed
      ? {
          formerly: [...(before.formerly ?? []).filter((one) => one !== old), old].slice(-formerNames),
          renamedAt: plan.scene.now,
        }
      : {}),
  };
};

/** Notes who spoke, as the network shows them now. */
export const meet = (plan: Plan, ref: PersonaRef, profile: Said["profile"]): void => {
  plan.meet(seenAs(plan, plan.persona(ref) ?? { ref, profile: {}, roles: [] }, profile));
};

/** Has she asked not to be written to, or to be written to again? It holds for her under every name, in all her talks. */
export const hearWishes = (plan: Plan, said: Said): void => {
  const wish = optOut(said.text, plan.scene.rules.optOut);
  if (wish === undefined) return;
  const known = plan.talk.personas.some((ref) => ref.id === said.by.id && ref.space === said.by.space);
  for (const ref of [...plan.talk.personas, ...(known ? [] : [said.by])]) {
    const { optedOut: _, ...rest } = plan.persona(ref) ?? { ref, profile: {}, roles: [] };
    plan.meet(wish === "out" ? { ...rest, optedOut: said.at } : rest);
  }
  plan.because(wish === "out" ? "opted-out-by-words" : "opted-in-by-words");
};

/** Notes what became of the author: who is away is not spoken to by the machine, and whose post is shown again is back. */
export const regard = (plan: Plan, { by }: Entry, { author, how }: Gone): void => {
  const known = by.persona && plan.persona(by.persona);
  if (known === undefined || (author === undefined && how !== "shown")) return;
  const { gone: before, goneAt: _, ...rest } = known;
  if (before === author) return;
  plan.meet({ ...rest, ...(author === undefined ? {} : { gone: author, goneAt: plan.scene.now }) });
  plan.because(author === undefined ? "author-is-back" : `author-${author}`);
};

/** What follows when a persona is seen to have changed. */
export const advanceProfiled = (talk: Conversation, seen: Profiled, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  const before = plan.persona(seen.persona) ?? { ref: seen.persona, profile: {}, roles: [] };
  const { gone: was, goneAt, ...rest } = seenAs(plan, before, seen.profile);
  const at = was === seen.gone ? goneAt : scene.now;
  plan.meet({
    ...rest,
    ...(seen.gone === undefined ? {} : { gone: seen.gone, ...(at === undefined ? {} : { goneAt: at }) }),
  });
  plan.because(seen.gone === undefined ? "profile-changed" : `author-${seen.gone}`);
  return plan;
};
