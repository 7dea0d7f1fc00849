import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/core/rules/policy.ts";
import type { Order } from "../../src/core/words/event.ts";
import { type ConversationKey, type Instant, keyOf } from "../../src/core/words/ref.ts";
import { acme, answered, caseRef, minute, ordered, person, privately, publicly, seen, t0 } from "./make.ts";
import { createStory, deeds, type Story } from "./story.ts";

const closes: Policy = { words: { closing: () => "Glad it is sorted." } };
const posted = (id: string) => keyOf.entry(acme, "post", id);
const [maria, lena] = [publicly("maria", "1").key, publicly("lena", "2").key] as unknown as ConversationKey[];

/** Maria and Lena, each with a case, who are taken for one. `inPrivate`: Maria has said nothing in public. */
const together = (policy: Policy = {}, inPrivate = false): Story => {
  const story = createStory({ policy });
  if (inPrivate) story.tell({ ...privately("maria", "m"), key: publicly("maria", "1").key });
  else story.tell(publicly("maria", "1"));
  story.perform(story.last("open"), { case: caseRef("a") });
  story.tell(publicly("lena", "2", { at: t0 + 1_000 }));
  story.perform(story.last("open"), { case: caseRef("b") });
  for (const [key, id] of [
    [maria, "a"],
    [lena, "b"],
  ] as const)
    story.tell(seen(story.talk(key as ConversationKey), { at: t0 + 2_000, case: caseRef(id) }));
  story.tell(ordered(maria, { order: "merge", with: lena as ConversationKey }, t0 + minute));
  return story;
};
const apart = (story: Story, what: Order, at: Instant): ConversationKey => {
  const [, other] = story.tell(ordered(maria, what, at)).decisions;
  const { key, case: its } = other?.conversation ?? { key: lena as ConversationKey, case: { stage: "none" } };
  if (its.stage === "promised") story.perform(story.last("open"), { case: caseRef("c") });
  return key;
};
const close = (story: Story, key: ConversationKey, at: Instant) =>
  story.tell(seen(story.talk(key), { at, closed: true }));

const ways: readonly (readonly [string, Order])[] = [
  ["a merge that is taken back", { order: "unmerge", from: lena as ConversationKey }],
  ["two who are two people after all", { order: "part", persona: person("lena") }],
  ["a matter that is split off", { order: "split", from: posted("2") }],
];

describe("what is taken apart again", () => {
  it.for(ways)("%s: the machine says nothing to her a second time", ([, what]) => {
    const story = together(closes);
    close(story, maria as ConversationKey, t0 + 2 * minute);
    expect(story.last("reply").act.under.id).toBe("2");
    story.perform(story.last("reply"));
    const key = apart(story, what, t0 + 3 * minute);
    const told = close(story, key, t0 + 4 * minute);
    expect(told.why).toContain("no-closing-word");
    expect(deeds(told)).not.toContain("reply");
  });

  it.for(ways)("%s: a person has said the last word to her", ([, what]) => {
    const story = together(closes);
    story.tell(answered(maria as ConversationKey, "x", { side: "public", at: t0 + 2 * minute }));
    story.perform(story.last("reply"));
    const key = apart(story, what, t0 + 3 * minute);
    expect(close(story, key, t0 + 4 * minute).why).toContain("no-closing-word");
  });

  it.for(ways)("%s: danger stays danger on both sides", ([, what]) => {
    const story = together();
    story.tell(publicly("lena", "3", { at: t0 + 2 * minute, text: "I want to kill myself", under: "2" }));
    const key = apart(story, what, t0 + 3 * minute);
    // What was said while they were one stays where a merge is taken back; what is said of her goes with her else.
    const both =
      what.order === "unmerge"
        ? [story.talk(maria as ConversationKey)]
        : [story.talk(maria as ConversationKey), story.talk(key)];
    expect(both.map(({ priority }) => priority)).toEqual(both.map(() => 0));
  });

  it.for(ways)("%s: nobody is answered under the other's post", ([, what]) => {
    const story = together();
    apart(story, what, t0 + 3 * minute);
    story.tell(answered(maria as ConversationKey, "p", { side: "public", at: t0 + 4 * minute }));
    expect(story.last("reply").act.under.id).toBe("1");
  });

  it.for(ways)("%s: who has not posted has no post to be answered under", ([, what]) => {
    const story = together({}, true);
    apart(story, what, t0 + 3 * minute);
    const told = story.tell(answered(maria as ConversationKey, "p", { side: "public", at: t0 + 4 * minute }));
    expect(told.why).toContain("no-public-post");
  });

  it.for(ways)("%s: private words for the one do not go to the other", ([, what]) => {
    const story = together();
    story.tell(privately("maria", "m1", { at: t0 + 500 }));
    const key = apart(story, what, t0 + 3 * minute);
    const told = story.tell(answered(key, "p", { side: "private", at: t0 + 4 * minute }));
    expect(deeds(told)).not.toContain("message");
    expect(story.drafts.get("desk/answer/p" as never)?.holds).toMatchObject([{ kind: "no-private-side" }]);
  });

  it("whose one private side it is under two names keeps it where a matter is split off", () => {
    const story = createStory();
    story.tell(publicly("maria", "1"));
    story.perform(story.last("open"), { case: caseRef("a") });
    story.tell(answered(maria as ConversationKey, "x", { side: "public", at: t0 }));
    story.perform(story.last("reply"), { learned: person("maria", "inbox") });
    const inbox = {
      by: person("maria", "inbox"),
      actor: { kind: "customer", persona: person("maria", "inbox") },
    } as const;
    story.tell(privately("maria", "m1", { ...inbox, at: t0 + minute }));
    story.tell(publicly("maria", "2", { at: t0 + 2 * minute }));
    const key = apart(story, { order: "split", from: posted("2") }, t0 + 3 * minute);
    story.tell(answered(key, "p", { side: "private", at: t0 + 4 * minute }));
    expect(story.last("message").act.to).toEqual(person("maria", "inbox"));
  });

  it("who had brought the invite before is known still", () => {
    const story = together();
    const talk = story.talk(maria as ConversationKey);
    (story.talks as Map<ConversationKey, typeof talk>).set(talk.key, { ...talk, hints: [person("eve")] });
    apart(story, { order: "part", persona: person("lena") }, t0 + 3 * minute);
    expect(story.talk(talk.key).hints).toEqual([person("eve"), person("lena")]);
  });
});
