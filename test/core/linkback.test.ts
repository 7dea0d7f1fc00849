import { describe, expect, it } from "vitest";
import type { LinkBackRule } from "../../src/core/rules/manners.ts";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { Said } from "../../src/core/words/event.ts";
import {
  abilities,
  answered,
  byHand,
  day,
  gone,
  hour,
  minute,
  ordered,
  person,
  privately,
  publicly,
  seen,
  t0,
  woken,
} from "./make.ts";
import { createStory, deeds, type Story, type Told } from "./story.ts";

const key = publicly("maria", "1").key as never;
const words = { closing: () => "Glad it is sorted." };
const begun = (policy: Policy = {}, said: Partial<Said> = {}): Story => {
  const story = createStory({ policy });
  story.tell(publicly("maria", "1", said));
  story.perform(story.last("open"));
  return story;
};
const close = (story: Story, status = "Closed", at = story.now + minute): Told =>
  story.tell(seen(story.talk(key), { closed: true, status, at }));
const spokenIn = (told: Told, story: Story): string | undefined => {
  const reply = told.effects.find(({ act }) => act.do === "reply");
  return reply && (story.entries.get(reply.content?.entry as never)?.text ?? undefined);
};

describe("what the end of a case does on the feed", () => {
  it.for<[string, readonly LinkBackRule[] | undefined, string, boolean]>([
    ["by default a closing word", undefined, "Closed", true],
    ["for these statuses", [{ status: ["Solved"], do: ["closing"] }], "Solved", true],
    ["for no others", [{ status: ["Solved"], do: ["closing"] }], "Spam", false],
    ["nothing, first", [{ status: ["Spam"], do: [] }, { do: ["closing"] }], "Spam", false],
    ["a rule for all", [{ status: ["Spam"], do: [] }, { do: ["closing"] }], "Closed", true],
    ["on this channel", [{ channel: ["net"], do: ["closing"] }], "Closed", true],
    ["on another", [{ channel: ["other"], do: ["closing"] }], "Closed", false],
    ["where the talk is public", [{ side: "public", do: ["closing"] }], "Closed", true],
    ["where it is private", [{ side: "private", do: ["closing"] }], "Closed", false],
    ["for a department", [{ department: ["press"], do: ["closing"] }], "Closed", false],
  ])("%s (%#)", ([, linkBack, status, says]) => {
    const story = begun({ words, ...(linkBack === undefined ? {} : { linkBack }) });
    expect(deeds(close(story, status)).includes("reply")).toBe(says);
  });

  it("a status that closes nothing may say something, once per change", () => {
    const story = begun({ words, linkBack: [{ status: ["Waiting for parts"], do: ["closing"] }] });
    const waiting = seen(story.talk(key), { status: "Open", at: t0 + 1 });
    story.tell(waiting);
    const told = story.tell(seen(story.talk(key), { status: "Waiting for parts", at: t0 + minute }));
    expect(deeds(told)).toContain("reply");
    expect(deeds(story.tell(seen(story.talk(key), { status: "Waiting for parts", at: t0 + 2 * minute })))).toEqual([]);
  });

  it("silent if the post is gone, and where she has opted out", () => {
    const story = begun({ words });
    story.tell(gone("1"));
    expect(close(story).why).toContain("no-closing-word");
    const other = begun({ words });
    other.tell(publicly("maria", "2", { text: "STOP", at: t0 + 1 }));
    expect(other.personas.get("net/acme/user/maria")?.optedOut).toBe(t0 + 1);
    expect(deeds(close(other))).not.toContain("reply");
  });

  it.for<[string, string | undefined, string]>([
    ["her language", "de", "Schön! (automatische Nachricht)"],
    ["of another country", "pt-PT", "Ótimo! (mensagem automática)"],
    ["none that there is words for", "fi", "Great! (automatic message)"],
    ["none known", undefined, "Great! (automatic message)"],
  ])("in %s", ([, language, text]) => {
    const closing = { de: () => "Schön!", "pt-BR": () => "Ótimo!", en: () => "Great!" };
    const story = begun({ words: { closing }, language: "en" }, language === undefined ? {} : { language });
    expect(spokenIn(close(story), story)).toBe(text);
  });
});

describe("a post that was hidden", () => {
  const hidden = (because: "handling" | "abuse" | undefined, text: string): Story => {
    const story = begun({}, { text });
    story.tell(ordered(key, { order: "hide", hidden: true, ...(because === undefined ? {} : { because }) }));
    story.perform(story.last("hide"));
    return story;
  };
  it.for<[string, "handling" | "abuse" | undefined, string, boolean]>([
    ["while it was handled is shown again", "handling", "my coffee was cold", true],
    ["and gives her away stays hidden", "handling", "write to maria@example.org", false],
    ["for abuse stays hidden", "abuse", "my coffee was cold", false],
    ["by a person, for whatever reason, stays hidden", undefined, "my coffee was cold", false],
  ])("%s", ([, because, text, shows]) => {
    const story = hidden(because, text);
    const told = close(story);
    expect(told.effects.filter(({ act }) => act.do === "hide" && !act.hidden)).toHaveLength(shows ? 1 : 0);
    if (!shows) return;
    story.perform(story.last("hide"));
    expect(story.talk(key).hidden).toBeUndefined();
  });
});

