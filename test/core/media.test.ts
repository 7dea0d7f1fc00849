import { describe, expect, it } from "vitest";
import type { MediaTerms } from "../../src/core/contracts/channel.ts";
import { explainWhy } from "../../src/core/rules/explain.ts";
import { mediaRefusal } from "../../src/core/rules/media.ts";
import type { Media } from "../../src/core/words/entry.ts";
import { answered, publicly } from "./make.ts";
import { createStory, deeds } from "./story.ts";

const terms: MediaTerms = { most: 1, withWords: true, types: { "image/*": 100, "image/gif": 10 }, source: "made up" };
const apart: MediaTerms = { ...terms, withWords: false };
const picture: Media = { kind: "image", url: "https://files.example/1.png", type: "image/png", bytes: 100 };

describe("what may go along with words", () => {
  it.for<[string, readonly Media[], string, MediaTerms | undefined, string | undefined]>([
    ["nothing", [], "hi", undefined, undefined],
    ["one that fits", [picture], "hi", terms, undefined],
    ["a channel that takes none", [picture], "hi", undefined, "no file can go along here"],
    ["two where one may", [picture, picture], "hi", terms, "more files than the network takes at once: 1 at most"],
    ["with words, where it goes by itself", [picture], "hi", apart, "takes a file only by itself"],
    ["without words, where it goes by itself", [picture], "", apart, undefined],
    ["one byte too many", [{ ...picture, bytes: 101 }], "", terms, "the file has 101 bytes, and the network takes 100"],
    ["too many for its own type", [{ ...picture, type: "image/gif" }], "", terms, "takes 10 at most"],
    [
      "another type",
      [{ ...picture, type: "video/mp4" }],
      "",
      terms,
      "takes no video/mp4 here: it takes image/*, image/gif",
    ],
    ["no size", [{ kind: "image", url: picture.url, type: "image/png" }], "", terms, "its type and its size"],
    ["no type", [{ kind: "image", url: picture.url, bytes: 5 }], "", terms, "its type and its size"],
    ["in clear", [{ ...picture, url: "http://files.example/1" }], "", terms, "needs an https address"],
    ["with a password", [{ ...picture, url: "https://a:b@files.example/1" }], "", terms, "needs an https address"],
    ["no address", [{ ...picture, url: "files/1.png" }], "", terms, "needs an https address"],
    ["a script", [{ ...picture, url: "javascript:alert(1)" }], "", terms, "needs an https address"],
  ])("%s", ([, media, text, on, expected]) => {
    const why = mediaRefusal(media, text, on);
    if (expected === undefined) expect(why).toBeUndefined();
    else expect(why && explainWhy(why)).toContain(expected);
  });
});

describe("an answer with a file", () => {
  const key = publicly("maria", "1").key as never;
  const begun = (can: object) => {
    const story = createStory({ can: { media: { public: terms, private: apart }, ...can } });
    story.tell(publicly("maria", "1"));
    story.perform(story.last("open"));
    return story;
  };

  it("that the network does not take fails, and the agent is told why", () => {
    const story = begun({});
    const told = story.tell(answered(key, "a", { side: "public", media: [{ ...picture, bytes: 5_000 }] }));
    expect(told.why).toContain("file-too-large");
    expect(deeds(told)).toEqual(["answerState failed"]);
  });

  it("is kept with its words, and replaced with them", () => {
    const story = begun({});
    story.tell(answered(key, "a", { side: "public", media: [picture] }));
    expect(story.entries.get("desk/answer/a" as never)?.media).toEqual([picture]);
    story.tell(answered(key, "a", { side: "public", version: 2 }));
    expect(story.entries.get("desk/answer/a" as never)?.media).toBeUndefined();
  });

  it("in private waits for a thread: the one private answer to a post is for words", () => {
    const story = begun({ privateReply: { withinMs: 1e9 }, look: false });
    const told = story.tell(answered(key, "a", { side: "private", text: "", media: [picture] }));
    expect(deeds(told)).toEqual(["answerState held"]);
  });
});
