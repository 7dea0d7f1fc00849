import { describe, expect, it } from "vitest";
import type { Promised } from "../../src/core/contracts/store.ts";
import { type Moment, permit, type Permission } from "../../src/core/rules/permit.ts";
import type { Perform } from "../../src/core/rules/policy.ts";
import type { Conversation } from "../../src/core/words/conversation.ts";
import type { Act, Effect } from "../../src/core/words/effect.ts";
import type { EntryKey } from "../../src/core/words/ref.ts";
import {
  abilities,
  caseRef,
  conversation,
  day,
  effect,
  entry,
  hour,
  minute,
  pause,
  person,
  post,
  rules,
  t0,
  thread,
} from "./make.ts";

const now = t0 + hour;
const moment = (differs: Partial<Moment> = {}): Moment => ({
  can: abilities(),
  perform: "all",
  pauses: [],
  persona: undefined,
  leaked: [],
  rules: rules(),
  now,
  ...differs,
});
const reply: Act = { do: "reply", under: post("1") };
const message: Act = { do: "message", to: person("maria") };
const privateReply: Act = { do: "privateReply", under: post("1") };
const inPrivate: Partial<Conversation> = { private: { to: person("maria"), heardAt: t0, control: "us" } };
const closingWord: Partial<Effect> = {
  words: "automatic",
  content: { entry: "net/acme/closing/x" as EntryKey, version: 1, of: person("maria") },
};
const closed: Partial<Conversation> = { case: { stage: "closed", closedAt: t0, ref: caseRef("1") } };

interface Case {
  readonly act?: Act;
  readonly effect?: Partial<Effect>;
  readonly entry?: Partial<Promised["entry"] & object> | null;
  readonly talk?: Partial<Conversation>;
  readonly moment?: Partial<Moment>;
}
const asked = ({ act = reply, ...differs }: Case): Permission => {
  const promised: Promised = {
    effect: effect(act, differs.effect),
    tries: 2,
    state: "promised",
    ...(differs.entry === null ? {} : { entry: entry({ ...differs.entry }) }),
  };
  return permit(conversation(differs.talk), promised, moment(differs.moment));
};
const answerOf = (permission: Permission): string => {
  if ("go" in permission) return permission.noted === undefined ? "go" : `go, noting ${permission.noted.code}`;
  if ("write" in permission) return "write";
  if ("rehearse" in permission) return "rehearse";
  if ("hold" in permission) return `hold ${permission.hold.kind}: ${permission.hold.why.code}`;
  return `withdraw as ${permission.fault}: ${permission.withdraw.code}`;
};