describe("words by itself", () => {
  const policy: Policy = {
    departments: { support: { promise: "30m" } },
    route: () => "support",
    words: { ...words, invite: () => "Tell us more in private:", followUp: () => "We are still on it." },
  };
  it("the invite at once, and nothing more for the same words", () => {
    const story = createStory({ policy });
    const told = story.tell(publicly("maria", "1"));
    expect(deeds(told)).toEqual(["open", "entry", "reply"]);
    expect(story.last("reply")).toMatchObject({ words: "automatic", notAfter: t0 + 30 * minute });
    expect(story.last("reply").act.invite).toBeDefined();
    story.perform(story.last("open"));
    story.perform(story.last("reply"));
    expect(story.wakes.get(key)).toBe(t0 + 30 * minute);
    expect(story.tell(woken(key, t0 + 30 * minute)).why).toContain("no-follow-up-word");
    expect(deeds(close(story))).not.toContain("reply");
  });

  it("a follow-up when nobody has answered within the promise, once", () => {
    const { invite: _, ...quiet } = policy.words ?? {};
    const story = begun({ ...policy, words: quiet });
    const told = story.tell(woken(key, t0 + 30 * minute));
    expect(spokenIn(told, story)).toBe("We are still on it. (automatic message)");
    expect(deeds(story.tell(woken(key, t0 + 31 * minute)))).toEqual([]);
    const answeredAlready = begun({ ...policy, words: quiet });
    answeredAlready.tell(publicly("acme", "h", { ...byHand, under: "1", at: t0 + minute }));
    expect(answeredAlready.wakes.get(key)).toBeUndefined();
  });

  it.for<[string, Policy, Partial<Said>, Partial<Story["crowd"]>, string]>([
    ["a post that is older than an hour", {}, { at: t0 - hour - 1 }, {}, "post-is-old"],
    ["in quiet hours", { hours: { zone: "UTC", quiet: "00:00-24:00" } }, {}, {}, "quiet-hours"],
    ["in a mass arrival", {}, {}, { mass: true }, "mass-arrival"],
    ["to who calls on nobody, where the network wants that", {}, { summons: false }, {}, "not-summoned"],
    ["to who asks not to be written to", {}, { text: "stop" }, {}, "opted-out"],
  ])("never: %s", ([name, more, said, crowd, why]) => {
    const can = name.includes("calls on nobody") ? { can: abilities({ reply: { summonedOnly: true } }) } : {};
    const story = createStory({ policy: { ...policy, ...more }, ...can });
    story.crowd = crowd;
    story.now = t0;
    const told = story.tell(publicly("maria", "1", said));
    expect(deeds(told)).not.toContain("reply");
    expect(told.decisions[0]?.why).toContainEqual({ code: "no-invite-word", params: { because: why } });
  });

  it("outside of business hours it says when somebody is back", () => {
    const hours = { zone: "Europe/Berlin", open: { mon: "09:00-18:00", tue: "09:00-18:00" } };
    const invite = ({ back }: { readonly back?: string }): string => `Back ${back ?? "soon"}.`;
    const story = createStory({ policy: { hours, words: { invite } } });
    const told = story.tell(publicly("maria", "1"));
    // 2025-06-15 was a Sunday.
    expect(spokenIn(told, story)).toBe("Back Mon 09:00. (automatic message)");
  });

  it("three in a day and no fourth, however often she speaks", () => {
    const story = createStory({ policy: { disclosure: false, words } });
    let said = 0;
    for (let n = 0; n < 6; n++) {
      const at = t0 + n * hour;
      story.tell(publicly("maria", `p${n}`, { at, text: "again?" }));
      story.perform(story.last(n === 0 ? "open" : "state"));
      story.tell(seen(story.talk(publicly("maria", "p0").key as never), { closed: true, at: at + minute }));
      said = [...story.effects.values()].filter(({ words: by }) => by === "automatic").length;
    }
    expect(said).toBe(3);
    const late = t0 + 26 * hour;
    story.tell(publicly("maria", "p9", { at: late, text: "again?" }));
    story.perform(story.last("state"));
    story.tell(seen(story.talk(publicly("maria", "p0").key as never), { closed: true, at: late + minute }));
    expect([...story.effects.values()].filter(({ words: by }) => by === "automatic")).toHaveLength(4);
  });
});

describe("our own words", () => {
  const hand = (differs: Partial<Said> = {}): Said =>
    publicly("acme", "h", { ...byHand, under: "1", at: t0 + minute, ...differs });
  it("by hand: an entry, and the promise counts as kept", () => {
    const told = begun().tell(hand());
    expect(told.why).toContain("brand-spoke-by-hand");
    expect(told.talk).toMatchObject({ awaiting: "customer", stamps: { firstPublicAnswer: t0 + minute } });
  });
  it("by another tool: an entry, marked, and nobody's promise", () => {
    const story = begun();
    const told = story.tell(hand({ tool: "scheduler" }));
    expect(told.why).toContain("another-tool-spoke");
    expect(told.talk.awaiting).toBe("us");
    expect(story.entries.get(hand().entry)).toMatchObject({ tool: "scheduler" });
  });
  it("an opt-out holds in all of her talks and under every name, until she says otherwise", () => {
    const story = begun({ words });
    story.tell(publicly("maria", "9", { at: t0 + 8 * day }));
    story.tell(privately("maria", "m1", { at: t0 + 8 * day + 1, text: "please stop messaging me" }));
    expect(story.personas.get("net/acme/user/maria")?.optedOut).toBeDefined();
    const told = story.tell(answered(key, "a", { side: "public", at: story.now }));
    expect(told.effects.flatMap(({ act }) => (act.do === "reply" ? [act.invite] : []))).toEqual([undefined]);
    story.tell(privately("maria", "m2", { at: t0 + 8 * day + 2, text: "START" }));
    expect(story.personas.get("net/acme/user/maria")?.optedOut).toBeUndefined();
    expect(person("maria").space).toBe("user");
  });
});
