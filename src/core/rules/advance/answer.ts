import type { Conversation } from "../../words/conversation.ts";
import type { Draft, Entry, Hold } from "../../words/entry.ts";
import type { Answered } from "../../words/event.ts";
import { door, keyOf, samePersona, samePlace, type Why } from "../../words/ref.ts";
import { hasLink, sameWords } from "../echo.ts";
import { answersTo, authorOf, differ, heldBy } from "../holds.ts";
import { mediaRefusal } from "../media.ts";
import type { Rung } from "../move.ts";
import { greetingOf } from "../policy.ts";
import { dressed } from "../template.ts";
import { askOpenings, carrying, fitsIn, privately, publicly } from "./address.ts";
import { harmless } from "./guarded.ts";
import { answerKey, parted } from "./parts.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";
import { holdsOf } from "./waits.ts";

/** A person's words are on their way: others who answer the same are asked first, and a claim has served its purpose. */
const answersNow = (plan: Plan, draft: Draft): void => {
  const { claim: before, lately = {}, ...rest } = plan.talk;
  const by = authorOf(draft.by);
  const answered = { by, to: answersTo(draft, plan.talk), at: plan.scene.now };
  const claim = before === undefined || !differ(authorOf(before.by), by) ? {} : { claim: before };
  plan.replace({ ...rest, ...claim, lately: { ...lately, answered } });
};

/** Whoever has begun to answer and waits has the word for a while. */
const claims = (plan: Plan, draft: Draft): void => {
  const { talk, scene } = plan;
  if (draft.words !== "person" || (talk.claim !== undefined && scene.now < talk.claim.until)) return;
  plan.update({ claim: { by: draft.by, until: scene.now + scene.rules.windows.claim, turn: talk.turn } });
};

/** Makes an effect of a draft that nothing holds. */
const promiseDraft = (plan: Plan, draft: Draft, text: string): void => {
  if (draft.act === undefined) return;
  const { talk } = plan;
  const carried = carrying(plan, draft.act, text);
  const entry = plan.entry(draft.entry);
  if (carried.text !== text && entry !== undefined) plan.enter({ ...entry, text: carried.text });
  const act = parted(plan, carried.act, draft.side, harmless(plan, draft, carried.text));
  const post = talk.public;
  if (draft.words === "person") answersNow(plan, draft);
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
  if (first.kind !== "claimed" && first.kind !== "stale") claims(plan, draft);
  plan.because("held", heldBy(first));
  if (draft.words === "person") tellAnswer(plan, draft.entry, "held", { hold: first });
};

/** Lets a held draft go as far as it now can: with a person's yes, or because what held it is over. */
export const release = (plan: Plan, draft: Draft, because: string, tried: readonly Rung[] = []): void => {
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
  const fixed = draft.side === "public" || (draft.act?.do === "message" && tried.length === 0);
  const about = { withFile: entry.media !== undefined, words: draft.words, text: entry.text, tried };
  const { of } = draft.content;
  // Nor do they go to another who has stayed where she was parted from.
  const stranger = of !== "brand" && !plan.talk.personas.some((one) => samePersona(one, of));
  const nobody = { hold: { kind: "no-private-side", why: { code: "customer-has-not-written-privately" } } } as const;
  const address = fixed ? undefined : stranger ? nobody : privately(plan, about);
  const { act: before, ...bare } = draft;
  // It goes on from this turn, and answers what it answered.
  const rest = { ...bare, to: answersTo(draft, plan.talk) };
  if (address !== undefined && "hold" in address && (before === undefined || address.hold.kind === "looking")) {
    const { hold } = address;
    plan.draft({ ...rest, holds: [hold] });
    if (hold.kind === "looking") askOpenings(plan);
    else if (rest.words === "person" && !rest.holds.some(({ kind }) => kind === hold.kind)) {
      // What held it before was nothing to act on, and was not told.
      plan.because("held", heldBy(hold));
      tellAnswer(plan, draft.entry, "held", { hold });
    }
    return;
  }
  const act = address !== undefined && "act" in address ? address.act : before;
  submit(plan, { ...rest, ...(act === undefined ? {} : { act }), holds: [], turn: plan.talk.turn }, entry.text);
};

