import { describe, expect, it } from "vitest";
import type { ChannelAbilities } from "../../src/core/contracts/channel.ts";
import { door } from "../../src/core/rules/door.ts";
import { type Planned, planMove, waitOf } from "../../src/core/rules/move.ts";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { Conversation } from "../../src/core/words/conversation.ts";
import type { Outcome } from "../../src/core/words/effect.ts";
import {
  abilities,
  answered,
  conversation,
  day,
  hour,
  minute,
  person,
  post,
  privately,
  publicly,
  rules,
  t0,
  thread,
} from "./make.ts";
import { createStory, deeds, type Story } from "./story.ts";

const form = door({ url: (token) => `https://acme.test/form?ref=${token}` });
const planned = (differs: Partial<Planned> & { readonly policy?: Policy } = {}): Planned => {
  const { policy, ...rest } = differs;
  return {
    talk: conversation(),
    can: abilities(),
    rules: rules(policy),
    now: t0 + minute,
    personas: [],
    mass: false,
    token: () => "ct-fresh",
    withFile: false,
    words: "person",
    ...rest,
  };
};
const page = (differs: Partial<ChannelAbilities> = {}): ChannelAbilities =>
  abilities({ privateReply: { withinMs: 7 * day }, look: false, ...differs });
const wrote: Partial<Conversation> = {
  private: { to: person("maria"), thread: thread("t"), heardAt: t0, control: "us" },
};
const seat = { most: 15, perMs: 15 * minute };
const paced = abilities({ message: { withinMs: day, first: false, pace: seat } });

describe("the ladder", () => {
  it.for<[string, "public" | "private", Parameters<typeof planned>[0], string[], string | undefined]>([
    ["private, nothing open: a person", "private", {}, ["person"], "customer-has-not-written-privately"],
    [
      "private, her post can be answered in private",
      "private",
      { can: page() },
      ["private-reply", "person"],
      undefined,
    ],
    ["private, she wrote there", "private", { talk: conversation(wrote) }, ["message", "person"], undefined],
    [
      "private, she wrote there and then in public: where she spoke last comes first",
      "private",
      { can: page(), talk: conversation({ ...wrote, public: { ...conversation().public!, heardAt: t0 + 1 } }) },
      ["private-reply", "message", "person"],
      undefined,
    ],
    [
      "private, the window for people is longer",
      "private",
      { talk: conversation(wrote), now: t0 + 6 * day },
      ["message", "person"],
      undefined,
    ],
    [
      "private, the machine's window is over",
      "private",
      { talk: conversation(wrote), now: t0 + 6 * day, words: "automatic" },
      ["person"],
      "private-window-closed",
    ],
    [
      "private, the one private answer was made",
      "private",
      { can: page(), talk: conversation({ public: { ...conversation().public!, privatelyAnswered: true } }) },
      ["person"],
      "privately-answered-already",
    ],
    [
      "private, the network has refused it for this post",
      "private",
      { can: page(), talk: conversation({ public: { ...conversation().public!, refused: ["private-reply"] } }) },
      ["person"],
      "network-refuses-it",
    ],
    [
      "private, a file cannot be a private answer to a post",
      "private",
      { can: page(), withFile: true },
      ["person"],
      "channel-takes-no-files",
    ],
    [
      "private, who came through the brand's own door is answered there",
      "private",
      { talk: conversation({ private: { to: person("v1", "door"), heardAt: t0, control: "us" } }) },
      ["person"],
      "came-through-another-door",
    ],
    ["public: with the invite, or bare", "public", {}, ["reply-with-invite", "reply", "person"], undefined],
    [
      "public, the brand has a door of its own",
      "public",
      { policy: { doors: [form] } },
      ["reply-with-invite", "reply-with-door", "reply", "person"],
      undefined,
    ],
    [
      "public, invites switched off",
      "public",
      { policy: { invite: false, doors: [form] } },
      ["reply", "person"],
      "invites-are-switched-off",
    ],
    [
      "public, she opted out",
      "public",
      { personas: [{ ref: person("maria"), profile: {}, roles: [], optedOut: t0 }] },
      ["reply", "person"],
      "opted-out",
    ],
    [
      "public, in a mass arrival",
      "public",
      { mass: true, policy: { doors: [form] } },
      ["reply", "person"],
      "mass-arrival",
    ],
    [
      "public, thirty wait for private words: the queue is as long as the promise",
      "public",
      { can: paced, queue: { waiting: 30 }, policy: { doors: [form] } },
      ["reply-with-door", "reply", "person"],
      "private-queue-is-full",
    ],
    [
      "public, twenty-nine do",
      "public",
      { can: paced, queue: { waiting: 29 } },
      ["reply-with-invite", "reply", "person"],
      undefined,
    ],
    [
      "public, she did not call on us",
      "public",
      {
        can: abilities({ reply: { summonedOnly: true } }),
        talk: conversation({ public: { ...conversation().public!, summoned: false } }),
      },
      ["person"],
      "not-summoned",
    ],
  ])("%s", ([, side, differs, rungs, passed]) => {
    const move = planMove(planned(differs), side);
    expect(move.steps.map(({ rung }) => rung)).toEqual(rungs);
    expect(planMove(planned(differs), side)).toEqual(move);
    if (passed !== undefined) expect(move.passed.map(({ why }) => why.code)).toContain(passed);
    for (const { act, rung } of move.steps) {
      if (side === "private") expect(act?.do, rung).not.toBe("reply");
      else expect(["reply", undefined]).toContain(act?.do);
    }
  });

  it("every way says why, until when it is open, and what it costs", () => {
    const cost = (act: { readonly do: string }): number => (act.do === "message" ? 0.015 : 0.01);
    const [step, last] = planMove(planned({ talk: conversation(wrote), cost }), "private").steps;
    expect(step).toMatchObject({ why: { code: "she-wrote-in-private" }, until: t0 + 7 * day, cost: 0.015 });
    expect(last).toMatchObject({ rung: "person", why: { code: expect.any(String) } });
    expect(planMove(planned({ can: page(), cost }), "private").steps[0]).toMatchObject({
      until: t0 + 7 * day,
      cost: 0.01,
    });
    expect(planMove(planned({ can: page({ look: true }) }), "private").steps[0]).toMatchObject({ looks: true });
  });

  it.for([
    [0, 15],
    [14, 15],
    [15, 30],
    [29, 30],
    [30, 45],
    [499, 510],
  ])("behind %i others one waits %i minutes at worst", ([waiting, minutes]) => {
    expect(waitOf(waiting ?? 0, seat)).toBe((minutes ?? 0) * minute);
  });
});

