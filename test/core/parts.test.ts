import { array, assert, integer, lorem, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { partsOf } from "casethread/adapter";

const upTo = (most: number) => (text: string) => text.length <= most;

describe("a text in parts", () => {
  test("that fits is left as it is", () => {
    expect(partsOf("Short. And sweet.", upTo(280))).toEqual(["Short. And sweet."]);
  });

  test("is cut between sentences, each part with its number", () => {
    const text = "We found your parcel. It is in Hamburg. It leaves tomorrow at noon.";
    expect(partsOf(text, upTo(50))).toEqual([
      "We found your parcel. It is in Hamburg. (1/2)",
      "It leaves tomorrow at noon. (2/2)",
    ]);
  });

  test("is cut between words where a sentence fits nowhere, and between letters where a word does not", () => {
    expect(partsOf("one two three four five six seven", upTo(20))).toEqual([
      "one two (1/4)",
      "three four (2/4)",
      "five six (3/4)",
      "seven (4/4)",
    ]);
    const family = "👨‍👩‍👧";
    for (const part of partsOf(family.repeat(6), upTo(30))) expect(part).toMatch(/^(?:👨‍👩‍👧)+ \(\d\/\d\)$/u);
  });

  test("never cuts a link", () => {
    const link = "https://help.acme.example/a/b?c=d.e&f=G.";
    const parts = partsOf(`Please look here: ${link} It says all. And more of it is there. Truly.`, upTo(70));
    expect(parts.some((part) => part.includes(link))).toBe(true);
  });

  test("of more parts than anybody reads is left whole, for the network to refuse", () => {
    const text = "A sentence of some length stands here. ".repeat(60);
    expect(partsOf(text, upTo(60))).toEqual([text]);
    expect(partsOf("x", () => false)).toEqual(["x"]);
  });

  test("whatever it is: each part fits, all words are there, in order, numbered through", () => {
    assert(
      property(
        array(oneof(lorem({ maxCount: 12, mode: "sentences" }), string({ unit: "grapheme" })), {
          maxLength: 12,
        }),
        integer({ min: 30, max: 300 }),
        (texts, most) => {
          const text = texts.join(" ");
          const parts = partsOf(text, upTo(most));
          if (parts.length === 1) {
            expect(parts).toEqual([text]);
            return;
          }
          const bare = parts.map((part, at) => {
            expect(part.length).toBeLessThanOrEqual(most);
            expect(part.endsWith(` (${at + 1}/${parts.length})`)).toBe(true);
            return part.replace(/ \(\d+\/\d+\)$/, "");
          });
          const squeezed = (all: string): string => all.replaceAll(/\s+/gu, "");
          expect(squeezed(bare.join(""))).toBe(squeezed(text));
        },
      ),
      { numRuns: 300 },
    );
  });
});
