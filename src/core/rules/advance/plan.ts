import type { ChannelAbilities } from "../../contracts/channel.ts";
import type { Conversation, Decision, Pause, Persona } from "../../words/conversation.ts";
import type { Act, CaseFields, CrmAct, Effect } from "../../words/effect.ts";
import type { Actor, Draft, Entry } from "../../words/entry.ts";
import type { BridgeEvent } from "../../words/event.ts";
import {
  type AccountRef,
  type Clue,
  door,
  type EffectKey,
  type EntryKey,
  type Instant,
  keyOf,
  personaName,
  type PersonaRef,
  samePersona,
  type Side,
  type Why,
} from "../../words/ref.ts";
import type { Queue } from "../move.ts";
import { pausedBy } from "../pause.ts";
import type { Rulebook } from "../policy.ts";
import { rank } from "../urgency.ts";

/** All that a decision may look at besides the conversation and the event: read in the same unit, handed in as data. */
export interface Known {
  readonly personas: readonly Persona[];
  /** The conversation's waiting drafts. */
  readonly drafts: readonly Draft[];
  /** The entries the event speaks of; for `open`, `merge` and `split` all of the conversation's. */
  readonly entries: readonly Entry[];
  readonly pauses: readonly Pause[];
  /** Of the facts in the words at hand: which were told to us only in private. */
  readonly leaked: readonly string[];
  /** What the brand said, or is about to say, to these persons in public in the last minutes. */
  readonly recent?: readonly Entry[];
  /** Told that what was said now has left the feed already: networks tell late. */
  readonly gone?: boolean;
  /** Of an erasure: every name of the person. */
  readonly kin?: readonly PersonaRef[];
  /** How many wait for private words of this account. Absent: not counted for this event. */
  readonly queue?: Queue;
  /** Many more reach this account than is usual at this hour. */
  readonly mass?: boolean;
  /** A fresh token, sealed: the core makes no chance and has no key. */
  readonly token: string;
}

/** What every step of a decision is handed. */
export interface Scene {
  readonly event: BridgeEvent;
  readonly can: (account: AccountRef) => ChannelAbilities;
  /** A text in the parts that its network needs for it. Absent: one. */
  readonly parts?: (account: AccountRef, text: string, side: Side) => readonly string[];
  /** What an act would cost, in US dollars. Absent: unknown. */
  readonly cost?: (account: AccountRef, act: Act, text: string) => number | undefined;
  readonly known: Known;
  readonly rules: Rulebook;
  readonly now: Instant;
}

/** What the machine does by itself, it does in this name. */
export const automation: Actor = { kind: "automation", id: "casethread" };

type Promise = Pick<Effect, "act" | "door"> &
  Partial<Pick<Effect, "content" | "words" | "by" | "notAfter" | "notBefore">> & { readonly key: EffectKey };

