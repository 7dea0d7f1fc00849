import type { Conversation } from "../../words/conversation.ts";
import type { Order, Ordered } from "../../words/event.ts";
import { clue, type EntryKey, keyOf, samePersona } from "../../words/ref.ts";
import { approvalOf, authorOf, differ } from "../holds.ts";
import { actOrdered } from "./acts.ts";
import { dropInvite } from "./address.ts";
import { release, tellAnswer } from "./answer.ts";
import { merge, split, unmerge } from "./merge.ts";
import { forget, preserve } from "./gone.ts";
import { part } from "./part.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";
import { isWithout, openWhole } from "./opening.ts";
import { noMachine } from "./urgent.ts";
import { assigneeIn, queueOf } from "./whose.ts";

type On<O extends Order["order"]> = Extract<Order, { order: O }>;

const adopt = (plan: Plan, what: On<"adopt">): void => {
  plan.clue(clue.talk(plan.talk.key), clue.post(what.post), clue.persona(what.persona), clue.case(what.case));
  if (!isWithout(plan.talk)) {
    plan.because("has-a-case-already");
    return;
  }
  const { now } = plan.scene;
  const { stamps, public: known } = plan.talk;
  const anew = plan.talk.case.stage === "gone";
  plan.update({
    disposition: "case",
    case: { stage: "promised", ref: what.case },
    stamps: { lastHeard: now, ...stamps },
    public: known ?? {
      latest: what.post,
      summoned: false,
      gone: false,
      past: true,
      heardAt: now,
      automatic: 0,
      threads: 1,
    },
  });
  plan.tell(
    { do: "open", persona: what.persona, fields: {}, saidAt: plan.scene.event.at, adopts: what.case },
    { key: keyOf.effect(anew ? plan.scene.event.key : plan.talk.key, "open") },
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

const joinTopic = (plan: Plan, topic: On<"topic">["topic"]): void => {
  if (noMachine(plan.talk)) {
    plan.because("danger-is-never-bundled");
    return;
  }
  plan.update({ topics: [...plan.talk.topics.filter(({ id }) => id !== topic.id), topic].slice(-8) });
  // One order is about several conversations.
  const key = keyOf.effect(`${plan.scene.event.key}/${plan.talk.key}`, "topic");
  plan.tell({ do: "state", fields: { topic: topic.id } }, { key });
  plan.because("topic-joined");
};

/** Who only brought an invite is forgotten as that; the conversation is somebody else's. */
const forgetPersona = (plan: Plan, persona: On<"erase">["persona"]): void => {
  const { personas, hints, ...rest } = plan.talk;
  const kin = plan.scene.known.kin ?? [persona];
  if (personas.some((one) => kin.some((ref) => samePersona(one, ref)))) return forget(plan);
  const others = (hints ?? []).filter((hint) => !kin.some((ref) => samePersona(hint, ref)));
  plan.replace({ ...rest, personas, ...(others.length === 0 ? {} : { hints: others }) });
  plan.because("hint-erased");
};

/** What follows from a person's act on conversations themselves. */
export const advanceOrdered = (talks: readonly Conversation[], ordered: Ordered, scene: Scene): readonly Plan[] => {
  const { what } = ordered;
  // What was entered in one conversation is entered in the other: the newer write there has to be the newer one here.
  const newest = Math.max(0, ...talks.map(({ revision }) => revision));
  const joins = what.order === "merge" || what.order === "unmerge";
  const [first, second] = talks.map((talk) => planFor(joins ? { ...talk, revision: newest } : talk, scene));
  if (first === undefined) return [];
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
      first.show({ assignee: what.to, ...assigneeIn(first.talk) });
      first.update({ assignee: what.to });
      first.because("assigned");
      return [first];
    case "route":
      first.update({ department: { name: what.to, since: ordered.at, why: { code: "routed-by-person" } } });
      first.because("routed", { department: what.to });
      first.show({ ...queueOf(first), ...assigneeIn(first.talk) });
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
      if (second !== undefined) merge(first, second, { gone: what.gone === true });
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
    case "preserve":
      preserve(first, what);
      return [first];
    case "topic":
    case "erase": {
      const all = [first, ...talks.slice(1).map((talk) => planFor(talk, scene))];
      for (const plan of all) {
        if (what.order === "erase") forgetPersona(plan, what.persona);
        else joinTopic(plan, what.topic);
      }
      return all;
    }
  }
};
