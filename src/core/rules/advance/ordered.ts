import type { Conversation } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Order, Ordered } from "../../words/event.ts";
import { clue, type EntryKey, type Instant, keyOf, personaName, samePersona } from "../../words/ref.ts";
import { beginning } from "../resolve.ts";
import { actOrdered } from "./acts.ts";
import { dropInvite, release, tellAnswer } from "./answer.ts";
import { forget, preserve } from "./gone.ts";
import { enterAll, part } from "./part.ts";
import { type Plan, planFor, type Scene } from "./plan.ts";
import { openCase } from "./said.ts";
import { noMachine } from "./urgent.ts";
import { assigneeIn, queueOf } from "./whose.ts";

type On<O extends Order["order"]> = Extract<Order, { order: O }>;

/** Has it no case, or none any more? */
const isWithout = ({ case: { stage } }: Conversation): boolean => stage === "none" || stage === "gone";

const open = (plan: Plan): void => {
  const [first] = plan.scene.known.entries;
  if (first === undefined || !isWithout(plan.talk)) {
    plan.because("nothing-to-open");
    return;
  }
  const anew = plan.talk.case.stage === "gone";
  plan.update({ disposition: "case", case: { stage: "none" } });
  // The one of before was opened under the conversation's own name.
  openCase(plan, first, ...(anew ? [keyOf.effect(plan.scene.event.key, "open")] : []));
  enterAll(plan, () => true);
};

/** The side where the customer was heard last. */
const latest = <S extends { readonly heardAt?: Instant }>(into: S | undefined, other: S | undefined): S | undefined =>
  into === undefined || (other !== undefined && (other.heardAt ?? 0) > (into.heardAt ?? 0)) ? other : into;

/** What was heard in both conversations, as of one. */
const heardInBoth = (into: Conversation, other: Conversation): Partial<Conversation> => {
  const personas = new Map([...into.personas, ...other.personas].map((ref) => [personaName(ref), ref]));
  const shown = latest(into.public, other.public);
  const hidden = latest(into.private, other.private);
  const sum = (of: "automatic" | "threads"): number => (into.public?.[of] ?? 0) + (other.public?.[of] ?? 0);
  const lastHeard = Math.max(into.stamps.lastHeard ?? 0, other.stamps.lastHeard ?? 0);
  return {
    personas: [...personas.values()].slice(0, 4),
    ...(shown === undefined ? {} : { public: { ...shown, automatic: sum("automatic"), threads: sum("threads") } }),
    ...(hidden === undefined ? {} : { private: hidden }),
    turn: Math.max(into.turn, other.turn),
    stamps: { ...into.stamps, ...(lastHeard === 0 ? {} : { lastHeard }) },
    ...(other.awaiting === "us" && into.awaiting !== "us"
      ? { awaiting: "us", awaitingSince: other.awaitingSince }
      : {}),
  };
};

const merge = (plan: Plan, from: Plan, what: On<"merge">): void => {
  const [into, other] = [plan.talk, from.talk];
  plan.update(heardInBoth(into, other));
  plan.clue(
    ...other.personas.map((persona) => clue.persona(persona)),
    clue.talk(other.key),
    other.case.ref && clue.case(other.case.ref),
  );
  const theirs = new Set(from.scene.known.entries.filter((e) => e.conversation === other.key).map(({ key }) => key));
  // Of two conversations with one case, the one that stays must have it.
  if (into.case.stage === "none" && other.case.stage !== "none") open(plan);
  else enterAll(plan, (key) => theirs.has(key));
  for (const draft of plan.scene.known.drafts) {
    if (draft.conversation === other.key) plan.draft({ ...draft, conversation: into.key });
  }
  if (plan.talk.awaiting !== into.awaiting) {
    plan.show({ awaiting: plan.talk.awaiting, awaitingSince: plan.talk.awaitingSince });
  }
  const { hints = [], claims, ...rest } = plan.talk;
  const still = hints.filter((hint) => !other.personas.some((persona) => samePersona(persona, hint)));
  plan.replace({
    ...rest,
    ...(still.length === 0 ? {} : { hints: still }),
    ...(claims === undefined || claims.conversation === other.key ? {} : { claims }),
  });
  plan.because(other.claims?.conversation === into.key ? "confirmed" : "merged", { with: other.key });
  from.update({ mergedInto: into.key, awaiting: "nobody" });
  from.because("merged-away", { into: into.key });
  if (what.gone === true || other.case.stage === "gone") return;
  // Both cases may be told of their state: two acts, two keys.
  const key = keyOf.effect(`${from.scene.event.key}/${other.key}`, "state");
  from.tell({ do: "state", fields: { awaiting: "nobody", mergedInto: into.key, resolved: true } }, { key });
};