describe("may it still go?", () => {
  it.for<[string, Case, string]>([
    ["an answer, with nothing against it", {}, "go"],
    ["words that were erased", { entry: { text: null } }, "withdraw as withdrawn: words-are-gone"],
    ["words nobody knows", { entry: null }, "withdraw as withdrawn: words-are-gone"],
    ["too late", { effect: { notAfter: now - 1 } }, "withdraw as expired: too-late-to-say"],
    ["at the last moment", { effect: { notAfter: now } }, "go"],
    ["withdrawn by its author", { entry: { state: "withdrawn" } }, "withdraw as withdrawn: withdrawn-by-author"],
    ["a newer version was written", { entry: { version: 2 } }, "withdraw as withdrawn: newer-version-known"],
    [
      "her post is gone",
      { talk: { public: { ...conversation().public!, gone: true } } },
      "withdraw as missing: post-is-gone",
    ],
    [
      "another post than the one that is gone",
      { act: { do: "reply", under: post("0") }, talk: { public: { ...conversation().public!, gone: true } } },
      "go",
    ],
    [
      "a private reply to a post that is gone",
      { act: privateReply, talk: { public: { ...conversation().public!, gone: true } } },
      "withdraw as missing: post-is-gone",
    ],
    [
      "a private reply within its window",
      { act: privateReply, moment: { can: abilities({ privateReply: { withinMs: hour } }) } },
      "go",
    ],
    [
      "a private reply past its window",
      { act: privateReply, moment: { can: abilities({ privateReply: { withinMs: hour - 1 } }) } },
      "hold no-private-side: private-window-closed",
    ],
    ["a message within the window for people", { act: message, talk: inPrivate, moment: { now: t0 + 7 * day } }, "go"],
    [
      "a message past it",
      { act: message, talk: inPrivate, moment: { now: t0 + 7 * day + 1 } },
      "hold no-private-side: private-window-closed",
    ],
    [
      "the machine's message past the usual window",
      { act: message, talk: inPrivate, effect: { words: "automatic" }, moment: { now: t0 + day + 1 } },
      "hold no-private-side: private-window-closed",
    ],
    ["a message to who never wrote", { act: message }, "hold no-private-side: private-window-closed"],
    [
      "a message to who never wrote, where we may write first",
      { act: message, moment: { can: abilities({ message: { withinMs: day, first: true } }) } },
      "go",
    ],
    [
      "somebody else has the thread",
      { act: message, talk: { private: { to: person("maria"), thread: thread("t"), heardAt: t0, control: "app" } } },
      "hold claimed: somebody-else-has-the-thread",
    ],
    ["the customer spoke since, and a person wrote it", { talk: { turn: 5, stamps: { lastHeard: now } } }, "go"],
    [
      "the customer spoke since, and the machine wrote it",
      { effect: { words: "automatic" }, talk: { turn: 5, stamps: { lastHeard: now } } },
      "withdraw as withdrawn: customer-spoke-since",
    ],
    [
      "she wants to hear no machine",
      {
        effect: { words: "automatic" },
        moment: { persona: { ref: person("maria"), profile: {}, roles: [], optedOut: t0 } },
      },
      "withdraw as withdrawn: opted-out",
    ],
    [
      "she wants to hear no machine, and a person wrote it",
      { moment: { persona: { ref: person("maria"), profile: {}, roles: [], optedOut: t0 } } },
      "go",
    ],
    ["a closing word, and the case is closed", { effect: closingWord, talk: closed }, "go"],
    [
      "a closing word, and the case is open again",
      { effect: closingWord },
      "withdraw as withdrawn: case-is-open-again",
    ],
    ["private data in public", { entry: { text: "write to maria@example.org" } }, "hold guard: private-data"],
    [
      "a fact told only in private",
      { entry: { text: "order 44871" }, moment: { leaked: ["44871"] } },
      "hold guard: private-data",
    ],
    [
      "private data, where the guard only reports",
      { entry: { text: "write to maria@example.org" }, moment: { rules: rules({ guard: "report" }) } },
      "go, noting private-data",
    ],
    ["private data in private", { act: message, talk: inPrivate, entry: { text: "write to maria@example.org" } }, "go"],
    [
      "an act without words",
      { act: { do: "hide", post: post("1"), hidden: true, because: "person" }, entry: null },
      "go",
    ],
  ])("%s: %s", ([, what, expected]) => {
    expect(answerOf(asked(what))).toBe(expected);
  });

  const paused = { pauses: [pause()] };
  const waited = { pauses: [pause({ until: t0 + minute })] };
  it.for<[string, Case, string]>([
    ["a person's words in a pause", { moment: paused }, "hold paused: paused"],
    [
      "the machine's words in a pause",
      { effect: { words: "automatic" }, moment: paused },
      "withdraw as withdrawn: paused",
    ],
    [
      "an act without words in a pause",
      { act: { do: "like", post: post("1") }, entry: null, moment: paused },
      "withdraw as withdrawn: paused",
    ],
    ["a person's words that waited through one", { moment: waited }, "hold approval: was-paused"],
    [
      "the machine's words that waited through one",
      { effect: { words: "automatic" }, moment: waited },
      "withdraw as withdrawn: was-paused",
    ],
    ["words promised after it was lifted", { effect: { at: t0 + minute }, moment: waited }, "go"],
    ["a pause of the other side", { moment: { pauses: [pause({ side: "private" })] } }, "go"],
    ["a case in a pause", { act: { do: "entry" }, moment: paused }, "write"],
  ])("%s: %s", ([, what, expected]) => {
    expect(answerOf(asked(what))).toBe(expected);
  });

  it("the questions are asked in this order, each hiding those after it", () => {
    const against: readonly [Case, string][] = [
      [{ entry: { text: null } }, "words-are-gone"],
      [{ effect: { notAfter: now - 1 } }, "too-late-to-say"],
      [{ entry: { state: "withdrawn" } }, "withdrawn-by-author"],
      [{ entry: { version: 2 } }, "newer-version-known"],
      [{ moment: paused }, "paused"],
      [{ moment: { persona: { ref: person("maria"), profile: {}, roles: [], optedOut: t0 } } }, "opted-out"],
      [{ talk: { turn: 5, stamps: { lastHeard: now } } }, "customer-spoke-since"],
      [{ effect: { content: closingWord.content! } }, "case-is-open-again"],
      [{ talk: { public: { ...conversation().public!, gone: true } } }, "post-is-gone"],
      [{ moment: { perform: "private" } }, "rehearse"],
      [{ entry: { text: "maria@example.org" } }, "private-data"],
    ];
    const answers = against.map((_, from) => {
      // Applied from the last to the first, so that the earlier question's trouble stands.
      const all = against
        .slice(from)
        .reverse()
        .map(([one]) => one);
      const words = { words: "automatic" } as const;
      return answerOf(
        asked({
          effect: Object.assign({}, words, ...all.map((one) => one.effect)),
          entry: Object.assign({}, ...all.map((one) => one.entry)),
          talk: Object.assign({}, ...all.map((one) => one.talk)),
          moment: Object.assign({}, ...all.map((one) => one.moment)),
        }),
      );
    });
    expect(answers.map((answer) => answer.split(": ").at(-1))).toEqual(against.map(([, why]) => why));
  });
});

