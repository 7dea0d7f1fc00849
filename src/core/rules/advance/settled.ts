import type { Conversation, Stamp } from "../../words/conversation.ts";
import type { Effect, Fault, Receipt } from "../../words/effect.ts";
import type { Draft, Entry } from "../../words/entry.ts";
import type { Settled } from "../../words/event.ts";
import { clue, type Instant, samePersona, samePlace, type Why } from "../../words/ref.ts";
import { authorOf, heldBy } from "../holds.ts";
import { rungOf } from "../move.ts";
import { actDone, looked } from "./acts.ts";
import { dropInvite, tokenOf } from "./address.ts";
import { release, submit, tellAnswer } from "./answer.ts";
import { isFurther, isLast, partOf, sayNext } from "./parts.ts";
import { type Plan, planFor, type Scene, speaks } from "./plan.ts";

const stamp = (talk: Conversation, name: Stamp, at: Instant): Conversation["stamps"] =>
  talk.stamps[name] === undefined ? { ...talk.stamps, [name]: at } : talk.stamps;

const tellSent = (plan: Plan, entry: Entry, receipt: Receipt, why?: Why): void => {
  // Of several parts the agent is shown the first.
  const url = entry.more === undefined ? receipt.url : entry.url;
  tellAnswer(plan, entry.key, "sent", { ...(why === undefined ? {} : { why }), ...(url === undefined ? {} : { url }) });
};

/** A further part of our words stands on the network. */
const spokeOn = (plan: Plan, effect: Effect, receipt: Receipt, entry: Entry): void => {
  if (plan.scene.known.drafts.some((draft) => draft.entry === entry.key)) plan.undraft(entry.key);
  plan.clue(receipt.post && clue.post(receipt.post), receipt.thread && clue.thread(receipt.thread));
  const more = [...(entry.more ?? []), ...(receipt.post === undefined ? [] : [receipt.post])];
  const whole = { ...entry, more };
  plan.enter(whole);
  plan.because("part-said", { ...partOf(effect) });
  if (isLast(effect) && effect.words === "person") tellSent(plan, whole, receipt);
};

/** Our words stand on the network. */
const spoke = (plan: Plan, effect: Effect, receipt: Receipt, entry: Entry): void => {
  const { talk } = plan;
  const open = effect.door.endsWith("/public");
  const person = effect.words === "person";
  if (plan.scene.known.drafts.some((draft) => draft.entry === entry.key)) plan.undraft(entry.key);
  const { content = entry.content } = effect;
  // A newer version came while this one was in hand: what stands there is the older one, whose words are kept already.
  const older = content.version < entry.version;
  plan.enter({
    ...entry,
    ...(older ? { content, version: content.version, text: null } : {}),
    state: "said",
    at: receipt.at,
    ...(receipt.post === undefined ? {} : { post: receipt.post }),
    ...(receipt.thread === undefined ? {} : { thread: receipt.thread }),
    ...(receipt.url === undefined ? {} : { url: receipt.url }),
  });
  plan.clue(receipt.post && clue.post(receipt.post), receipt.thread && clue.thread(receipt.thread));
  const name: Stamp = !person ? "firstAutomatic" : open ? "firstPublicAnswer" : "firstPrivateAnswer";
  const stamps = stamp(talk, name, receipt.at);
  plan.update({
    turn: talk.turn + 1,
    stamps: open && person ? { ...stamps, lastPublicAnswer: receipt.at } : stamps,
    // An answer whose receipt comes after the customer's next word has not answered that.
    ...(person && talk.awaiting === "us" && receipt.at >= (talk.stamps.lastHeard ?? 0)
      ? { awaiting: "customer", awaitingSince: receipt.at }
      : {}),
    ...(talk.private !== undefined && receipt.thread !== undefined
      ? { private: { ...talk.private, thread: receipt.thread } }
      : {}),
  });
  if (talk.invite?.stage === "promised" && tokenOf(effect.act) === talk.invite.token) {
    const at = { ...talk.invite.at, sent: receipt.at };
    plan.update({ invite: { ...talk.invite, stage: "sent", at }, stamps: stamp(plan.talk, "invited", receipt.at) });
    plan.show({ invite: "sent" });
  }
  if (receipt.learned !== undefined) learn(plan, receipt.learned);
  plan.because("said", receipt.proof === undefined ? undefined : { proof: receipt.proof });
  const why: Why = { code: "older-version-was-said" };
  if (older) {
    plan.because(why.code);
    plan.tell({ do: "entry" }, { content });
  }
  if (person) {
    if (isLast(effect)) tellSent(plan, entry, receipt, older ? why : undefined);
    plan.show({ awaiting: plan.talk.awaiting, awaitingSince: plan.talk.awaitingSince });
  } else plan.tell({ do: "entry" }, { content: entry.content });
};

