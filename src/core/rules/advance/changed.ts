import type { Conversation } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Gone, Profiled } from "../../words/event.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";

/** Notes what became of the author: who is away is not spoken to by the machine, and whose post is shown again is back. */
export const regard = (plan: Plan, { by }: Entry, { author, how }: Gone): void => {
  const known = by.persona && plan.persona(by.persona);
  if (known === undefined || (author === undefined && how !== "shown")) return;
  const { gone: before, ...rest } = known;
  if (before === author) return;
  plan.meet({ ...rest, ...(author === undefined ? {} : { gone: author }) });
  plan.because(author === undefined ? "author-is-back" : `author-${author}`);
};

/** What follows when a persona is seen to have changed. */
export const advanceProfiled = (talk: Conversation, seen: Profiled, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  const before = plan.persona(seen.persona) ?? { ref: seen.persona, profile: {}, roles: [] };
  const { gone: _, ...rest } = before;
  plan.meet({
    ...rest,
    profile: { ...before.profile, ...seen.profile },
    ...(seen.gone === undefined ? {} : { gone: seen.gone }),
  });
  plan.because(seen.gone === undefined ? "profile-changed" : `author-${seen.gone}`);
  return plan;
};