const key = publicly("maria", "1").key as never;
const begun = (options: Parameters<typeof createStory>[0] = {}): Story => {
  const story = createStory(options);
  story.tell(publicly("maria", "1"));
  story.perform(story.last("open"));
  return story;
};
const refused = (fault: "forbidden" | "closed" | "taken" | "invalid"): Exclude<Outcome, { as: "again" }> => ({
  as: "refused",
  fault,
  why: { code: "network-refused", params: { fault } },
});
const answerOf = (story: Story) => story.entries.get("desk/answer/a" as never);

describe("a step that is refused", () => {
  it("a private answer to a post: the message, where she wrote there", () => {
    const story = begun({ can: { privateReply: { withinMs: 7 * day }, look: false } });
    story.tell(privately("maria", "m1", { at: t0 + 1 }));
    story.tell(publicly("maria", "2", { at: t0 + minute }));
    story.tell(answered(key, "a", { at: story.now }));
    const told = story.settle(story.last("privateReply"), refused("taken"));
    expect(told.why).toContain("next-rung");
    expect(story.last("message").act.to).toEqual(person("maria"));
    expect(answerOf(story)?.state).toBe("draft");
  });

  it.for(["forbidden", "closed", "taken"] as const)(
    "and nothing below it (%s): it waits, and a person is told why",
    (fault) => {
      const story = begun({ can: { privateReply: { withinMs: 7 * day }, look: false } });
      story.tell(answered(key, "a", { at: story.now }));
      const told = story.settle(story.last("privateReply"), refused(fault));
      expect(deeds(told)).toEqual(["answerState held"]);
      expect([...story.drafts.values()]).toMatchObject([{ holds: [{ kind: "no-private-side" }] }]);
      expect(story.talk(key).public?.refused).toEqual(["private-reply"]);
      // Her next word opens the way.
      expect(deeds(story.tell(privately("maria", "m1", { at: t0 + hour })))).toContain("message");
    },
  );

  it("an answer with an invite goes without it, under the same key", () => {
    const story = begun();
    story.tell(answered(key, "a", { side: "public" }));
    const first = story.last("reply");
    expect(first.act.invite).toBeDefined();
    const told = story.settle(first, refused("forbidden"));
    expect(story.last("reply")).toMatchObject({ key: first.key, act: { do: "reply", under: post("1") } });
    expect(story.last("reply").act.invite).toBeUndefined();
    expect(told.talk.invite?.stage).toBe("refused");
    const out = story.settle(story.last("reply"), refused("forbidden"));
    expect(deeds(out)).toEqual(["answerState failed"]);
  });

  it("words that are refused for themselves are not carried elsewhere", () => {
    const story = begun({ can: { privateReply: { withinMs: 7 * day }, look: false } });
    story.tell(answered(key, "a", { at: story.now }));
    const told = story.settle(story.last("privateReply"), refused("invalid"));
    expect(deeds(told)).toEqual(["answerState failed"]);
  });
});

