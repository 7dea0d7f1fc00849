import type { Conversation } from "../../words/conversation.ts";
import type { Draft, Entry, Hold } from "../../words/entry.ts";
import type { Answered } from "../../words/event.ts";
import { clue, door, keyOf, samePlace, type Why } from "../../words/ref.ts";
import { mediaRefusal } from "../media.ts";
import { pausedBy } from "../pause.ts";
import { guardHold, harmless } from "./guarded.ts";
import { answerKey, parted, partsFor } from "./parts.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";

type Address = { readonly act: NonNullable<Draft["act"]> } | { readonly hold: Hold } | { readonly refused: Why };

/** Does this answer carry an invite, and which? One customer is offered one way into private. */
const inviteOf = (plan: Plan, answer: Answered, before: Entry | undefined): string | undefined => {
  const { talk, scene } = plan;
  const { invite } = talk;
  if (!scene.rules.invite || !scene.can(talk.account).invite || answer.by.kind === "automation") return undefined;
  // A new version takes the place of the one that carries it, and carries it on.
  if (invite?.stage === "promised" && before?.state === "draft") return invite.token;
  const offered = invite !== undefined && invite.stage !== "refused";
  return offered || talk.private !== undefined ? undefined : scene.known.token;
};

const publicly = (plan: Plan, answer: Answered, before: Entry | undefined): Address => {
  const { talk, scene } = plan;
  const can = scene.can(talk.account);
  const chosen = answer.answers === undefined ? undefined : plan.entry(answer.answers);
  // Words for one customer must not go under the post of another.
  if (answer.answers !== undefined && (chosen?.conversation !== talk.key || chosen.post === undefined)) {
    return { refused: { code: "answers-no-post-of-this-conversation" } };
  }
  const under = chosen?.post ?? talk.public?.latest;
  if (under === undefined) return { refused: { code: "no-public-post" } };
  if (can.reply === false) return { refused: { code: "channel-cannot-reply" } };
  if (chosen === undefined && talk.public?.overheard === true) return { refused: { code: "overheard" } };
  if (can.reply.summonedOnly && talk.public?.summoned !== true) return { refused: { code: "not-summoned" } };
  const invite = inviteOf(plan, answer, before);
  const [to] = talk.personas;
  return {
    act: { do: "reply", under, ...(to === undefined ? {} : { to }), ...(invite === undefined ? {} : { invite }) },
  };
};

/** A message in the private thread, where the network lets us write. */
const messageTo = ({ talk, scene }: Plan): Draft["act"] => {
  const { message } = scene.can(talk.account);
  const to = talk.private?.to ?? talk.personas[0];
  if (message === false || to === undefined) return undefined;
  const { thread, heardAt: heard } = talk.private ?? {};
  const open = heard !== undefined && scene.now - heard <= (message.humanWithinMs ?? message.withinMs);
  return message.first || open ? { do: "message", to, ...(thread === undefined ? {} : { thread }) } : undefined;
};

/** A private answer to her newest post, which a network allows once, for a while. */
const privateReplyTo = ({ talk, scene }: Plan): Draft["act"] => {
  const { privateReply } = scene.can(talk.account);
  const post = talk.public;
  if (privateReply === false || post === undefined || post.gone || post.privatelyAnswered === true) return undefined;
  if (post.openings?.privateReply === false || scene.now - post.heardAt > privateReply.withinMs) return undefined;
  return { do: "privateReply", under: post.latest };
};

/** The ladder of private words: where she spoke last, then the other way. What stands on no rung waits, and a public answer may carry an invite. */
export const privately = (plan: Plan, { text, media }: Pick<Answered, "text" | "media">): Address => {
  const { talk, scene } = plan;
  const heard = talk.private?.heardAt;
  const inPublic = talk.public !== undefined && talk.public.heardAt > (heard ?? 0);
  const reply = privateReplyTo(plan);
  const { message } = scene.can(talk.account);
  // The one private answer to a post is for words, and for all of them: where nobody may write first nothing can follow it.
  const inOne = (message !== false && message.first) || partsFor(plan, "private", text) === 1;
  const ways = [media === undefined && inOne ? reply : undefined, messageTo(plan)];
  const act = (inPublic ? ways : ways.reverse()).find((way) => way !== undefined);
  if (act?.do === "privateReply" && scene.can(talk.account).look && talk.public?.openings === undefined) {
    return { hold: { kind: "looking", why: { code: "asking-what-the-network-allows" } } };
  }
  if (act !== undefined) return { act };
  const tooLong = reply !== undefined && media === undefined && !inOne;
  const unheard = heard === undefined ? "customer-has-not-written-privately" : "private-window-closed";
  const code = tooLong ? "too-long-for-one-private-answer" : unheard;
  return { hold: { kind: "no-private-side", why: { code } } };
};

