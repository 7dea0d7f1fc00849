import { describe, expect, it } from "vitest";
import type { Promised } from "../../src/core/contracts/store.ts";
import { door } from "../../src/core/rules/door.ts";
import { neutral } from "../../src/core/rules/neutral.ts";
import { type Moment, permit } from "../../src/core/rules/permit.ts";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { Draft } from "../../src/core/words/entry.ts";
import {
  abilities,
  answered,
  conversation,
  effect,
  entry,
  gone,
  hour,
  minute,
  ordered,
  person,
  post,
  privately,
  publicly,
  rules,
  seen,
  t0,
} from "./make.ts";
import { createStory, deeds } from "./story.ts";

const secret = { text: "Call me on +49 170 1234567, card 4111 1111 1111 1111" };
const policy: Policy = { words: { exposed: ({ greeting }) => `${greeting}, we hid your post: it shows your number.` } };
const opens = { privateReply: { withinMs: 7 * 24 * hour }, look: false } as const;

describe("a customer shows everybody what nobody should see of her", () => {
  it("it is hidden for that reason, and she is told so in private", () => {
    const story = createStory({ policy, can: opens });
    const told = story.tell(publicly("maria", "1", secret));
    expect(told.why).toEqual(expect.arrayContaining(["showed-private-data", "warned-in-private"]));
    expect(deeds(told)).toEqual(["open", "entry", "hide", "privateReply"]);
    expect(story.last("hide").act).toMatchObject({
      do: "hide",
      post: post("1"),
      hidden: true,
      because: "private-data",
    });
    expect(story.last("privateReply")).toMatchObject({ words: "automatic", notAfter: t0 + 30 * minute });
    expect(JSON.stringify(told.decisions.map(({ why }) => why))).not.toContain("1234567");
  });

  it("it is not shown again, by closing the case or by a person", () => {
    const story = createStory({ policy, can: opens });
    const { talk } = story.tell(publicly("maria", "1", secret));
    story.perform(story.last("open"));
    story.perform(story.last("hide"));
    const closing = story.tell(seen(story.talk(talk.key), { closed: true, at: t0 + minute }));
    expect(deeds(closing)).not.toContain("hide");
    const shown = story.tell(ordered(talk.key, { order: "hide", hidden: false }));
    expect(shown.why).toContain("private-data-stays-hidden");
    expect(deeds(shown)).toEqual([]);
    // Nor on an order about another conversation.
    const { talk: lena } = story.tell(publicly("lena", "9"));
    const elsewhere = ordered(lena.key, { order: "hide", hidden: false, post: post("1") });
    expect(story.tell(elsewhere).why).toContain("private-data-stays-hidden");
    // Without private data a person may.
    story.tell(publicly("maria", "2", { at: t0 + hour, under: "1" }));
    const other = story.tell(ordered(talk.key, { order: "hide", hidden: false }));
    expect(deeds(other)).toEqual(["hide"]);
    // What they held nobody knows any more.
    story.tell(ordered(talk.key, { order: "erase", persona: person("maria") }));
    const erased = story.tell(ordered(talk.key, { order: "hide", hidden: false, post: post("1") }));
    expect(erased.why).toContain("stays-hidden");
    expect(deeds(erased)).toEqual([]);
  });

  it.for<[string, Policy, Parameters<typeof abilities>[0], readonly string[]]>([
    ["the network cannot hide", policy, { ...opens, hide: false }, ["open", "entry", "privateReply"]],
    ["the brand wants nothing hidden", { ...policy, guard: { hide: false } }, opens, ["open", "entry", "privateReply"]],
    ["the brand has no words for it", {}, opens, ["open", "entry", "hide"]],
    ["the network offers no private way", policy, {}, ["open", "entry", "hide"]],
    [
      "the brand's own rule throws",
      { words: { exposed: () => JSON.parse("") as string } },
      opens,
      ["open", "entry", "hide"],
    ],
  ])("%s", ([, own, can, expected]) => {
    expect(deeds(createStory({ policy: own, can: can ?? {} }).tell(publicly("maria", "1", secret)))).toEqual(expected);
  });

  it("nobody is warned late, in danger, in private, or of an edit that changes nothing of it", () => {
    const late = createStory({ policy, can: opens });
    late.now = t0 + 2 * hour;
    expect(deeds(late.tell(publicly("maria", "1", secret)))).toEqual(["open", "entry", "hide"]);
    const danger = createStory({ policy, can: opens });
    const text = `${secret.text} my charger caught fire`;
    expect(deeds(danger.tell(publicly("maria", "1", { text })))).toEqual(["open", "entry", "hide"]);
    expect(deeds(createStory({ policy, can: opens }).tell(privately("maria", "m1", secret)))).toEqual([
      "open",
      "entry",
    ]);
    const story = createStory({ policy, can: opens });
    story.tell(publicly("maria", "1", secret));
    const edited = story.tell(publicly("maria", "1", { ...secret, version: 2, at: t0 + minute }));
    expect(deeds(edited).filter((deed) => deed === "privateReply")).toEqual([]);
  });
});