describe("the invite is one step, with its times", () => {
  it("promised, sent, opened, answered, resolved", () => {
    const story = begun();
    story.tell(answered(key, "a", { side: "public", at: t0 + minute }));
    story.now = t0 + 2 * minute;
    story.perform(story.last("reply"));
    expect(story.last("state").act.fields).toMatchObject({ invite: "sent" });
    const { token = "" } = story.talk(key).invite ?? {};
    const opened = { as: "opened", at: t0 + 3 * minute, source: "webhook", persona: person("maria"), token } as const;
    story.tell({ ...opened, key: "opened/1" as never });
    expect(story.last("state").act.fields).toMatchObject({ invite: "opened" });
    const told = story.tell(privately("maria", "m1", { at: t0 + 4 * minute, token }));
    expect(story.last("state").act.fields).toMatchObject({ invite: "answered" });
    expect(told.talk.invite).toMatchObject({
      stage: "answered",
      at: {
        promised: t0 + minute,
        sent: t0 + 2 * minute,
        opened: t0 + 3 * minute,
        answered: t0 + 4 * minute,
      },
    });
    // Deliveries repeat: the same persona may use it again.
    expect(story.tell(privately("maria", "m2", { at: t0 + 5 * minute, token })).talk.key).toBe(key);
  });

  it("is held where too many wait, says so, and another door is offered, its link once and behind the words", () => {
    const story = begun({ policy: { doors: [form] }, can: { message: { withinMs: day, first: false, pace: seat } } });
    story.crowd = { queue: { waiting: 30 } };
    const told = story.tell(answered(key, "a", { side: "public", text: "So sorry." }));
    expect(told.why).toContain("invite-held");
    const { act } = story.last("reply");
    expect(act.invite).toBeUndefined();
    expect(act.door).toMatchObject({ name: "form" });
    expect(answerOf(story)?.text).toBe(`So sorry. https://acme.test/form?ref=${act.door?.token}`);
    expect(told.talk.invite).toMatchObject({ rung: "door:form", stage: "promised", token: act.door?.token });
    expect(story.perform(story.last("reply")).talk.invite?.stage).toBe("sent");
    // An edit of the words carries the same link, once.
    const by = { account: story.talk(key).account, space: "door", id: "v1" };
    const came = privately("maria", "d1", {
      by,
      actor: { kind: "customer", persona: by },
      at: t0 + hour,
      vouched: true,
    });
    const { thread: _, ...through } = { ...came, token: act.door?.token ?? "" };
    const home = story.tell(through);
    expect(home.talk).toMatchObject({ key, personas: [person("maria"), by], invite: { stage: "answered" } });
    const back = story.tell(answered(key, "b", { at: story.now }));
    expect(deeds(back)).toEqual(["answerState held"]);
    expect(story.last("answerState").act.why?.code).toBe("came-through-another-door");
  });

  it("who brings a door's token and is not vouched for is not taken for her", () => {
    const story = begun({ policy: { doors: [form] }, can: { invite: false } });
    story.tell(answered(key, "a", { side: "public" }));
    story.perform(story.last("reply"));
    const { token = "" } = story.talk(key).invite ?? {};
    const by = { account: story.talk(key).account, space: "door", id: "v1" };
    const told = story.tell(privately("maria", "d1", { by, actor: { kind: "customer", persona: by }, token }));
    expect(told.talk.key).not.toBe(key);
    expect(told.talk.claims).toMatchObject({ conversation: key });
  });
});
