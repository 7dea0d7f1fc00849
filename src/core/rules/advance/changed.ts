import type { Conversation } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Gone, Profiled } from "../../words/event.ts";
import { type PostRef, samePlace } from "../../words/ref.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";

/** Where an entry's words stand: an answer in parts has several places. */
const placesOf = ({ post, more = [] }: Entry): readonly PostRef[] => (post === undefined ? [] : [post, ...more]);

/** A part of our answer is gone; the rest stands. Undefined: it was all of it. */
const shortened = (entry: Entry, gone: PostRef): Entry | undefined => {
  const { more: _, url: __, ...rest } = entry;
  const [post, ...more] = placesOf(entry).filter((at) => !samePlace(at, gone));
  return post === undefined ? undefined : { ...rest, post, ...(more.length === 0 ? {} : { more }) };
};

/** Notes what became of the author: who is away is not spoken to by the machine, and whose post is shown again is back. */
const regard = (plan: Plan, { by }: Entry, { author, how }: Gone): void => {
  const known = by.persona && plan.persona(by.persona);
  if (known === undefined || (author === undefined && how !== "shown")) return;
  const { gone: before, ...rest } = known;
  if (before === author) return;
  plan.meet({ ...rest, ...(author === undefined ? {} : { gone: author }) });
  plan.because(author === undefined ? "author-is-back" : `author-${author}`);
};

/** What follows when a post leaves the feed or comes back. */
export const advanceGone = (talk: Conversation, gone: Gone, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  // Words of ours are entered under the answer's own name, whatever post they became.
  const ours = scene.known.entries.find((one) => placesOf(one).some((at) => samePlace(at, gone.post)));
  const entry = plan.entry(gone.entry) ?? ours;
  const left = entry?.more === undefined ? undefined : shortened(entry, gone.post);
  plan.because(`post-${gone.how}`);
  if (talk.public !== undefined && talk.public.latest.id === gone.post.id) {
    plan.update({ public: { ...talk.public, gone: gone.how === "deleted" } });
  }
  if (entry === undefined) return plan;
  if (gone.how === "deleted" && left !== undefined) {
    plan.enter(left);
    plan.because("rest-stands");
    return plan;
  }
  regard(plan, entry, gone);
  plan.enter({ ...entry, state: gone.how === "shown" ? "said" : "gone" });
  plan.tell({ do: "entry" }, { content: entry.content });
  return plan;
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
