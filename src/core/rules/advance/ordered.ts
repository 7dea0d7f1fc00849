import type { Conversation } from "../../words/conversation.ts";
import type { Order, Ordered } from "../../words/event.ts";
import { clue, type EntryKey, keyOf } from "../../words/ref.ts";
import { approvalOf, authorOf, differ } from "../holds.ts";
import { actOrdered } from "./acts.ts";
import { dropInvite } from "./address.ts";
import { release, tellAnswer } from "./answer.ts";
import { merge, split, unmerge } from "./merge.ts";
import { part } from "./part.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";
import { openWhole, queueOf } from "./opening.ts";

type On<O extends Order["order"]> = Extract<Order, { order: O }>;

const adopt = (plan: Plan, what: On<"adopt">): void => {
  plan.clue(clue.talk(plan.talk.key), clue.post(what.post), clue.persona(what.persona), clue.case(what.case));
  if (plan.talk.case.stage !== "none") {
    plan.because("has-a-case-already");
    return;
  }
  const { now } = plan.scene;
  const { stamps, public: known } = plan.talk;
  plan.update({
    disposition: "case",
    case: { stage: "promised", ref: what.case },
    stamps: { lastHeard: now, ...stamps },
    public: known ?? { latest: what.post, summoned: false, gone: false, heardAt: now, automatic: 0, threads: 1 },
  });
  plan.tell(
    { do: "open", persona: what.persona, fields: {}, saidAt: plan.scene.event.at, adopts: what.case },
    { key: keyOf.effect(plan.talk.key, "open") },
  );
};

/** Somebody begins to answer, or gives it up. */
const claim = (plan: Plan, ordered: Ordered, begins: boolean): void => {
  const { claim: before, ...rest } = plan.talk;
  const { now, rules } = plan.scene;
  const others = before !== undefined && now < before.until && differ(authorOf(before.by), authorOf(ordered.by));
  if (others) {
    plan.because("somebody-is-answering");
    return;
  }
  if (begins) plan.update({ claim: { by: ordered.by, until: now + rules.windows.claim, turn: plan.talk.turn } });
  else plan.replace(rest);
  plan.because(begins ? "claimed" : "claim-given-up");
  if (begins) return;
  for (const draft of plan.scene.known.drafts) {
    if (draft.holds.some(({ kind }) => kind === "claimed")) release(plan, draft, "claim-is-over");
  }
};

/** A person who is heard only: what they say is entered where they have a case, and moves nothing. */
const mute = (plan: Plan, what: On<"mute">): void => {
  const { mutedUntil: _, ...known } = plan.persona(what.persona) ?? { ref: what.persona, profile: {}, roles: [] };
  plan.meet(what.until === null ? known : { ...known, mutedUntil: what.until });
  plan.because(what.until === null ? "heard-again" : "muted");
};

const draftOf = (plan: Plan, key: EntryKey) => plan.scene.known.drafts.find((draft) => draft.entry === key);

const withdraw = (plan: Plan, key: EntryKey): void => {
  const entry = plan.entry(key);
  if (entry === undefined || entry.state !== "draft") {
    plan.because("nothing-to-withdraw");
    return;
  }
  // An effect already promised finds its entry withdrawn when it is asked whether it may still go.
  plan.enter({ ...entry, state: "withdrawn" });
  plan.undraft(key);
  dropInvite(plan, draftOf(plan, key)?.act);
  if (entry.words === "person") tellAnswer(plan, key, "failed", { why: { code: "withdrawn-by-author" } });
  plan.because("withdrawn");
};

const approve = (plan: Plan, ordered: Ordered, key: EntryKey): void => {
  const draft = draftOf(plan, key);
  if (draft === undefined) {
    plan.because("no-such-draft");
    return;
  }
  const barred = draft.holds.some((hold) => hold.by !== undefined && !hold.by.includes(authorOf(ordered.by)));
  const own =
    draft.holds.some(({ why, by }) => why.code === "needs-a-yes" && by === undefined) &&
    authorOf(ordered.by) !== "" &&
    authorOf(ordered.by) === authorOf(draft.by);
  if (barred || own) {
    plan.because("may-not-release");
    return;
  }
  const yes = { by: ordered.by, at: ordered.at, of: approvalOf(draft) };
  release(plan, { ...draft, approvals: [...draft.approvals, yes] }, "released");
};

/** What follows from a person's act on conversations themselves. */
export const advanceOrdered = (talks: readonly Conversation[], ordered: Ordered, scene: Scene): readonly Plan[] => {
  const [first, second] = talks.map((talk) => planFor(talk, scene));
  if (first === undefined) return [];
  const { what } = ordered;
  switch (what.order) {
    case "unmerge":
      if (second !== undefined) unmerge(first, second);
      return second === undefined ? [first] : [first, second];
    case "claim":
      claim(first, ordered, what.claim);
      return [first];
    case "mute":
      mute(first, what);
      return [first];
    case "assign":
      first.update({ assignee: what.to });
      first.because("assigned");
      first.show({ assignee: what.to });
      return [first];
    case "route":
      first.update({ department: { name: what.to, since: ordered.at, why: { code: "routed-by-person" } } });
      first.because("routed", { department: what.to });
      first.show(queueOf(first));
      return [first];
    case "open":
      openWhole(first);
      return [first];
    case "ignore":
      first.update({
        disposition: "ignore",
        disposed: "ignored-by-person",
        awaiting: "nobody",
        awaitingSince: ordered.at,
      });
      first.because("ignored-by-person");
      first.show({ awaiting: "nobody" });
      return [first];
    case "resolve":
      first.update({ awaiting: "nobody", awaitingSince: ordered.at });
      first.because("resolved-by-person");
      first.show({ resolved: true, awaiting: "nobody" });
      return [first];
    case "merge":
      if (second !== undefined) merge(first, second);
      return second === undefined ? [first] : [first, second];
    case "split": {
      const fresh = split(first, what);
      return fresh === undefined ? [first] : [first, fresh];
    }
    case "release":
      approve(first, ordered, what.draft);
      return [first];
    case "withdraw":
      withdraw(first, what.draft);
      return [first];
    case "adopt":
      adopt(first, what);
      return [first];
    case "hide":
    case "like":
    case "retract":
    case "control":
      actOrdered(first, ordered, what);
      return [first];
    case "part": {
      const parted = part(first, what.persona);
      return parted === undefined ? [first] : [first, parted];
    }
    case "topic":
    case "erase": {
      const topic = what.order === "topic" ? what.topic : undefined;
      const all = [first, ...talks.slice(1).map((talk) => planFor(talk, scene))];
      for (const plan of all) {
        if (topic !== undefined) {
          plan.update({ topics: [...plan.talk.topics.filter(({ id }) => id !== topic.id), topic].slice(-8) });
          // One order is about several conversations.
          const key = keyOf.effect(`${ordered.key}/${plan.talk.key}`, "topic");
          plan.tell({ do: "state", fields: { topic: topic.id } }, { key });
        }
        plan.because(what.order === "topic" ? "topic-joined" : "erased");
      }
      return all;
    }
  }
};