describe("how far acts may go", () => {
  const acts: Readonly<Record<string, Case>> = {
    case: { act: { do: "entry" } },
    message: { act: message, talk: inPrivate },
    reply: {},
    hide: { act: { do: "hide", post: post("1"), hidden: true, because: "person" }, entry: null },
  };
  it.for<[Perform, string[]]>([
    ["none", ["rehearse", "rehearse", "rehearse", "rehearse"]],
    ["crm", ["write", "rehearse", "rehearse", "rehearse"]],
    ["private", ["write", "go", "rehearse", "rehearse"]],
    ["all", ["write", "go", "go", "go"]],
  ])("%s", ([perform, expected]) => {
    expect(Object.values(acts).map((one) => answerOf(asked({ ...one, moment: { perform } })))).toEqual(expected);
  });

  it("what is rehearsed carries its words, so that it can be priced; a CRM's act carries nothing", () => {
    expect(asked({ moment: { perform: "none" } })).toMatchObject({
      rehearse: { words: "So sorry, we are on it.", attempt: 3 },
    });
    expect(asked({ act: { do: "entry" }, moment: { perform: "none" } })).toEqual({ rehearse: undefined });
  });
});

describe("what a worker is handed", () => {
  it("the words, and which attempt this is", () => {
    expect(asked({})).toMatchObject({ go: { words: "So sorry, we are on it.", attempt: 3 } });
  });

  it("no words where nothing is said", () => {
    const permission = asked({ act: { do: "like", post: post("1") }, entry: null });
    expect("go" in permission && "words" in permission.go).toBe(false);
  });

  it("for a case: the entry and the person", () => {
    const persona = { ref: person("maria"), profile: {}, roles: [] };
    expect(asked({ act: { do: "entry" }, moment: { persona } })).toMatchObject({
      write: { entry: { text: "So sorry, we are on it." }, persona, attempt: 3 },
    });
  });
});
