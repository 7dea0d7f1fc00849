import type { Conversation } from "../../words/conversation.ts";
import type { Act, Effect, Receipt } from "../../words/effect.ts";
import type { Order, Ordered, Settled } from "../../words/event.ts";
import type { Entry } from "../../words/entry.ts";
import { door, keyOf, type PostRef, samePlace, type Why } from "../../words/ref.ts";
import { secretsIn } from "../guard.ts";
import { release } from "./answer.ts";
import type { Plan } from "./plan.ts";

type Look = Extract<Act, { do: "look" }>;

/** What the network allows for her newest post is known, or cannot be: what waited for it finds its way. */
export const looked = (plan: Plan, act: Look, outcome: Settled["outcome"]): void => {
  const post = plan.talk.public;
  if (post !== undefined && samePlace(post.latest, act.post)) {
    const gone = outcome.as === "refused" && outcome.fault === "missing";
    // Who cannot ask tries: the network itself refuses what it does not allow.
    const assumed = { reply: true, privateReply: true, message: false };
    const openings = (outcome.as === "done" ? outcome.receipt.openings : undefined) ?? assumed;
    plan.update({ public: { ...post, openings, ...(gone ? { gone } : {}) } });
  }
  for (const draft of plan.scene.known.drafts) {
    if (draft.holds.some((hold) => hold.kind === "looking")) release(plan, draft, "network-was-asked");
  }
};

// Of more than these nobody remembers why.
const mostHidden = 8;

/** Which of her posts are hidden, and why: what was hidden while handling is shown again at the end. */
const noteHidden = (plan: Plan, act: Extract<Act, { do: "hide" }>): void => {
  const { entry } = act;
  const others = (plan.talk.hidden ?? []).filter(({ post }) => !samePlace(post, act.post));
  const now = act.hidden
    ? [...others, { post: act.post, because: act.because, ...(entry === undefined ? {} : { entry }) }]
    : others;
  const { hidden: _, ...rest } = plan.talk;
  plan.replace({ ...rest, ...(now.length === 0 ? {} : { hidden: now.slice(-mostHidden) }) });
  plan.because(act.hidden ? "hidden" : "shown", { because: act.because });
};

/** What follows when an act without words is done. */
export const actDone = (plan: Plan, effect: Effect, receipt: Receipt): void => {
  const { act, content } = effect;
  if (act.do === "hide") noteHidden(plan, act);
  if (act.do === "retract") {
    const entry = content && plan.entry(content.entry);
    if (entry === undefined) return;
    plan.enter({ ...entry, state: "gone" });
    plan.tell({ do: "entry" }, { content: entry.content });
    plan.because("taken-back");
  }
  if (act.do === "control" && plan.talk.private !== undefined) {
    const by = act.take ? "us" : "app";
    plan.update({ private: { ...plan.talk.private, control: by, controlAt: receipt.at } });
    plan.because("control-changed", { by });
    if (!act.take) return;
    for (const draft of plan.scene.known.drafts) {
      if (draft.holds.some((hold) => hold.kind === "claimed")) release(plan, draft, "thread-is-ours-again");
    }
  }
};

/** An order to act on the network without a word. */
export type ActOrder = Extract<Order, { order: "hide" | "like" | "retract" | "control" }>;

const promise = (
  plan: Plan,
  ordered: Ordered,
  side: "public" | "private",
  act: Act,
  about: Partial<Effect> = {},
): void => {
  plan.promise({
    key: keyOf.effect(ordered.key, act.do),
    door: door.of(plan.talk.account, side),
    act,
    by: ordered.by,
    ...about,
  });
  plan.because("ordered-by-person", { act: act.do });
};

const publicPost = (talk: Conversation, what: ActOrder): NonNullable<Conversation["public"]>["latest"] | undefined =>
  ("post" in what ? what.post : undefined) ?? talk.public?.latest;

const entryAt = (plan: Plan, post: PostRef): Entry | undefined =>
  plan.scene.known.entries.find((entry) => entry.post !== undefined && samePlace(entry.post, post));

/** What keeps a post hidden. Of words that are gone nobody knows what they would show. */
const staysHidden = (plan: Plan, post: PostRef): Why | undefined => {
  const text = entryAt(plan, post)?.text;
  if (text === null) return { code: "stays-hidden", params: { because: "words-are-gone" } };
  const shows = secretsIn(text ?? "", plan.scene.rules.guard.terms).length > 0;
  return shows ? { code: "private-data-stays-hidden" } : undefined;
};

/** What follows when a person wants a post hidden or liked, words taken back, a private thread taken or handed over. */
export const actOrdered = (plan: Plan, ordered: Ordered, what: ActOrder): void => {
  const { talk } = plan;
  const can = plan.scene.can(talk.account);
  switch (what.order) {
    case "hide":
    case "like": {
      const post = publicPost(talk, what);
      const keeps = post === undefined || what.order === "like" || what.hidden ? undefined : staysHidden(plan, post);
      if (post === undefined) plan.because("no-public-post");
      else if (what.order === "like") promise(plan, ordered, "public", { do: "like", post });
      else if (!can.hide) plan.because("channel-cannot", { act: what.order });
      else if (keeps !== undefined) plan.because(keeps.code, keeps.params);
      else {
        const entry = entryAt(plan, post);
        const act = { do: "hide", post, hidden: what.hidden, because: what.because ?? "person" } as const;
        // The words that are hidden or shown go along: whether they may be shown is asked again when they are.
        if (entry === undefined) promise(plan, ordered, "public", act);
        else promise(plan, ordered, "public", { ...act, entry: entry.key }, { content: entry.content });
      }
      return;
    }
    case "retract": {
      const entry = plan.entry(what.entry);
      if (!can.retract) plan.because("channel-cannot", { act: what.order });
      else if (entry?.state !== "said" || entry.post === undefined || entry.by.kind === "customer") {
        plan.because("nothing-to-take-back");
      } else {
        promise(plan, ordered, "public", { do: "retract", post: entry.post }, { content: entry.content });
        for (const [at, post] of (entry.more ?? []).entries()) {
          const key = keyOf.effect(ordered.key, `retract/${at + 2}`);
          promise(plan, ordered, "public", { do: "retract", post }, { key });
        }
      }
      return;
    }
    case "control": {
      const thread = talk.private?.thread;
      if (!can.control) plan.because("channel-cannot", { act: what.order });
      else if (thread === undefined) plan.because("no-private-thread");
      else promise(plan, ordered, "private", { do: "control", thread, take: what.take });
    }
  }
};