const learn = (plan: Plan, learned: NonNullable<Receipt["learned"]>): void => {
  const { talk } = plan;
  plan.clue(clue.persona(learned));
  plan.update({
    personas: [...talk.personas.filter((known) => !samePersona(known, learned)), learned].slice(0, 4),
    private: { control: "us", ...talk.private, to: learned },
  });
  plan.because("other-name-learned");
};

const done = (plan: Plan, effect: Effect, receipt: Receipt): void => {
  const { talk } = plan;
  if (effect.act.do === "open" && receipt.case !== undefined) {
    plan.clue(clue.case(receipt.case));
    // A receipt may come late: what was seen of the case meanwhile is newer.
    const stage = talk.case.stage === "promised" ? "open" : talk.case.stage;
    plan.update({ case: { ...talk.case, stage, ref: receipt.case } });
    plan.because("case-opened", receipt.case.number === undefined ? undefined : { number: receipt.case.number });
    return;
  }
  if (effect.act.do === "state" && effect.act.fields.resolved === false && talk.case.stage === "reopening") {
    plan.update({ case: { ...talk.case, stage: "open" } });
  }
  actDone(plan, effect, receipt);
  const entry = effect.content && plan.entry(effect.content.entry);
  if (!speaks(effect.act) || entry === undefined) return;
  if (isFurther(effect)) spokeOn(plan, effect, receipt, entry);
  else spoke(plan, effect, receipt, entry);
  sayNext(plan, effect, receipt);
};

/** A private answer that was not made may still be made. */
const unanswer = (plan: Plan, { act }: Effect): void => {
  const { public: post } = plan.talk;
  if (act.do !== "privateReply" || post?.privatelyAnswered !== true || !samePlace(post.latest, act.under)) return;
  const { privatelyAnswered: _, ...rest } = post;
  plan.update({ public: rest });
};

/**
 * Has a newer version come while these words were in hand? It went unheard, for what may have left is never replaced. It
 * did not leave after all: now the newer one gets its turn.
 */
const superseded = (plan: Plan, effect: Effect): boolean => {
  const { content } = effect;
  const entry = content && plan.entry(content.entry);
  if (content === undefined || entry === undefined || entry.version <= content.version) return false;
  plan.because("newer-version-known");
  // It was in doubt with them.
  if (entry.state === "in-doubt") plan.enter({ ...entry, state: "draft" });
  const waiting = plan.scene.known.drafts.find((draft) => draft.entry === entry.key);
  // What the older words had taken is free again.
  if (waiting?.holds.some(({ kind }) => kind === "no-private-side")) release(plan, waiting, "way-is-free-again");
  if (waiting === undefined && plan.entry(entry.key)?.state === "draft" && speaks(effect.act))
    submit(plan, draftOf(effect, effect.act, entry), entry.text ?? "");
  return true;
};

/** The draft that these words were, or that a newer version of them is. */
const draftOf = (
  effect: Effect,
  act: NonNullable<Draft["act"]>,
  { key, content, conversation }: Pick<Entry, "key" | "content" | "conversation">,
): Draft => ({
  entry: key,
  conversation,
  content,
  act,
  by: effect.by,
  words: effect.words ?? "person",
  side: effect.door.endsWith("/public") ? "public" : "private",
  turn: effect.turn,
  at: effect.at,
  holds: [],
  approvals: [],
  ...(effect.notAfter === undefined ? {} : { notAfter: effect.notAfter }),
});

/** Nobody has answered after all: others need not ask whether they may. */
const answeredNot = (plan: Plan, effect: Effect): void => {
  const { answered, ...rest } = plan.talk.lately ?? {};
  if (effect.words === "person" && answered?.by === authorOf(effect.by)) plan.update({ lately: rest });
};

// What says that this way is closed, and nothing of the words.
const closedWay: ReadonlySet<string> = new Set<Fault>(["forbidden", "closed", "missing", "taken"]);

