import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { door } from "../../src/core/rules/door.ts";
import { authorOf, differ } from "../../src/core/rules/holds.ts";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { Effect, Outcome } from "../../src/core/words/effect.ts";
import type { BridgeEvent } from "../../src/core/words/event.ts";
import { personaName, samePersona } from "../../src/core/words/ref.ts";
import {
  answered,
  byHand,
  caseRef,
  day,
  done,
  gone,
  helper,
  hour,
  minute,
  ordered,
  person,
  post,
  privately,
  publicly,
  seen,
  t0,
  thread,
  woken,
} from "./make.ts";
import { createStory, type Story, type Told } from "./story.ts";

type Step = (story: Story, at: number) => BridgeEvent | undefined;
const pick = <T>(all: Iterable<T>, n: number): T | undefined => {
  const list = [...all];
  return list[n % Math.max(1, list.length)];
};
const talkOf = (story: Story, n: number) =>
  pick(
    [...story.talks.values()].filter(({ mergedInto }) => mergedInto === undefined),
    n,
  );
const small = fc.nat(5);
const someone = fc.constantFrom("maria", "lena", "nora");
const agents = fc.constantFrom("ann", "bea", undefined);
const texts = fc.constantFrom("my parcel is lost", "thank you!", "stop", "hello?", "#win", "start");
const ends = fc.constantFrom<Exclude<Outcome, { as: "again" }>[]>(
  { as: "refused", fault: "forbidden", why: { code: "network-refused", params: { fault: "forbidden" } } },
  { as: "refused", fault: "taken", why: { code: "network-refused", params: { fault: "taken" } } },
  { as: "refused", fault: "invalid", why: { code: "network-refused", params: { fault: "invalid" } } },
  { as: "held", hold: { kind: "paused", why: { code: "paused" } } },
  { as: "held", hold: { kind: "no-private-side", why: { code: "private-window-closed" } } },
);

const steps = (reunites: boolean): fc.Arbitrary<Step> =>
  fc.oneof(
    fc
      .tuple(someone, small, small, fc.integer({ min: 1, max: 2 }), fc.boolean(), texts)
      .map(([who, id, under, version, replies, text]): Step => (_, at) => {
        const said = publicly(who, `${who}${id}`, {
          at,
          version,
          text,
          ...(replies ? { under: `${pick(["maria", "lena"], under)}${under}` } : {}),
        });
        if (id % 2 === 0) return said;
        const { root: __, ...rootless } = said;
        return rootless;
      }),
    fc.tuple(someone, small, texts).map(
      ([who, id, text]): Step =>
        (_, at) =>
          privately(who, `${who}m${id}`, { at, text }),
    ),
    fc.tuple(someone, small, fc.boolean()).map(
      ([who, id, helps]): Step =>
        (_, at) =>
          helps
            ? publicly("eve", `e${id}`, { ...helper("eve"), at, under: `${who}${id}` })
            : publicly("acme", `b${id}`, { ...byHand, at, under: `${who}${id}` }),
    ),
    fc.tuple(someone, small).map(
      ([who, id]): Step =>
        (_, at) =>
          gone(`${who}${id}`, "deleted", { at }),
    ),
    fc
      .tuple(
        small,
        small,
        fc.constantFrom<("public" | "private")[]>("public", "private"),
        fc.integer({ min: 1, max: 2 }),
        agents,
      )
      .map(([n, id, side, version, by]): Step => (story, at) => {
        const talk = talkOf(story, n);
        const agent = { kind: "agent", ...(by === undefined ? {} : { id: by }) } as const;
        return talk && answered(talk.key, `${id}`, { at, version, side, by: agent });
      }),
    fc.tuple(small, fc.boolean()).map(([n, closed]): Step => (story, at) => {
      const talk = talkOf(story, n);
      if (talk === undefined || talk.case.stage === "none") return undefined;
      return seen(talk, { at, closed, case: talk.case.ref ?? caseRef(talk.key) });
    }),
    fc.tuple(fc.nat(60), ends, fc.integer({ min: 0, max: 2 })).map(([n, other, works]): Step => (story, at) => {
      const all = [...story.effects.values()];
      const words = all.filter(({ content, door: at_ }) => content !== undefined && !at_.startsWith("crm/"));
      const effect = pick(n % 2 === 0 && words.length > 0 ? words : all, Math.floor(n / 2));
      if (effect === undefined) return undefined;
      const end =
        works > 0
          ? done({
              at,
              ...(effect.act.do === "open" ? { case: caseRef(effect.conversation) } : {}),
              ...(effect.act.do === "reply" ? { post: post(`sent${n}`) } : {}),
              ...(effect.act.do === "message" ? { thread: thread(`t${n}`) } : {}),
            })
          : other;
      return {
        as: "settled",
        key: `${effect.key}/${end.as}/${effect.revision}` as never,
        at,
        source: "engine",
        effect,
        outcome: end,
      };
    }),
    ends.map((outcome): Step => (story, at) => {
      const effect = [...story.effects.values()].findLast(({ words }) => words === "person");
      return effect && { as: "settled", key: `${effect.key}/${at}` as never, at, source: "engine", effect, outcome };
    }),
    fc
      .tuple(
        small,
        small,
        fc.constantFrom(
          "release",
          "withdraw",
          "open",
          "ignore",
          "claim",
          ...(reunites ? ["merge", "split", "unmerge"] : []),
        ),
        agents,
      )
      .map(([n, m, order, by]): Step => (story, at) => {
        const [talk, other] = [talkOf(story, n), pick(story.talks.values(), m)];
        if (talk === undefined || other === undefined) return undefined;
        const draft = (pick(story.drafts.keys(), m) ?? "none") as never;
        const from = (order === "unmerge" ? other.key : (pick(story.entries.keys(), m) ?? "none")) as never;
        const what = { order, draft, from, with: other.key, claim: m > 1 } as never;
        return { ...ordered(talk.key, what, at), by: { kind: "agent", ...(by === undefined ? {} : { id: by }) } };
      }),
    small.map((n): Step => (story, at) => {
      const talk = talkOf(story, n);
      return talk && woken(talk.key, Math.max(at, story.wakes.get(talk.key) ?? at));
    }),
  );

