import type { CaseSide, Conversation } from "../../words/conversation.ts";
import type { CaseSeen, Controlled, Opened, Woken } from "../../words/event.ts";
import { type Draft } from "../../words/entry.ts";
import { clue, door, keyOf, samePersona } from "../../words/ref.ts";
import { linkBack } from "./linkback.ts";
import { pausedBy } from "../pause.ts";
import { release, tellAnswer } from "./answer.ts";
import { sayFollowUp } from "./automatic.ts";
import { answerBy, followUpAt, type Plan, planFor, type Scene } from "./plan.ts";
import { reopenLater, reopenNow } from "./reopen.ts";

/** The words are out of date: nobody says them any more. */
const expire = (plan: Plan, draft: Draft, because: string): void => {
  const entry = plan.entry(draft.entry);
  if (entry !== undefined) plan.enter({ ...entry, state: "withdrawn" });
  plan.undraft(draft.entry);
  plan.because(because);
};

/**
 * The case is there no more. Where it was merged into one that is no conversation's, that one is this conversation's from
 * now on. A case that was deleted stays so: nothing is written on it any more, and her next word begins anew.
 */
const leave = (plan: Plan, seen: CaseSeen): void => {
  const { talk, scene } = plan;
  const { into, at } = seen;
  plan.because(seen.gone === "merged" ? "case-merged-away" : "case-deleted");
  const [persona] = talk.personas;
  if (into === undefined || persona === undefined) {
    const { closedAt: _, reopenAt: __, ...rest } = talk.case;
    plan.update({ case: { ...rest, stage: "gone", seenAt: at }, awaiting: "nobody", awaitingSince: at });
    // Answers are written on the case, and went with it.
    if (seen.gone === "deleted") for (const draft of scene.known.drafts) expire(plan, draft, "withdrawn-with-its-case");
    return;
  }
  plan.clue(clue.case(into));
  plan.update({ case: { stage: "promised", ref: into } });
  plan.because("follows-the-case", into.number === undefined ? {} : { number: into.number });
  const { awaiting, awaitingSince } = talk;
  const fields = { awaiting, awaitingSince, ...answerBy(talk, { awaiting }, scene.rules) };
  plan.tell(
    { do: "open", persona, fields, saidAt: talk.stamps.firstPost ?? talk.stamps.firstMessage ?? at, adopts: into },
    { key: keyOf.effect(scene.event.key, "open") },
  );
};

/** What follows from the case as it stands: what changed is seen by comparing. */
export const advanceCase = (talk: Conversation, seen: CaseSeen, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  const before = talk.case;
  // A case whose conversation was merged away leads here as well; it is not this conversation's own.
  const others = seen.conversation !== undefined && seen.conversation !== talk.key;
  if (others || (before.ref !== undefined && (before.ref.crm !== seen.case.crm || before.ref.id !== seen.case.id))) {
    plan.because("case-of-another");
    return plan;
  }
  plan.clue(clue.case(seen.case));
  // Polls overlap: what was seen later than this is newer than this.
  if (before.seenAt !== undefined && seen.at < before.seenAt) {
    plan.because("seen-newer-already");
    return plan;
  }
  if (seen.gone !== undefined) {
    leave(plan, seen);
    return plan;
  }
  if (before.stage === "reopening" && seen.closed) {
    plan.because("closed-before-the-customer-spoke");
    return plan;
  }
  const back = before.stage === "gone";
  if (back) plan.because("case-is-back");
  const closing = seen.closed && before.stage !== "closed" && !back;
  const reopening = !seen.closed && before.stage === "closed";
  const { closedAt, ...rest } = before;
  const after: CaseSide = {
    ...rest,
    stage: seen.closed ? "closed" : "open",
    ref: { ...before.ref, ...seen.case },
    status: seen.status,
    seenAt: seen.at,
    ...(seen.priority === undefined ? {} : { priority: seen.priority }),
    ...(closing ? { closedAt: seen.at } : seen.closed && closedAt !== undefined ? { closedAt } : {}),
  };
  plan.update({ case: after, ...(seen.assignee === undefined ? {} : { assignee: seen.assignee }) });
  if (seen.assignee !== undefined && seen.assignee !== talk.assignee) plan.because("assignee-changed");
  if (before.status !== undefined && before.status !== seen.status) plan.because("status-changed");
  const changed = before.status !== undefined && before.status !== seen.status;
  // What was answered since had been seen, however coarse the CRM's clock is: some tell whole seconds.
  if (closing && talk.awaiting === "us" && (talk.stamps.lastAsked ?? -1) > seen.at) {
    // Whoever closed it has not seen her last words: states are told late.
    reopenLater(plan, Math.max(seen.at, talk.stamps.lastAsked ?? 0));
  } else if (closing) {
    plan.because("resolved");
    const { invite } = talk;
    plan.update({
      awaiting: "nobody",
      awaitingSince: seen.at,
      stamps: { ...talk.stamps, resolved: seen.at },
      ...(invite === undefined ? {} : { invite: { ...invite, at: { ...invite.at, resolved: seen.at } } }),
    });
    linkBack(plan, seen, { closes: true, closedBefore: talk.stamps.resolved });
    plan.show({ awaiting: "nobody", awaitingSince: seen.at });
  } else if (changed && !seen.closed) linkBack(plan, seen, { closes: false, closedBefore: talk.stamps.resolved });
  else if (before.reopenAt !== undefined && changed) {
    // The CRM is not quiet yet.
    reopenLater(plan, seen.at);
  }
  if (reopening) {
    plan.because("reopened-in-crm");
    plan.update({ awaiting: "us", awaitingSince: seen.at });
    plan.show({ awaiting: "us", awaitingSince: seen.at });
  }
  return plan;
};