/** Asks what the network allows for her newest post, unless that is being asked already. */
const askOpenings = (plan: Plan): void => {
  const { talk, scene } = plan;
  const [persona] = talk.personas;
  const { event, known } = scene;
  const answered = event.as === "settled" && event.effect.act.do === "look";
  const asking = !answered && known.drafts.some((draft) => draft.holds.some((hold) => hold.kind === "looking"));
  if (asking || talk.public === undefined || persona === undefined) return;
  plan.promise({
    key: keyOf.effect(event.key, "look"),
    door: door.of(talk.account, "public"),
    act: { do: "look", post: talk.public.latest, persona },
  });
};

/** Why a draft may not leave now. */
const holdsOf = (plan: Plan, draft: Draft, text: string): readonly Hold[] => {
  const { scene } = plan;
  const holds: Hold[] = [];
  const guarded = guardHold(plan, draft, text);
  if (guarded !== undefined) holds.push(guarded);
  const effect = { door: door.of(plan.talk.account, draft.side), words: draft.words, at: scene.now };
  const pause = pausedBy(scene.known.pauses, effect, scene.now);
  if (pause !== undefined) holds.push({ kind: "paused", why: { code: "paused", params: { pause: pause.id } } });
  return holds;
};

/** The address of a draft as it leaves: another answer may have carried an invite while this one waited. */
const carrying = (plan: Plan, act: NonNullable<Draft["act"]>): NonNullable<Draft["act"]> => {
  if (act.do !== "reply" || act.invite === undefined) return act;
  const { invite, ...bare } = act;
  const { talk } = plan;
  const [to] = talk.personas;
  if (to === undefined) return bare;
  if (talk.invite !== undefined && talk.invite.stage !== "refused") return talk.invite.token === invite ? act : bare;
  plan.clue(clue.token(invite));
  plan.update({ invite: { token: invite, to, stage: "promised", rung: "public-reply" } });
  plan.because("invite-carried");
  return act;
};

/** Words that were to carry the invite do not go out: the next public answer may carry one. */
export const dropInvite = (plan: Plan, act: Draft["act"]): void => {
  const { invite } = plan.talk;
  if (act?.do !== "reply" || invite?.stage !== "promised" || act.invite !== invite.token) return;
  plan.update({ invite: { ...invite, stage: "refused" } });
};

/** Makes an effect of a draft that nothing holds. */
const promiseDraft = (plan: Plan, draft: Draft, text: string): void => {
  if (draft.act === undefined) return;
  const { talk } = plan;
  const act = parted(plan, carrying(plan, draft.act), draft.side, harmless(plan, draft, text));
  const post = talk.public;
  if (act.do === "privateReply" && post !== undefined && samePlace(post.latest, act.under)) {
    plan.update({ public: { ...post, privatelyAnswered: true } });
  }
  plan.undraft(draft.entry);
  plan.promise({
    key: answerKey({ entry: draft.entry, act }),
    door: door.of(talk.account, draft.side),
    act,
    content: draft.content,
    words: draft.words,
    by: draft.by,
    ...(draft.notAfter === undefined ? {} : { notAfter: draft.notAfter }),
  });
};

/** Tells the agent what became of the answer so far. */
export const tellAnswer = (
  plan: Plan,
  answer: Draft["entry"],
  state: "held" | "queued" | "sent" | "failed",
  about: { readonly why?: Why; readonly url?: string; readonly hold?: Hold } = {},
): void => {
  const { hold, ...rest } = about;
  const entry = hold?.trouble === undefined ? undefined : plan.entry(answer);
  const where = hold?.trouble === undefined || entry === undefined ? {} : { trouble: hold.trouble };
  plan.tell(
    { do: "answerState", answer, state, ...(hold === undefined ? {} : { why: hold.why }), ...rest, ...where },
    {
      // One event may tell of several answers.
      key: keyOf.effect(`${plan.scene.event.key}/${answer}`, `state:${state}`),
      ...(entry === undefined ? {} : { content: entry.content }),
    },
  );
};