const policy: Policy = {
  campaigns: ["#win"],
  departments: { support: { promise: "30m" } },
  route: () => "support",
  doors: [door({ url: (token) => `https://acme.test/form?ref=${token}` })],
  words: {
    closing: () => "Glad it is sorted.",
    invite: () => "Tell us more in private:",
    followUp: () => "We are still on it.",
  },
};

/** What is asked of every step, with what has happened before. */
type Ask = (story: Story, told: Told, event: BridgeEvent) => void;

const play = (asks: readonly (() => Ask)[], { reunites, numRuns }: { reunites: boolean; numRuns: number }): void => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(steps(reunites), fc.constantFrom(0, 1_000, minute, 20 * minute, hour, 2 * day)), {
        minLength: 15,
        maxLength: 45,
        size: "max",
      }),
      fc.boolean(),
      (made, page) => {
        const can = page ? { privateReply: { withinMs: 7 * day }, look: false } : {};
        const story = createStory({ policy, can });
        const all = asks.map((ask) => ask());
        const counted = new Set<string>();
        let at = t0;
        for (const [step, later] of made) {
          at += later;
          const event = step(story, at);
          story.now = Math.max(story.now, at);
          if (event === undefined || counted.has(event.key)) continue;
          counted.add(event.key);
          const told = story.tell(event);
          for (const ask of all) ask(story, told, event);
        }
      },
    ),
    // One seed: a run that is red is the doing of what was changed.
    { numRuns, seed: 20_260_105 },
  );
};

const speaking = (told: Told): readonly Effect[] =>
  told.effects.filter(({ act }) => act.do === "reply" || act.do === "message" || act.do === "privateReply");

/** Words go where they were planned to go, and to whom, whatever is found out about people meanwhile. */
const addressed = (): Ask => {
  const planned = new Map<string, string>();
  return (_, told) => {
    for (const { act, content } of speaking(told)) {
      const name = `${content?.entry}/v${content?.version}/${act.do}`;
      const to =
        act.do === "message"
          ? personaName(act.to)
          : act.do === "reply" || act.do === "privateReply"
            ? act.under.id
            : "";
      if (act.do !== "privateReply") expect(planned.get(name) ?? to, name).toBe(to);
      planned.set(name, to);
    }
  };
};

/** A customer's words stand on their own conversation, and never on another customer's. */
const ownWords = (): Ask => (story) => {
  for (const { by, conversation, key } of story.entries.values()) {
    const { persona } = by;
    if (by.kind !== "customer" || persona === undefined) continue;
    const of = story.talk(conversation).personas;
    expect(
      of.some((one) => samePersona(one, persona)),
      `${key} on ${conversation}`,
    ).toBe(true);
  }
};