/** Where the network refuses a way, a person's words take the next one down the ladder, with the reason. */
const nextRung = (plan: Plan, effect: Effect, why: Why, fault: string): boolean => {
  const { act, content } = effect;
  const entry = content && plan.entry(content.entry);
  if (effect.words !== "person" || !speaks(act) || entry === undefined || content === undefined) return false;
  const rung = act.do === "reply" && act.door !== undefined ? "reply-with-door" : rungOf(act);
  if (rung === "reply" || !closedWay.has(fault)) return false;
  // A post that is gone is answered neither with a link nor without, and nobody writes to who is gone.
  if (fault === "missing" && rung !== "private-reply") return false;
  const post = plan.talk.public;
  if (post !== undefined && rung !== "message") {
    plan.update({ public: { ...post, refused: [...new Set([...(post.refused ?? []), rung])] } });
  }
  plan.because("next-rung", { refused: rung, because: String(why.params?.["fault"] ?? fault) });
  const known = { key: content.entry, content, conversation: entry.conversation };
  const draft = draftOf(effect, act, known);
  if (act.do === "message") {
    // Words that had a person's address keep it, whoever else is found to be the same: they wait for that person.
    const hold = { kind: "no-private-side", why: { code: "network-refuses-it" } } as const;
    plan.draft({ ...draft, holds: [hold] });
    tellAnswer(plan, draft.entry, "held", { hold });
    return true;
  }
  if (act.do !== "reply") {
    // The address that was refused is none any more.
    const { act: _, ...homeless } = draft;
    release(plan, homeless, "another-way", [rung]);
    return true;
  }
  dropInvite(plan, act);
  const { invite: _i, door: _d, part: _p, ...bare } = act;
  submit(plan, { ...draft, act: bare }, entry.text ?? "");
  return true;
};

/** An answer that did not go out. */
const unsaid = (plan: Plan, effect: Effect, why: Why, fault = "withdrawn"): void => {
  const entry = effect.content && plan.entry(effect.content.entry);
  if (!speaks(effect.act) || entry === undefined) return;
  if (isFurther(effect)) {
    plan.undraft(entry.key);
    if (effect.words === "person") tellAnswer(plan, entry.key, "failed", { why });
    return;
  }
  if (superseded(plan, effect)) return;
  answeredNot(plan, effect);
  if (nextRung(plan, effect, why, fault)) return;
  plan.undraft(entry.key);
  plan.enter({ ...entry, state: "withdrawn" });
  dropInvite(plan, effect.act);
  if (effect.words === "person") tellAnswer(plan, entry.key, "failed", { why });
};

/** It may not leave after all: a draft again, with what holds it. */
const heldAgain = (plan: Plan, effect: Effect, outcome: Extract<Settled["outcome"], { as: "held" }>): void => {
  const { act, content } = effect;
  if (!speaks(act) || content === undefined || (!isFurther(effect) && superseded(plan, effect))) return;
  unanswer(plan, effect);
  answeredNot(plan, effect);
  const { conversation = plan.talk.key } = plan.entry(content.entry) ?? {};
  const known = { key: content.entry, content, conversation };
  const draft = { ...draftOf(effect, act, known), holds: [outcome.hold] };
  plan.draft(draft);
  plan.because("held", heldBy(outcome.hold));
  if (draft.words === "person") tellAnswer(plan, content.entry, "held", { hold: outcome.hold });
};

/** An act on the case changes nobody's words, however it ended: of all that is known only what waits is looked at, for its hour. */
export const saysNothing = ({ effect }: Settled): boolean => effect.door.startsWith("crm/");

/** What follows when an effect has ended, or waits for a person. */
export const advanceSettled = (talk: Conversation, settled: Settled, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  const { effect, outcome } = settled;
  switch (outcome.as) {
    case "done":
      done(plan, effect, outcome.receipt);
      break;
    case "rehearsed":
      plan.because("rehearsed", { door: effect.door, act: effect.act.do });
      break;
    case "held":
      heldAgain(plan, effect, outcome);
      break;
    case "refused":
      plan.because(outcome.why.code, outcome.why.params);
      if (outcome.fault !== "taken") unanswer(plan, effect);
      unsaid(plan, effect, outcome.why, outcome.fault);
      break;
    case "parked": {
      plan.because("parked", { ...outcome.why.params, act: effect.act.do, because: outcome.why.code });
      const entry = effect.content && plan.entry(effect.content.entry);
      if (outcome.doubt && speaks(effect.act) && entry !== undefined && !isFurther(effect))
        plan.enter({ ...entry, state: "in-doubt" });
      if (speaks(effect.act) && effect.words === "person" && effect.content !== undefined) {
        tellAnswer(plan, effect.content.entry, "failed", { why: outcome.why });
      }
    }
  }
  if (effect.act.do === "look" && outcome.as !== "held") looked(plan, effect.act, outcome);
  return plan;
};