/** What follows when the hour to look again has come: what a lifted pause held, what has waited long enough or too long. */
export const advanceWoken = (talk: Conversation, _woken: Woken, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  reopenNow(plan);
  if (scene.now >= (followUpAt(plan.talk, scene.rules) ?? Number.POSITIVE_INFINITY)) sayFollowUp(plan);
  for (const draft of scene.known.drafts) {
    if (draft.holds.some(({ until }) => until !== undefined && scene.now >= until)) {
      release(plan, draft, "claim-is-over");
      continue;
    }
    if (draft.notAfter !== undefined && scene.now > draft.notAfter) {
      expire(plan, draft, "draft-expired");
      continue;
    }
    const paused = draft.holds.some((hold) => hold.kind === "paused");
    const effect = { door: door.of(talk.account, draft.side), words: draft.words, at: scene.now };
    if (!paused || pausedBy(scene.known.pauses, effect, scene.now) !== undefined) continue;
    // Words that waited through a pause leave only with a person's yes; the machine's own are out of date.
    if (draft.words === "automatic") {
      expire(plan, draft, "was-paused");
      continue;
    }
    const why = { code: "was-paused" };
    plan.draft({ ...draft, holds: [{ kind: "approval", why }] });
    plan.because("asks-for-a-yes");
    tellAnswer(plan, draft.entry, "held", { why });
  }
  return plan;
};

/** What follows when the customer opened the invite and said nothing yet. */
export const advanceOpened = (talk: Conversation, opened: Opened, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  const { invite } = talk;
  if (invite?.token !== opened.token) return plan;
  if (invite.stage !== "answered" && invite.stage !== "opened") {
    plan.update({ invite: { ...invite, stage: "opened", at: { ...invite.at, opened: opened.at } } });
    plan.show({ invite: "opened" });
  }
  plan.because("invite-opened");
  const { persona } = opened;
  if (talk.personas.some((known) => samePersona(known, persona))) return plan;
  // Links are passed on, and a network may know one person by two ids: who opens it may be anybody.
  plan.clue(clue.persona(persona));
  plan.update({ hints: [...(talk.hints ?? []).filter((one) => !samePersona(one, persona)), persona].slice(-4) });
  plan.because("opened-by-somebody-unconfirmed");
  return plan;
};

/** What follows when somebody else takes or gives back the private thread. */
export const advanceControlled = (talk: Conversation, controlled: Controlled, scene: Scene): Plan => {
  const plan = planFor(talk, scene);
  if (controlled.at < (talk.private?.controlAt ?? 0)) {
    plan.because("newer-control-known");
    return plan;
  }
  if (talk.private !== undefined) {
    plan.update({ private: { ...talk.private, control: controlled.by, controlAt: controlled.at } });
  }
  plan.because("control-changed", { by: controlled.by });
  if (controlled.by !== "us") return plan;
  for (const draft of scene.known.drafts) {
    if (draft.holds.some((hold) => hold.kind === "claimed")) release(plan, draft, "thread-is-ours-again");
  }
  return plan;
};