/** One automatic public word for an interaction at most: between two of them the customer has spoken. Three a day. */
const sparing = (): Ask => {
  const spoken = new Map<string, number[]>();
  const known = new Set<string>();
  return (story, told) => {
    for (const { conversation, words, act, at, key } of told.effects) {
      if (words !== "automatic" || act.do !== "reply") continue;
      // Held and released by a person it is the same word.
      if (known.has(key)) continue;
      known.add(key);
      const before = spoken.get(conversation) ?? [];
      expect(before.at(-1) ?? -1, key).toBeLessThan(story.talk(conversation).stamps.lastHeard ?? 0);
      expect(before.filter((one) => at - one < day).length, key).toBeLessThan(3);
      spoken.set(conversation, [...before, at]);
    }
  };
};

/** Under one post two automatic words stand only if a customer of that talk has spoken in between, whatever was merged and taken apart. */
const onceUnderPost = (): Ask => {
  const heard = new Map<string, number>();
  const spoken = new Map<string, number>();
  const known = new Set<string>();
  let moment = 0;
  return (story, told, event) => {
    moment += 1;
    if (event.as === "said" && event.actor.kind === "customer") heard.set(personaName(event.by), moment);
    for (const { conversation, words, act, key } of told.effects) {
      if (words !== "automatic" || act.do !== "reply" || known.has(key)) continue;
      known.add(key);
      const { id } = act.under;
      const last = Math.max(...story.talk(conversation).personas.map((one) => heard.get(personaName(one)) ?? 0));
      expect(spoken.get(id) ?? -1, `${key} under ${id}`).toBeLessThan(last);
      spoken.set(id, moment);
    }
  };
};

/** Of two people who answer the same words the second was asked. */
const asked = (): Ask => {
  const answers = new Map<string, { readonly by: string; readonly entry: string }>();
  // Words answer what was heard when they were written, however long they waited.
  const written = new Map<string, number | undefined>();
  return (story, told, event) => {
    if (event.as === "answered" && told.decisions.length > 0) written.set(event.entry, told.talk.lately?.heard);
    if (event.as === "settled" && event.outcome.as !== "done") {
      for (const [turn, { entry }] of answers) if (entry === event.effect.content?.entry) answers.delete(turn);
    }
    for (const { conversation, words, by, content, key } of speaking(told)) {
      if (words !== "person" || content === undefined) continue;
      const turn = `${conversation}/${written.get(content.entry) ?? story.talk(conversation).lately?.heard}`;
      const first = answers.get(turn);
      const confirmed = event.as === "ordered" && event.what.order === "release";
      if (first !== undefined && !confirmed && first.entry !== content.entry) {
        expect(differ(first.by, authorOf(by)), `${key} after ${first.entry}`).toBe(false);
      }
      answers.set(turn, { by: authorOf(by), entry: content.entry });
    }
  };
};

/** What a person wanted to say is on its way, waits for a reason, or its author was told that it does not go. */
const accounted = (): Ask => (story, told, event) => {
  if (event.as !== "answered") return;
  const entry = story.entries.get(event.entry);
  if (entry === undefined || entry.version !== event.version || entry.state !== "draft") return;
  const waits = (story.drafts.get(event.entry)?.holds.length ?? 0) > 0;
  const goes = [...story.effects.values()].some(
    ({ content, words }) => content?.entry === event.entry && words === "person",
  );
  const told_ = told.effects.some(({ act }) => act.do === "answerState" && act.state === "failed");
  expect(waits || goes || told_, `${event.key} is accounted for`).toBe(true);
};

describe("in whatever world", () => {
  it(
    "words reach whom they were for, under their own customer, sparingly, and none is lost",
    { timeout: 60_000 },
    () => {
      play([addressed, ownWords, sparing, onceUnderPost, accounted], { reunites: true, numRuns: 120 });
    },
  );
  it("no two people answer the same words unless the second was asked", { timeout: 60_000 }, () => {
    play([asked, sparing], { reunites: false, numRuns: 120 });
  });
  it("what generates these worlds reaches what they are about", () => {
    expect(person("maria").id).toBe("maria");
    const seenCodes = new Set<string>();
    const listens: Ask = (_, told) => {
      for (const code of told.why) seenCodes.add(code);
    };
    play([() => listens], { reunites: true, numRuns: 60 });
    for (const code of [
      "next-rung",
      "invite-word",
      "closing-word",
      "own-words-found-their-post",
      "merged",
      "matters-after-all",
      "opted-out-by-words",
    ]) {
      expect([...seenCodes]).toContain(code);
    }
  });
});