/** Promises a draft, or keeps it with what holds it. */
export const submit = (plan: Plan, draft: Draft, text: string): void => {
  const holds = draft.act === undefined ? draft.holds : holdsOf(plan, draft, text);
  const [first] = holds;
  if (first === undefined) {
    promiseDraft(plan, draft, text);
    if (draft.words === "person") tellAnswer(plan, draft.entry, "queued");
    return;
  }
  plan.draft({ ...draft, holds });
  if (first.kind === "looking") {
    // It takes a moment, and is nothing to act on.
    plan.because(first.why.code);
    askOpenings(plan);
    return;
  }
  plan.because("held", { hold: first.kind, because: first.why.code });
  if (draft.words === "person") tellAnswer(plan, draft.entry, "held", { hold: first });
};

/** Lets a held draft go as far as it now can: with a person's yes, or because what held it is over. */
export const release = (plan: Plan, draft: Draft, because: string): void => {
  const entry = plan.entry(draft.entry);
  if (entry?.text === null || entry === undefined) {
    plan.undraft(draft.entry);
    plan.because("words-are-gone");
    return;
  }
  if (entry.state === "in-doubt") {
    // An older version of them may have gone out: first a person looks.
    plan.because("may-have-gone-out");
    return;
  }
  plan.because(because);
  // Words once meant for a person go to that person, whoever else is found to be the same; an answer to a post may find
  // another way.
  const fixed = draft.side === "public" || draft.act?.do === "message";
  const address = fixed ? undefined : privately(plan, { ...entry, text: entry.text });
  const { act: before, ...rest } = draft;
  if (address !== undefined && "hold" in address && (before === undefined || address.hold.kind === "looking")) {
    const { hold } = address;
    plan.draft({ ...rest, holds: [hold] });
    if (hold.kind === "looking") askOpenings(plan);
    else if (rest.words === "person" && !rest.holds.some(({ kind }) => kind === hold.kind)) {
      // What held it before was nothing to act on, and was not told.
      plan.because("held", { hold: hold.kind, because: hold.why.code });
      tellAnswer(plan, draft.entry, "held", { why: hold.why });
    }
    return;
  }
  const act = address !== undefined && "act" in address ? address.act : before;
  submit(plan, { ...rest, ...(act === undefined ? {} : { act }), holds: [], turn: plan.talk.turn }, entry.text);
};

const entryOf = (answer: Answered, talk: Conversation, side: Draft["side"]): Entry => ({
  key: answer.entry,
  conversation: talk.key,
  side,
  by: answer.by,
  state: "draft",
  content: { entry: answer.entry, version: answer.version, of: talk.personas[0] ?? "brand" },
  text: answer.text,
  at: answer.at,
  version: answer.version,
  words: "person",
  ...(answer.media === undefined ? {} : { media: answer.media }),
});

/** What follows when an agent wants to say something. */
export const advanceAnswered = (talk: Conversation, answer: Answered, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  const before = plan.entry(answer.entry);
  // What was refused or withdrawn may be written anew; what was said was said.
  const anew = before?.state === "withdrawn" && answer.version > before.version;
  if (before !== undefined && before.state !== "draft" && !anew) {
    plan.because(`already-${before.state}`);
    return plan;
  }
  if (before !== undefined && answer.version < before.version) {
    plan.because("newer-version-known");
    return plan;
  }
  const side = answer.side ?? before?.side ?? scene.rules.answers;
  const entry = entryOf(answer, talk, side);
  plan.enter(entry);
  // The CRM has its own record of what was written there; what was written elsewhere it must be told.
  if (answer.source === "person") plan.tell({ do: "entry" }, { content: entry.content });

  const refused = mediaRefusal(answer.media ?? [], answer.text, scene.can(talk.account).media?.[side]);
  const address =
    refused !== undefined ? { refused } : side === "public" ? publicly(plan, answer, before) : privately(plan, answer);
  if ("refused" in address) {
    plan.undraft(answer.entry);
    plan.enter({ ...entry, state: "withdrawn" });
    plan.because(address.refused.code, address.refused.params);
    tellAnswer(plan, answer.entry, "failed", { why: address.refused });
    return plan;
  }
  const draft: Draft = {
    entry: answer.entry,
    conversation: talk.key,
    content: entry.content,
    by: answer.by,
    words: "person",
    side,
    turn: answer.turn ?? talk.turn,
    at: answer.at,
    approvals: [],
    ...("act" in address ? { act: address.act, holds: [] } : { holds: [address.hold] }),
  };
  submit(plan, draft, answer.text);
  return plan;
};
