import type { Entry } from "../../words/entry.ts";
import type { Gone, Order } from "../../words/event.ts";
import { keyOf, type PostRef, samePlace } from "../../words/ref.ts";
import type { Conversation } from "../../words/conversation.ts";
import { tellAnswer } from "./answer.ts";
import { regard } from "./people.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";

const isOurs = (entry: Entry): boolean => ["brand", "agent", "automation"].includes(entry.by.kind);

/** Takes the words of an entry away, and leaves a stone where it stood: that somebody said something, and when. */
const blank = (plan: Plan, entry: Entry): void => {
  const { media: _, url: __, deleted: ___, ...rest } = entry;
  plan.blank(entry.key);
  plan.enter({ ...rest, text: null });
  // What was made of her words may hold them, and nobody knows of which.
  if (entry.by.kind === "customer") plan.update({ advice: {} });
  if (plan.talk.case.opener === entry.key) plan.show({ forget: "words" });
};

/** Where an entry's words stand: an answer in parts has several places. */
const placesOf = ({ post, more = [] }: Entry): readonly PostRef[] => (post === undefined ? [] : [post, ...more]);

/** A part of our answer is gone; the rest stands. Undefined: it was all of it. */
const shortened = (entry: Entry, gone: PostRef): Entry | undefined => {
  const { more: _, url: __, ...rest } = entry;
  const [post, ...more] = placesOf(entry).filter((at) => !samePlace(at, gone));
  return post === undefined ? undefined : { ...rest, post, ...(more.length === 0 ? {} : { more }) };
};

/** What follows when a post or a message leaves the network, or comes back. */
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
  const now = { ...entry, state: gone.how === "shown" ? ("said" as const) : ("gone" as const) };
  const deleted = gone.how === "deleted" && !isOurs(entry);
  const held = talk.record.holds.length > 0;
  plan.enter(deleted && held ? { ...now, deleted: true } : now);
  // What an agent takes off the network stays on the record; what a customer takes back is not kept.
  if (deleted && !held) blank(plan, now);
  if (deleted) plan.because(held ? "words-kept-under-hold" : "words-blanked");
  plan.tell({ do: "entry" }, { content: entry.content });
  return plan;
};

const unlinked = (entry: Entry): Entry => {
  const { url: _, media: __, ...rest } = entry;
  return { ...rest, text: null };
};

/** Tells the case that nothing of a person is kept any more, and takes back what was still to be said to them. */
export const forget = (plan: Plan): void => {
  const { talk, scene } = plan;
  if (talk.record.holds.length > 0) {
    plan.because("kept-under-hold", { holds: talk.record.holds.length });
    return;
  }
  for (const entry of scene.known.entries.filter(({ conversation }) => conversation === talk.key)) {
    const unsaid = entry.state === "draft" || entry.state === "in-doubt";
    // Whoever they are filed as being of: what was said before it was known to whom was said to her as well.
    plan.blank(entry.key);
    plan.enter({ ...unlinked(entry), ...(unsaid ? { state: "withdrawn" as const } : {}) });
    plan.undraft(entry.key);
    const key = keyOf.effect(`${scene.event.key}/${entry.key}`, "entry");
    plan.tell({ do: "entry" }, { content: entry.content, key });
    if (unsaid && entry.words === "person") tellAnswer(plan, entry.key, "failed", { why: { code: "erased" } });
  }
  const { public: shown, ...rest } = talk;
  const { url: _, ...post } = shown ?? {};
  plan.replace({ ...rest, advice: {}, ...(shown === undefined ? {} : { public: post as NonNullable<typeof shown> }) });
  const key = keyOf.effect(`${scene.event.key}/${talk.key}`, "state");
  plan.tell({ do: "state", fields: { forget: "person" } }, { key });
  plan.because("erased");
};

/** Keeps a conversation from being erased, or lets it go again: what its authors took back meanwhile is blanked then. */
export const preserve = (plan: Plan, what: Extract<Order, { order: "preserve" }>): void => {
  const { record } = plan.talk;
  const others = record.holds.filter((name) => name !== what.hold);
  const holds = what.lift === true ? others : [...others, what.hold];
  plan.update({ record: { ...record, holds } });
  plan.because(what.lift === true ? "hold-lifted" : "put-on-hold");
  if (holds.length > 0) return;
  for (const entry of plan.scene.known.entries.filter(({ deleted }) => deleted === true)) {
    blank(plan, entry);
    plan.tell(
      { do: "entry" },
      { content: entry.content, key: keyOf.effect(`${plan.scene.event.key}/${entry.key}`, "entry") },
    );
  }
};
