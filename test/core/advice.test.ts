import { expect, it } from "vitest";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { Advised } from "../../src/core/words/event.ts";
import { type ConversationKey, keyOf } from "../../src/core/words/ref.ts";
import { acme, day, gone, minute, ordered, person, publicly, t0 } from "./make.ts";
import { createStory, deeds } from "./story.ts";

const key = publicly("maria", "1").key as unknown as ConversationKey;
const posted = (id: string) => keyOf.entry(acme, "post", id);
const advised = (about: string, advice: Advised["advice"], advisor = "triage"): Advised => ({
  as: "advised",
  key: keyOf.event(about, advisor, "advised"),
  at: t0 + 3 * minute,
  source: "engine",
  conversation: key,
  advisor,
  entry: posted(about),
  advice,
  late: false,
});

it("what was made of her words goes when they go", () => {
  const story = createStory();
  const { talk } = story.tell(publicly("maria", "1"));
  story.tell(advised("1", { summary: "her words" }));
  expect(story.talk(talk.key).advice).not.toEqual({});
  story.tell(gone("1", "deleted", { at: t0 + 1_000 }));
  expect(story.talk(talk.key).advice).toEqual({});
});

it("what was made of words that are gone is not kept, and what it says of danger is heard", () => {
  const story = createStory();
  story.tell(publicly("maria", "1", { text: "I am Maria Quillfeather" }));
  story.tell(gone("1", "deleted", { at: t0 + 1_000 }));
  const told = story.tell(advised("1", { urgency: "danger", says: "Quillfeather is unwell" }));
  expect(told.why).toContain("words-are-gone");
  expect(told.talk.priority).toBe(0);
  expect(JSON.stringify(told.talk)).not.toContain("Quillfeather");
});

it("it is about the conversation in which the words stand now", () => {
  const story = createStory();
  story.tell(publicly("maria", "1"));
  story.tell(publicly("maria", "2", { at: t0 + minute }));
  const [, fresh] = story.tell(ordered(key, { order: "split", from: posted("2") }, t0 + 2 * minute)).decisions;
  const told = story.tell(advised("2", "danger"));
  expect(told.talk).toMatchObject({ key: fresh?.conversation.key, priority: 0, advice: { triage: "danger" } });
  expect(story.talk(key)).toMatchObject({ priority: 50, advice: {} });
});

it("it opens no case for who is heard only, or is another brand", () => {
  const dispose: NonNullable<Policy["dispose"]> = ({ conversation: { advice } }) =>
    advice["triage"] === undefined ? "watch" : "case";
  const story = createStory({ policy: { dispose } });
  story.tell(publicly("maria", "1"));
  story.tell(ordered(key, { order: "mute", persona: person("maria"), until: t0 + day }, t0 + 1_000));
  expect(deeds(story.tell(advised("1", "real")))).toEqual([]);
  story.tell(ordered(key, { order: "mute", persona: person("maria"), until: null }, t0 + 1_000));
  expect(deeds(story.tell(advised("1", "real", "again")))).toContain("open");
});

it("a conversation holds so much of it and no more, and hears how urgent it is all the same", () => {
  const story = createStory();
  story.tell(publicly("maria", "1"));
  for (const advisor of ["a", "b", "c"]) story.tell(advised("1", "日".repeat(160), advisor));
  const told = story.tell(advised("1", { urgency: "legal", says: "日".repeat(160) }, "d"));
  expect(told.why).toContain("advice-does-not-fit");
  expect(told.talk.priority).toBe(10);
  expect(Object.keys(told.talk.advice)).toEqual(["a", "b"]);
});