/** What a person wrote, with the greeting and the signature that the brand wants around it where it is the first. */
const worded = (plan: Plan, answer: Answered, side: Draft["side"], first: boolean): string => {
  const { talk, scene } = plan;
  if (side === "private" || answer.text.trim() === "") return answer.text;
  const [to] = talk.personas;
  const context = {
    greeting: greetingOf(to && plan.persona(to)),
    case: talk.case.ref?.number === undefined ? {} : { number: talk.case.ref.number },
    conversation: talk,
  };
  const greeting = first ? plan.ask("greeting", () => scene.rules.greeting(context)) : undefined;
  const signature = plan.ask("signature", () => scene.rules.signature(answer.by));
  return greeting === undefined && signature === undefined
    ? answer.text
    : dressed(answer.text, { greeting, signature }, fitsIn(plan));
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

/**
 * The very words of an answer, said by hand since it was written. Somebody has pasted them; or they are our own, told by the
 * network to a store that came back from the past before it had promised them.
 */
const saidByHand = (plan: Plan, answer: Answered, side: Draft["side"]): Entry | undefined => {
  // Networks make links and files their own: nobody can tell whether those are the same.
  if (answer.text.trim() === "" || answer.media !== undefined || hasLink(answer.text)) return undefined;
  const all = plan.scene.known.entries.filter(({ conversation }) => conversation === plan.talk.key);
  const since = all.filter(
    (one) =>
      one.by.kind === "brand" &&
      one.state === "said" &&
      one.side === side &&
      one.at >= answer.at &&
      one.media === undefined,
  );
  if (since.length === 0) return undefined;
  const alike = [answer.text, worded(plan, answer, side, false), worded(plan, answer, side, true)];
  const says = ({ text }: Entry): boolean => typeof text === "string" && alike.some((one) => sameWords(one, text));
  // They are one answer's: where there is another of the same words, a person is asked.
  if (all.some((one) => one.by.kind === "agent" && one.state === "said" && says(one))) return undefined;
  return since.find(says);
};

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
  // Written for one conversation's customer, words are never filed under another's.
  if (before !== undefined && before.conversation !== talk.key) {
    const why: Why = { code: "belongs-to-another-conversation", params: { with: before.conversation } };
    plan.because(why.code, why.params);
    tellAnswer(plan, answer.entry, "failed", { why });
    return plan;
  }
  const side = answer.side ?? before?.side ?? scene.rules.answers;
  const first = talk.stamps.firstPublicAnswer === undefined;
  const entry = { ...entryOf(answer, talk, side), text: worded(plan, answer, side, first) };
  plan.enter(entry);
  // The CRM has its own record of what was written there; what was written elsewhere it must be told.
  if (answer.source === "person") plan.tell({ do: "entry" }, { content: entry.content });

  const stands = saidByHand(plan, answer, side);
  if (stands !== undefined) {
    const { post, url } = stands;
    plan.undraft(answer.entry);
    plan.enter({
      ...entry,
      state: "said",
      ...(post === undefined ? {} : { post }),
      ...(url === undefined ? {} : { url }),
    });
    plan.because("stands-already");
    tellAnswer(plan, answer.entry, "sent", url === undefined ? {} : { url });
    return plan;
  }
  const refused = mediaRefusal(answer.media ?? [], answer.text, scene.can(talk.account).media?.[side]);
  const address =
    refused !== undefined
      ? { refused }
      : side === "public"
        ? publicly(plan, answer, before)
        : privately(plan, { withFile: answer.media !== undefined, words: "person", text: answer.text });
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
    to: Math.min(talk.lately?.heard ?? 0, answer.turn ?? talk.turn),
    at: answer.at,
    approvals: [],
    ...("act" in address ? { act: address.act, holds: [] } : { holds: [address.hold] }),
  };
  submit(plan, draft, entry.text);
  return plan;
};
