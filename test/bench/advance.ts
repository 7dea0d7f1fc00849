import type { Promised } from "../../src/core/contracts/store.ts";
import { advance } from "../../src/core/rules/advance/index.ts";
import type { Known, Scene } from "../../src/core/rules/advance/plan.ts";
import { clues } from "../../src/core/rules/clues.ts";
import { permit } from "../../src/core/rules/permit.ts";
import { type Located, resolve } from "../../src/core/rules/resolve.ts";
import type { Conversation } from "../../src/core/words/conversation.ts";
import type { Effect } from "../../src/core/words/effect.ts";
import type { Answered } from "../../src/core/words/event.ts";
import { abilities, answered, done, minute, post, publicly, rules, settled, t0 } from "../core/make.ts";
import { type Figure, figureOf, inRounds, type OnProgress } from "./figure.ts";

const book = rules({ departments: { support: { queue: "Support", promise: "30m" } }, route: () => "support" });
const can = abilities();
const words =
  "Sorry to hear that, Maria! Your parcel left our depot this morning and reaches you tomorrow before noon; " +
  "the courier rings twice. If it does not come, send us a private message and we will find it. ^AB";

const unknown: Known = { personas: [], drafts: [], entries: [], pauses: [], leaked: [], token: "ct-0123456789abcdef" };
const scene = (event: Scene["event"], known: Known): Scene => ({
  event,
  known,
  can: () => can,
  rules: book,
  now: event.at,
});

/** Everything that the decision on an agent's answer and the permission of its reply are handed, but for the rules. */
export interface State {
  readonly event: Answered;
  readonly located: readonly Located[];
  readonly known: Known;
}

/** The conversation once the network has taken a reply. */
const sent = (talk: Conversation, reply: Effect, known: Known, at: number): Conversation => {
  const event = settled(reply, done({ at, post: post(`reply-${at}`) }), at);
  const [decision] = advance([talk], scene(event, known));
  return decision?.conversation ?? talk;
};

/** A conversation in which so much was said, by the customer and the agent in turn, and the agent's next answer. */
export const stateAfter = (history: number): State => {
  let talk: Conversation | undefined;
  let personas: Known["personas"] = [];
  for (let n = 0; n < history; n++) {
    const at = t0 + n * minute;
    const last = talk;
    const event =
      n % 2 === 0 || last === undefined
        ? publicly("maria", `post-${n}`, {
            at,
            text: `${words} (${n})`,
            ...(n === 0 ? {} : { under: `post-${n - 2}` }),
          })
        : answered(last.key, `answer-${n}`, { at, text: `${words} (${n})`, side: "public" });
    const found = last === undefined ? [] : [{ talk: last, by: clues(event) }];
    const resolution = resolve(event, found, book);
    if ("none" in resolution) throw new Error(`an event came to no conversation: ${resolution.none.code}`);
    const [decision] = advance(resolution.conversations, scene(event, { ...unknown, personas }));
    if (decision === undefined) throw new Error("nothing was decided");
    talk = decision.conversation;
    const reply = decision.effects.find(({ act }) => act.do === "reply");
    if (reply !== undefined) talk = sent(talk, reply, { ...unknown, personas, entries: decision.entries }, at);
    if (decision.personas.length > 0) personas = decision.personas;
  }
  if (talk === undefined) throw new Error("a history of nothing");
  const at = t0 + history * minute;
  const event = answered(talk.key, "the-next", { at, text: words, side: "public" });
  return { event, located: [{ talk, by: clues(event) }], known: { ...unknown, personas } };
};

/** Resolves, advances and permits; the answer is what may go on the feed. */
export const decideOn = ({ event, located, known }: State): string => {
  const resolution = resolve(event, located, book);
  if ("none" in resolution) throw new Error(`the answer came to no conversation: ${resolution.none.code}`);
  const [decision] = advance(resolution.conversations, scene(event, known));
  const effect = decision?.effects.find(({ act }) => act.do === "reply");
  const entry = decision?.entries.find(({ key }) => key === effect?.content?.entry);
  if (decision === undefined || effect === undefined || entry === undefined) throw new Error("no reply was promised");
  const promised: Promised = { effect, entry, tries: 0, state: "promised" };
  const allowed = permit(decision.conversation, promised, {
    can,
    perform: "all",
    pauses: known.pauses,
    persona: known.personas[0],
    leaked: known.leaked,
    rules: book,
    now: event.at,
  });
  if (!("go" in allowed) || !("words" in allowed.go)) throw new Error(`it may not go: ${JSON.stringify(allowed)}`);
  return allowed.go.words;
};

/** How large the bench is. */
export interface AdvanceSize {
  readonly history: number;
  /** Decisions in one measurement. */
  readonly decisions: number;
  readonly rounds: number;
}

const perSecond = (count: number, work: () => unknown): number => {
  const began = performance.now();
  for (let n = 0; n < count; n++) work();
  return (count * 1_000) / (performance.now() - began);
};

/** Decisions a second, against a structured clone of all that they are handed. */
export const benchAdvance = async (
  { history, decisions, rounds }: AdvanceSize,
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  const state = stateAfter(history);
  const measured = await inRounds(
    rounds,
    {
      floor: () => perSecond(decisions, () => structuredClone(state)),
      value: () => perSecond(decisions, () => decideOn(state)),
    },
    onProgress,
  );
  const target = { of: "ratio", is: "at least", bound: 0.3 } as const;
  return [figureOf({ name: "advance", unit: "decisions/s", target }, measured)];
};