/** A decision in the making: the conversation as it has become, and what is to follow. */
export interface Plan {
  readonly scene: Scene;
  readonly talk: Conversation;
  update(patch: Partial<Conversation>): void;
  /** The conversation as a whole becomes this: for what is to be there no more. */
  replace(whole: Conversation): void;
  because(code: string, params?: Why["params"]): void;
  clue(...clues: readonly (Clue | undefined)[]): void;
  persona(ref: PersonaRef): Persona | undefined;
  meet(persona: Persona): void;
  enter(entry: Entry): void;
  /** All words of this entry, in every version, are to be kept no more. */
  blank(entry: EntryKey): void;
  /** The entry as it stands in this plan, or as it was known. */
  entry(key: EntryKey): Entry | undefined;
  draft(draft: Draft): void;
  undraft(entry: EntryKey): void;
  promise(effect: Promise): void;
  /** Promises an act on the case, if there is to be one. */
  tell(act: CrmAct, about?: { readonly content?: Effect["content"]; readonly key?: EffectKey }): void;
  /** What the case is to show of the conversation. Several in one decision are one act. */
  show(fields: CaseFields): void;
  /** Asks a rule of the brand's own. One that throws has no say, and the trail says so: a case must not be lost by it. */
  ask<T>(rule: string, ask: () => T): T | undefined;
  decision(): Decision;
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How soon the department promises an answer. */
const promiseMs = (talk: Conversation, { departments }: Rulebook): number | undefined => {
  const { promise } = departments[talk.department?.name ?? ""] ?? {};
  return promise === undefined ? undefined : Number.parseInt(promise, 10) * (units[promise.slice(-1)] ?? 0);
};

/** When the promise of an answer is over and the brand wants that said; undefined: never, or it was seen to. */
export const followUpAt = (talk: Conversation, rules: Rulebook): Instant | undefined => {
  const within = promiseMs(talk, rules);
  const open = talk.awaiting === "us" && talk.case.stage !== "closed" && talk.disposition === "case";
  if (rules.words.followUp === undefined || within === undefined || !open || talk.public === undefined)
    return undefined;
  const seenTo = (talk.stamps.followedUp ?? 0) >= talk.awaitingSince;
  return seenTo ? undefined : talk.awaitingSince + within;
};

/** When to look again: at drafts that wait, when their time is over, or at once where the pause that holds one is; and at what the talk itself waits for. */
const alarmOf = (waiting: readonly Draft[], talk: Conversation, { known, now, rules }: Scene): Instant | undefined => {
  const times = waiting.flatMap((draft) => {
    const way = { door: door.of(talk.account, draft.side), words: draft.words, at: now };
    const over = draft.holds.some((hold) => hold.kind === "paused") && pausedBy(known.pauses, way, now) === undefined;
    const until = draft.holds.flatMap((hold) => hold.until ?? []);
    return [...(over ? [now] : []), ...until, ...(draft.notAfter === undefined ? [] : [draft.notAfter + 1])];
  });
  times.push(...[talk.case.reopenAt, followUpAt(talk, rules)].flatMap((at) => at ?? []));
  return times.length === 0 ? undefined : Math.min(...times);
};

/** Until when the department promises an answer, where departments promise any: it is shown with who is awaited. */
export const answerBy = (
  talk: Conversation,
  shown: Pick<CaseFields, "awaiting" | "department">,
  rules: Rulebook,
): Pick<CaseFields, "answerBy"> => {
  const promised = Object.values(rules.departments).some(({ promise }) => promise !== undefined);
  if (!promised || (shown.awaiting === undefined && shown.department === undefined)) return {};
  return { answerBy: dueOf(talk, rules) ?? null };
};

/** Until when an answer is promised; undefined while nobody waits for one. */
export const dueOf = (talk: Conversation, rules: Rulebook): Instant | undefined => {
  const within = promiseMs(talk, rules);
  return within === undefined || talk.awaiting !== "us" ? undefined : talk.awaitingSince + within;
};

const leftMs = (talk: Conversation, rules: Rulebook, now: Instant): number | undefined => {
  const due = dueOf(talk, rules);
  return due === undefined ? undefined : due - now;
};

/** Begins a decision on one conversation. */
export const planFor = (from: Conversation, scene: Scene): Plan => {
  let talk = from;
  let shown: CaseFields | undefined;
  const why: Why[] = [];
  const clues = new Set<Clue>();
  const personas = new Map<string, Persona>();
  const entries = new Map<EntryKey, Entry>();
  const blanked = new Set<EntryKey>();
  const drafts = new Map<EntryKey, Draft>();
  const undrafted = new Set<EntryKey>();
  const effects = new Map<EffectKey, Effect>();
  const { event, known, rules, now } = scene;

  const promise = (wanted: Promise): void => {
    effects.set(wanted.key, {
      by: automation,
      ...wanted,
      conversation: talk.key,
      cause: event.key,
      at: now,
      turn: talk.turn,
      revision: from.revision + 1,
      priority: rank(talk.priority, leftMs(talk, rules, now)) + (wanted.words === "automatic" ? 10 : 0),
    });
  };
  const tell: Plan["tell"] = (act, about = {}) => {
    if ((talk.case.stage === "none" || talk.case.stage === "gone") && act.do !== "open") return;
    const { key = keyOf.effect(event.key, act.do), content } = about;
    promise({ key, act, door: door.crm(rules.crm), ...(content === undefined ? {} : { content }) });
  };

  return {
    scene,
    get talk() {
      return talk;
    },
    update: (patch) => {
      talk = { ...talk, ...patch };
    },
    replace: (whole) => {
      talk = whole;
    },
    because: (code, params) => void why.push(params === undefined ? { code } : { code, params }),
    clue: (...more) => {
      for (const one of more) if (one !== undefined) clues.add(one);
    },
    persona: (ref) =>
      [...personas.values()].find((p) => samePersona(p.ref, ref)) ??
      known.personas.find((p) => samePersona(p.ref, ref)),
    meet: (persona) => void personas.set(personaName(persona.ref), persona),
    blank: (entry) => void blanked.add(entry),
    enter: (entry) => void entries.set(entry.key, entry),
    entry: (key) => entries.get(key) ?? known.entries.find((entry) => entry.key === key),
    draft: (draft) => {
      undrafted.delete(draft.entry);
      drafts.set(draft.entry, draft);
    },
    ask: (rule, ask) => {
      try {
        return ask();
      } catch {
        why.push({ code: "rule-threw", params: { rule } });
        return undefined;
      }
    },
    undraft: (entry) => {
      drafts.delete(entry);
      undrafted.add(entry);
    },
    promise,
    tell,
    show: (fields) => {
      shown = { ...shown, ...fields };
    },
    decision: () => {
      if (shown !== undefined) tell({ do: "state", fields: { ...shown, ...answerBy(talk, shown, rules) } });
      const before = known.drafts.filter(
        (one) => one.conversation === talk.key && !drafts.has(one.entry) && !undrafted.has(one.entry),
      );
      // What was merged away is woken no more: its drafts have gone along.
      const wake = talk.mergedInto === undefined ? alarmOf([...before, ...drafts.values()], talk, scene) : undefined;
      return {
        conversation: { ...talk, revision: from.revision + 1 },
        clues: [...clues],
        personas: [...personas.values()],
        entries: [...entries.values()],
        blanked: [...blanked],
        drafts: [...drafts.values()],
        undrafted: [...undrafted],
        effects: [...effects.values()],
        ...(wake === undefined ? {} : { wake }),
        why,
      };
    },
  };
};

/** Is this act an answer's, that is: does it carry words? */
export const speaks = (act: Act): act is Draft["act"] & Act =>
  act.do === "reply" || act.do === "privateReply" || act.do === "message";
