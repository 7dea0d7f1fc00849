import type { Conversation, Stamp } from "../../words/conversation.ts";
import type { Entry } from "../../words/entry.ts";
import type { Order } from "../../words/event.ts";
import { clue, type Instant, keyOf, personaName, type PersonaRef, samePersona, samePlace } from "../../words/ref.ts";
import { beginning } from "../resolve.ts";
import { askWhom, enterAll } from "./enter.ts";
import { type Plan, planFor } from "./plan.ts";
import { openCase, openWhole } from "./opening.ts";

type On<O extends Order["order"]> = Extract<Order, { order: O }>;

/** The side where the customer was heard last. */
const latest = <S extends { readonly heardAt?: Instant }>(into: S | undefined, other: S | undefined): S | undefined =>
  into === undefined || (other !== undefined && (other.heardAt ?? 0) > (into.heardAt ?? 0)) ? other : into;

const newest: ReadonlySet<string> = new Set<Stamp>([
  "lastPublicAnswer",
  "lastHeard",
  "lastAsked",
  "followedUp",
  "resolved",
]);

/** Of first moments the earlier, of last ones the later. */
const stampsOfBoth = (into: Conversation["stamps"], other: Conversation["stamps"]): Conversation["stamps"] => {
  const both: Partial<Record<string, Instant>> = { ...into };
  for (const [name, at] of Object.entries(other)) {
    const mine = both[name] ?? at;
    both[name] = newest.has(name) ? Math.max(mine, at) : Math.min(mine, at);
  }
  return both;
};

/** Whom it brings along. What waited for its post began with the brand itself: only who was merged into it since is a customer. */
const customersOf = ({ personas, waits }: Conversation): readonly PersonaRef[] =>
  waits === undefined ? personas : personas.slice(1);

/** What was heard in both conversations, as of one. */
const heardInBoth = (into: Conversation, other: Conversation): Partial<Conversation> => {
  const personas = new Map([...into.personas, ...customersOf(other)].map((ref) => [personaName(ref), ref]));
  const shown = latest(into.public, other.public);
  const hidden = latest(into.private, other.private);
  const sum = (of: "automatic" | "threads"): number => (into.public?.[of] ?? 0) + (other.public?.[of] ?? 0);
  const lastHeard = Math.max(into.stamps.lastHeard ?? 0, other.stamps.lastHeard ?? 0);
  return {
    personas: [...personas.values()].slice(0, 4),
    ...(shown === undefined
      ? {}
      : {
          public: {
            ...shown,
            automatic: sum("automatic"),
            threads: sum("threads"),
            automaticAt: [...(into.public?.automaticAt ?? []), ...(other.public?.automaticAt ?? [])]
              .toSorted((a, b) => a - b)
              .slice(-3),
          },
        }),
    ...(hidden === undefined ? {} : { private: hidden }),
    turn: Math.max(into.turn, other.turn),
    priority: Math.min(into.priority, other.priority),
    stamps: { ...stampsOfBoth(into.stamps, other.stamps), ...(lastHeard === 0 ? {} : { lastHeard }) },
    lately: { ...other.lately, ...into.lately },
    ...(other.awaiting === "us" && into.awaiting !== "us"
      ? { awaiting: "us", awaitingSince: other.awaitingSince }
      : {}),
  };
};