describe("what was taken back before it was told", () => {
  it("is born blank: that somebody said something, and no word of it", () => {
    // The engine remembers what went before it was told of, and says so.
    const story = createStory({ policy });
    story.gone.add(publicly("maria", "1").entry);
    const told = story.tell(
      publicly("maria", "1", { ...secret, media: [{ kind: "photo", url: "https://net.test/p" }] }),
    );
    const born = story.entries.get(publicly("maria", "1").entry);
    expect(born).toMatchObject({ state: "gone", text: null });
    expect(born).not.toHaveProperty("media");
    expect(born).not.toHaveProperty("url");
    expect(deeds(told)).toEqual(["open", "entry"]);
  });

  it("opens no case again", () => {
    const story = createStory();
    const { talk } = story.tell(publicly("maria", "1"));
    story.perform(story.last("open"));
    story.tell(seen(story.talk(talk.key), { closed: true, at: t0 + minute }));
    story.gone.add(publicly("maria", "2").entry);
    const told = story.tell(publicly("maria", "2", { at: t0 + hour, text: "Where is it?" }));
    expect(told.talk).toMatchObject({ case: { stage: "closed" }, awaiting: "nobody" });
    expect(told.why).not.toContain("reopened");
  });
});

describe("what may leave", () => {
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
  const reply = { do: "reply", under: post("1") } as const;
  const asked = (text: string, differs: Partial<Moment> = {}, act: Parameters<typeof effect>[0] = reply) => {
    const promised: Promised = { effect: effect(act), tries: 0, state: "promised", entry: entry({ text }) };
    return permit(conversation(), promised, moment(differs));
  };

  it("a door of the brand's own stays a link, whatever else may be linked to", () => {
    const doors = [door({ url: (token) => `https://forms.test/help?ref=${token}` })];
    const { names } = rules({ doors, guard: { links: ["acme.com"] } }).guard;
    const text = "https://forms.test/help?ref=ct-1 or https://other.test/x";
    expect(neutral(text, names).text).toBe("https://forms.test/help?ref=ct-1 or other[.]test/x");
    expect(rules({ doors }).guard.names.links).toBeUndefined();
  });

  it("foreign names and links are made harmless, the customer's own stays", () => {
    const own = { rules: rules({ guard: { links: ["acme.com"] } }), handles: ["maria"] };
    expect(asked("@maria ask @zoe, see acme.com/help or https://other.com/x", own)).toMatchObject({
      go: { words: "@maria ask zoe, see acme.com/help or other[.]com/x" },
    });
    expect(asked("@zoe see other.com", { rules: rules({ guard: "report" }) })).toMatchObject({
      go: { words: "@zoe see other.com" },
    });
  });

  it("a fact that was cut in two is found in the second half, and where one part of several ends", () => {
    expect(asked("it ends with 1902", { leaked: ["44871902"], before: ["it begins with 4487"] })).toMatchObject({
      hold: { kind: "guard", trouble: [{ kind: "told-in-private", from: 13, to: 17 }] },
    });
    const parts = { parts: (text: string) => [text.slice(0, 14), text.slice(14)], leaked: ["44871902"] };
    const first = { ...reply, part: { at: 1, of: 2 } };
    expect(asked("It is this: 44871902", parts, first)).toMatchObject({ hold: { kind: "guard" } });
    expect(asked("It is this: 12345678", { ...parts, leaked: [] }, first)).toMatchObject({
      go: { words: "It is this: 12" },
    });
  });

  it("what would be shown again is asked for its words", () => {
    const show = { do: "hide", post: post("1"), hidden: false, because: "handling" } as const;
    const content = { entry: "net/acme/post/1" as EntryKeyOf, version: 1, of: person("maria") };
    const judged = (text: string | null) =>
      permit(
        conversation(),
        { effect: effect(show, { content }), tries: 0, state: "promised", entry: entry({ text }) },
        moment(),
      );
    expect(judged(secret.text)).toMatchObject({ withdraw: { code: "private-data" } });
    expect(judged("My parcel is lost")).toHaveProperty("go");
    expect(judged(null)).toMatchObject({ withdraw: { code: "private-data" } });
  });

  it("the CRM is shown dots where the brand wants them, of customers' words only", () => {
    const shown = (by: "customer" | "agent", mask?: readonly string[]) =>
      permit(
        conversation(),
        {
          effect: effect({ do: "entry" }),
          tries: 0,
          state: "promised",
          entry: entry({ text: secret.text, by: { kind: by } }),
        },
        moment(mask === undefined ? {} : { rules: rules({ guard: { mask } }) }),
      );
    expect(shown("customer")).toMatchObject({ write: { entry: { text: "Call me on +49 170 1234567, card ••••11" } } });
    expect(shown("customer", ["phone", "card"])).toMatchObject({
      write: { entry: { text: "Call me on ••••67, card ••••11" } },
    });
    expect(shown("customer", [])).toMatchObject({ write: { entry: { text: secret.text } } });
    expect(shown("agent")).toMatchObject({ write: { entry: { text: secret.text } } });
  });
});
type EntryKeyOf = Draft["entry"];