/** The public side with the newest post of these entries: what an answer goes under. */
const publicOf = (talk: Conversation, heard: readonly Entry[]): Partial<Pick<Conversation, "public">> => {
  const last = heard.findLast((entry) => entry.post !== undefined);
  if (talk.public === undefined || last?.post === undefined) return {};
  const { url: _, root: __, ...side } = talk.public;
  const { post, url, at, state } = last;
  return {
    public: { ...side, latest: post, ...(url === undefined ? {} : { url }), heardAt: at, gone: state === "gone" },
  };
};

const split = (plan: Plan, what: On<"split">): Plan | undefined => {
  const { entries } = plan.scene.known;
  const from = entries.find(({ key }) => key === what.from);
  // A helper's or the brand's words are split off as well, but the conversation stays the customer's.
  const persona = (from?.by.kind === "customer" ? from.by.persona : undefined) ?? plan.talk.personas[0];
  if (from === undefined || persona === undefined) {
    plan.because("nothing-to-split");
    return undefined;
  }
  const later = entries.filter((entry) => entry.at >= from.at);
  const moved = new Set(later.map(({ key }) => key));
  const heard = later.filter((entry) => entry.by.kind === "customer");
  const { event } = plan.scene;
  const fresh = planFor(
    {
      ...beginning({ key: event.key, at: from.at, account: plan.talk.account, persona }),
      turn: moved.size,
      revision: plan.talk.revision,
      awaiting: "us",
      awaitingSince: from.at,
      related: plan.talk.key,
      ...publicOf(plan.talk, heard),
      ...(plan.talk.private === undefined ? {} : { private: plan.talk.private }),
      stamps: { lastHeard: Math.max(from.at, ...heard.map((entry) => entry.at)) },
    },
    plan.scene,
  );
  fresh.clue(clue.talk(fresh.talk.key), clue.persona(persona));
  openCase(fresh, from);
  enterAll(fresh, (key) => moved.has(key));
  fresh.because("split-off", { from: plan.talk.key });
  const left = entries.filter((entry) => !moved.has(entry.key) && entry.by.kind === "customer");
  plan.update(publicOf(plan.talk, left));
  plan.because("split", { moved: moved.size });
  return fresh;
};

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
    public: known ?? { latest: what.post, summoned: false, gone: false, heardAt: now, automatic: 0, threads: 1 },
  });
  plan.tell(
    { do: "open", persona: what.persona, fields: {}, saidAt: plan.scene.event.at, adopts: what.case },
    { key: keyOf.effect(anew ? plan.scene.event.key : plan.talk.key, "open") },
  );
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
  const of = `${draft.content.entry}/v${draft.content.version}`;
  release(plan, { ...draft, approvals: [...draft.approvals, { by: ordered.by, at: ordered.at, of }] }, "released");
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
  const [first, second] = talks.map((talk) =>
    planFor(what.order === "merge" ? { ...talk, revision: newest } : talk, scene),
  );
  if (first === undefined) return [];
  switch (what.order) {
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
      open(first);
      return [first];
    case "ignore":
      first.update({ disposition: "ignore", awaiting: "nobody", awaitingSince: ordered.at });
      first.because("ignored-by-person");
      first.show({ awaiting: "nobody" });
      return [first];
    case "resolve":
      first.update({ awaiting: "nobody", awaitingSince: ordered.at });
      first.because("resolved-by-person");
      first.show({ resolved: true, awaiting: "nobody" });
      return [first];
    case "merge":
      if (second !== undefined) merge(first, second, what);
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
