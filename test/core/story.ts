import { expect } from "vitest";
import type { ChannelAbilities } from "../../src/core/contracts/channel.ts";
import { advance } from "../../src/core/rules/advance/index.ts";
import type { Known, Scene } from "../../src/core/rules/advance/plan.ts";
import { hiddenIn, whole } from "../../src/core/rules/advance/wants.ts";
import { clues, wordsIn } from "../../src/core/rules/clues.ts";
import { explainWhy } from "../../src/core/rules/explain.ts";
import { facts } from "../../src/core/rules/facts.ts";
import { traces } from "../../src/core/rules/traces.ts";
import type { Policy } from "../../src/core/rules/policy.ts";
import { type Located, type Resolution, resolve } from "../../src/core/rules/resolve.ts";
import type { Conversation, Decision, Pause, Persona } from "../../src/core/words/conversation.ts";
import type { Act, Effect, Outcome, Receipt } from "../../src/core/words/effect.ts";
import type { Draft, Entry } from "../../src/core/words/entry.ts";
import type { BridgeEvent } from "../../src/core/words/event.ts";
import {
  type Clue,
  type ConversationKey,
  type EffectKey,
  type EntryKey,
  type Instant,
  personaName,
} from "../../src/core/words/ref.ts";
import { abilities, caseRef, done, post, rules as rulesOf, settled, t0 } from "./make.ts";

/** What one event came to. */
export interface Told {
  readonly resolution: Resolution;
  readonly decisions: readonly Decision[];
  /** Codes of the resolution and of every decision, in order. */
  readonly why: readonly string[];
  readonly effects: readonly Effect[];
  /** The first conversation, as it has become. */
  readonly talk: Conversation;
}

/** A memory that plays events through resolve and advance as the engine does, and holds every step to the laws of data. */
export interface Story {
  now: Instant;
  readonly pauses: Pause[];
  /** What left the network before it was told of. */
  readonly gone: Set<EntryKey>;
  readonly talks: ReadonlyMap<ConversationKey, Conversation>;
  readonly entries: ReadonlyMap<EntryKey, Entry>;
  readonly drafts: ReadonlyMap<EntryKey, Draft>;
  readonly personas: ReadonlyMap<string, Persona>;
  /** The newest effect under each key. */
  readonly effects: ReadonlyMap<EffectKey, Effect>;
  readonly wakes: ReadonlyMap<ConversationKey, Instant | undefined>;
  /** What is known of the crowd from now on. */
  crowd: Pick<Known, "mass" | "queue">;
  /** `beside`: conversations of other accounts that the engine found as well. */
  tell(event: BridgeEvent, beside?: readonly Conversation[]): Told;
  /** The act was done on the network or in the CRM. */
  perform(effect: Effect, receipt?: Partial<Receipt>): Told;
  settle(effect: Effect, outcome: Exclude<Outcome, { as: "again" }>): Told;
  /** The newest effect that does this. */
  last<D extends Act["do"]>(what: D): Effect<Extract<Act, { do: D }>>;
  talk(key: ConversationKey): Conversation;
  /** Which facts in a text did the people of a conversation tell only in private? */
  leaked(key: ConversationKey, text: string): readonly string[];
}

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The laws of data, asked of every step of every story. */
const lawful = (
  event: BridgeEvent,
  before: readonly Conversation[],
  resolution: Resolution,
  decided: readonly Decision[],
  entered: ReadonlyMap<EntryKey, number>,
): void => {
  expect(json(event)).toStrictEqual(event);
  expect(json(resolution)).toStrictEqual(resolution);
  expect(json(decided)).toStrictEqual(decided);
  const whys = "none" in resolution ? [resolution.none] : [resolution.why, ...decided.flatMap((one) => one.why)];
  const words = event.as === "said" || event.as === "answered" ? event.text : undefined;
  for (const why of whys) {
    expect(why.code).toMatch(/^[a-z][a-z-]+$/);
    expect(explainWhy(why)).not.toMatch(/undefined|^$/);
    if (words !== undefined && words.length > 3) expect(JSON.stringify(why)).not.toContain(words);
  }
  for (const [i, decision] of decided.entries()) {
    const { conversation, effects, drafts, undrafted } = decision;
    expect(i === 0 || decision.why.length > 0, "a decision has a why").toBe(true);
    expect(new TextEncoder().encode(JSON.stringify(conversation)).length).toBeLessThan(4_096);
    expect(conversation.revision).toBeGreaterThan(before.find(({ key }) => key === conversation.key)?.revision ?? 0);
    for (const effect of effects) {
      expect(effect.conversation).toBe(conversation.key);
      expect(effect.revision).toBe(conversation.revision);
      expect(effect.cause).toBe(event.key);
      expect(effect.content === undefined && "words" in effect, "words have content").toBe(false);
      if (effect.act.do !== "entry" || effect.content === undefined) continue;
      // Of two writes of one entry the later is the newer one, whichever conversation it has come to.
      expect(effect.revision, "an entry is written anew").toBeGreaterThan(entered.get(effect.content.entry) ?? 0);
    }
    for (const draft of drafts) {
      expect(draft.holds.length, "a draft waits for something").toBeGreaterThan(0);
      expect(undrafted).not.toContain(draft.entry);
    }
  }
  const keys = decided.flatMap(({ effects }) => effects.map(({ key }) => key));
  expect(new Set(keys).size, "one effect, one key").toBe(keys.length);
};