describe("a blocked draft", () => {
  const begun = () => {
    const story = createStory();
    const { talk } = story.tell(publicly("maria", "1"));
    story.perform(story.last("open"));
    story.tell(privately("maria", "m1", { at: t0 + minute, text: "I am Zborowska, order 44871902" }));
    return { story, key: talk.key };
  };

  it("comes back with where the trouble stands; the act carries the answer, and the trail no word of it", () => {
    const { story, key } = begun();
    const text = "Dear Zborowska, it is on its way";
    const told = story.tell(answered(key, "a", { at: t0 + hour, side: "public", text }));
    const [draft] = told.decisions[0]?.drafts ?? [];
    expect(draft?.holds[0]?.trouble).toEqual([{ kind: "told-in-private", from: 5, to: 14 }]);
    const held = told.effects.find(({ act }) => act.do === "answerState");
    expect(held).toMatchObject({ act: { state: "held", trouble: draft?.holds[0]?.trouble }, content: draft?.content });
    expect(JSON.stringify(told.decisions.map(({ why, effects }) => [why, effects]))).not.toContain("Zborowska");
  });

  it("that gives away half of a fact after its other half was said is blocked within ten minutes", () => {
    const say = (first: string, then: string, after: number): readonly string[] => {
      const { story, key } = begun();
      story.tell(answered(key, "a", { at: t0 + hour, side: "public", text: first }));
      story.perform(story.last("reply"));
      return story.tell(answered(key, "b", { at: t0 + hour + after, side: "public", text: then })).why;
    };
    expect(say("It begins with 4487", "and ends with 1902", 5 * minute)).toContain("held");
    expect(say("It begins with 4487", "and ends with 1902", 11 * minute)).not.toContain("held");
    expect(say("It begins with 4487", "and ends with 1903", 5 * minute)).not.toContain("held");
  });
});

it("a post that is gone is told to the case once, however often it goes", () => {
  const story = createStory();
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  expect(deeds(story.tell(gone("1")))).toEqual(["entry", "state"]);
  expect(story.last("state").act.fields).toMatchObject({ forget: "words" });
  story.tell(publicly("maria", "1", { version: 2, at: t0 + minute, text: "told late" }));
  expect(story.entries.get(publicly("maria", "1").entry)).toMatchObject({ state: "gone", text: null });
});