/** Makes two conversations one: the words of the other go to this one's case, and whatever finds the other is led here. */
export const merge = (
  plan: Plan,
  from: Plan,
  { because = "merged", gone = false }: { readonly because?: string; readonly gone?: boolean } = {},
): void => {
  const [into, other] = [plan.talk, from.talk];
  plan.update(heardInBoth(into, other));
  plan.clue(
    ...customersOf(other).map((persona) => clue.persona(persona)),
    clue.talk(other.key),
    other.case.ref && clue.case(other.case.ref),
  );
  const theirs = new Set(from.scene.known.entries.filter((e) => e.conversation === other.key).map(({ key }) => key));
  // Of two conversations with one case, the one that stays must have it.
  if (into.case.stage === "none" && other.case.stage !== "none") openWhole(plan, other.key);
  else enterAll(plan, (key) => theirs.has(key));
  if (plan.talk.awaiting !== into.awaiting) {
    plan.show({ awaiting: plan.talk.awaiting, awaitingSince: plan.talk.awaitingSince });
  }
  if (plan.talk.priority !== into.priority) plan.show({ priority: plan.talk.priority });
  const { hints = [], claims, ...rest } = plan.talk;
  const still = hints.filter((hint) => !other.personas.some((persona) => samePersona(persona, hint)));
  plan.replace({
    ...rest,
    ...(still.length === 0 ? {} : { hints: still }),
    ...(claims === undefined || claims.conversation === other.key ? {} : { claims }),
  });
  // The brand has answered by hand what is heard only now: the promise was kept.
  const answered = other.waits === undefined ? undefined : other.stamps.lastPublicAnswer;
  if (answered !== undefined && answered >= (plan.talk.stamps.lastHeard ?? 0)) {
    plan.update({ awaiting: "customer", awaitingSince: answered });
    plan.show({ awaiting: "customer", awaitingSince: answered });
  }
  plan.because(other.claims?.conversation === into.key ? "confirmed" : because, { with: other.key });
  from.update({ mergedInto: into.key, awaiting: "nobody" });
  from.because("merged-away", { into: into.key });
  if (gone || other.case.stage === "gone") return;
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

/** Without what has been moved elsewhere: nothing is answered under the post of another matter. `left`: what the customers here have said. */
export const withoutMoved = (
  talk: Conversation,
  left: readonly Entry[],
  moved: readonly Pick<Entry, "post">[],
): Conversation => {
  const own = publicOf(talk, left);
  if (own.public !== undefined) return { ...talk, ...own };
  const { public: side, ...rest } = talk;
  const lost = side !== undefined && moved.some(({ post }) => post !== undefined && samePlace(post, side.latest));
  return lost ? rest : talk;
};

/** What was said in public to several who were taken for one was said to each of them: no machine says it again. */
export const saidToAll = ({
  public: side,
  stamps: { lastPublicAnswer },
}: Conversation): {
  readonly stamps: Conversation["stamps"];
  readonly public: { readonly automatic: number; readonly automaticAt?: readonly Instant[] };
} => ({
  stamps: lastPublicAnswer === undefined ? {} : { lastPublicAnswer },
  public: {
    automatic: side?.automatic ?? 0,
    ...(side?.automaticAt === undefined ? {} : { automaticAt: side.automaticAt }),
  },
});

/** Takes a merge back: the words that came from that conversation go there again, and its case is opened again. */
export const unmerge = (plan: Plan, back: Plan): void => {
  const [into, from] = [plan.talk, back.talk];
  const theirs = plan.scene.known.entries.filter((e) => e.conversation === into.key && e.from === from.key);
  if (from.mergedInto !== into.key) {
    for (const one of [plan, back]) one.because("nothing-to-take-apart");
    return;
  }
  const { mergedInto: _, ...rest } = from;
  const waiting = from.turn > 0 && from.case.stage !== "none";
  const said = saidToAll(into);
  back.replace({
    ...rest,
    ...(waiting ? { awaiting: "us", awaitingSince: plan.scene.now } : {}),
    ...(rest.public === undefined ? {} : { public: { ...rest.public, ...said.public } }),
    stamps: { ...rest.stamps, ...said.stamps },
  });
  const moved = new Set(theirs.map(({ key }) => key));
  enterAll(back, (key) => moved.has(key));
  const ours = new Map(from.personas.map((persona) => [personaName(persona), persona]));
  const left = plan.scene.known.entries.filter((e) => !moved.has(e.key) && e.by.kind === "customer");
  const stays = (name: string): boolean =>
    left.some(({ content }) => content.of !== "brand" && personaName(content.of) === name);
  const personas = into.personas.filter(
    (one, at) => at === 0 || !ours.has(personaName(one)) || stays(personaName(one)),
  );
  plan.replace(withoutMoved({ ...into, personas }, left, theirs));
  // Who it belonged to is not known any more, and their private side goes with them.
  const { private: side, ...open } = plan.talk;
  if (side !== undefined && !personas.some((one) => samePersona(one, side.to))) plan.replace(open);
  askWhom(plan, (key) => !moved.has(key));
  plan.because("merge-taken-back", { from: from.key });
  back.because("taken-apart", { of: into.key });
  const key = keyOf.effect(`${back.scene.event.key}/${from.key}`, "state");
  back.tell({ do: "state", fields: { resolved: false, mergedInto: null, awaiting: back.talk.awaiting } }, { key });
};

/** Whose words go along: a talk that was merged once is of one person under several names. */
const speakers = (first: PersonaRef, heard: readonly Entry[]): readonly PersonaRef[] => {
  const named = [first, ...heard.flatMap(({ by }) => by.persona ?? [])].map((ref) => [personaName(ref), ref] as const);
  return [...new Map(named).values()].slice(0, 4);
};

/** The private side, where it is theirs who go. Two ids in one space are two people, whoever took them for one. */
const privateOf = (
  { private: side, personas }: Conversation,
  go: readonly PersonaRef[],
): Partial<Pick<Conversation, "private">> => {
  if (side === undefined) return {};
  const several = new Set(personas.map(({ space }) => space)).size < personas.length;
  return several && !go.some((one) => samePersona(one, side.to)) ? {} : { private: side };
};

/** From an entry on it is another matter: a conversation and a case of its own. */
export const split = (plan: Plan, what: On<"split">): Plan | undefined => {
  const entries = plan.scene.known.entries.filter(({ conversation }) => conversation === plan.talk.key);
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
  const personas = speakers(persona, heard);
  const fresh = planFor(
    {
      ...beginning({ key: event.key, at: from.at, account: plan.talk.account, persona }),
      personas,
      priority: plan.talk.priority,
      turn: moved.size,
      // Its entries were written at up to this one.
      revision: plan.talk.revision,
      awaiting: "us",
      awaitingSince: from.at,
      related: plan.talk.key,
      ...publicOf(plan.talk, heard),
      ...privateOf(plan.talk, personas),
      stamps: { ...saidToAll(plan.talk).stamps, lastHeard: Math.max(from.at, ...heard.map((entry) => entry.at)) },
    },
    plan.scene,
  );
  fresh.clue(clue.talk(fresh.talk.key), ...fresh.talk.personas.map((one) => clue.persona(one)));
  openCase(fresh, from);
  enterAll(fresh, (key) => moved.has(key));
  fresh.because("split-off", { from: plan.talk.key });
  const left = entries.filter((entry) => !moved.has(entry.key) && entry.by.kind === "customer");
  plan.replace(withoutMoved(plan.talk, left, later));
  plan.because("split", { moved: moved.size });
  return fresh;
};