/** Begins a story. */
export const createStory = (
  options: { readonly policy?: Policy; readonly can?: Partial<ChannelAbilities> } = {},
): Story => {
  const rules = rulesOf(options.policy);
  const can = abilities(options.can);
  const talks = new Map<ConversationKey, Conversation>();
  const found = new Map<Clue, Set<ConversationKey>>();
  const updated = new Map<ConversationKey, number>();
  const entries = new Map<EntryKey, Entry>();
  const drafts = new Map<EntryKey, Draft>();
  const personas = new Map<string, Persona>();
  const effects = new Map<EffectKey, Effect>();
  const wakes = new Map<ConversationKey, Instant | undefined>();
  const entered = new Map<EntryKey, number>();
  let steps = 0;

  const follow = (key: ConversationKey): ConversationKey => {
    const into = talks.get(key)?.mergedInto;
    return into === undefined ? key : follow(into);
  };
  const locate = (event: BridgeEvent): readonly Located[] => {
    const by = new Map<ConversationKey, Clue[]>();
    const itself = event.as === "ordered" && event.what.order === "unmerge" ? event.what.from : undefined;
    const words = wordsIn(event);
    for (const clue of clues(event, words && entries.get(words)?.conversation)) {
      const own = clue.startsWith("talk:") ? [clue.slice(5) as ConversationKey] : [];
      const keys = [...(found.get(clue) ?? []), ...own]
        .filter((key) => talks.has(key))
        .map((key) => (key === itself ? key : follow(key)));
      for (const key of new Set(keys)) by.set(key, [...(by.get(key) ?? []), clue]);
    }
    return [...by]
      .sort(([a], [b]) => (updated.get(b) ?? 0) - (updated.get(a) ?? 0))
      .flatMap(([key, ways]) => {
        const talk = talks.get(key);
        return talk === undefined ? [] : [{ talk, by: ways }];
      });
  };
  const told = (side: Entry["side"], persona: string): ReadonlySet<string> =>
    new Set(
      [...entries.values()]
        .filter((one) => one.side === side && one.by.kind === "customer" && one.content.of !== "brand")
        .filter((one) => one.content.of !== "brand" && personaName(one.content.of) === persona)
        .flatMap((one) => facts(one.text ?? "")),
    );
  const leaked = (
    on: readonly Conversation[],
    texts: readonly string[],
    before: readonly string[] = [],
  ): readonly string[] => {
    const names = on.flatMap((talk) => [...talk.personas, ...(talk.hints ?? [])].map((ref) => personaName(ref)));
    const all = [...new Set(texts.flatMap((text) => traces(text, before)))];
    return all.filter(
      (mark) =>
        names.some((name) => told("private", name).has(mark)) && !names.some((name) => told("public", name).has(mark)),
    );
  };
  const known = (event: BridgeEvent, on: readonly Conversation[]): Known => {
    const keys = new Set(on.map(({ key }) => key));
    const waiting = [...drafts.values()].filter((draft) => keys.has(draft.conversation));
    const all = new Set(whole(event, on).map((one) => one.key));
    const named = new Set<EntryKey | undefined>([
      ...hiddenIn(event, on),
      ...waiting.map((draft) => draft.entry),
      event.as === "said" || event.as === "gone" || event.as === "answered" ? event.entry : undefined,
      event.as === "answered" ? event.answers : undefined,
      event.as === "advised" ? event.entry : undefined,
      event.as === "settled" ? event.effect.content?.entry : undefined,
      event.as === "ordered" && "draft" in event.what ? event.what.draft : undefined,
      event.as === "ordered" && "entry" in event.what ? event.what.entry : undefined,
    ]);
    const seen = [...entries.values()]
      .filter((one) => all.has(one.conversation) || named.has(one.key))
      .sort((a, b) => a.at - b.at);
    const texts = [
      ...(event.as === "answered" ? [event.text] : []),
      ...[...waiting.map((d) => d.entry), ...hiddenIn(event, on)].map((one) => entries.get(one)?.text ?? ""),
    ];
    const recent = [...entries.values()].filter(
      (one) =>
        keys.has(one.conversation) &&
        one.side === "public" &&
        one.by.kind !== "customer" &&
        one.state !== "withdrawn" &&
        !drafts.has(one.key) &&
        one.at >= story.now - 10 * 60_000,
    );
    return {
      personas: [...personas.values()],
      drafts: waiting,
      entries: seen,
      pauses: story.pauses,
      leaked: leaked(
        on,
        texts,
        recent.map((one) => one.text ?? ""),
      ),
      recent,
      ...(event.as === "said" && story.gone.has(event.entry) ? { gone: true } : {}),
      ...story.crowd,
      token: `ct-token-${steps}`,
    };
  };
  const keep = (decision: Decision): void => {
    const { conversation } = decision;
    talks.set(conversation.key, conversation);
    updated.set(conversation.key, ++steps);
    wakes.set(conversation.key, decision.wake);
    for (const clue of decision.clues) found.set(clue, (found.get(clue) ?? new Set()).add(conversation.key));
    for (const one of decision.personas) personas.set(personaName(one.ref), one);
    for (const one of decision.entries) entries.set(one.key, one);
    for (const one of decision.undrafted) drafts.delete(one);
    for (const one of decision.drafts) drafts.set(one.entry, one);
    for (const one of decision.effects) effects.set(one.key, one);
  };

  const story: Story = {
    now: t0,
    crowd: {},
    pauses: [],
    gone: new Set(),
    talks,
    entries,
    drafts,
    personas,
    effects,
    wakes,
    tell: (event, beside = []) => {
      story.now = Math.max(story.now, event.at);
      const located = [...locate(event), ...beside.map((talk) => ({ talk, by: [] }))];
      const resolution = resolve(event, located, rules);
      expect(resolve(event, located, rules)).toStrictEqual(resolution);
      const on = "none" in resolution ? [] : resolution.conversations;
      const scene: Scene = { event, can: () => can, known: known(event, on), rules, now: story.now };
      const decisions = on.length === 0 ? [] : advance(on, scene);
      expect(on.length === 0 ? [] : advance(on, scene), "the same input, the same decision").toStrictEqual(decisions);
      lawful(event, [...talks.values()], resolution, decisions, entered);
      for (const { act, content, revision } of decisions.flatMap((one) => one.effects))
        if (act.do === "entry" && content !== undefined) entered.set(content.entry, revision);
      for (const decision of decisions) keep(decision);
      const first = "none" in resolution ? [resolution.none] : [resolution.why];
      return {
        resolution,
        decisions,
        why: [...first, ...decisions.flatMap((one) => one.why)].map(({ code }) => code),
        effects: decisions.flatMap((one) => one.effects),
        get talk() {
          const [decision] = decisions;
          if (decision === undefined) throw new Error(`no conversation: ${JSON.stringify(resolution)}`);
          return decision.conversation;
        },
      };
    },
    settle: (effect, outcome) => story.tell(settled(effect, outcome, story.now)),
    perform: (effect, receipt = {}) => {
      const shown: Partial<Receipt> =
        effect.act.do === "open"
          ? { case: caseRef("1") }
          : effect.act.do === "reply"
            ? { post: post(`sent-${effect.revision}`), url: `https://net.test/sent-${effect.revision}` }
            : {};
      return story.settle(effect, done({ at: story.now, ...shown, ...receipt }));
    },
    last: <D extends Act["do"]>(what: D) => {
      const hit = [...effects.values()].findLast(({ act }) => act.do === what);
      if (hit === undefined) throw new Error(`nothing promised does ${what}`);
      return hit as Effect<Extract<Act, { do: D }>>;
    },
    talk: (key) => {
      const talk = talks.get(key);
      if (talk === undefined) throw new Error(`no conversation ${key}`);
      return talk;
    },
    leaked: (key, text) => leaked([story.talk(key)], [text]),
  };
  return story;
};

/** What effects do, in order. */
export const deeds = (told: Pick<Told, "effects">): readonly string[] =>
  told.effects.map(({ act }) => (act.do === "answerState" ? `answerState ${act.state}` : act.do));
